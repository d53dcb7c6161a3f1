package drivers

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/sqlite"
)

// A context that ends at any statement of a call ends the call with an error and nothing written, or
// comes too late; the connection is as good as before.
func TestCanceledAnywhere(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) {
		rapid.Check(t, func(rt *rapid.T) {
			db, spy := spyOn(t, driver, dsnOf(":memory:"))
			defer func() { _ = db.Close() }()
			db.SetMaxOpenConns(1)
			store := storeOn(t, db, sqlite.Options{})
			calls := callsOn(store, "a")
			name := rapid.SampledFrom([]string{"apply", "deliver", "claim", "take", "settle", "release", "prune"}).Draw(rt, "call")
			if err := calls["apply"](t.Context()); name != "apply" && err != nil {
				rt.Fatal(err)
			}
			if name == "apply" {
				calls = callsOn(store, "b")
			}
			before := contentsOf(t, store)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			spy.cancelAt(rapid.IntRange(0, 12).Draw(rt, "statement"), cancel)
			err := calls[name](ctx)
			spy.cancelAt(0, nil)
			if err != nil {
				if !errors.Is(err, context.Canceled) {
					rt.Fatalf("%s: %v; want the context's error", name, err)
				}
				if diff := cmp.Diff(before, contentsOf(t, store)); diff != "" {
					rt.Fatalf("%s was canceled and wrote (-before +after):\n%s", name, diff)
				}
			}
			if err := calls[name](t.Context()); err != nil && name != "apply" && name != "deliver" && name != "settle" {
				rt.Fatalf("%s after a canceled one: %v", name, err)
			}
			if open := db.Stats().InUse; open != 0 {
				rt.Fatalf("%d connections are kept", open)
			}
		})
	})
}

// callsOn returns calls that write, to records of one round.
func callsOn(store *sqlite.Store, prefix string) map[string]func(context.Context) error {
	claim := storage.Claim{Names: []string{"node", "boot"}, Owner: "test", Limit: 100, TTL: time.Minute}
	all := func(answers []error, err error) error { return errors.Join(append(answers, err)...) }
	return map[string]func(context.Context) error{
		"apply": func(ctx context.Context) error {
			changes := batchOf(6, prefix)
			for i := range changes {
				changes[i].Record.Due = time.Now()
				changes[i].Elements = []storage.Element{{Name: "x", State: "up"}}
				changes[i].Send = []storage.Message{{ID: "m", To: changes[i].Key, Name: "news"}}
			}
			changes[3].Project = func(ctx context.Context, tx any) error {
				_, err := tx.(sqlite.Tx).ExecContext(ctx, "UPDATE reeve_record SET grp = 'projected' WHERE id = ?", changes[3].Key.ID)
				return err
			}
			return all(store.Apply(ctx, changes))
		},
		"deliver": func(ctx context.Context) error {
			var messages []storage.Message
			for i := range 6 {
				messages = append(messages, storage.Message{
					ID: "n", Slot: "s", Name: "news", To: storage.Key{Kind: "node", ID: fmt.Sprintf("%s%d", prefix, i)},
				})
			}
			return all(store.Deliver(ctx, messages))
		},
		"claim": func(ctx context.Context) error {
			_, err := store.Claim(ctx, claim)
			return err
		},
		"take": func(ctx context.Context) error {
			_, err := store.Take(ctx, claim)
			return err
		},
		"settle": func(ctx context.Context) error {
			var settlements []storage.Settlement
			for i := range 6 {
				lease := storage.Lease{Key: storage.Key{Kind: storage.EffectKind, ID: fmt.Sprintf("%s%d/boot", prefix, i)}, Token: 1}
				settlements = append(settlements, storage.Settlement{Lease: lease, As: storage.EffectDone})
			}
			_, err := store.Settle(ctx, settlements)
			return err
		},
		"release": func(ctx context.Context) error {
			return store.Release(ctx, []storage.Lease{{Key: storage.Key{Kind: "node", ID: prefix + "0"}, Token: 1}}, 0)
		},
		"prune": func(ctx context.Context) error {
			_, err := store.Prune(ctx, storage.Retention{Lines: time.Nanosecond, Messages: time.Nanosecond}, 10)
			return err
		},
	}
}

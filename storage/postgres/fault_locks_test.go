package postgres_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/storage"
)

// A record that somebody's transaction keeps locked holds up what is said of it, and nothing else: neither what
// comes at the same time, nor what comes in the same call.
func TestForeignLock(t *testing.T) {
	t.Parallel()
	r := newRig(t, pgtest.URL(t), 4)
	h := hand{t, r.store}
	for _, id := range []string{"a", "b"} {
		h.apply(storage.Change{Key: aNode(id), Record: storage.Record{State: "on", Due: longAgo}, Emit: []storage.Effect{aWish(id, "")}})
	}
	leases, wishes := map[string]storage.Lease{}, map[string]storage.Lease{}
	for _, n := range h.claim(2) {
		leases[n.Key.ID] = n.Lease
	}
	for _, e := range h.take(2) {
		wishes[e.ID] = e.Lease
	}
	change := func(id string, version uint64) storage.Change {
		return storage.Change{Key: aNode(id), Version: version, Record: storage.Record{State: "off"}, Lines: []storage.Line{{To: "off"}}}
	}
	message := func(id, to string) storage.Message { return storage.Message{ID: id, To: aNode(to), Name: "news"} }
	settlement := func(id string) storage.Settlement {
		return storage.Settlement{Lease: wishes[id], As: storage.EffectDone}
	}

	foreign, err := r.direct.Begin(t.Context())
	if err == nil {
		_, err = foreign.Exec(t.Context(), r.here("SELECT FROM reeve.record WHERE id = 'a' FOR UPDATE"))
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = foreign.Rollback(context.Background()) }()
	ctx, cancel := context.WithTimeout(t.Context(), endless)
	defer cancel()
	waiter := make(chan error, 1)
	go func() { waiter <- firstError(h.Deliver(ctx, []storage.Message{message("patient", "a")})) }()
	r.waiting()

	for _, c := range []struct {
		what string
		do   func() ([]error, error)
	}{
		{"extending a and b", func() ([]error, error) { return h.Extend(ctx, []storage.Lease{leases["a"], leases["b"]}) }},
		{"delivering to a and b", func() ([]error, error) {
			return h.Deliver(ctx, []storage.Message{message("m1", "a"), message("m1", "b")})
		}},
		{"delivering to b", func() ([]error, error) { return h.Deliver(ctx, []storage.Message{message("m2", "b")}) }},
		{"settling of a and b", func() ([]error, error) {
			return h.Settle(ctx, []storage.Settlement{settlement("a"), settlement("b")})
		}},
		{"changing a and b", func() ([]error, error) { return h.Apply(ctx, []storage.Change{change("a", 1), change("b", 1)}) }},
		{"changing b", func() ([]error, error) { return h.Apply(ctx, []storage.Change{change("b", 2)}) }},
	} {
		answers, err := c.do()
		if err != nil {
			t.Errorf("%s: %v", c.what, err)
			continue
		}
		for i, answer := range answers {
			var want error
			if len(answers) == 2 && i == 0 {
				want = storage.ErrLocked
			}
			if !errors.Is(answer, want) {
				t.Errorf("%s: the answer to the %dth is %v, not %v", c.what, i+1, answer, want)
			}
		}
	}

	if err := h.Release(ctx, []storage.Lease{leases["a"], leases["b"]}, time.Hour); !errors.Is(err, storage.ErrLocked) {
		t.Errorf("releasing a and b: %v", err)
	}
	if err := foreign.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-waiter; err != nil {
		t.Errorf("who waited for a was answered %v", err)
	}
	if a, b := h.version(aNode("a")), h.version(aNode("b")); a != 1 || b != 3 {
		t.Errorf("a has version %d and b %d; 1 and 3 are right", a, b)
	}
	if messages := every(h, h.Messages(t.Context(), storage.MessageQuery{})); len(messages) != 3 {
		t.Errorf("there are %d messages, not 3", len(messages))
	}
	h.apply(change("a", 1))
}

package storage_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
)

var node = storage.Key{Kind: "node", ID: "n-17"}

// must is for examples: the answers and the error of a call that has to succeed.
func must(answers []error, err error) {
	if err = errors.Join(append(answers, err)...); err != nil {
		panic(err)
	}
}

func newStore(ctx context.Context) storage.Store {
	store := memory.New(nil)
	must(store.Apply(ctx, []storage.Change{{Key: node, Record: storage.Record{State: "waiting"}}}))
	return store
}

// A turn: what is said to a record makes it due, a claim hands it out under a lease, and one change
// is everything that was decided.
func ExampleStore_turn() {
	ctx := context.Background()
	store := newStore(ctx)
	must(store.Deliver(ctx, []storage.Message{{ID: "call-1", To: node, Name: "facts"}}))

	turns, err := store.Claim(ctx, storage.Claim{Names: []string{"node"}, Owner: "me", Limit: 10, TTL: time.Minute})
	if err != nil {
		fmt.Println(err)
	}
	for _, turn := range turns {
		next := turn.Record
		next.State, next.Due = "processing", turn.Now.Add(time.Hour)
		c := storage.Change{
			Key: turn.Key, Version: turn.Version, Token: turn.Lease.Token, Record: next,
			Emit:  []storage.Effect{{ID: "e-1", Key: "n-17/1", Name: "power-off"}},
			Lines: []storage.Line{{From: turn.State, Event: "process", To: next.State, Cause: "turn"}},
		}
		for _, m := range turn.Messages {
			c.Consume = append(c.Consume, storage.Consumption{Seq: m.Seq, As: storage.MessageConsumed})
		}
		must(store.Apply(ctx, []storage.Change{c}))
	}
	for line, err := range store.History(ctx, node, 0) {
		fmt.Println(line.Version, line.From, line.Event, line.To, err)
	}
	// Output: 2 waiting process processing <nil>
}

// An effect is taken under a lease of its own, and what came of it is said to its record.
func ExampleOutbox() {
	ctx := context.Background()
	store := newStore(ctx)
	must(store.Apply(ctx, []storage.Change{{
		Key: node, Version: 1, Record: storage.Record{State: "waiting"},
		Emit: []storage.Effect{{ID: "e-1", Key: "n-17/1", Name: "power-off"}},
	}}))

	taken, err := store.Take(ctx, storage.Claim{Names: []string{"power-off"}, Owner: "me", Limit: 10, TTL: time.Minute})
	for _, t := range taken {
		fmt.Println(t.Name, "with key", t.Effect.Key, "attempt", t.Attempt, err)
		must(store.Settle(ctx, []storage.Settlement{{
			Lease: t.Lease, As: storage.EffectDone, Outcome: &storage.Message{ID: t.ID, Name: "power-off"},
		}}))
	}
	for m, err := range store.Messages(ctx, storage.MessageQuery{To: node}) {
		fmt.Println(m.Name, "is", m.Status, err)
	}
	// Output:
	// power-off with key n-17/1 attempt 1 <nil>
	// power-off is open <nil>
}

// Who decides from an old reading is told, and nothing is written.
func ExampleErrConflict() {
	ctx := context.Background()
	store := newStore(ctx)
	c := storage.Change{Key: node, Version: 1, Record: storage.Record{State: "busy"}}
	must(store.Apply(ctx, []storage.Change{c}))
	answers, err := store.Apply(ctx, []storage.Change{c})
	fmt.Println(answers[0], err)
	fmt.Println(errors.Is(answers[0], storage.ErrConflict))
	// Output:
	// storage: node/n-17: version 1 was expected, 2 is there: version conflict <nil>
	// true
}

// A hint saves waiting for the next poll; where none comes, the poll finds the same.
func ExampleNotifier() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	store, due := newStore(ctx), make(chan struct{}, 1)
	if notifier, ok := store.(storage.Notifier); ok {
		go func() {
			_ = notifier.Listen(ctx, func(storage.Hint) {
				select {
				case due <- struct{}{}:
				default: // a hint is there already
				}
			})
		}()
	}
	must(store.Deliver(ctx, []storage.Message{{ID: "call-1", To: node, Name: "facts"}}))

	select {
	case <-due:
	case <-time.After(10 * time.Millisecond): // the next poll
	}
	turns, err := store.Claim(ctx, storage.Claim{Names: []string{"node"}, Owner: "me", Limit: 10, TTL: time.Minute})
	fmt.Println(len(turns), "due", err)
	// Output: 1 due <nil>
}

// A keeper extends leases while the work under them goes on.
func ExampleKeeper() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	store := newStore(ctx)
	must(store.Deliver(ctx, []storage.Message{{ID: "call-1", To: node, Name: "facts"}}))
	keeper := storage.NewKeeper(store)
	go func() { _ = keeper.Run(ctx) }()

	asked := time.Now()
	turns, err := store.Claim(ctx, storage.Claim{Names: []string{"node"}, Owner: "me", Limit: 1, TTL: time.Minute})
	if err != nil {
		fmt.Println(err)
	}
	work, done := keeper.Keep(ctx, turns[0].Lease, asked)
	defer done()
	fmt.Println(work.Err()) // ends before the lease can
	// Output: <nil>
}

// A lock that is taken in addition to the store's leases, such as one that other programs share.
func ExampleLocker() {
	ctx := context.Background()
	var locker storage.Locker = memory.NewLocker()
	held, err := locker.TryLock(ctx, node, 41, time.Minute)
	if err != nil {
		fmt.Println(err)
	}
	fmt.Println(held.Lease().Token)
	_, err = locker.TryLock(ctx, node, 41, time.Minute)
	fmt.Println(errors.Is(err, storage.ErrLocked))
	fmt.Println(held.Unlock(ctx))
	// Output:
	// 42
	// true
	// <nil>
}

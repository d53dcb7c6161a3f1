package chaos

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// A statement is what a process says about one answer of the store.
type statement struct {
	Did deed
	Key storage.Key
	// Version is what was written from, Token the lease.
	Version uint64        `json:",omitempty"`
	Token   storage.Token `json:",omitempty"`
	// Ended: the effect was settled for good.
	Ended bool `json:",omitempty"`
}

// A deed is what the store allowed, or refused.
type deed string

const (
	claimed deed = "claimed" // a record or an effect, under this lease
	sent    deed = "sent"    // a change is on its way
	wrote   deed = "wrote"   // a change
	settled deed = "settled" // an effect
	lost    deed = "lost"    // a change or a settlement was refused: another has the lease
	outrun  deed = "outrun"  // a change was refused because the record had moved
	gave    deed = "gave"    // the lease back
	unsaid  deed = "unsaid"  // the store could not say what came of a change or a settlement
)

// A witness stands before the store of a process and tells what it answers. Between them is a slow
// network: what is written takes about lag to arrive, and arrives although its sender gave it up
// meanwhile. So the late write of a process that slept is the store's to refuse.
type witness struct {
	storage.Store

	tell func([]statement)
	lag  time.Duration
}

// witnessed returns the store with a witness before it.
func witnessed(store storage.Store, lag time.Duration, tell func([]statement)) storage.Store {
	w := &witness{store, tell, lag}
	if n, ok := store.(storage.Notifier); ok {
		return struct {
			*witness
			storage.Notifier
		}{w, n}
	}
	return w
}

func (w *witness) Claim(ctx context.Context, c storage.Claim) ([]storage.Snapshot, error) {
	seen, err := w.Store.Claim(ctx, c)
	var said []statement
	for i := range seen {
		said = append(said, statement{Did: claimed, Key: seen[i].Key, Version: seen[i].Version, Token: seen[i].Lease.Token})
	}
	w.tell(said)
	return seen, err
}

func (w *witness) Take(ctx context.Context, c storage.Claim) ([]storage.Taken, error) {
	taken, err := w.Store.Take(ctx, c)
	var said []statement
	for i := range taken {
		said = append(said, statement{Did: claimed, Key: taken[i].Lease.Key, Token: taken[i].Lease.Token})
	}
	w.tell(said)
	return taken, err
}

func (w *witness) Apply(ctx context.Context, changes []storage.Change) ([]error, error) {
	said := make([]statement, len(changes))
	for i := range changes {
		c := &changes[i]
		said[i] = statement{Did: sent, Key: c.Key, Version: c.Version, Token: c.Token}
	}
	w.tell(said)
	ctx, arrived := w.send(ctx)
	defer arrived()
	answers, err := w.Store.Apply(ctx, changes)
	for i := range said {
		said[i].Did = answered(wrote, answers, i, err)
	}
	w.tell(said)
	return answers, err
}

func (w *witness) Settle(ctx context.Context, settlements []storage.Settlement) ([]error, error) {
	ctx, arrived := w.send(ctx)
	defer arrived()
	answers, err := w.Store.Settle(ctx, settlements)
	var said []statement
	for i := range settlements {
		s := &settlements[i]
		said = append(said, statement{Did: answered(settled, answers, i, err), Key: s.Lease.Key, Token: s.Lease.Token, Ended: s.As != storage.EffectPending})
	}
	w.tell(said)
	return answers, err
}

func (w *witness) Release(ctx context.Context, leases []storage.Lease, after time.Duration) error {
	err := w.Store.Release(ctx, leases, after)
	var said []statement
	for _, l := range leases {
		said = append(said, statement{Did: gave, Key: l.Key, Token: l.Token})
	}
	w.tell(said)
	return err
}

// send has a write on its way for a while. The context that it returns is the one to write with.
func (w *witness) send(ctx context.Context) (context.Context, context.CancelFunc) {
	if w.lag == 0 {
		return ctx, func() {}
	}
	wait(ctx, w.lag/4+rand.N(w.lag))
	return context.WithTimeout(context.WithoutCancel(ctx), patience)
}

// answered returns what the store's answer to the i-th of a batch makes of a deed; empty: nothing that
// matters.
func answered(did deed, answers []error, i int, err error) deed {
	switch {
	case err != nil:
		return unsaid
	case answers[i] == nil:
		return did
	case errors.Is(answers[i], storage.ErrLeaseLost):
		return lost
	case errors.Is(answers[i], storage.ErrConflict), errors.Is(answers[i], storage.ErrExists):
		return outrun
	}
	return unsaid
}

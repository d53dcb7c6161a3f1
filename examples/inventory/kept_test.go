package main

import (
	"context"
	"database/sql"
	"sync"
	"testing"

	"github.com/reeve-go/reeve/examples/inventory/machine"
	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/storage"
)

// A keptMachine is a keeper under supervision, with what its newest refresh came to.
type keptMachine struct {
	*keeper

	db *sql.DB

	mu      sync.Mutex
	changes []string
	plan    *refresh.Plan
}

// kept returns a keeper with a file of its own.
func kept(t *testing.T, from *machine.Machine) *keptMachine {
	t.Helper()
	db, store, err := open(t.Context(), newFile(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	k := keptIn(t, from, store, store)
	k.db = db
	return k
}

// A tester is a test, a random one or not.
type tester interface {
	Helper()
	Fatal(args ...any)
	Error(args ...any)
	Cleanup(f func())
	Context() context.Context
}

func keptIn(t tester, from *machine.Machine, st storage.Store, in storage.Inventory) *keptMachine {
	t.Helper()
	k := &keptMachine{}
	var err error
	if k.keeper, err = newKeeper("m", from, st, in, refresh.RefresherOptions{After: k.after}); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- k.supervised(ctx, func(ctx context.Context) error {
			<-ctx.Done()
			return nil
		})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return k
}

func (k *keptMachine) after(_ context.Context, _ refresh.Run, p *refresh.Plan) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.plan, k.changes = p, nil
	for c, err := range p.Changes() {
		if err != nil {
			return err
		}
		k.changes = append(k.changes, line(c))
	}
	return nil
}

// refreshed refreshes what targets name and returns the changes, and the plan, which is closed.
func refreshed(t tester, k *keptMachine, targets *refresh.Targets) (changes []string, plan *refresh.Plan) {
	t.Helper()
	changes, plan, err := k.refresh(t.Context(), targets)
	if err != nil {
		t.Fatal(err)
	}
	return changes, plan
}

func (k *keptMachine) refresh(ctx context.Context, targets *refresh.Targets) (changes []string, plan *refresh.Plan, err error) {
	if targets == nil {
		err = k.ask(ctx, false)
	} else {
		err = k.refresher.Request(ctx, k.name, targets)
	}
	if err == nil {
		_, err = k.refresher.Await(ctx, k.name)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.changes, k.plan, err
}

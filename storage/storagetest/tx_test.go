package storagetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// A txStore is a model with transactions. One is a model of its own, on a copy of the state that
// takes the place of the state when it commits.
type txStore struct{ *model }

func (s txStore) With(tx any) (storage.Store, error) {
	m, ok := tx.(*model)
	if !ok {
		return nil, fmt.Errorf("a transaction is a *model, and not %T", tx)
	}
	return txStore{m}, nil
}

func (s txStore) begin(testing.TB) Tx {
	m := newModel(s.now, s.limits)
	m.state = s.state.clone()
	return Tx{
		Handle:   m,
		Commit:   func() error { s.state = m.state; return nil },
		Rollback: func() error { return nil },
	}
}

// Apply makes each change in a transaction that its projection is given.
func (s txStore) Apply(ctx context.Context, changes []storage.Change) ([]error, error) {
	if len(changes) != 1 || changes[0].Project == nil {
		return s.applyEach(ctx, changes)
	}
	tx, project := s.begin(nil), changes[0].Project
	c := changes[0]
	c.Project = nil
	inside, err := s.With(tx.Handle)
	if err != nil {
		return nil, err
	}
	answers, err := inside.Apply(ctx, []storage.Change{c})
	if err == nil && answers[0] == nil {
		answers[0] = project(ctx, tx.Handle)
	}
	if err != nil || answers[0] != nil {
		return answers, err
	}
	return answers, tx.Commit()
}

// applyEach leaves changes without projections together.
func (s txStore) applyEach(ctx context.Context, changes []storage.Change) (all []error, err error) {
	for _, c := range changes {
		if c.Project != nil {
			for i := range changes {
				answers, err := s.Apply(ctx, changes[i:i+1])
				if err != nil {
					return nil, err
				}
				all = append(all, answers...)
			}
			return all, nil
		}
	}
	return s.model.Apply(ctx, changes)
}

func TestTransactions(t *testing.T) {
	t.Parallel()
	h := Harness{Virtual: true, New: func(testing.TB) Backend {
		s := txStore{newModel(time.Now, storage.Limits{})}
		return Backend{Store: s, Open: func(testing.TB) storage.Store { return s }, Begin: s.begin}
	}}
	runGroup(t, h, transactions())
}

// runGroup runs the tests of one topic.
func runGroup(t *testing.T, h Harness, g group) {
	t.Helper()
	h, err := h.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range g.cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h.inTime(t, c, func(t *testing.T) { c.run(h.open(t, c)) })
		})
	}
}

// Each of these breaks one thing about transactions.

type txWithoutRollback struct{ txStore }

func (s txWithoutRollback) With(tx any) (storage.Store, error) {
	if _, err := s.txStore.With(tx); err != nil {
		return nil, err
	}
	return s.txStore, nil // writes at once
}

type txOfAnything struct{ txStore }

func (s txOfAnything) With(tx any) (storage.Store, error) {
	if m, ok := tx.(*model); ok {
		return txStore{m}, nil
	}
	return s, nil
}

type txProjectsOutside struct{ txStore }

func (s txProjectsOutside) Apply(ctx context.Context, changes []storage.Change) ([]error, error) {
	var projections []func(context.Context, any) error
	for i := range changes {
		projections = append(projections, changes[i].Project)
		changes[i].Project = nil
	}
	answers, err := s.model.Apply(ctx, changes)
	for i, project := range projections {
		if project != nil {
			answers[i] = project(ctx, s.model)
		}
	}
	return answers, err
}

func TestTransactionMutants(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]struct {
		store func(txStore) storage.Store
		fails []string
	}{
		"writes at once": {
			func(s txStore) storage.Store { return txWithoutRollback{s} },
			[]string{
				"nothing is there before its commit",
				"nothing stays after its rollback",
				"a refused change leaves it usable",
				"a projection is called in the change's transaction",
				"a projection's error undoes its change alone",
			},
		},
		"takes anything for a transaction": {
			func(s txStore) storage.Store { return txOfAnything{s} },
			[]string{"a handle of another sort is refused"},
		},
		"projects after the change": {
			func(s txStore) storage.Store { return txProjectsOutside{s} },
			[]string{"a projection's error undoes its change alone", "a projection is not called for a refused change"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := time.Now()
			h, err := Harness{New: func(testing.TB) Backend {
				s := txStore{newModel(func() time.Time { return now }, storage.Limits{})}
				broken := m.store(s)
				return Backend{
					Store: broken, Open: func(testing.TB) storage.Store { return broken }, Begin: s.begin,
					Pass: func(d time.Duration) { now = now.Add(d) },
				}
			}}.withDefaults()
			if err != nil {
				t.Fatal(err)
			}
			var failing []string
			for _, c := range transactions().cases {
				if failsOn(t, h, c) {
					failing = append(failing, c.name)
				}
			}
			demand(t, failing, m.fails)
		})
	}
}

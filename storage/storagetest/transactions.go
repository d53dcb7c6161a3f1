package storagetest

import (
	"context"
	"errors"

	"github.com/reeve-go/reeve/storage"
)

func transactions() group {
	return group{"10 the host's transaction", []testCase{
		{name: "nothing is there before its commit", run: inTx(beforeCommit)},
		{name: "nothing stays after its rollback", run: inTx(afterRollback)},
		{name: "it sees what it wrote", run: inTx(seesItself)},
		{name: "a refused change leaves it usable", run: inTx(txSurvives)},
		{name: "a handle of another sort is refused", run: inTx(foreignHandle)},
		{name: "a projection is called in the change's transaction", run: inTx(projectionInside)},
		{name: "a projection's error undoes its change alone", run: inTx(projectionFails)},
		{name: "a projection is not called for a refused change", run: inTx(projectionRefused)},
		{name: "a store without transactions refuses projections", run: noProjection},
	}}
}

// inTx runs a test that needs a store with transactions.
func inTx(run func(*scene, storage.Transactor)) func(*scene) {
	return func(s *scene) {
		tr, ok := s.Store.(storage.Transactor)
		switch {
		case !ok:
			s.Skip("the store is no storage.Transactor")
		case s.Begin == nil:
			s.Skip("the backend begins no transactions: Backend.Begin is nil")
		}
		run(s, tr)
	}
}

// inside returns a scene that plays inside a transaction of the host.
func (s *scene) inside(tr storage.Transactor) (*scene, Tx) {
	s.Helper()
	tx := s.Begin(s)
	store, err := tr.With(tx.Handle)
	s.is("a store inside a transaction", err, nil)
	in := *s
	in.Store = store
	return &in, tx
}

func beforeCommit(s *scene, tr storage.Transactor) {
	s.create("b")
	outside := *s
	if s.Open != nil {
		outside.Store = s.Open(s)
	}
	in, tx := s.inside(tr)
	in.must(in.creation("a", in.dueIn(0)))
	in.delivered(in.message("m", "b"))
	in.must(in.order("b", in.inState(1)))
	if s.Open != nil {
		outside.same("what was created, by version, seen from outside before the commit", outside.load("a").Version, uint64(0))
		outside.statuses("messages, seen from outside before the commit", "b")
	}
	s.is("commit", tx.Commit(), nil)
	s.same("what was created, by version", s.load("a").Version, uint64(1))
	s.same("what was ordered", s.load("b").State, s.States[1])
	s.claimed("records that the transaction woke", "a", "b")
}

func afterRollback(s *scene, tr storage.Transactor) {
	s.create("b", emits(effect("e", "")))
	s.unchanged("a transaction that was rolled back", func() {
		in, tx := s.inside(tr)
		in.must(in.creation("a", in.dueIn(0), emits(effect("f", ""))))
		in.delivered(in.message("m", "b"))
		in.must(in.order("b", in.inState(1), cancels("", "")))
		s.is("rollback", tx.Rollback(), nil)
	})
	s.claimed("records that a rolled back transaction would have woken")
	s.takenNow("effects, one of which a rolled back transaction canceled", "e")
}

func seesItself(s *scene, tr storage.Transactor) {
	in, tx := s.inside(tr)
	in.must(in.creation("a", in.inState(1)))
	in.same("what the transaction wrote, seen from inside", in.load("a").State, s.States[1])
	in.same("a list from inside", len(collect(in, in.Store.List(s.ctx, storage.Query{Kind: s.Kind}))), 1)
	s.is("rollback", tx.Rollback(), nil)
}

func txSurvives(s *scene, tr storage.Transactor) {
	s.create("a", emits(effect("of a", "")))
	in, tx := s.inside(tr)
	in.is("creating what exists", in.apply(in.creation("a"))[0], storage.ErrExists)
	in.is("emitting what another emitted", in.apply(in.creation("b", emits(effect("of a", ""))))[0], storage.ErrExists)
	in.is("a message to an unknown record", in.deliver(in.message("m", "absent"))[0], storage.ErrNotFound)
	in.must(in.creation("c"))
	s.is("commit", tx.Commit(), nil)
	s.same("the records after refused changes and one that is right", len(collect(s, s.Store.List(s.ctx, storage.Query{Kind: s.Kind}))), 2)
}

func foreignHandle(s *scene, tr storage.Transactor) {
	for _, handle := range []any{nil, "a transaction", 7} {
		if _, err := tr.With(handle); err == nil {
			s.Errorf("With took %#v for a transaction; another type than the backend's is an error", handle)
		}
	}
}

func projectionInside(s *scene, tr storage.Transactor) {
	s.create("a")
	s.create("b")
	calls := 0
	s.must(s.order("a", s.inState(1), sends(s.message("sent", "b")), func(c *storage.Change) {
		c.Project = func(_ context.Context, tx any) error {
			calls++
			in := *s
			var err error
			if in.Store, err = tr.With(tx); err != nil {
				return err
			}
			in.same("the record, seen by its projection", in.load("a").State, s.States[1])
			in.statuses("what the change sent, seen by its projection", "b", storage.MessageOpen)
			in.delivered(in.message("projected", "b"))
			return nil
		}
	}))
	s.same("how often the projection was called", calls, 1)
	s.statuses("what the change sent and what its projection wrote", "b", storage.MessageOpen, storage.MessageOpen)
}

func projectionFails(s *scene, tr storage.Transactor) {
	s.bigScene()
	s.create("before")
	s.create("after")
	broken := errors.New("the host's table is full")
	failing := s.order("a", s.big, func(c *storage.Change) {
		c.Project = func(_ context.Context, tx any) error {
			in := *s
			var err error
			if in.Store, err = tr.With(tx); err != nil {
				return err
			}
			in.delivered(in.message("projected", "b"))
			return broken
		}
	})
	before := s.dump()
	answers := s.apply(s.order("before"), failing, s.order("after"))
	s.is("the change before", answers[0], nil)
	s.is("a change whose projection failed", answers[1], broken)
	s.is("the change after", answers[2], nil)
	after := s.dump()
	s.same("the messages after a failed projection", after.Messages, before.Messages)
	s.same("the effects after a failed projection", after.Effects, before.Effects)
	s.same("the record after a failed projection", s.load("a").Version, uint64(1))
	s.same("the records beside it", []uint64{s.load("before").Version, s.load("after").Version}, []uint64{2, 2})
}

func projectionRefused(s *scene, _ storage.Transactor) {
	s.create("a")
	s.refused(s.creation("a", func(c *storage.Change) {
		c.Project = func(context.Context, any) error {
			s.Errorf("the projection of a change that was refused was called")
			return nil
		}
	}), storage.ErrExists)
}

func noProjection(s *scene) {
	if _, ok := s.Store.(storage.Transactor); ok {
		s.Skip("the store is a storage.Transactor")
	}
	s.create("a")
	s.refused(s.order("a", s.inState(1), func(c *storage.Change) {
		c.Project = func(context.Context, any) error { return nil }
	}), errors.ErrUnsupported)
}

package main

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

var powerOn = supervision.NewEffect[string, struct{}]("power on")

// finish ends what is done about a node: it stays where it is, and needs no turn until it is told something.
func finish(t *nodeTurn) error {
	t.Data.FinishedAt = t.Now
	return t.Fire("finish")
}

// finishPowered does so if the node was told something, and has its power switched.
func finishPowered(t *nodeTurn) error {
	for _, m := range t.Messages {
		if _, ok := ping.Body(m); ok {
			powerOn.Emit(t, t.Data.Address)
			return finish(t)
		}
	}
	return fmt.Errorf("%s has a turn and no message", t.Key)
}

// turnsAndHand are turns of nodes that were told something: claim, messages, decision, and one commit of
// record, line, effect and the messages' end.
func turnsAndHand(took *notes, batch int) func(context.Context, *setup) (sides, error) {
	return func(ctx context.Context, s *setup) (sides, error) {
		pg, err := s.openServer(ctx)
		if err != nil {
			return sides{}, err
		}
		n := s.size(10_000, 1000)
		ours, err := pg.openStore(ctx, s, "ours", nil)
		if err != nil {
			return sides{}, err
		}
		byHand, err := pg.openStore(ctx, s, "hand", nil)
		if err != nil {
			return sides{}, err
		}
		h, err := pg.openHand(ctx, s, "hand")
		if err != nil {
			return sides{}, err
		}
		tellOurs, err := telling(ctx, ours, n)
		if err != nil {
			return sides{}, err
		}
		tellHand, err := telling(ctx, byHand, n)
		if err != nil {
			return sides{}, err
		}
		return sides{
			ours: pg.timed(ctx, took, n, tellOurs, func() error { return supervised(ctx, ours, finishPowered, batch, n) }),
			peer: pg.timed(ctx, took, n, tellHand, func() error { return h.turns(ctx, batch, n) }),
		}, nil
	}
}

// statements notes how many statements such a turn takes.
func statements(sent *notes, batch int) func(context.Context, *setup) (sides, error) {
	return func(ctx context.Context, s *setup) (sides, error) {
		pg, err := s.openServer(ctx)
		if err != nil {
			return sides{}, err
		}
		var all tap
		store, err := pg.openStore(ctx, s, "ours", &all)
		if err != nil {
			return sides{}, err
		}
		n := s.size(10_000, 1000)
		tell, err := telling(ctx, store, n)
		return sides{ours: func(times int) error {
			for range times {
				if err := tell(); err != nil {
					return err
				}
				all.take()
				if err := supervised(ctx, store, finishPowered, batch, n); err != nil {
					return err
				}
				sent.add(float64(len(all.take())) / float64(n))
			}
			return nil
		}}, err
	}
}

// turnsAndRiver are turns of nodes that are just due, and jobs of River that do nothing. Either begins
// when all are there, and ends when the last one is done and written.
func turnsAndRiver(took *notes, batch int, with riverSetting) func(context.Context, *setup) (sides, error) {
	return func(ctx context.Context, s *setup) (sides, error) {
		pg, err := s.openServer(ctx)
		if err != nil {
			return sides{}, err
		}
		n := s.size(20_000, 1000)
		store, err := pg.openStore(ctx, s, "ours", nil)
		if err != nil {
			return sides{}, err
		}
		if _, err := createNodes(ctx, store, home, n); err != nil {
			return sides{}, err
		}
		q, err := pg.openRiver(ctx, s, "river", with)
		if err != nil {
			return sides{}, err
		}
		allDue := func() error {
			_, err := pg.admin.Exec(ctx, "UPDATE ours.record SET due = now() WHERE kind = $1", nodeKind)
			return err
		}
		return sides{
			ours: pg.timed(ctx, took, n, allDue, func() error { return supervised(ctx, store, finish, batch, n) }),
			peer: pg.timed(ctx, took, n, func() error { return q.insert(ctx, n) }, func() error { return q.work(ctx, n) }),
		}, nil
	}
}

// telling creates n nodes, and returns how to tell each of them something.
func telling(ctx context.Context, store storage.Store, n int) (func() error, error) {
	ids, err := createNodes(ctx, store, home, n)
	number := 0
	return func() error {
		number++
		for some := range slices.Chunk(pings(number, ids), 1000) {
			if err := deliver(ctx, store, some); err != nil {
				return err
			}
		}
		return nil
	}, err
}

// supervised runs a supervisor until it has made n turns.
func supervised(ctx context.Context, store storage.Store, decide nodeDecider, batch, n int) error {
	var turns atomic.Int64
	made := make(chan struct{})
	sup, err := supervise(store, decide, &supervision.Options{
		Batch: batch, Elsewhere: []string{powerOn.Name()},
		Observer: &supervision.Observer{Turned: func(supervision.TurnEvent) {
			if turns.Add(1) == int64(n) {
				close(made)
			}
		}},
	})
	if err != nil {
		return err
	}
	ctx, stop := running(ctx, sup)
	if err := wait(ctx, made); err != nil {
		return err
	}
	return stop()
}

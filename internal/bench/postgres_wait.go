package main

import (
	"context"
	"errors"
	"time"

	"github.com/reeve-go/reeve/supervision"
)

// wakeUpAndRiver notes the time from when somebody begins to tell a resting node something until its turn
// begins, and from when a job is inserted until it is worked. Either is told by another pool, as by another
// process, while there is nothing else to do.
func wakeUpAndRiver(took *notes) func(context.Context, *setup) (sides, error) {
	return func(ctx context.Context, s *setup) (sides, error) {
		pg, err := s.openServer(ctx)
		if err != nil {
			return sides{}, err
		}
		ours, err := pg.wakeUp(ctx, s, took)
		if err != nil {
			return sides{}, err
		}
		peer, err := pg.wakeUpOfRiver(ctx, s, took)
		return sides{ours: ours, peer: peer}, err
	}
}

func (pg *server) wakeUp(ctx context.Context, s *setup, took *notes) (func(n int) error, error) {
	store, err := pg.openStore(ctx, s, "ours", nil)
	if err != nil {
		return nil, err
	}
	elsewhere, err := pg.openStore(ctx, s, "ours", nil)
	if err != nil {
		return nil, err
	}
	ids, err := createNodes(ctx, store, home, nodeCount)
	if err != nil {
		return nil, err
	}
	began, ended := make(chan time.Time, 1), make(chan struct{}, 1)
	sup, err := supervise(store, func(*nodeTurn) error {
		began <- time.Now()
		return nil
	}, &supervision.Options{Observer: &supervision.Observer{Turned: func(supervision.TurnEvent) { ended <- struct{}{} }}})
	if err != nil {
		return nil, err
	}
	ctx, stop := running(ctx, sup)
	s.closeAfter(stop)
	number := 0
	return func(n int) error {
		for range n {
			message := pings(number, ids[number%nodeCount:][:1])
			number++
			said := time.Now()
			if err := deliver(ctx, elsewhere, message); err != nil {
				return err
			}
			if err := wait(ctx, ended); err != nil {
				return err
			}
			took.add(float64((<-began).Sub(said)))
		}
		return nil
	}, nil
}

func (pg *server) wakeUpOfRiver(ctx context.Context, s *setup, took *notes) (func(n int) error, error) {
	q, err := pg.openRiver(ctx, s, "river", riverQuick)
	if err != nil {
		return nil, err
	}
	elsewhere, err := pg.openRiver(ctx, s, "river", riverQuick)
	if err != nil {
		return nil, err
	}
	if err := q.client.Start(ctx); err != nil {
		return nil, err
	}
	s.closeAfter(closer(func() error { return q.client.Stop(context.WithoutCancel(ctx)) }))
	return func(n int) error {
		for range n {
			said := time.Now()
			if _, err := elsewhere.client.Insert(ctx, nothing{}, nil); err != nil {
				return err
			}
			select {
			case at := <-q.worked:
				took.add(float64(at.Sub(said)))
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		return nil
	}, nil
}

// thousandPhasesInPostgres is thousandPhases on PostgreSQL.
func thousandPhasesInPostgres(ctx context.Context, s *setup) (sides, error) {
	pg, err := s.openServer(ctx)
	if err != nil {
		return sides{}, err
	}
	store, err := pg.openStore(ctx, s, "ours", nil)
	if err != nil {
		return sides{}, err
	}
	instances, err := newInstances(store)
	if err != nil {
		return sides{}, err
	}
	tx, err := pg.admin.Begin(ctx)
	if err != nil {
		return sides{}, err
	}
	if err := createInstances(ctx, instances.With(tx)); err != nil {
		return sides{}, errors.Join(err, tx.Rollback(ctx))
	}
	if err := tx.Commit(ctx); err != nil {
		return sides{}, err
	}
	if err := pg.settle(ctx); err != nil {
		return sides{}, err
	}
	return advances(ctx, s, store, instances)
}

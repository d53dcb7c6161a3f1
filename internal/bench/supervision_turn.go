package main

import (
	"context"
	"fmt"

	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

// follow is the event by which a node goes on along the walk.
var follow = map[state]event{home: "start", "starting": "wait", "waiting": "process", "processing": "finish"}

// goOn moves the node by one event.
func goOn(t *nodeTurn) error {
	t.Data.FinishedAt = t.Now
	return t.Fire(follow[t.State])
}

// turns are of nodes in memory that each move in every turn and ask for the next one at once.
func turns(ctx context.Context, _ *setup) (sides, error) {
	store := memory.New(nil)
	sup, err := supervise(store, func(t *nodeTurn) error {
		err := goOn(t)
		t.Wake(0)
		return err
	}, nil)
	if err != nil {
		return sides{}, err
	}
	ids, err := createNodes(ctx, store, home, nodeCount)
	if err != nil {
		return sides{}, err
	}
	err = deliver(ctx, store, pings(0, ids)) // for the first turn; the others follow by themselves
	return sides{ours: passes(ctx, sup, func(int) error { return nil })}, err
}

// turnsWithMessage are of nodes in memory that are told something for each turn, a hundred at a time.
// The delivery counts.
func turnsWithMessage(ctx context.Context, _ *setup) (sides, error) {
	store := memory.New(nil)
	sup, err := supervise(store, func(t *nodeTurn) error {
		for _, m := range t.Messages {
			if _, ok := ping.Body(m); ok {
				return goOn(t)
			}
		}
		return nil
	}, nil)
	if err != nil {
		return sides{}, err
	}
	ids, err := createNodes(ctx, store, home, nodeCount)
	if err != nil {
		return sides{}, err
	}
	return sides{ours: passes(ctx, sup, func(i int) error {
		from := i * batchSize % nodeCount
		return deliver(ctx, store, pings(i, ids[from:from+batchSize]))
	})}, nil
}

// passes are of a supervisor that has a batch of turns to make in each. Before is called ahead of the
// i-th.
func passes(ctx context.Context, sup *supervision.Supervisor, before func(i int) error) func(n int) error {
	done := 0
	return func(n int) error {
		for range n {
			if err := before(done); err != nil {
				return err
			}
			turns, err := sup.Pass(ctx)
			if err != nil {
				return err
			}
			if turns != batchSize {
				return fmt.Errorf("a pass made %d turns; %d were due", turns, batchSize)
			}
			done++
		}
		return nil
	}
}

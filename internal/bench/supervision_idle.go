package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/storage/sqlite"
)

// An estate opens a store of so many nodes that all rest.
type estate func(ctx context.Context, s *setup, resting int) (storage.Store, error)

// idle are passes over many nodes that all rest, and over ten thousand.
func idle(open estate, resting int) func(context.Context, *setup) (sides, error) {
	return func(ctx context.Context, s *setup) (sides, error) {
		ours, err := idleOver(ctx, s, open, resting)
		if err != nil {
			return sides{}, err
		}
		peer, err := idleOver(ctx, s, open, 10_000)
		return sides{ours: ours, peer: peer}, err
	}
}

func idleOver(ctx context.Context, s *setup, open estate, resting int) (func(n int) error, error) {
	store, err := open(ctx, s, resting)
	if err != nil {
		return nil, err
	}
	sup, err := supervise(store, goOn, nil)
	if err != nil {
		return nil, err
	}
	if _, err := sup.Pass(ctx); err != nil { // the first looks whether the supervisor can work
		return nil, err
	}
	return func(n int) error {
		for range n {
			if turns, err := sup.Pass(ctx); err != nil || turns > 0 {
				return errors.Join(err, fmt.Errorf("a pass made %d turns; all nodes rest", turns))
			}
		}
		return nil
	}, nil
}

func restingInMemory(ctx context.Context, _ *setup, n int) (storage.Store, error) {
	store := memory.New(nil)
	_, err := createNodes(ctx, store, home, n)
	return store, err
}

// restingInSQLite has the first node copied by the database.
func restingInSQLite(ctx context.Context, s *setup, n int) (storage.Store, error) {
	db, store, err := s.openSQLite(ctx, fmt.Sprintf("%d.db", n), sqlite.Normal)
	if err != nil {
		return nil, err
	}
	if _, err := createNodes(ctx, store, home, 1); err != nil {
		return nil, err
	}
	const copies = `WITH RECURSIVE copy (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM copy WHERE i < ?)
		INSERT INTO reeve_record (kind, id, version, state, final, status, reason, operation, step, since, failures, grp, data_version, data)
		SELECT kind, printf('copy-%07d', i), version, state, final, status, reason, operation, step, since, failures, grp, data_version, data
		FROM copy CROSS JOIN reeve_record`
	_, err = db.ExecContext(ctx, copies, n-1)
	return store, err
}

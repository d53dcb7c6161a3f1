package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/postgres"
)

// claimsAfterTurns are claims of due nodes in a store that has made a million turns and that nobody has
// cleared up but the server by itself.
func claimsAfterTurns(took *notes) func(context.Context, *setup) (sides, error) {
	return func(ctx context.Context, s *setup) (sides, error) {
		if s.quick {
			return sides{}, skipped("a million turns take minutes")
		}
		return claimsAged(ctx, s, took, func(_ *server, store *postgres.Store) error {
			return supervised(ctx, store, again, 1000, 1_000_000)
		})
	}
}

// claimsBesideSnapshot are claims of due nodes while somebody has a transaction open that sees the store
// as it was 200,000 turns ago, as after ten minutes of 333 turns a second.
func claimsBesideSnapshot(took *notes) func(context.Context, *setup) (sides, error) {
	return func(ctx context.Context, s *setup) (sides, error) {
		if s.quick {
			return sides{}, skipped("200,000 turns take a minute")
		}
		return claimsAged(ctx, s, took, func(pg *server, store *postgres.Store) error {
			tx, err := pg.admin.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead})
			if err != nil {
				return err
			}
			s.closeAfter(closer(func() error { return tx.Rollback(context.WithoutCancel(ctx)) }))
			if _, err := tx.Exec(ctx, "SELECT FROM ours.record"); err != nil {
				return err
			}
			return supervised(ctx, store, again, 1000, 200_000)
		})
	}
}

// again has the node take another turn at once.
func again(t *nodeTurn) error {
	err := finish(t)
	t.Wake(0)
	return err
}

// claimsAged are claims of due nodes in a store that has aged, and in a fresh one.
func claimsAged(ctx context.Context, s *setup, took *notes, age func(*server, *postgres.Store) error) (sides, error) {
	pg, err := s.openServer(ctx)
	if err != nil {
		return sides{}, err
	}
	var claims [2]func(int) error
	for i, schema := range []string{"ours", "fresh"} {
		store, err := pg.openStore(ctx, s, schema, nil)
		if err != nil {
			return sides{}, err
		}
		if _, err := createNodes(ctx, store, home, agedNodes); err != nil {
			return sides{}, err
		}
		if _, err := pg.admin.Exec(ctx, "UPDATE "+schema+".record SET due = now() WHERE kind = $1", nodeKind); err != nil {
			return sides{}, err
		}
		claims[i] = claimAndTurn(ctx, store, took)
		if schema == "ours" {
			if err := age(pg, store); err != nil {
				return sides{}, err
			}
		}
	}
	return sides{ours: claims[0], peer: claims[1]}, nil
}

const agedNodes = 10_000

// claimAndTurn claims nodes, a hundred at a time, and gives each a turn that makes it due again, behind all
// others. Only the claims are timed.
func claimAndTurn(ctx context.Context, store storage.Store, took *notes) func(n int) error {
	const claims = 20 // an operation
	return func(n int) error {
		for range n * claims {
			begun := time.Now()
			claimed, err := store.Claim(ctx, storage.Claim{Names: []string{nodeKind}, Owner: "bench", Limit: batchSize, TTL: time.Minute})
			if err != nil || len(claimed) != batchSize {
				return errors.Join(err, fmt.Errorf("%d nodes could be claimed; %d are right", len(claimed), batchSize))
			}
			took.add(float64(time.Since(begun)) / batchSize)
			changes := make([]storage.Change, batchSize)
			for i, c := range claimed {
				changes[i] = storage.Change{Key: c.Key, Version: c.Version, Token: c.Lease.Token, Record: c.Record}
				changes[i].Record.Due = c.Now
			}
			answers, err := store.Apply(ctx, changes)
			if err := errors.Join(append(answers, err)...); err != nil {
				return err
			}
		}
		return nil
	}
}

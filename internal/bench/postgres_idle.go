package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/postgres"
)

// emptyPolls are passes over many nodes that all rest, and over ten thousand.
func emptyPolls(ctx context.Context, s *setup) (sides, error) {
	pg, err := s.openServer(ctx)
	if err != nil {
		return sides{}, err
	}
	resting := func(ctx context.Context, s *setup, n int) (storage.Store, error) {
		_, store, err := pg.openResting(ctx, s, n)
		return store, err
	}
	ours, err := idleOver(ctx, s, resting, s.size(1_000_000, 30_000))
	if err != nil {
		return sides{}, err
	}
	peer, err := idleOver(ctx, s, resting, 10_000)
	return sides{ours: ours, peer: peer}, err
}

// emptyPollPages notes how many pages of the database a claim that finds nothing looks at: of a store of
// many nodes, and of ten thousand.
func emptyPollPages(pages *notes) func(context.Context, *setup) (sides, error) {
	return func(ctx context.Context, s *setup) (sides, error) {
		pg, err := s.openServer(ctx)
		if err != nil {
			return sides{}, err
		}
		ours, err := pg.claimsExplained(ctx, s, pages, s.size(1_000_000, 30_000))
		if err != nil {
			return sides{}, err
		}
		peer, err := pg.claimsExplained(ctx, s, pages, 10_000)
		return sides{ours: ours, peer: peer}, err
	}
}

func (pg *server) claimsExplained(ctx context.Context, s *setup, pages *notes, resting int) (func(n int) error, error) {
	sent, store, err := pg.openResting(ctx, s, resting)
	if err != nil {
		return nil, err
	}
	return pg.claimsOf(ctx, sent, store, nodeKind, pages), nil
}

// claimsOf are claims of a kind of which nothing is due.
func (pg *server) claimsOf(ctx context.Context, sent *tap, store storage.Store, kind string, pages *notes) func(n int) error {
	return func(n int) error {
		for range n {
			sent.take()
			claimed, err := store.Claim(ctx, storage.Claim{Names: []string{kind}, Owner: "bench", Limit: batchSize, TTL: time.Minute})
			if err != nil || len(claimed) > 0 {
				return errors.Join(err, fmt.Errorf("%d records were claimed; none is due", len(claimed)))
			}
			sum, err := pg.pagesOf(ctx, sent.take())
			if err != nil {
				return err
			}
			pages.add(float64(sum))
		}
		return nil
	}
}

// pagesOf has statements explained, in a transaction that is rolled back, and returns how many pages they
// look at in all.
func (pg *server) pagesOf(ctx context.Context, statements []statement) (sum int, _ error) {
	tx, err := pg.admin.Begin(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { _ = tx.Rollback(ctx) }()
	for _, one := range statements {
		if word, _, _ := strings.Cut(one.sql, " "); word == "begin" || word == "ROLLBACK" {
			continue
		}
		var text []byte
		if err := tx.QueryRow(ctx, "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) "+one.sql, one.args...).Scan(&text); err != nil {
			return 0, fmt.Errorf("explain %s: %w", one.sql, err)
		}
		var plans []struct {
			Plan struct {
				Hit  int `json:"Shared Hit Blocks"`
				Read int `json:"Shared Read Blocks"`
			}
		}
		if err := json.Unmarshal(text, &plans); err != nil {
			return 0, err
		}
		for _, p := range plans {
			sum += p.Plan.Hit + p.Plan.Read
		}
	}
	return sum, nil
}

// openResting opens a store of so many nodes that all rest. The first is created, the others are copied by
// the database.
func (pg *server) openResting(ctx context.Context, s *setup, n int) (*tap, *postgres.Store, error) {
	sent, schema := &tap{}, fmt.Sprintf("resting_%d", n)
	store, err := pg.openStore(ctx, s, schema, sent)
	if err != nil {
		return nil, nil, err
	}
	if _, err := createNodes(ctx, store, home, 1); err != nil {
		return nil, nil, err
	}
	const copies = `INSERT INTO reeve.record SELECT c.* FROM reeve.record AS r, generate_series(2, $1::int) AS i,
		LATERAL jsonb_populate_record(r, jsonb_build_object('id', 'copy-' || i)) AS c`
	if _, err := pg.admin.Exec(ctx, strings.ReplaceAll(copies, "reeve.", schema+"."), n); err != nil {
		return nil, nil, err
	}
	return sent, store, pg.settle(ctx)
}

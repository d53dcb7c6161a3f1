package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"

	"github.com/reeve-go/reeve/storage/postgres"
	"github.com/reeve-go/reeve/supervision"
)

const clients = 32

// firesAndHand are orders that clients give at the same time, each to nodes of its own: through one
// store, and by hand with a connection each.
func firesAndHand(took *notes) func(context.Context, *setup) (sides, error) {
	return func(ctx context.Context, s *setup) (sides, error) {
		pg, err := s.openServer(ctx)
		if err != nil {
			return sides{}, err
		}
		ours, err := pg.openStore(ctx, s, "ours", nil)
		if err != nil {
			return sides{}, err
		}
		nodes, err := supervision.NewKind[inspection](nodeKind, introspection(), ours, nil)
		if err != nil {
			return sides{}, err
		}
		byHand, err := pg.openStore(ctx, s, "hand", nil)
		if err != nil {
			return sides{}, err
		}
		h, err := pg.openFireHand(ctx, s, "hand")
		if err != nil {
			return sides{}, err
		}
		for _, store := range []*postgres.Store{ours, byHand} {
			if _, err := createNodes(ctx, store, home, nodeCount); err != nil {
				return sides{}, err
			}
		}
		n := s.size(16_000, 1600)
		nothing := func() error { return nil }
		return sides{
			ours: pg.timed(ctx, took, n, nothing, func() error { return atOnce(ctx, n, fireOne(nodes)) }),
			peer: pg.timed(ctx, took, n, nothing, func() error { return atOnce(ctx, n, h.fire) }),
		}, nil
	}
}

// fireOne gives an order.
func fireOne(nodes *supervision.Kind[inspection, state, event]) func(ctx context.Context, id string) error {
	return func(ctx context.Context, id string) error {
		return nodes.Fire(ctx, id, "finish", func(t *nodeTurn) error {
			t.Data.FinishedAt = t.Now
			return nil
		})
	}
}

// atOnce has the clients give n orders in all.
func atOnce(ctx context.Context, n int, fire func(ctx context.Context, id string) error) error {
	var group errgroup.Group
	for client := range clients {
		group.Go(func() error {
			const each = nodeCount / clients
			for i := range n / clients {
				if err := fire(ctx, nodeID(home, client*each+i%each)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// A fireHand gives single orders without the library.
type fireHand struct {
	pool       *pgxpool.Pool
	load, swap string
}

func (pg *server) openFireHand(ctx context.Context, s *setup, schema string) (*fireHand, error) {
	pool, err := pg.connect(ctx, s, clients, nil)
	if err != nil {
		return nil, err
	}
	in := func(query string) string { return strings.ReplaceAll(query, "reeve.", schema+".") }
	return &fireHand{pool, in(handLoad), in(handSwap)}, nil
}

const (
	handLoad = `SELECT version, fence, state, data, now() FROM reeve.record WHERE kind = 'node' AND id = $1`

	handSwap = `WITH done AS (
	UPDATE reeve.record SET version = version + 1, state = $4, since = now(), until = $6, due = $6, data = $7
	WHERE kind = 'node' AND id = $1 AND version = $2 RETURNING version)
INSERT INTO reeve.line (kind, id, version, n, at, element, from_state, event, to_state, cause, operation)
SELECT 'node', $1, version, 0, now(), '', $3, $5, $4, 'fire', '' FROM done`
)

// fire gives an order: load, decide, and write if nobody else has written meanwhile.
func (h *fireHand) fire(ctx context.Context, id string) error {
	n := handNode{id: id}
	if err := h.pool.QueryRow(ctx, h.load, id).Scan(&n.version, &n.token, &n.state, &n.data, &n.now); err != nil {
		return err
	}
	to, err := handMachine.Step(state(n.state), "finish")
	if err != nil {
		return err
	}
	var data inspection
	if err := json.Unmarshal(n.data, &data); err != nil {
		return err
	}
	data.FinishedAt = n.now
	encoded, err := json.Marshal(data)
	if err != nil {
		return err
	}
	done, err := h.pool.Exec(ctx, h.swap, id, n.version, n.state, string(to), "finish", n.until(to), encoded)
	if err == nil && done.RowsAffected() != 1 {
		err = fmt.Errorf("%s is not at version %d any more", id, n.version)
	}
	return err
}

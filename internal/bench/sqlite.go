package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/sqlite"
	"github.com/reeve-go/reeve/supervision"
)

// sqliteRows are about package sqlite on a file. By hand means the same tables, indexes, settings,
// driver and data without the library: what a careful host would write for one change or a hundred.
func sqliteRows() []row {
	const byHand = "the same SQL by hand"
	return []row{
		{"sqlite/fire", byHand, cpu, ratioAtMost(1.5), fireAndHand},
		{"sqlite/batch-of-100", byHand, cpu, ratioAtMost(1.5), batchAndHand},
		{"sqlite/fire-full-sync", "4 KiB written and synced", wall, goal{}, fireAndSync},
	}
}

// fireOn gives one order after the other.
func fireOn(ctx context.Context, store storage.Store) (func(n int) error, error) {
	nodes, err := supervision.NewKind[inspection](nodeKind, introspection(), store, nil)
	if err != nil {
		return nil, err
	}
	var nodesMarch march
	return func(n int) error {
		for range n {
			id, behind := nodesMarch.next()
			err := nodes.Fire(ctx, id, walk[behind%4], func(t *supervision.Turn[inspection, state, event]) error {
				t.Data.FinishedAt = t.Now
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	}, nil
}

func fireAndHand(ctx context.Context, s *setup) (sides, error) {
	_, store, err := s.openNodes(ctx, "ours.db", sqlite.Normal)
	if err != nil {
		return sides{}, err
	}
	ours, err := fireOn(ctx, store)
	if err != nil {
		return sides{}, err
	}
	h, err := s.openHand(ctx)
	if err != nil {
		return sides{}, err
	}
	return sides{ours: ours, peer: h.fire(ctx)}, nil
}

func batchAndHand(ctx context.Context, s *setup) (sides, error) {
	_, store, err := s.openNodes(ctx, "ours.db", sqlite.Normal)
	if err != nil {
		return sides{}, err
	}
	h, err := s.openHand(ctx)
	if err != nil {
		return sides{}, err
	}
	applyOurs := func(changes []storage.Change) error {
		answers, err := store.Apply(ctx, changes)
		return errors.Join(append(answers, err)...)
	}
	applyByHand := func(changes []storage.Change) error { return h.apply(ctx, changes) }
	return sides{ours: inBatches(applyOurs), peer: inBatches(applyByHand)}, nil
}

// fireAndSync reports what a durable order costs beside what the disk asks for durability.
func fireAndSync(ctx context.Context, s *setup) (sides, error) {
	_, store, err := s.openNodes(ctx, "ours.db", sqlite.Full)
	if err != nil {
		return sides{}, err
	}
	ours, err := fireOn(ctx, store)
	if err != nil {
		return sides{}, err
	}
	file, err := os.Create(filepath.Join(s.dir, "synced"))
	if err != nil {
		return sides{}, err
	}
	s.closeAfter(file)
	const filePages = 1000 // like a write-ahead log, the file is written again from its beginning
	page, written := make([]byte, 4<<10), int64(0)
	return sides{ours: ours, peer: func(n int) error {
		for range n {
			at := written % filePages * int64(len(page))
			written++
			if _, err := file.WriteAt(page, at); err != nil {
				return err
			}
			if err := file.Sync(); err != nil {
				return err
			}
		}
		return nil
	}}, nil
}

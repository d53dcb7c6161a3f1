package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the driver

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/sqlite"
)

const (
	nodeKind  = "node"
	nodeCount = 1000
	batchSize = 100
)

// Inspection is a node's data.
type inspection struct {
	StartedAt  time.Time `json:"started_at"`
	FinishedAt time.Time `json:"finished_at"`
	Error      string    `json:"error"`
	Address    string    `json:"bmc_address"`
	Ports      []string  `json:"ports"`
	Manage     bool      `json:"manage_boot"`
}

var inspected = inspection{
	StartedAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
	Address:   "192.0.2.17",
	Ports:     []string{"52:54:00:12:34:56", "52:54:00:12:34:57"},
	Manage:    true,
}

func nodeID(created state, i int) string { return fmt.Sprintf("%s-%06d", created, i) }

// openNodes opens a file with the store's tables and the nodes in it.
func (s *setup) openNodes(ctx context.Context, name string, synchronous sqlite.Synchronous) (*sql.DB, *sqlite.Store, error) {
	db, store, err := s.openSQLite(ctx, name, synchronous)
	if err != nil {
		return nil, nil, err
	}
	_, err = createNodes(ctx, store, home, nodeCount)
	return db, store, err
}

// openSQLite opens a file with the store's tables.
func (s *setup) openSQLite(ctx context.Context, name string, synchronous sqlite.Synchronous) (*sql.DB, *sqlite.Store, error) {
	options := &sqlite.Options{Synchronous: synchronous}
	db, err := sql.Open("sqlite", options.DSN(filepath.Join(s.dir, name)))
	if err != nil {
		return nil, nil, err
	}
	s.closeAfter(db)
	db.SetMaxOpenConns(1) // nobody reads beside the writer here
	store, err := sqlite.New(ctx, db, options)
	if err != nil {
		return nil, nil, err
	}
	return db, store, store.Migrate(ctx)
}

// createNodes creates n nodes in a state, and returns their ids. No turn is due.
func createNodes(ctx context.Context, store storage.Store, in state, n int) (ids []string, _ error) {
	data, err := json.Marshal(inspected)
	if err != nil {
		return nil, err
	}
	for len(ids) < n {
		changes := make([]storage.Change, min(batchSize, n-len(ids)))
		for i := range changes {
			id := nodeID(in, len(ids))
			ids = append(ids, id)
			changes[i] = storage.Change{
				Key:    storage.Key{Kind: nodeKind, ID: id},
				Record: storage.Record{State: string(in), Data: data},
				Lines:  []storage.Line{{To: string(in), Cause: "create"}},
			}
		}
		answers, err := store.Apply(ctx, changes)
		if err := errors.Join(append(answers, err)...); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// A march leads every node one event along the walk, then every node the next one, and so on.
type march int

// next returns the node whose turn it is, and how many events it has behind it.
func (m *march) next() (id string, behind int) {
	i := int(*m)
	*m++
	return nodeID(home, i%nodeCount), i / nodeCount
}

// inBatches makes changes, a hundred at a time, and has them applied.
func inBatches(apply func([]storage.Change) error) func(n int) error {
	reached := [len(walk)]state{"starting", "waiting", "processing", home}
	var nodes march
	return func(n int) error {
		for range n {
			changes := make([]storage.Change, batchSize)
			for i := range changes {
				id, behind := nodes.next()
				data, err := json.Marshal(inspected)
				if err != nil {
					return err
				}
				from, e, to := reached[(behind+3)%4], walk[behind%4], reached[behind%4]
				changes[i] = storage.Change{
					Key:     storage.Key{Kind: nodeKind, ID: id},
					Version: uint64(behind + 1), //nolint:gosec // a count
					Record:  storage.Record{State: string(to), Data: data},
					Lines:   []storage.Line{{From: string(from), Event: string(e), To: string(to), Cause: "order"}},
				}
			}
			if err := apply(changes); err != nil {
				return err
			}
		}
		return nil
	}
}

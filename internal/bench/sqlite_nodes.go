package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
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

func nodeID(i int) string { return fmt.Sprintf("node-%04d", i) }

// openSQLite opens a file with the store's tables and the nodes in it.
func (s *setup) openSQLite(ctx context.Context, name string, synchronous sqlite.Synchronous) (*sql.DB, *sqlite.Store, error) {
	dsn := sqlite.DSN(filepath.Join(s.dir, name))
	if synchronous == sqlite.Normal {
		dsn = strings.Replace(dsn, "synchronous(FULL)", "synchronous(NORMAL)", 1)
	}
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, nil, err
	}
	s.closeAfter(db)
	db.SetMaxOpenConns(1) // nobody reads beside the writer here
	store, err := sqlite.New(ctx, db, &sqlite.Options{Synchronous: synchronous})
	if err != nil {
		return nil, nil, err
	}
	if err := store.Migrate(ctx); err != nil {
		return nil, nil, err
	}
	return db, store, createNodes(ctx, store)
}

func createNodes(ctx context.Context, store storage.Store) error {
	data, err := json.Marshal(inspected)
	if err != nil {
		return err
	}
	changes := make([]storage.Change, nodeCount)
	for i := range changes {
		changes[i] = storage.Change{
			Key:    storage.Key{Kind: nodeKind, ID: nodeID(i)},
			Record: storage.Record{State: string(home), Data: data},
			Lines:  []storage.Line{{To: string(home), Cause: "create"}},
		}
	}
	answers, err := store.Apply(ctx, changes)
	return errors.Join(append(answers, err)...)
}

// A march leads every node one event along the walk, then every node the next one, and so on.
type march int

// next returns the node whose turn it is, and how many events it has behind it.
func (m *march) next() (id string, behind int) {
	i := int(*m)
	*m++
	return nodeID(i % nodeCount), i / nodeCount
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

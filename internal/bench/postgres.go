package main

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/storage/postgres"
)

// postgresRows are about package postgres, on a server of the row's own with the settings that PostgreSQL
// has by default. By hand means the same tables and rows without the library, in the best statements that
// a careful host would write.
func postgresRows() []row {
	const (
		byHand  = "the same rows by hand"
		resting = "the same over 10,000"
		fresh   = "the same on a fresh store"
	)
	var in100, in1000, sent100, sent1000, orders, best, usual, pages, aged, pinned, woken notes
	ns := func(n *notes) meter { return n.meter("ns", median) }
	return []row{
		{"postgres/turn-in-hundreds", byHand, ns(&in100), ratioAtMost(1 / 0.6), turnsAndHand(&in100, 100)},
		{"postgres/turn-in-hundreds-statements", "", sent100.meter("statements", median), atMost(0.2), statements(&sent100, 100)},
		{"postgres/turn-in-thousands", byHand, ns(&in1000), ratioAtMost(1 / 0.6), turnsAndHand(&in1000, 1000)},
		{"postgres/turn-in-thousands-statements", "", sent1000.meter("statements", median), atMost(0.2), statements(&sent1000, 1000)},
		{"postgres/turn-beside-river", "a job of River at its best", ns(&best), ratioAtMost(1), turnsAndRiver(&best, 1000, riverBest)},
		{"postgres/turn-beside-river-default", "a job of River as it is", ns(&usual), ratioAtMost(0.125), turnsAndRiver(&usual, 0, riverDefault)},
		{"postgres/fire-32-at-once", "32 connections by hand", ns(&orders), ratioAtMost(0.5), firesAndHand(&orders)},
		{"postgres/empty-poll-million-resting", resting, wall, ratioAtMost(1.5), emptyPolls},
		{"postgres/empty-poll-million-resting-pages", resting, pages.meter("pages", median), atMostAndAsPeer(10), emptyPollPages(&pages)},
		{"postgres/claim-after-million-turns", fresh, ns(&aged), ratioAtMost(2), claimsAfterTurns(&aged)},
		{"postgres/claim-beside-old-snapshot", fresh, ns(&pinned), ratioAtMost(2), claimsBesideSnapshot(&pinned)},
		{"postgres/wake-up", "insert to work in River", ns(&woken), ratioAtMost(1), wakeUpAndRiver(&woken)},
		{"postgres/thousand-phases", "", wall, atMost(2e9), thousandPhasesInPostgres},
	}
}

// A server is a PostgreSQL that one row has for itself.
type server struct {
	url   string
	admin *pgxpool.Pool
}

// openServer starts a server with the settings that PostgreSQL has by default.
func (s *setup) openServer(ctx context.Context) (*server, error) {
	wish := os.Getenv("REEVE_TEST_POSTGRES")
	if wish == "off" {
		return nil, skipped("REEVE_TEST_POSTGRES is off")
	}
	program, err := pgtest.Open("max_connections=100", "shared_buffers=128MB")
	if err != nil && wish != "required" {
		return nil, skipped(err.Error())
	}
	if err != nil {
		return nil, err
	}
	s.closeAfter(program)
	pg := &server{url: program.URL()}
	pg.admin, err = pg.connect(ctx, s, 0, nil)
	return pg, err
}

// connect opens a pool of at most so many connections; zero: as many as is usual.
func (pg *server) connect(ctx context.Context, s *setup, most int32, tracer pgx.QueryTracer) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(pg.url)
	if err != nil {
		return nil, err
	}
	if most > 0 {
		config.MaxConns = most
	}
	config.ConnConfig.Tracer = tracer
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	s.closeAfter(closer(func() error { pool.Close(); return nil }))
	return pool, nil
}

// openStore opens a store in a schema, with the tables in it. The tracer is told what it sends; nil: nobody.
func (pg *server) openStore(ctx context.Context, s *setup, schema string, tracer pgx.QueryTracer) (*postgres.Store, error) {
	pool, err := pg.connect(ctx, s, 0, tracer)
	if err != nil {
		return nil, err
	}
	store, err := postgres.New(ctx, pool, &postgres.Options{Schema: schema})
	if err != nil {
		return nil, err
	}
	return store, store.Migrate(ctx)
}

// settle has the server do now what it would do at some time: whoever comes next is not to pay for those
// before.
func (pg *server) settle(ctx context.Context) error {
	for _, query := range []string{"VACUUM (ANALYZE)", "CHECKPOINT"} {
		if _, err := pg.admin.Exec(ctx, query); err != nil {
			return fmt.Errorf("%s: %w", query, err)
		}
	}
	return nil
}

// each returns operations of k equal things, before each of which the server settles. Only the time of
// work is noted.
func (pg *server) each(ctx context.Context, took *notes, k int, ready, work func() error) func(n int) error {
	return func(n int) error {
		for range n {
			if err := ready(); err != nil {
				return err
			}
			if err := pg.settle(ctx); err != nil {
				return err
			}
			begun := time.Now()
			if err := work(); err != nil {
				return err
			}
			took.add(float64(time.Since(begun)) / float64(k))
		}
		return nil
	}
}

// A tap notes what is sent to a server.
type tap struct {
	mu         sync.Mutex
	statements []statement
}

type statement struct {
	sql  string
	args []any
}

func (t *tap) add(s statement) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.statements = append(t.statements, s)
}

// take returns what was sent since it was last called.
func (t *tap) take() []statement {
	t.mu.Lock()
	defer t.mu.Unlock()
	taken := t.statements
	t.statements = nil
	return taken
}

// TraceQueryStart implements [pgx.QueryTracer].
func (t *tap) TraceQueryStart(ctx context.Context, _ *pgx.Conn, q pgx.TraceQueryStartData) context.Context {
	t.add(statement{q.SQL, q.Args})
	return ctx
}

// TraceQueryEnd implements [pgx.QueryTracer].
func (t *tap) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// TraceBatchStart implements [pgx.BatchTracer].
func (t *tap) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

// TraceBatchQuery implements [pgx.BatchTracer].
func (t *tap) TraceBatchQuery(_ context.Context, _ *pgx.Conn, q pgx.TraceBatchQueryData) {
	t.add(statement{q.SQL, q.Args})
}

// TraceBatchEnd implements [pgx.BatchTracer].
func (t *tap) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

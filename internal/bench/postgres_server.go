package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/storage/postgres"
)

// A server is a PostgreSQL that one row has for itself.
type server struct {
	url   string
	admin *pgxpool.Pool
	quick bool // there is no time for it to settle
}

// openServer starts a server with the settings that PostgreSQL has by default.
func (s *setup) openServer(ctx context.Context) (*server, error) {
	wish := os.Getenv("REEVE_TEST_POSTGRES")
	if wish == "off" {
		return nil, skipped("REEVE_TEST_POSTGRES is off")
	}
	program, err := pgtest.Open("max_connections=100", "shared_buffers=128MB") //nolint:contextcheck // its programs outlive the call
	if err != nil && wish != "required" {
		return nil, skipped(err.Error())
	}
	if err != nil {
		return nil, err
	}
	s.closeAfter(program)
	pg := &server{url: program.URL(), quick: s.quick}
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
// before. In a quick run it does nothing.
func (pg *server) settle(ctx context.Context) error {
	if pg.quick {
		return nil
	}
	for _, query := range []string{"VACUUM (ANALYZE)", "CHECKPOINT"} {
		if _, err := pg.admin.Exec(ctx, query); err != nil {
			return fmt.Errorf("%s: %w", query, err)
		}
	}
	return nil
}

// timed returns operations of k equal things, before each of which the server settles. Only the time of
// work is noted.
func (pg *server) timed(ctx context.Context, took *notes, k int, ready, work func() error) func(n int) error {
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

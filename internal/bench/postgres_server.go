package main

import (
	"context"
	"fmt"
	"os"
	"strings"
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
// before. In a quick run it does nothing. Where tables are given, only these are looked after.
func (pg *server) settle(ctx context.Context, tables ...string) error {
	if pg.quick {
		return nil
	}
	for _, query := range []string{"VACUUM (ANALYZE) " + strings.Join(tables, ", "), "CHECKPOINT"} {
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

// wal returns how much the server has written to its log.
func (pg *server) wal(ctx context.Context) (bytes int64, err error) {
	return bytes, pg.admin.QueryRow(ctx, "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint").Scan(&bytes)
}

// cpu returns the processor time of the server's processes that are there now; nothing where that cannot be told.
func (pg *server) cpu(ctx context.Context) (sum time.Duration, err error) {
	rows, err := pg.admin.Query(ctx, "SELECT pid FROM pg_stat_activity")
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var pid int
		if err := rows.Scan(&pid); err != nil {
			return 0, err
		}
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			continue // it has ended, or this is not Linux
		}
		_, after, _ := strings.Cut(string(stat), ") ")
		fields := strings.Fields(after)
		var user, system int64
		if _, err := fmt.Sscan(fields[11]+" "+fields[12], &user, &system); err != nil {
			return 0, err
		}
		sum += time.Duration(user+system) * (time.Second / 100)
	}
	return sum, rows.Err()
}

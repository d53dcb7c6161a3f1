package postgres_test

import (
	"context"
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/postgres"
	"github.com/reeve-go/reeve/storage/storagetest"
)

// randomChecks is how many random sequences each store of this package has to stand, unless the
// command line says otherwise.
const randomChecks = "25"

func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", randomChecks); err != nil {
		panic(err)
	}
	storagetest.Main(m, openAddress)
}

// openAddress opens a store in another process: a schema, a blank and the server's URL.
func openAddress(address string) (storage.Store, error) {
	schema, url, ok := strings.Cut(address, " ")
	if !ok {
		return nil, fmt.Errorf("postgres_test: %q is no address; a schema, a blank and a URL are right", address)
	}
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, url)
	if err != nil {
		return nil, err
	}
	return postgres.New(ctx, pool, &postgres.Options{Schema: schema})
}

// poolOn returns a pool of connections to a server.
func poolOn(t testing.TB, url string) *pgxpool.Pool {
	t.Helper()
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	config.MaxConns = 8
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// must runs statements that a test needs.
func must(t testing.TB, pool *pgxpool.Pool, query string, args ...any) {
	t.Helper()
	if _, err := pool.Exec(context.Background(), query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// dropped returns the options with a schema of the test's own, which goes with it.
func dropped(t testing.TB, pool *pgxpool.Pool, o postgres.Options) postgres.Options {
	t.Helper()
	if o.Schema == "" {
		o.Schema = pgtest.Schema(t)
	}
	schema := pgx.Identifier{o.Schema}.Sanitize()
	t.Cleanup(func() { must(t, pool, "DROP SCHEMA IF EXISTS "+schema+" CASCADE") })
	return o
}

// storeOn returns a store on a pool with its tables made.
func storeOn(t testing.TB, pool *pgxpool.Pool, o postgres.Options) *postgres.Store {
	t.Helper()
	s, err := postgres.New(t.Context(), pool, &o)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// begin begins transactions of the host.
func begin(pool *pgxpool.Pool) func(testing.TB) storagetest.Tx {
	return func(t testing.TB) storagetest.Tx {
		t.Helper()
		tx, err := pool.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = tx.Rollback(context.Background()) })
		return storagetest.Tx{
			Handle:   tx,
			Commit:   func() error { return tx.Commit(context.Background()) },
			Rollback: func() error { return tx.Rollback(context.Background()) },
		}
	}
}

// standingClock makes the store's clock one that a test moves.
func standingClock(t testing.TB, pool *pgxpool.Pool, schema string) (pass func(time.Duration)) {
	t.Helper()
	in := pgx.Identifier{schema}.Sanitize() + "."
	must(t, pool, "CREATE TABLE "+in+"standing (at timestamptz NOT NULL)")
	must(t, pool, "INSERT INTO "+in+"standing VALUES (statement_timestamp())")
	must(t, pool, "CREATE OR REPLACE FUNCTION "+in+"clock() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS 'SELECT at FROM "+in+"standing'")
	return func(d time.Duration) {
		t.Helper()
		must(t, pool, "UPDATE "+in+"standing SET at = at + $1 * interval '1 microsecond'", d.Microseconds())
	}
}

// backend makes an empty schema on a server for each test. A test that waits for real needs a clock that
// goes.
func backend(pool *pgxpool.Pool, o postgres.Options) func(testing.TB) storagetest.Backend {
	return func(t testing.TB) storagetest.Backend {
		t.Helper()
		o := dropped(t, pool, o)
		s := storeOn(t, pool, o)
		return storagetest.Backend{
			Store: s,
			Open: func(t testing.TB) storage.Store {
				t.Helper()
				return storeOn(t, poolOn(t, pool.Config().ConnString()), o)
			},
			Pass:    standingClock(t, pool, o.Schema),
			Begin:   begin(pool),
			Address: o.Schema + " " + pool.Config().ConnString(),
		}
	}
}

func TestStore(t *testing.T) {
	t.Parallel()
	pool := poolOn(t, pgtest.URL(t))
	storagetest.Run(t, storagetest.Harness{New: backend(pool, postgres.Options{})})
}

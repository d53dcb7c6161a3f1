package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/storage/postgres"
)

// A rig is a store whose connections can be disturbed, and a way to its server that cannot.
type rig struct {
	testing.TB
	*proxy
	options postgres.Options
	store   *postgres.Store // by way of the proxy
	pool    *pgxpool.Pool   // the store's
	direct  *pgxpool.Pool
	pass    func(time.Duration) // moves the store's clock; nil: it goes by itself
}

// newRig returns a rig on a server whose store has so many connections, with settings such as
// "lock_timeout=1s".
func newRig(t testing.TB, server string, conns int32, settings ...string) *rig {
	t.Helper()
	direct := poolOn(t, server)
	p := newProxy(t, server)
	r := &rig{TB: t, proxy: p, direct: direct, options: dropped(t, direct, postgres.Options{})}
	r.pool = r.connect(strings.Join(append([]string{p.url}, settings...), "&"), conns)
	r.store = storeOn(t, r.pool, r.options)
	return r
}

// newStillRig is newRig on the shared server with a clock that stands, and one connection.
func newStillRig(t testing.TB, settings ...string) *rig {
	t.Helper()
	return newRig(t, pgtest.URL(t), 1, settings...).stand()
}

// stand makes the clock stand.
func (r *rig) stand() *rig {
	r.Helper()
	r.pass = standingClock(r, r.direct, r.options.Schema)
	return r
}

// connect returns a pool whose connections bear the name of the rig's schema.
func (r *rig) connect(url string, conns int32) *pgxpool.Pool {
	r.Helper()
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		r.Fatal(err)
	}
	config.MaxConns = conns
	config.ConnConfig.RuntimeParams["application_name"] = r.name()
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(pool.Close)
	return pool
}

// name is what the connections of the rig's pools are called: as much of the schema as the server takes.
func (r *rig) name() string { return r.options.Schema }

// aside returns a store on the same tables that is not disturbed.
func (r *rig) aside() *postgres.Store {
	r.Helper()
	return storeOn(r, r.direct, r.options)
}

// ask returns what a query gives, whatever happened to the connections that were there.
func ask[T any](r *rig, query string, args ...any) (v T) {
	r.Helper()
	var err error
	for range r.direct.Config().MaxConns + 1 {
		if err = r.direct.QueryRow(context.Background(), r.here(query), args...).Scan(&v); err == nil {
			return v
		}
	}
	r.Fatalf("%s: %v", query, err)
	return v
}

// do runs statements in the place of the store's.
func (r *rig) do(statements string) {
	r.Helper()
	if err := r.try(statements); err != nil {
		r.Fatalf("%s: %v", statements, err)
	}
}

// try is do for what may fail.
func (r *rig) try(statements string) error {
	ctx := context.Background()
	return r.direct.AcquireFunc(ctx, func(c *pgxpool.Conn) error {
		_, err := c.Conn().PgConn().Exec(ctx, r.here(statements)).ReadAll()
		return err
	})
}

// here puts the rig's schema in the place of "reeve".
func (r *rig) here(query string) string {
	return strings.ReplaceAll(query, "reeve.", pgx.Identifier{r.options.Schema}.Sanitize()+".")
}

// settled demands that no transaction of the store's stays open on the server.
func (r *rig) settled(when string) {
	r.Helper()
	eventually(r, when+": a transaction of the store's stays open on the server", func() bool { return r.open() == 0 })
}

// open is how many transactions of the store's are open on the server.
func (r *rig) open() int {
	r.Helper()
	return ask[int](r, `SELECT count(*) FROM pg_stat_activity WHERE application_name = $1 AND xact_start IS NOT NULL`, r.name())
}

// endless is longer than anything takes that comes to an end, however slow the machine is.
const endless = 2 * time.Minute

// eventually waits until something is so, and fails if it does not become so in any reasonable time.
func eventually(t testing.TB, otherwise string, so func() bool) {
	t.Helper()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	limit := time.After(endless)
	for !so() {
		select {
		case <-look.C:
		case <-limit:
			t.Fatal(otherwise)
		}
	}
}

// tables are those of the store and of what belongs to the test.
func (r *rig) tables() (names []string) {
	r.Helper()
	rows, err := r.direct.Query(context.Background(), `SELECT c.relname FROM pg_class AS c
		WHERE c.relnamespace = $1::text::regnamespace AND c.relkind = 'r' AND c.relname <> 'witness' ORDER BY 1`, pgx.Identifier{r.options.Schema}.Sanitize())
	if err != nil {
		r.Fatal(err)
	}
	if names, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
		r.Fatal(err)
	}
	return names
}

// A memory is what a schema had in it at a moment, so that it can have it again.
type memory struct {
	*rig
	dump, restore string // statements
}

// remember keeps what is there now in tables of another schema.
func (r *rig) remember() *memory {
	r.Helper()
	kept := dropped(r, r.direct, postgres.Options{}).Schema
	r.do("CREATE SCHEMA " + kept)
	m := &memory{rig: r}
	var rows, restores []string
	for _, table := range r.tables() {
		r.do(fmt.Sprintf("CREATE TABLE %s.%s AS TABLE reeve.%[2]s", kept, table))
		order := "''"
		if table == "message" || table == "effect" { // of their numbers only the order is sure
			order = "lpad((rank() OVER (ORDER BY t.seq))::text, 6)"
		}
		rows = append(rows, fmt.Sprintf("SELECT '%s ' || %s || (to_jsonb(t) - 'seq')::text FROM reeve.%[1]s AS t", table, order))
		restores = append(restores, fmt.Sprintf("DELETE FROM reeve.%s; INSERT INTO reeve.%[1]s OVERRIDING SYSTEM VALUE SELECT * FROM %s.%[1]s", table, kept))
	}
	m.dump = fmt.Sprintf(`SELECT coalesce(string_agg(row, E'\n' ORDER BY row), '') FROM (%s) AS all_rows (row)`, strings.Join(rows, " UNION ALL "))
	m.restore = "SET LOCAL lock_timeout = '2min';" + strings.Join(restores, ";")
	return m
}

// now returns all that is there.
func (m *memory) now() string {
	m.Helper()
	return ask[string](m.rig, m.dump)
}

// again makes all as it was. The server may still be at the statements of a call that has ended, and get in the way of this
// until it learns that.
func (m *memory) again() {
	m.Helper()
	eventually(m, "the server still has what a call has left", func() bool {
		err := m.try(m.restore)
		var refused *pgconn.PgError
		deadlock := errors.As(err, &refused) && refused.Code == "40P01"
		if err != nil && !deadlock {
			m.Fatalf("%s: %v", m.restore, err)
		}
		return !deadlock
	})
}

// difference returns the lines that only one of two texts has.
func difference(want, got string) string {
	in := map[string]int{}
	for line := range strings.SplitSeq(want, "\n") {
		in[line]--
	}
	for line := range strings.SplitSeq(got, "\n") {
		in[line]++
	}
	var out strings.Builder
	for line, n := range in {
		if n != 0 {
			fmt.Fprintf(&out, "\n%+d %s", n, line)
		}
	}
	return out.String()
}

// openAll opens all connections that a pool may have, and leaves them to it.
func openAll(t testing.TB, pool *pgxpool.Pool) {
	t.Helper()
	for range pool.Config().MaxConns {
		conn, err := pool.Acquire(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Release()
	}
}

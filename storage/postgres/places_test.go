package postgres_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/postgres"
	"github.com/reeve-go/reeve/storage/storagetest"
)

// Places are schemas with a store on each, which tests have one after another: emptying one is much
// quicker than making one. They are dropped when the test ends that they were made for.
type places struct {
	testing.TB
	pool    *pgxpool.Pool
	second  *pgxpool.Pool                        // what second handles are on
	name    func(testing.TB) string              // makes a name for a schema
	options func(schema string) postgres.Options // those of the store there
	address func(schema string) string           // by which other processes open it; empty: not at all
	furnish func(t testing.TB, schema string)    // makes what the host has there

	mu   sync.Mutex
	free []place
}

// A place is a schema with a store on it, whose clock stands.
type place struct {
	schema string
	store  *postgres.Store
}

func placesOn(t testing.TB, url string) *places {
	t.Helper()
	return &places{
		TB: t, pool: poolOn(t, url), second: poolOn(t, url), name: pgtest.Schema,
		options: func(schema string) postgres.Options { return postgres.Options{Schema: schema} },
		address: func(string) string { return "" },
		furnish: func(testing.TB, string) {},
	}
}

// inNoHurry is a URL of the server whose connections do not wait for the disk: no test of the suite pulls the
// plug.
func inNoHurry(url string) string { return withSetting(url, "synchronous_commit=off") }

// withSetting adds a setting to a URL, of the server or of pgx.
func withSetting(url, setting string) string {
	if strings.Contains(url, "?") {
		return url + "&" + setting
	}
	return url + "?" + setting
}

// backend is an empty place for a test, as the suite wants it.
func (p *places) backend(t testing.TB) storagetest.Backend {
	t.Helper()
	at := p.take(t)
	in := pgx.Identifier{at.schema}.Sanitize() + "."
	return storagetest.Backend{
		Store: at.store,
		Open: func(t testing.TB) storage.Store {
			t.Helper()
			return openOn(t, p.second, p.options(at.schema))
		},
		Pass: func(d time.Duration) {
			t.Helper()
			must(t, p.pool, fmt.Sprintf("UPDATE %sstanding SET at = at + %d * interval '1 microsecond'", in, d.Microseconds()))
		},
		Begin:   begin(p.pool),
		Address: p.address(at.schema),
	}
}

// take returns an empty place, and takes it back when the test ends.
func (p *places) take(t testing.TB) place {
	t.Helper()
	at, ok := p.pop()
	if !ok {
		at = p.make(t)
	}
	t.Cleanup(func() {
		if t.Failed() { // something may be going on there
			return
		}
		must(t, p.pool, emptying(at.schema), pgx.QueryExecModeSimpleProtocol)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.free = append(p.free, at)
	})
	return at
}

func (p *places) pop() (at place, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.free); n > 0 {
		at, p.free = p.free[n-1], p.free[:n-1]
		return at, true
	}
	return at, false
}

func (p *places) make(t testing.TB) place {
	t.Helper()
	schema := p.name(t)
	o := dropped(p.TB, p.pool, p.options(schema))
	at := place{schema, storeOn(t, p.pool, o)}
	p.furnish(t, schema)
	must(t, p.pool, strings.ReplaceAll(standing, "reeve.", pgx.Identifier{schema}.Sanitize()+"."), pgx.QueryExecModeSimpleProtocol)
	return at
}

// standing makes the clock one that tests move.
const standing = `CREATE TABLE reeve.standing AS SELECT statement_timestamp() AS at;
CREATE OR REPLACE FUNCTION reeve.clock() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS $$SELECT at FROM reeve.standing$$`

// emptying waits for what is still being written in a schema, and removes it all. The clock goes on from now.
func emptying(schema string) string {
	return `DO $$ DECLARE one regclass; BEGIN
	FOR one IN SELECT c.oid FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
		WHERE n.nspname = '` + strings.ReplaceAll(schema, "'", "''") + `' AND c.relkind = 'r' AND c.relname NOT IN ('migration', 'standing')
	LOOP
		EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', one);
		EXECUTE format('DELETE FROM %s', one);
	END LOOP;
	UPDATE ` + pgx.Identifier{schema}.Sanitize() + `.standing SET at = statement_timestamp();
END $$`
}

// openOn returns a store on tables that are there.
func openOn(t testing.TB, pool *pgxpool.Pool, o postgres.Options) *postgres.Store {
	t.Helper()
	s, err := postgres.New(t.Context(), pool, &o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

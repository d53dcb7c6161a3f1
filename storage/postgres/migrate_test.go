package postgres_test

import (
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/postgres"
)

// works demands that a store does what it is for.
func works(t testing.TB, store storage.Store, id string) {
	t.Helper()
	h := hand{t, store}
	h.apply(storage.Change{Key: aNode(id), Record: storage.Record{State: "new", Due: longAgo}, Emit: []storage.Effect{aWish(id, "")}})
	if claimed, taken := h.claim(1), h.take(1); len(claimed) != 1 || len(taken) != 1 {
		t.Errorf("%d records were claimed and %d effects taken; one of each is due", len(claimed), len(taken))
	}
}

func TestMigrateAtOnce(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	o := dropped(t, poolOn(t, url), postgres.Options{})
	var all sync.WaitGroup
	for i := range 8 {
		store := openOn(t, poolOn(t, url), o)
		all.Go(func() {
			for range 2 { // the second time there is nothing to do
				if err := store.Migrate(t.Context()); err != nil {
					t.Errorf("migrate: %v", err)
				}
			}
			if _, err := store.Apply(t.Context(), []storage.Change{{Key: aNode(fmt.Sprint(i)), Record: storage.Record{State: "new"}}}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

func TestTablesOfAnotherVersion(t *testing.T) {
	t.Parallel()
	pool := poolOn(t, pgtest.URL(t))
	o := dropped(t, pool, postgres.Options{})
	working := storeOn(t, pool, o)
	set := func(version, oldest int) {
		t.Helper()
		must(t, pool, "INSERT INTO "+o.Schema+".migration (version, oldest) VALUES ($1, $2)", version, oldest)
	}

	set(postgres.SchemaVersion+1, postgres.SchemaVersion)
	store := openOn(t, pool, o) // it can work with them
	if err := store.Migrate(t.Context()); err != nil {
		t.Errorf("migrate newer tables that this program can work with: %v", err)
	}
	works(t, store, "a")

	set(postgres.SchemaVersion+2, postgres.SchemaVersion+1)
	_, err := postgres.New(t.Context(), pool, &o)
	says(t, err, fmt.Sprintf("tables are of version %d", postgres.SchemaVersion+2),
		fmt.Sprintf("need a program for version %d or newer", postgres.SchemaVersion+1), fmt.Sprintf("this one is for %d", postgres.SchemaVersion))
	if !errors.Is(err, storage.ErrSchema) {
		t.Errorf("%v is not storage.ErrSchema", err)
	}
	works(t, working, "b") // who works already is not stopped by it, so such programs have to be ended first
}

// A host that migrates with a tool of its own runs the files as they are.
func TestMigrationsByHand(t *testing.T) {
	t.Parallel()
	pool := poolOn(t, databaseOn(t, fastServer(t), ""))
	files, err := fs.Glob(postgres.Migrations(), "*.sql")
	if err != nil || len(files) != postgres.SchemaVersion {
		t.Fatalf("there are the files %q, %v; want as many as the schema's version, %d", files, err, postgres.SchemaVersion)
	}
	must(t, pool, "CREATE SCHEMA "+postgres.DefaultSchema)
	for _, file := range files {
		text, err := fs.ReadFile(postgres.Migrations(), file)
		if err != nil {
			t.Fatal(err)
		}
		must(t, pool, string(text), pgx.QueryExecModeSimpleProtocol) // as psql does
	}
	store := openOn(t, pool, postgres.Options{})
	works(t, store, "a")
	if err := store.Migrate(t.Context()); err != nil {
		t.Errorf("migrate what was migrated by hand: %v", err)
	}
}

func TestMigrateInsideATransaction(t *testing.T) {
	t.Parallel()
	pool := poolOn(t, pgtest.URL(t))
	store := storeOn(t, pool, dropped(t, pool, postgres.Options{}))
	inside, err := store.With(begin(pool)(t).Handle)
	if err != nil {
		t.Fatal(err)
	}
	says(t, inside.(*postgres.Store).Migrate(t.Context()), "inside a transaction", "migrate outside of it")
}

// roleOn returns a pool of connections of a user who may do nothing.
func roleOn(t testing.TB, url string) (role string, pool *pgxpool.Pool) {
	t.Helper()
	super, role := poolOn(t, url), pgtest.Schema(t)
	_, err := super.Exec(t.Context(), "CREATE ROLE "+role)
	var refused *pgconn.PgError
	if errors.As(err, &refused) && refused.Code == "42501" {
		t.Skipf("the server's user may create no roles: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { must(t, super, "DROP OWNED BY "+role+"; DROP ROLE "+role, pgx.QueryExecModeSimpleProtocol) })
	return role, poolOn(t, withSetting(url, "role="+role))
}

func TestMigrateWithoutTheRight(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	role, pool := roleOn(t, url)
	o := dropped(t, poolOn(t, url), postgres.Options{})
	store := openOn(t, pool, o)
	err := store.Migrate(t.Context())
	says(t, err, "migrate: 0001", "schema is missing", "create it, or let another user migrate", "permission denied")

	// In a schema that somebody else has made for it, it can.
	must(t, poolOn(t, url), "CREATE SCHEMA "+o.Schema+" AUTHORIZATION "+role)
	if err := store.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	works(t, store, "a")
}

// Who only works needs no right to migrate.
func TestWorkWithoutTheRightToMigrate(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	super := poolOn(t, url)
	o := dropped(t, super, postgres.Options{})
	storeOn(t, super, o)
	role, pool := roleOn(t, url)
	must(t, super, "GRANT USAGE ON SCHEMA "+o.Schema+" TO "+role)
	must(t, super, fmt.Sprintf("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %s TO %s", o.Schema, role))
	store := openOn(t, pool, o)
	if err := store.Migrate(t.Context()); err != nil {
		t.Errorf("migrate what is migrated: %v", err)
	}
	works(t, store, "a")
}

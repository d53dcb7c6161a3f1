package postgres_test

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/reeve-go/reeve/internal/kindtest"
	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/postgres"
	"github.com/reeve-go/reeve/storage/storagetest"
)

// Programs of two versions run on one schema while an estate is upgraded: first the tables are migrated,
// then the programs are replaced one by one. These tests hold each migration to that.

// migrationsUpTo returns the migrations of an older program.
func migrationsUpTo(t testing.TB, version int) fstest.MapFS {
	t.Helper()
	files, err := fs.Glob(postgres.Migrations(), "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	some := fstest.MapFS{}
	for _, file := range files[:version] {
		text, err := fs.ReadFile(postgres.Migrations(), file)
		if err != nil {
			t.Fatal(err)
		}
		some[file] = &fstest.MapFile{Data: text}
	}
	return some
}

var tableMade = regexp.MustCompile(`CREATE TABLE reeve\.(\w+)`)

// nextMigrations are those of a later program: each table has a further column, there is another table, and
// an index. Programs from version oldest on can work with that.
func nextMigrations(t testing.TB, oldest int) fstest.MapFS {
	t.Helper()
	all := migrationsUpTo(t, postgres.SchemaVersion)
	var next strings.Builder
	for _, file := range all {
		for _, table := range tableMade.FindAllStringSubmatch(string(file.Data), -1) {
			fmt.Fprintf(&next, "ALTER TABLE reeve.%s ADD COLUMN later text;\n", table[1])
		}
	}
	fmt.Fprintf(&next, `CREATE TABLE reeve.later (name text PRIMARY KEY);
CREATE INDEX record_later ON reeve.record (later) WHERE later IS NOT NULL;
INSERT INTO reeve.migration (version, oldest) VALUES (%d, %d);`, postgres.SchemaVersion+1, oldest)
	all[fmt.Sprintf("%04d_later.sql", postgres.SchemaVersion+1)] = &fstest.MapFile{Data: []byte(next.String())}
	return all
}

// The present program keeps its whole contract on tables that a later one has migrated.
func TestOnTheTablesOfTheNextProgram(t *testing.T) {
	t.Parallel()
	p := placesOn(t, inNoHurry(pgtest.URL(t)))
	p.furnish = func(t testing.TB, schema string) {
		t.Helper()
		later := openOn(t, p.pool, postgres.Options{Schema: schema})
		if err := later.MigrateWith(t.Context(), nextMigrations(t, postgres.SchemaVersion)); err != nil {
			t.Fatal(err)
		}
	}
	storagetest.Run(t, storagetest.Harness{New: p.backend})
}

// Programs work while the tables are changed under them, and can be started anew afterwards: nothing fails,
// nothing is lost and nothing is done twice.
func TestTablesAreMigratedUnderRunningPrograms(t *testing.T) {
	t.Parallel()
	url := inNoHurry(pgtest.URL(t))
	pool := poolOn(t, url)
	options := dropped(t, pool, postgres.Options{})
	kindtest.Migrated(t, storeOn(t, pool, options), options.Schema+" "+url, func() {
		later := openOn(t, poolOn(t, url), options)
		if err := later.MigrateWith(t.Context(), nextMigrations(t, postgres.SchemaVersion)); err != nil {
			t.Fatal(err)
		}
	})
}

// Tables that this program cannot work with are refused by whoever opens or migrates them, with what is needed.
func TestTablesThatNeedANewerProgram(t *testing.T) {
	t.Parallel()
	pool := poolOn(t, pgtest.URL(t))
	o := dropped(t, pool, postgres.Options{})
	early := openOn(t, pool, o) // before there were tables
	working := storeOn(t, pool, o)
	if err := working.MigrateWith(t.Context(), nextMigrations(t, postgres.SchemaVersion+1)); err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{
		"open":    second(postgres.New(t.Context(), pool, &o)),
		"migrate": early.Migrate(t.Context()),
		"work":    second(early.Count(t.Context(), "node")),
	} {
		says(t, err, fmt.Sprintf("the tables are of version %d", postgres.SchemaVersion+1),
			fmt.Sprintf("need a program for version %d or newer", postgres.SchemaVersion+1))
		if !errors.Is(err, storage.ErrSchema) {
			t.Errorf("%s: %v is not storage.ErrSchema", what, err)
		}
	}
	works(t, working, "a") // who works already is not stopped by it, so such programs have to be ended first
}

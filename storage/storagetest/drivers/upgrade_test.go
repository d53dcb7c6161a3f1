package drivers

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/internal/kindtest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/sqlite"
	"github.com/reeve-go/reeve/storage/storagetest"
)

// Programs of two versions run on one database while an estate is upgraded: first the tables are
// migrated, then the programs are replaced one by one. These tests hold each migration to that. With
// each new one REEVE_UPDATE=1 writes the fixture for the next.

// migration returns the text of the nth migration.
func migration(t testing.TB, n int) string {
	t.Helper()
	files, err := fs.Glob(sqlite.Migrations(), fmt.Sprintf("%04d_*.sql", n))
	if err != nil || len(files) != 1 {
		t.Fatalf("migration %d is in the files %q, %v; one is right", n, files, err)
	}
	text, err := fs.ReadFile(sqlite.Migrations(), files[0])
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// nextMigration is one as it may come after the newest: each table has a further column, there is
// another table, and an index. Programs from version oldest on can work with it.
func nextMigration(t testing.TB, db *sql.DB, oldest int) string {
	t.Helper()
	var b strings.Builder
	for _, table := range sorted(shapeOf(t, db)) {
		fmt.Fprintf(&b, "ALTER TABLE %s ADD COLUMN later TEXT;\n", table)
	}
	fmt.Fprintf(&b, `CREATE TABLE reeve_later (name TEXT PRIMARY KEY) STRICT;
CREATE INDEX reeve_record_later ON reeve_record (later) WHERE later IS NOT NULL;
INSERT INTO reeve_schema (version, oldest) VALUES (%d, %d);`, sqlite.SchemaVersion+1, oldest)
	return b.String()
}

// inTransaction runs a migration as Migrate does.
func inTransaction(t testing.TB, db *sql.DB, text string) {
	t.Helper()
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := tx.ExecContext(t.Context(), text); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}

// From each older version, with data in the tables, the present program reads after the migration what
// was there before, and works on.
func TestDataIsThereAfterEachMigration(t *testing.T) {
	t.Parallel()
	if os.Getenv("REEVE_UPDATE") != "" {
		synctest.Test(t, func(t *testing.T) { writeFixture(t) }) // at a time that has passed everywhere
	}
	for v := range sqlite.SchemaVersion + 1 {
		t.Run(fmt.Sprintf("from version %d", v), func(t *testing.T) {
			t.Parallel()
			eachDriver(t, func(t *testing.T, driver string) {
				db := open(t, driver, dsnOf(filepath.Join(t.TempDir(), "estate.db")))
				want := []byte(`{}`)
				for n := range v {
					inTransaction(t, db, migration(t, n+1))
				}
				if v > 0 {
					rows, contents := fixture(v)
					inTransaction(t, db, string(read(t, rows)))
					want = read(t, contents)
				}
				store := storeOn(t, db, sqlite.Options{})
				var was estate
				if err := json.Unmarshal(want, &was); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(was, estateOf(t, store)); diff != "" {
					t.Errorf("after the migrations (-was +is):\n%s", diff)
				}
				worksOn(t, store, v > 0)
			})
		})
	}
}

// worksOn has the store do what is due in a fixture.
func worksOn(t testing.TB, store storage.Store, filled bool) {
	t.Helper()
	claim := storage.Claim{Names: []string{"node", "boot"}, Owner: "test", Limit: 10, TTL: time.Minute}
	claimed, err := store.Claim(t.Context(), claim)
	if err != nil || filled != (len(claimed) == 1) {
		t.Fatalf("claimed %d records, %v; one is due in a fixture", len(claimed), err)
	}
	taken, err := store.Take(t.Context(), claim)
	if err != nil || filled != (len(taken) > 0) {
		t.Fatalf("took %d effects, %v; some are due in a fixture", len(taken), err)
	}
	for _, s := range claimed {
		s.State, s.Due = "done", time.Time{}
		apply(t, store, storage.Change{
			Key: s.Key, Version: s.Version, Token: s.Lease.Token, Record: s.Record,
			Consume: []storage.Consumption{{Seq: s.Messages[0].Seq, As: storage.MessageConsumed}}, Lines: []storage.Line{{To: "done"}},
			Elements: []storage.Element{{Name: "disk", State: "ready"}}, Gone: []string{"fan"},
			Emit: []storage.Effect{{ID: "later", Key: "later", Name: "boot", Lane: "power"}}, Cancel: []storage.Cancel{{Operation: "op"}},
		})
	}
	var settlements []storage.Settlement
	for _, e := range taken {
		settlements = append(settlements, storage.Settlement{Lease: e.Lease, As: storage.EffectDone, Outcome: &storage.Message{ID: e.ID, Name: "booted"}})
	}
	answers, err := store.Settle(t.Context(), settlements)
	if err = errors.Join(append(answers, err)...); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Prune(t.Context(), storage.Retention{Messages: 1, Effects: 1, Dead: 1, Lines: 1}, 1000); err != nil {
		t.Fatal(err)
	}
}

// The present program keeps its whole contract on tables that a later one has migrated.
func TestOnTheTablesOfTheNextProgram(t *testing.T) {
	t.Parallel()
	storagetest.Run(t, storagetest.Harness{Virtual: true, New: func(t testing.TB) storagetest.Backend {
		path := filepath.Join(t.TempDir(), "estate.db")
		another := func(t testing.TB) *sql.DB { return open(t, modernc, dsnOf(path)) }
		db := another(t)
		storeOn(t, db, sqlite.Options{})
		inTransaction(t, db, nextMigration(t, db, sqlite.SchemaVersion))
		return storagetest.Backend{
			Store:   storeOn(t, db, sqlite.Options{}),
			Open:    func(t testing.TB) storage.Store { return storeOn(t, another(t), sqlite.Options{}) },
			Begin:   begin(db),
			Address: addressOf(modernc, path),
		}
	}})
}

// Programs work while the tables are changed under them, and can be started anew afterwards: nothing
// fails, nothing is lost and nothing is done twice.
func TestTablesAreMigratedUnderRunningPrograms(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) {
		path := filepath.Join(t.TempDir(), "estate.db")
		db := open(t, driver, dsnOf(path))
		kindtest.Migrated(t, storeOn(t, db, sqlite.Options{}), addressOf(driver, path), func() {
			inTransaction(t, open(t, driver, dsnOf(path)), nextMigration(t, db, sqlite.SchemaVersion))
		})
	})
}

// Tables that this program cannot work with are refused by whoever opens them, with what is needed.
func TestTablesThatNeedANewerProgram(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) {
		path := filepath.Join(t.TempDir(), "estate.db")
		db := open(t, driver, dsnOf(path))
		working := storeOn(t, db, sqlite.Options{})
		inTransaction(t, db, nextMigration(t, db, sqlite.SchemaVersion+1))
		_, err := sqlite.New(t.Context(), open(t, driver, dsnOf(path)), &unhurried)
		says(t, err, fmt.Sprintf("the tables are of version %d", sqlite.SchemaVersion+1), fmt.Sprintf("need a program for version %d or newer", sqlite.SchemaVersion+1))
		if !errors.Is(err, storage.ErrSchema) {
			t.Errorf("%v is not storage.ErrSchema", err)
		}
		// Who works already is not stopped by it, so such programs have to be ended first.
		if _, err := working.Count(context.WithoutCancel(t.Context()), "node"); err != nil {
			t.Error(err)
		}
	})
}

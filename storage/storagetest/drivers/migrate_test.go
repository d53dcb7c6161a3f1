package drivers

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"sync"
	"testing"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/sqlite"
)

func TestMigrateAtOnce(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) {
		path := filepath.Join(t.TempDir(), "estate.db")
		// The first connection sets the journal mode, which cannot be done by several at once.
		if err := open(t, driver, sqlite.DSN(path)).PingContext(t.Context()); err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for range 4 {
			store, err := sqlite.New(t.Context(), open(t, driver, sqlite.DSN(path)), nil)
			if err != nil {
				t.Fatal(err)
			}
			all.Go(func() {
				for range 2 { // the second time there is nothing to do
					if err := store.Migrate(t.Context()); err != nil {
						t.Errorf("migrate: %v", err)
					}
				}
				apply(t, store)
			})
		}
		all.Wait()
	})
}

func TestTablesOfAnotherVersion(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) {
		path := filepath.Join(t.TempDir(), "estate.db")
		db := open(t, driver, dsnOf(path))
		storeOn(t, db, sqlite.Options{})
		set := func(version, oldest int) {
			t.Helper()
			if _, err := db.ExecContext(t.Context(), `INSERT INTO reeve_schema (version, oldest) VALUES (?, ?)`, version, oldest); err != nil {
				t.Fatal(err)
			}
		}
		o := &unhurried

		set(sqlite.SchemaVersion+1, sqlite.SchemaVersion)
		store, err := sqlite.New(t.Context(), db, o)
		if err != nil {
			t.Fatalf("tables that this program can work with were refused: %v", err)
		}
		if err := store.Migrate(t.Context()); err != nil {
			t.Errorf("migrate newer tables that this program can work with: %v", err)
		}

		set(sqlite.SchemaVersion+2, sqlite.SchemaVersion+1)
		_, err = sqlite.New(t.Context(), db, o)
		says(t, err, fmt.Sprintf("tables are of version %d", sqlite.SchemaVersion+2),
			fmt.Sprintf("need a program for version %d or newer", sqlite.SchemaVersion+1), fmt.Sprintf("this one is for %d", sqlite.SchemaVersion))
		if !errors.Is(err, storage.ErrSchema) {
			t.Errorf("%v is not storage.ErrSchema", err)
		}
	})
}

// A host that migrates with a tool of its own runs the files.
func TestMigrationsByHand(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) {
		db := open(t, driver, sqlite.DSN(filepath.Join(t.TempDir(), "estate.db")))
		files, err := fs.Glob(sqlite.Migrations(), "*.sql")
		if err != nil || len(files) != sqlite.SchemaVersion {
			t.Fatalf("there are the files %q, %v; want as many as the schema's version, %d", files, err, sqlite.SchemaVersion)
		}
		for _, file := range files {
			text, err := fs.ReadFile(sqlite.Migrations(), file)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := db.ExecContext(t.Context(), string(text)); err != nil {
				t.Fatal(err)
			}
		}
		store, err := sqlite.New(t.Context(), db, nil)
		if err != nil {
			t.Fatal(err)
		}
		apply(t, store, storage.Change{Key: storage.Key{Kind: "node", ID: "a"}, Record: storage.Record{State: "new"}})
	})
}

func TestMigrateInsideATransaction(t *testing.T) {
	t.Parallel()
	db := open(t, modernc, dsnOf(filepath.Join(t.TempDir(), "estate.db")))
	store := storeOn(t, db, sqlite.Options{})
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	inside, err := store.With(tx)
	if err != nil {
		t.Fatal(err)
	}
	says(t, inside.(*sqlite.Store).Migrate(t.Context()), "inside a transaction")
}

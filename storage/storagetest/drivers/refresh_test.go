package drivers

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/reeve-go/reeve/internal/inventorytest"
	"github.com/reeve-go/reeve/refresh/refreshtest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/sqlite"
)

// inFiles opens inventories, each in a file of its own, a copy of one that was made before.
func inFiles(tb testing.TB, driver string) inventorytest.Opener {
	tb.Helper()
	dir := tb.TempDir()
	var files atomic.Int64
	var made sync.Map // what is in a new file, by the name of its first table
	return func(t refreshtest.TB, tables []storage.Table) storage.Inventory {
		t.Helper()
		first, known := made.Load(tables[0].Name)
		if !known {
			first = newFile(tb, driver, tables)
			made.Store(tables[0].Name, first)
		}
		path := filepath.Join(dir, fmt.Sprintf("%d.db", files.Add(1)))
		if err := os.WriteFile(path, first.([]byte), 0o600); err != nil {
			t.Fatalf("%v", err)
		}
		db, err := sql.Open(driver, withReferences(path))
		if err != nil {
			t.Fatalf("%v", err)
		}
		t.Cleanup(func() {
			if err := db.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		})
		store, err := sqlite.New(t.Context(), db, &unhurried)
		if err != nil {
			t.Fatalf("%v", err)
		}
		return store
	}
}

// newFile returns a file with these tables and those of a store.
func newFile(t testing.TB, driver string, tables []storage.Table) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "new.db")
	db, err := sql.Open(driver, withReferences(path))
	if err != nil {
		t.Fatal(err)
	}
	createTables(t, db, tables)
	storeOn(t, db, sqlite.Options{})
	if err := db.Close(); err != nil { // the log goes into the file
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func TestRefreshKeepsTheLaws(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) { inventorytest.RunLaws(t, inFiles(t, driver)) })
}

func TestRefreshWrites(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) { inventorytest.RunWrites(t, inFiles(t, driver)) })
}

func TestRefreshOfAVanishingDatabase(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) { inventorytest.RunVanishing(t, inFiles(t, driver), 5) })
}

func TestRefreshAmongRivals(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) { inventorytest.RunRivals(t, inFiles(t, driver), false) })
}

func TestRefreshOfBadInput(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) { inventorytest.RunBadInput(t, inFiles(t, driver)) })
}

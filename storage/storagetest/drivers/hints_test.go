package drivers

import (
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/internal/hinttest"
	"github.com/reeve-go/reeve/storage/sqlite"
)

func TestHints(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) {
		hinttest.Run(t, func(t *testing.T) storage.Store {
			path := filepath.Join(t.TempDir(), "estate.db")
			return storeOn(t, open(t, driver, dsnOf(path)), sqlite.Options{Readers: open(t, driver, dsnOf(path))})
		})
	})
}

// There is one connection, and it is free when the hint is due.
func TestHintsInMemory(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) {
		hinttest.Run(t, func(t *testing.T) storage.Store {
			db := open(t, driver, dsnOf(":memory:"))
			db.SetMaxOpenConns(1)
			return storeOn(t, db, sqlite.Options{})
		})
	})
}

// Only the host knows when its transaction is committed.
func TestNoHintInsideTheHostsTransaction(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := open(t, modernc, dsnOf(filepath.Join(t.TempDir(), "estate.db")))
		store, hints := storeOn(t, db, sqlite.Options{}), atomic.Int32{}
		go func() { _ = store.Listen(t.Context(), func(storage.Hint) { hints.Add(1) }) }()
		synctest.Wait()
		hints.Store(0) // one is given when listening begins
		tx := begin(db)(t)
		inside, err := store.With(tx.Handle)
		if err != nil {
			t.Fatal(err)
		}
		apply(t, inside, batchOf(1, "n")...)
		if err := tx.Commit(); err != nil || hints.Load() != 0 {
			t.Errorf("%v, and %d hints; want none", err, hints.Load())
		}
		apply(t, store, batchOf(1, "m")...)
		if hints.Load() != 1 {
			t.Errorf("%d hints at the store's own, want one", hints.Load())
		}
	})
}

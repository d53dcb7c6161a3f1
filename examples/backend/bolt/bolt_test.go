package bolt_test

import (
	"errors"
	"path/filepath"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/reeve-go/reeve/examples/backend/bolt"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/storagetest"
)

func open(t testing.TB, path string) *bbolt.DB {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(bolt.Check(db), db.Close()); err != nil {
			t.Error(err)
		}
	})
	return db
}

func storeOn(t testing.TB, db *bbolt.DB) *bolt.Store {
	t.Helper()
	s, err := bolt.New(db, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var harness = storagetest.Harness{Virtual: true, New: func(t testing.TB) storagetest.Backend {
	db := open(t, filepath.Join(t.TempDir(), "estate.db"))
	return storagetest.Backend{
		Store: storeOn(t, db),
		Open:  func(t testing.TB) storage.Store { return storeOn(t, db) },
	}
}}

// The one call that a backend has to pass.
func TestStore(t *testing.T) {
	t.Parallel()
	storagetest.Run(t, harness)
}

func BenchmarkStore(b *testing.B) { storagetest.Bench(b, harness) }

package bolt_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/reeve-go/reeve/examples/backend/bolt"
	"github.com/reeve-go/reeve/storage"
)

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "estate.db")
	refuses := func(want string, db *bbolt.DB) error {
		t.Helper()
		_, err := bolt.New(db, nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v; it must say %q", err, want)
		}
		if db != nil {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		}
		return err
	}
	opened := func(o bbolt.Options) *bbolt.DB {
		t.Helper()
		db, err := bbolt.Open(path, 0o600, &o)
		if err != nil {
			t.Fatal(err)
		}
		return db
	}
	_ = refuses("the database is nil", nil)
	_ = refuses("does not wait for the disk", opened(bbolt.Options{NoSync: true}))
	_ = refuses("can only be read", opened(bbolt.Options{ReadOnly: true}))

	db := opened(bbolt.Options{})
	storeOn(t, db)
	err := db.Update(func(tx *bbolt.Tx) error { return tx.Bucket([]byte("reeve")).Put([]byte("format"), []byte("9")) })
	if err != nil {
		t.Fatal(err)
	}
	if err := refuses(`the format is "9"`, db); !errors.Is(err, storage.ErrSchema) {
		t.Errorf("the error is %v; it must be %v", err, storage.ErrSchema)
	}
}

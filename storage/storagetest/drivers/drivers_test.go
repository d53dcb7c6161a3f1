package drivers

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	_ "github.com/ncruces/go-sqlite3/driver"
	_ "modernc.org/sqlite"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/sqlite"
	"github.com/reeve-go/reeve/storage/storagetest"
)

// The names under which the drivers register themselves.
const (
	modernc = "sqlite"
	ncruces = "sqlite3"
)

// randomChecks is how many random sequences each store of this package has to stand, unless the
// command line says otherwise: there are many stores.
const randomChecks = "25"

func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", randomChecks); err != nil {
		panic(err)
	}
	storagetest.Main(m, openAddress)
}

// addressOf is what another process needs to open a test's file with the same driver.
func addressOf(driver, path string) string { return driver + " " + path }

func openAddress(address string) (storage.Store, error) {
	driver, path, ok := strings.Cut(address, " ")
	if !ok {
		return nil, fmt.Errorf("drivers: %q is no address; a driver, a blank and a path are right", address)
	}
	db, err := sql.Open(driver, dsnOf(path))
	if err != nil {
		return nil, err
	}
	return sqlite.New(context.Background(), db, &unhurried)
}

// eachDriver runs a test with each driver.
func eachDriver(t *testing.T, test func(t *testing.T, driver string)) {
	t.Helper()
	for _, driver := range []string{modernc, ncruces} {
		t.Run(driver, func(t *testing.T) {
			t.Parallel()
			test(t, driver)
		})
	}
}

// unhurried are the options of a store that does not wait for the disk: no test pulls the plug.
var unhurried = sqlite.Options{Synchronous: sqlite.Normal}

func dsnOf(path string) string { return unhurried.DSN(path) }

func open(t testing.TB, driver, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return db
}

// storeOn returns a store on db with its tables made.
func storeOn(t testing.TB, db *sql.DB, o sqlite.Options) *sqlite.Store {
	t.Helper()
	o.Synchronous = unhurried.Synchronous
	s, err := sqlite.New(t.Context(), db, &o)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// migrated is what is in a file that has the tables of a store and nothing else, by the prefix of the tables.
var migrated sync.Map

// newPath returns the path of a new file that has the tables of a store already: to make them takes longer than most tests.
func newPath(t testing.TB, prefix string) string {
	t.Helper()
	file, known := migrated.Load(prefix)
	if !known {
		path := filepath.Join(t.TempDir(), "new.db")
		db, err := sql.Open(modernc, dsnOf(path))
		if err != nil {
			t.Fatal(err)
		}
		storeOn(t, db, sqlite.Options{Prefix: prefix})
		if err := db.Close(); err != nil { // the log goes into the file
			t.Fatal(err)
		}
		if file, err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
		migrated.Store(prefix, file)
	}
	path := filepath.Join(t.TempDir(), "estate.db")
	if err := os.WriteFile(path, file.([]byte), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func begin(db *sql.DB) func(testing.TB) storagetest.Tx {
	return func(t testing.TB) storagetest.Tx {
		t.Helper()
		tx, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		return storagetest.Tx{Handle: tx, Commit: tx.Commit, Rollback: tx.Rollback}
	}
}

// beginOnConn begins the host's transaction with a statement, on a connection of its own.
func beginOnConn(db *sql.DB) func(testing.TB) storagetest.Tx {
	return func(t testing.TB) storagetest.Tx {
		t.Helper()
		conn, err := db.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		exec := func(query string) error {
			_, err := conn.ExecContext(t.Context(), query)
			return err
		}
		if err := exec("BEGIN IMMEDIATE"); err != nil {
			t.Fatal(err)
		}
		end := func(query string) func() error {
			return func() error { return errors.Join(exec(query), conn.Close()) }
		}
		return storagetest.Tx{Handle: conn, Commit: end("COMMIT"), Rollback: end("ROLLBACK")}
	}
}

// Each test's data is in a file, which other processes can open.
func TestFile(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) {
		storagetest.Run(t, storagetest.Harness{Virtual: true, New: func(t testing.TB) storagetest.Backend {
			path := newPath(t, "")
			another := func(t testing.TB) *sql.DB { return open(t, driver, dsnOf(path)) }
			db := another(t)
			return storagetest.Backend{
				Store:   storeOn(t, db, sqlite.Options{}),
				Open:    func(t testing.TB) storage.Store { return storeOn(t, another(t), sqlite.Options{}) },
				Begin:   begin(db),
				Address: addressOf(driver, path),
			}
		}})
	})
}

// One connection writes and others read, under another prefix. The driver begins transactions as
// readers, as it does if it is not told otherwise.
func TestReaders(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) {
		storagetest.Run(t, storagetest.Harness{Virtual: true, New: func(t testing.TB) storagetest.Backend {
			path := newPath(t, "other_2_")
			dsn := strings.Replace(dsnOf(path), "&_txlock=immediate", "", 1)
			another := func(t testing.TB) (*sql.DB, storage.Store) {
				db := open(t, driver, dsn)
				db.SetMaxOpenConns(1)
				readers := open(t, driver, dsn)
				readers.SetMaxOpenConns(2)
				return db, storeOn(t, db, sqlite.Options{Readers: readers, Prefix: "other_2_"})
			}
			db, store := another(t)
			return storagetest.Backend{
				Store: store,
				Open: func(t testing.TB) storage.Store {
					_, store := another(t)
					return store
				},
				Begin: beginOnConn(db),
			}
		}})
	})
}

// In memory there is exactly one connection, so nobody can look from outside of a transaction.
func TestMemory(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) {
		storagetest.Run(t, storagetest.Harness{Virtual: true, New: func(t testing.TB) storagetest.Backend {
			db := open(t, driver, dsnOf(":memory:"))
			db.SetMaxOpenConns(1)
			return storagetest.Backend{Store: storeOn(t, db, sqlite.Options{}), Begin: begin(db)}
		}})
	})
}

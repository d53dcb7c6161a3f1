package drivers

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/sqlite"
)

// says demands an error whose text has all of the words.
func says(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("there is no error; one that says %q is right", words)
	}
	if !strings.HasPrefix(err.Error(), "sqlite: ") {
		t.Errorf("%q does not begin with the package", err)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q does not say %q", err, word)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	with := func(old, replacement string) func(driver, path string) string {
		return func(_, path string) string { return strings.Replace(sqlite.DSN(path), old, replacement, 1) }
	}
	for name, c := range map[string]struct {
		dsn     func(driver, path string) string
		options sqlite.Options
		words   []string
	}{
		"no write-ahead log":    {dsn: with("(WAL)", "(DELETE)"), words: []string{"journal mode", "delete", "WAL"}},
		"synchronous NORMAL":    {dsn: func(_, path string) string { return unhurried.DSN(path) }, words: []string{"synchronous is NORMAL", "FULL", "Normal"}},
		"synchronous OFF":       {dsn: with("(FULL)", "(OFF)"), options: unhurried, words: []string{"synchronous is OFF", "set NORMAL"}},
		"no busy timeout":       {dsn: with("busy_timeout(10000)", "busy_timeout(0)"), words: []string{"busy timeout is zero"}},
		"memory, many handles":  {dsn: func(_, _ string) string { return sqlite.DSN(":memory:") }, words: []string{"in memory", "SetMaxOpenConns(1)"}},
		"a bad prefix":          {dsn: with("", ""), options: sqlite.Options{Prefix: "x; drop "}, words: []string{`"x; drop "`, "letters"}},
		"a prefix of SQLite's":  {dsn: with("", ""), options: sqlite.Options{Prefix: "sqlite_x_"}, words: []string{"belong to SQLite"}},
		"a digit first":         {dsn: with("", ""), options: sqlite.Options{Prefix: "1_"}, words: []string{`"1_"`}},
		"an unknown level":      {dsn: with("", ""), options: sqlite.Options{Synchronous: 7}, words: []string{"7 is no Synchronous"}},
		"a table half done":     {dsn: with("", ""), options: sqlite.Options{Tables: map[string]sqlite.Table{"node": {}}}, words: []string{`kind "node"`, "Save, Delete or Load"}},
		"no directory":          {dsn: func(_, path string) string { return sqlite.DSN(filepath.Join(path, "none", "x.db")) }, words: []string{"open"}},
		"read-only by its name": {dsn: func(driver, path string) string { return readOnly(t, driver, path) }, words: []string{"cannot be written", "readonly"}},
		"no database":           {dsn: func(_, path string) string { return noDatabase(t, path) }, words: []string{"not a database"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachDriver(t, func(t *testing.T, driver string) {
				db := open(t, driver, c.dsn(driver, filepath.Join(t.TempDir(), "estate.db")))
				_, err := sqlite.New(t.Context(), db, &c.options)
				says(t, err, c.words...)
			})
		})
	}
	t.Run("nothing", func(t *testing.T) {
		t.Parallel()
		_, err := sqlite.New(t.Context(), nil, nil)
		says(t, err, "handle is nil")
	})
	t.Run("another database", func(t *testing.T) {
		t.Parallel()
		_, err := sqlite.New(t.Context(), sql.OpenDB(noSQLite{}), nil)
		says(t, err, "not on SQLite", "syntax error at or near")
	})
}

// readOnly makes a database and names it so that it is opened for reading.
func readOnly(t *testing.T, driver, path string) string {
	t.Helper()
	storeOn(t, open(t, driver, dsnOf(path)), sqlite.Options{})
	return strings.Replace(unjournaled(path), "?", "?mode=ro&", 1)
}

func noDatabase(t *testing.T, path string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(strings.Repeat("these are the accounts of the estate. ", 500)), 0o600); err != nil {
		t.Fatal(err)
	}
	return unjournaled(path)
}

// unjournaled is a DSN that leaves the journal mode as it is, so that opening does not fail already.
func unjournaled(path string) string {
	return strings.Replace(sqlite.DSN(path), "&_pragma=journal_mode(WAL)", "", 1)
}

// noSQLite is a driver that does not know SQLite's functions.
type noSQLite struct{}

func (d noSQLite) Open(string) (driver.Conn, error)             { return d, nil }
func (d noSQLite) Driver() driver.Driver                        { return d }
func (d noSQLite) Connect(context.Context) (driver.Conn, error) { return d, nil }
func (d noSQLite) Prepare(string) (driver.Stmt, error) {
	return nil, errors.New("syntax error at or near")
}
func (d noSQLite) Begin() (driver.Tx, error) { return nil, errors.ErrUnsupported }
func (d noSQLite) Close() error              { return nil }

func TestReadersAreOnTheSameFile(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) {
		dir := t.TempDir()
		db := open(t, driver, sqlite.DSN(filepath.Join(dir, "one.db")))
		other := open(t, driver, sqlite.DSN(filepath.Join(dir, "other.db")))
		_, err := sqlite.New(t.Context(), db, &sqlite.Options{Readers: other})
		says(t, err, "one.db", "other.db", "the same file")

		memory := open(t, driver, sqlite.DSN(":memory:"))
		memory.SetMaxOpenConns(1)
		_, err = sqlite.New(t.Context(), memory, &sqlite.Options{Readers: other})
		says(t, err, "memory", "Readers nil")
	})
}

// A path is a path, whatever it has in it.
func TestDSNKeepsThePath(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) {
		for _, name := range []string{"plain.db", "with blank.db", "50%.db", "a?b=c.db", "#1.db", "ümläut.db", "a&b.db", "a+b.db", "%41.db"} {
			dir := t.TempDir()
			store, err := sqlite.New(t.Context(), open(t, driver, sqlite.DSN(filepath.Join(dir, name))), nil)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if err := store.Migrate(t.Context()); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
				t.Errorf("the file is not where it was asked for: %v", err)
			}
		}
	})
}

func TestUnmigrated(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) {
		store, err := sqlite.New(t.Context(), open(t, driver, sqlite.DSN(filepath.Join(t.TempDir(), "estate.db"))), nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = store.Load(t.Context(), []storage.Key{{Kind: "node", ID: "a"}})
		says(t, err, "call Migrate")
		if !errors.Is(err, storage.ErrSchema) {
			t.Errorf("load: %v is not storage.ErrSchema", err)
		}
		_, err = store.Deliver(t.Context(), []storage.Message{{ID: "m", To: storage.Key{Kind: "node", ID: "a"}, Name: "news"}})
		says(t, err, "call Migrate")
		for _, err := range store.List(t.Context(), storage.Query{Kind: "node"}) {
			says(t, err, "call Migrate")
		}
	})
}

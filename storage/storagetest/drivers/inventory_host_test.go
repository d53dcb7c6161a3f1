package drivers

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/sqlite"
)

func columnsOf(names ...string) (columns []storage.Column) {
	for _, name := range names {
		columns = append(columns, storage.Column{Name: name})
	}
	return columns
}

func oneRow(values ...storage.Value) func(func([]storage.Value) bool) {
	return slices.Values([][]storage.Value{values})
}

func saveOf(t testing.TB, store *sqlite.Store) storage.InventoryTx {
	t.Helper()
	tx, err := store.Begin(t.Context(), storage.Fence{Scope: "s", Token: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Close() })
	return tx
}

// A commit that failed is answered by what is there: that it was made, or that it was not.
func TestOutcomeOfABrokenSave(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		broken func(driver.Tx) error
		made   bool
	}{"made": {made, true}, "lost": {lost, false}, "left open": {hanging, false}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachDriver(t, func(t *testing.T, driver string) {
				db, spy := spyOn(t, driver, dsnOf(filepath.Join(t.TempDir(), "estate.db")))
				db.SetMaxOpenConns(1)
				store := storeOn(t, db, sqlite.Options{})
				before := saveOf(t, store)
				if err := before.Commit(t.Context()); err != nil {
					t.Fatal(err)
				}
				tx := saveOf(t, store)
				spy.breakCommits(c.broken)
				err := tx.Commit(t.Context())
				spy.breakCommits(nil)
				if c.made != (err == nil) || err != nil && (!errors.Is(err, errBroken) || errors.Is(err, storage.ErrUnknown)) {
					t.Errorf("a commit that was made: %v is answered with %v", c.made, err)
				}
				want := uint64(1)
				if c.made {
					want++
				}
				if n, err := store.Saves(t.Context(), "s"); n != want || err != nil {
					t.Errorf("there are %d saves, %v; want %d", n, err, want)
				}
				if err := saveOf(t, store).Commit(t.Context()); err != nil { // on the same connection
					t.Error(err)
				}
			})
		})
	}
}

// What a host has declared and stored in its own way is read as what it is.
func TestInventoryOfAHost(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) {
		db := open(t, driver, withReferences(filepath.Join(t.TempDir(), "estate.db")))
		for _, query := range []string{
			`CREATE TABLE Owner (id INTEGER PRIMARY KEY AUTOINCREMENT, name VARCHAR(80) NOT NULL COLLATE NOCASE UNIQUE)`,
			`CREATE TABLE vm (id INTEGER PRIMARY KEY, owner BIGINT REFERENCES owner(id) DEFERRABLE INITIALLY DEFERRED, ref STRING, seen DATETIME DEFAULT CURRENT_TIMESTAMP,
				micros INT8, on_ BOOL, price NUMERIC, facts JSON, raw, twice GENERATED ALWAYS AS (micros * 2), UNIQUE (ref, owner), CHECK (micros <> 13))`,
			`CREATE UNIQUE INDEX active ON vm (price) WHERE on_`, `CREATE UNIQUE INDEX folded ON vm (lower(ref))`,
			`CREATE VIEW all_vms AS SELECT * FROM vm`,
			`INSERT INTO owner (id, name) VALUES (9, 'gone')`, `DELETE FROM owner`,
			`INSERT INTO vm (id, ref, micros, on_, price, facts, raw, seen) VALUES (1, 'a', 946684800000000, 'true', 1.50, '{ "b": 1.0 }', 'x', '2000-01-01 00:00:00'),
				(2, 'b', NULL, 1, '2.50', 7, X'00', 946684800000000), (3, 'c', NULL, NULL, 3, NULL, 1.5, '2000-01-01 00:00:00 +0000 UTC')`,
		} {
			if _, err := db.ExecContext(t.Context(), query); err != nil {
				t.Fatalf("%v\n%s", err, query)
			}
		}
		store := storeOn(t, db, sqlite.Options{})
		got, err := store.Describe(t.Context(), "vm")
		if err != nil {
			t.Fatal(err)
		}
		null := func(name string, typ storage.ColumnType) storage.Column {
			return storage.Column{Name: name, Type: typ, Null: true}
		}
		want := &storage.Table{
			Name: "vm", ID: "id", Columns: []storage.Column{
				{Name: "id", Type: storage.IntType, Default: true},
				null("owner", storage.IntType), null("ref", storage.AnyType),
				{Name: "seen", Type: storage.TimeType, Null: true, Default: true},
				null("micros", storage.IntType), null("on_", storage.BoolType),
				null("price", storage.NumericType), null("facts", storage.JSONType), null("raw", storage.AnyType),
			},
			Unique: [][]string{{"ref", "owner"}}, References: map[string]string{"owner": "Owner"},
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("the table (-declared +described):\n%s", diff)
		}
		if _, err := store.Describe(t.Context(), "all_vms"); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("a view is described as a table: %v", err)
		}

		tx := saveOf(t, store)
		columns := columnsOf("id", "ref", "on_", "price", "facts", "raw", "seen")
		columns = append(columns, storage.Column{Name: "micros", Type: storage.TimeType})
		var rows []string
		for row, err := range tx.Rows(t.Context(), storage.RowQuery{Table: "vm", Columns: columns}) {
			if err != nil {
				t.Fatal(err)
			}
			rows = append(rows, fmt.Sprint(row))
		}
		const at = "2000-01-01T00:00:00Z"
		if diff := cmp.Diff([]string{
			`[1 "a" true "1.5" "{\"b\":1}" "x" ` + at + ` ` + at + `]`,
			`[2 "b" true "2.5" "7" \x00 ` + at + ` null]`,
			`[3 "c" null "3" null 1.5 ` + at + ` null]`,
		}, rows); diff != "" {
			t.Errorf("the host's rows (-stored +read):\n%s", diff)
		}

		// Ids go on where the table was, although its rows are gone.
		ids, err := tx.Reserve(t.Context(), "Owner", 1)
		if err != nil || ids[0] != storage.IntValue(10) {
			t.Errorf("the next id is %v, %v; want 10", ids, err)
		}
		// Old values are compared as they are read, however they are stored.
		missed, err := tx.Update(t.Context(), "vm", columnsOf("facts", "seen"), slices.Values([]storage.RowChange{{
			ID:  storage.IntValue(1),
			Old: []storage.Value{storage.TextValue(`{"b":1}`), storage.TimeValue(time.Unix(946684800, 0))},
			New: []storage.Value{storage.TextValue("[]"), storage.TimeValue(time.Unix(0, 5000))},
		}}))
		if err != nil || len(missed) > 0 {
			t.Errorf("the update missed %v, %v", missed, err)
		}
		// The host's own statements, and the store's, in the same transaction.
		inside, err := store.With(tx.Handle())
		if err != nil {
			t.Fatal(err)
		}
		apply(t, inside, storage.Change{Key: storage.Key{Kind: "node", ID: "a"}, Record: storage.Record{State: "new"}})
		if err := tx.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
		if s := load(t, store, storage.Key{Kind: "node", ID: "a"}); s.State != "new" {
			t.Error("a change in the save's transaction is not there after its commit")
		}
		var seen string
		if err := db.QueryRowContext(t.Context(), "SELECT CAST(seen AS TEXT) FROM vm WHERE id = 1").Scan(&seen); err != nil || seen != "1970-01-01T00:00:00.000005Z" {
			t.Errorf("a time is stored as %q, %v", seen, err)
		}
	})
}

// What SQLite would change without a word is refused, and what it refuses is told in the contract's words.
func TestInventoryRefuses(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) {
		db := open(t, driver, withReferences(filepath.Join(t.TempDir(), "estate.db")))
		for _, query := range []string{
			`CREATE TABLE vm (id INTEGER PRIMARY KEY, vm INTEGER REFERENCES vm DEFERRABLE INITIALLY DEFERRED, ref STRING, price DECIMAL, n INT CHECK (n <> 13))`,
			`CREATE TABLE hard (id INTEGER PRIMARY KEY, n INT, t ANY) STRICT`,
		} {
			if _, err := db.ExecContext(t.Context(), query); err != nil {
				t.Fatal(err)
			}
		}
		store := storeOn(t, db, sqlite.Options{})
		for _, c := range []struct {
			table, column string
			value         storage.Value
			words         string // of the refusal; empty: it is taken
		}{
			{"vm", "ref", storage.TextValue("007"), `value "007"`},
			{"vm", "ref", storage.TextValue(" 7"), `value " 7"`},
			{"vm", "ref", storage.TextValue("1e2000"), `value "1e2000"`},
			{"vm", "ref", storage.TextValue("12345678901234567890.5"), "fewer digits"},
			{"vm", "price", storage.TextValue("12345678901234567890.5"), "fewer digits"},
			{"vm", "ref", storage.TextValue("7"), ""},
			{"vm", "ref", storage.TextValue("0x10"), ""},
			{"vm", "ref", storage.TextValue("inf"), ""},
			{"vm", "ref", storage.TextValue("7 of 9"), ""},
			{"vm", "price", storage.TextValue("0.1"), ""},
			{"vm", "n", storage.IntValue(13), "CHECK"},
			{"hard", "n", storage.IntValue(1), ""},
			{"hard", "t", storage.TextValue("007"), ""},
		} {
			tx := saveOf(t, store)
			typed := []storage.Column{{Name: c.column}}
			if c.value.Kind() == storage.TextKind && c.column != "price" {
				typed[0].Type = storage.TextType
			}
			err := tx.Insert(t.Context(), c.table, typed, oneRow(c.value))
			if c.words != "" {
				says(t, err, "insert", c.words)
				if !errors.Is(err, storage.ErrInvalid) {
					t.Errorf("%v is not storage.ErrInvalid", err)
				}
			} else if err != nil {
				t.Error(err)
			} else {
				for row, err := range tx.Rows(t.Context(), storage.RowQuery{Table: c.table, Columns: typed}) {
					if err != nil || row[0] != c.value {
						t.Errorf("%v came back as %v, %v", c.value, row, err)
					}
				}
			}
			if err := tx.Close(); err != nil {
				t.Error(err)
			}
		}
		// A reference that is looked at in the end.
		tx := saveOf(t, store)
		if err := tx.Insert(t.Context(), "vm", columnsOf("vm"), oneRow(storage.IntValue(99))); err != nil {
			t.Fatal(err)
		}
		if err := tx.Commit(t.Context()); !errors.Is(err, storage.ErrConflict) {
			t.Errorf("a commit with a reference to nothing is answered with %v", err)
		}
		if err := saveOf(t, store).Commit(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestInventoryInsideATransaction(t *testing.T) {
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
	_, err = inside.(*sqlite.Store).Begin(t.Context(), storage.Fence{Scope: "s"})
	says(t, err, "begin", "inside a transaction of the host")
	_, err = inside.(*sqlite.Store).View(t.Context())
	says(t, err, "view", "inside a transaction of the host")
}

package drivers

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/sqlite"
)

// What is known of a table is what it is now: also after it was changed, by whoever, and after a change that was undone.
func TestInventoryOfChangedTables(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) {
		path := filepath.Join(t.TempDir(), "estate.db")
		db := open(t, driver, withReferences(path))
		other := open(t, driver, withReferences(path))
		store := storeOn(t, db, sqlite.Options{})
		run := func(query string) {
			t.Helper()
			if _, err := other.ExecContext(t.Context(), query); err != nil {
				t.Fatal(err)
			}
		}
		// read reads a column of the one row.
		read := func(column string) (storage.Value, error) {
			t.Helper()
			view, err := store.View(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := view.Close(); err != nil {
					t.Error(err)
				}
			}()
			for row, err := range view.Rows(t.Context(), storage.RowQuery{Table: "rows", Columns: []storage.Column{{Name: column}}}) {
				if err != nil {
					return storage.Value{}, err
				}
				return row[0], nil
			}
			return storage.Value{}, nil
		}
		has := func(what, column string, want storage.Value) {
			t.Helper()
			if got, err := read(column); err != nil || got != want {
				t.Errorf("%s column %s is %s, and the error is %v; want %s", what, column, got, err, want)
			}
		}
		lacks := func(what, column string) {
			t.Helper()
			if got, err := read(column); err == nil {
				t.Errorf("%s column %s is %s; there is none", what, column, got)
			}
		}
		run("CREATE TABLE rows (id INTEGER PRIMARY KEY, a TEXT)")
		run("INSERT INTO rows VALUES (1, '7')")
		has("at first", "a", storage.TextValue("7"))
		run("ALTER TABLE rows RENAME COLUMN a TO b")
		lacks("renamed,", "a")
		has("renamed,", "b", storage.TextValue("7"))

		// A save changes the table, looks at it, and is undone. The next one changes it in another way.
		change := func(query string, commit bool, column string) {
			t.Helper()
			tx, err := store.Begin(t.Context(), storage.Fence{Scope: "one"})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := tx.Handle().(*sql.Tx).ExecContext(t.Context(), query); err != nil {
				t.Fatal(err)
			}
			for _, err := range tx.Rows(t.Context(), storage.RowQuery{Table: "rows", Columns: []storage.Column{{Name: column}}}) {
				if err != nil {
					t.Error(err)
				}
			}
			if commit {
				err = tx.Commit(context.Background())
			}
			if err := tx.Close(); err != nil {
				t.Error(err)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		change("ALTER TABLE rows ADD COLUMN c INTEGER DEFAULT 3", false, "c")
		lacks("undone,", "c")
		change("ALTER TABLE rows ADD COLUMN d INTEGER DEFAULT 4", true, "d")
		lacks("changed in another way,", "c")
		has("changed in another way,", "d", storage.IntValue(4))
	})
}

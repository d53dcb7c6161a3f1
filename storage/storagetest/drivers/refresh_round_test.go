package drivers

import (
	"path/filepath"
	"testing"

	"github.com/reeve-go/reeve/internal/inventorytest"
	"github.com/reeve-go/reeve/storage/sqlite"
)

// What is unique goes round in columns that have hardly room for anything else.
func TestUniqueValuesGoRound(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) {
		goRound(t, driver, "TEXT CHECK (length(mark) = 1)", false, [4]string{"a", "b", "c", "d"})
		goRound(t, driver, "TEXT COLLATE NOCASE", false, [4]string{"a", "b", "c", "d"})
		goRound(t, driver, "TEXT CHECK (mark GLOB '[a-z]')", true, [4]string{"a", "b", "c", "d"})
		goRound(t, driver, "INTEGER CHECK (mark BETWEEN -32768 AND 32767)", false, [4]int{1, 2, 3, 4})
		goRound(t, driver, "INTEGER CHECK (mark > 0)", true, [4]int{1, 2, 3, 4})
		goRound(t, driver, "NUMERIC CHECK (mark BETWEEN -9 AND 9)", false, [4]string{"1", "2.25", "3.5", "4"})
		goRound(t, driver, "REAL", false, [4]float64{1, 2.25, 3.5, 4})
		goRound(t, driver, "BLOB CHECK (length(mark) <= 8)", false, [4][]byte{{1}, {2}, {3}, {4}})
	})
}

func goRound[T any](t *testing.T, driver, declared string, refused bool, marks [4]T) {
	t.Helper()
	t.Run(declared, func(t *testing.T) {
		t.Parallel()
		db := open(t, driver, withReferences(filepath.Join(t.TempDir(), "party.db")))
		for _, query := range []string{
			"CREATE TABLE seats (id INTEGER PRIMARY KEY, manager TEXT NOT NULL, ref TEXT NOT NULL, mark " + declared + " NOT NULL UNIQUE, UNIQUE (manager, ref))",
			"CREATE TABLE guests (id INTEGER PRIMARY KEY, manager TEXT NOT NULL, ref TEXT NOT NULL, seat_id INTEGER NOT NULL REFERENCES seats, UNIQUE (manager, ref))",
		} {
			if _, err := db.ExecContext(t.Context(), query); err != nil {
				t.Fatal(err)
			}
		}
		inventorytest.RunRound(t, storeOn(t, db, sqlite.Options{}), refused, marks)
	})
}

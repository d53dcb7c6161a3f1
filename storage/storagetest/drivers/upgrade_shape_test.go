package drivers

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/reeve-go/reeve/storage/sqlite"
)

// A shape is what old programs know of the tables: their columns, and what must not be in them twice.
type shape map[string]*table

type table struct {
	columns  map[string]column
	unique   map[string]bool // the columns of unique indexes and keys
	triggers int
}

type column struct {
	kind, fallback string
	notNull        bool
}

func shapeOf(t testing.TB, db *sql.DB) shape {
	t.Helper()
	tables := shape{}
	each(t, db, `SELECT m.name, c.name, c.type, c."notnull", ifnull(c.dflt_value, '')
		FROM sqlite_master AS m, pragma_table_info(m.name) AS c WHERE m.type = 'table' AND m.name LIKE 'reeve\_%' ESCAPE '\'`,
		func(rows *sql.Rows) error {
			var name, columnName string
			var c column
			err := rows.Scan(&name, &columnName, &c.kind, &c.notNull, &c.fallback)
			if tables[name] == nil {
				tables[name] = &table{columns: map[string]column{}, unique: map[string]bool{}}
			}
			tables[name].columns[columnName] = c
			return err
		})
	for name, known := range tables {
		each(t, db, fmt.Sprintf(`SELECT i.name, (SELECT group_concat(name) FROM pragma_index_info(i.name))
			FROM pragma_index_list('%s') AS i WHERE i."unique"`, name), func(rows *sql.Rows) error {
			var index, columns string
			err := rows.Scan(&index, &columns)
			known.unique[columns] = true
			return err
		})
		each(t, db, fmt.Sprintf(`SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = '%s'`, name),
			func(rows *sql.Rows) error { return rows.Scan(&known.triggers) })
	}
	return tables
}

// each calls f with every row of a query.
func each(t testing.TB, db *sql.DB, query string, f func(rows *sql.Rows) error) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatalf("%v\n%s", err, query)
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows); err != nil {
			t.Fatalf("%v\n%s", err, query)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

// strands says why a program for the tables as they were cannot work on them as they are.
func strands(was, is shape) (why []string) {
	for _, name := range sorted(was) {
		old, now := was[name], is[name]
		if now == nil {
			why = append(why, "table "+name+" is gone")
			continue
		}
		for _, c := range sorted(old.columns) {
			if now.columns[c] != old.columns[c] {
				why = append(why, fmt.Sprintf("column %s.%s was %v and is %v", name, c, old.columns[c], now.columns[c]))
			}
		}
		for _, c := range sorted(now.columns) {
			if _, known := old.columns[c]; !known && now.columns[c].notNull && now.columns[c].fallback == "" {
				why = append(why, fmt.Sprintf("column %s.%s is new and needs a value", name, c))
			}
		}
		for _, columns := range sorted(now.unique) {
			if !old.unique[columns] {
				why = append(why, fmt.Sprintf("rows of %s must not have the same %s any more", name, columns))
			}
		}
		if now.triggers > old.triggers {
			why = append(why, "table "+name+" has a new trigger")
		}
	}
	return why
}

func sorted[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// A migration that old programs are said to be able to work with does not strand them.
func TestMigrationsStrandNoOldProgram(t *testing.T) {
	t.Parallel()
	db := open(t, modernc, dsnOf(filepath.Join(t.TempDir(), "estate.db")))
	was := shape{}
	for n := 1; n <= sqlite.SchemaVersion; n++ {
		inTransaction(t, db, migration(t, n))
		var oldest int
		each(t, db, "SELECT max(oldest) FROM reeve_schema", func(rows *sql.Rows) error { return rows.Scan(&oldest) })
		is := shapeOf(t, db)
		if why := strands(was, is); oldest < n && len(why) > 0 {
			t.Errorf("migration %d lets programs for version %d work on, but\n%s", n, oldest, strings.Join(why, "\n"))
		}
		was = is
	}
}

func TestStrandingIsNoticed(t *testing.T) {
	t.Parallel()
	for change, want := range map[string]string{
		"ALTER TABLE reeve_record ADD COLUMN weight INTEGER":                                      "",
		"ALTER TABLE reeve_record ADD COLUMN weight INTEGER NOT NULL DEFAULT 0":                   "",
		"CREATE INDEX reeve_more ON reeve_record (step)":                                          "",
		"DROP TABLE reeve_tally":                                                                  "table reeve_tally is gone",
		"ALTER TABLE reeve_record RENAME COLUMN step TO stage":                                    "column reeve_record.step was {TEXT  true} and is {  false}; column reeve_record.stage is new and needs a value",
		"CREATE UNIQUE INDEX reeve_more ON reeve_record (step)":                                   "rows of reeve_record must not have the same step any more",
		"CREATE TRIGGER reeve_more AFTER INSERT ON reeve_line BEGIN DELETE FROM reeve_tally; END": "table reeve_line has a new trigger",
		"DROP TABLE reeve_tally; CREATE TABLE reeve_tally (kind TEXT NOT NULL, id TEXT NOT NULL, grp INTEGER NOT NULL, state TEXT NOT NULL, n INTEGER NOT NULL, extra TEXT NOT NULL, PRIMARY KEY (kind, id, grp, state)) STRICT, WITHOUT ROWID": "column reeve_tally.extra is new and needs a value",
	} {
		db := open(t, modernc, dsnOf(filepath.Join(t.TempDir(), "estate.db")))
		storeOn(t, db, sqlite.Options{})
		was := shapeOf(t, db)
		inTransaction(t, db, change)
		if got := strings.Join(strands(was, shapeOf(t, db)), "; "); got != want {
			t.Errorf("after %s: %q, want %q", change, got, want)
		}
	}
}

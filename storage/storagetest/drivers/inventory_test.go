package drivers

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/sqlite"
	"github.com/reeve-go/reeve/storage/storagetest"
)

// withReferences is a name under which a handle looks at references.
func withReferences(path string) string { return dsnOf(path) + "&_pragma=foreign_keys(1)" }

// declarations are what columns are declared as.
var declarations = map[storage.ColumnType]string{
	storage.BoolType: "BOOLEAN", storage.IntType: "INTEGER", storage.FloatType: "REAL", storage.TextType: "TEXT", storage.BytesType: "BLOB",
	storage.TimeType: "TIMESTAMP", storage.JSONType: "JSON", storage.NumericType: "DECIMAL(20, 6)", storage.UUIDType: "UUID",
}

func quoted(names ...string) string {
	for i, name := range names {
		names[i] = `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
	}
	return strings.Join(names, ", ")
}

// createTable makes a table of the host's. Options follow it, such as STRICT.
func createTable(t testing.TB, db *sql.DB, table storage.Table, options string) {
	t.Helper()
	var parts []string
	for _, c := range table.Columns {
		part := quoted(c.Name) + " " + declarations[c.Type]
		if c.Name == table.ID {
			part += " PRIMARY KEY"
		} else if c.Default {
			part += " DEFAULT ''"
		}
		if !c.Null {
			part += " NOT NULL"
		}
		if to := table.References[c.Name]; to != "" {
			part += " REFERENCES " + quoted(to)
		}
		parts = append(parts, part)
	}
	for i, columns := range table.Unique {
		rule := "UNIQUE"
		if table.ID == "" && i == 0 {
			rule = "PRIMARY KEY"
		}
		parts = append(parts, fmt.Sprintf("%s (%s)", rule, quoted(slices.Clone(columns)...)))
	}
	if _, err := db.ExecContext(t.Context(), fmt.Sprintf("CREATE TABLE %s (%s) %s", quoted(table.Name), strings.Join(parts, ", "), options)); err != nil {
		t.Fatal(err)
	}
}

func createTables(t testing.TB, db *sql.DB, tables []storage.Table) {
	t.Helper()
	for _, table := range tables {
		createTable(t, db, table, "")
	}
}

func TestInventory(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) {
		storagetest.RunInventory(t, storagetest.InventoryHarness{New: func(t testing.TB, tables []storage.Table) storagetest.InventoryBackend {
			t.Helper()
			path := newPath(t, "")
			db := open(t, driver, withReferences(path))
			createTables(t, db, tables)
			return storagetest.InventoryBackend{
				Inventory: storeOn(t, db, sqlite.Options{}),
				Open: func(t testing.TB) storage.Inventory {
					return storeOn(t, open(t, driver, withReferences(path)), sqlite.Options{})
				},
				Address: addressOf(driver, path),
			}
		}})
	})
}

// One connection writes and others read, under another prefix; the driver begins transactions as readers,
// and the tables have no row ids where they need none.
func TestInventoryReaders(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) {
		storagetest.RunInventory(t, storagetest.InventoryHarness{New: func(t testing.TB, tables []storage.Table) storagetest.InventoryBackend {
			t.Helper()
			dsn := strings.Replace(withReferences(newPath(t, "other_2_")), "&_txlock=immediate", "", 1)
			another := func(t testing.TB) (*sql.DB, *sqlite.Store) {
				t.Helper()
				db, readers := open(t, driver, dsn), open(t, driver, dsn)
				db.SetMaxOpenConns(1)
				return db, storeOn(t, db, sqlite.Options{Readers: readers, Prefix: "other_2_"})
			}
			db, store := another(t)
			for _, table := range tables {
				options := ""
				if table.ID == "" {
					options = "WITHOUT ROWID"
				}
				createTable(t, db, table, options)
			}
			return storagetest.InventoryBackend{Inventory: store, Open: func(t testing.TB) storage.Inventory {
				t.Helper()
				_, store := another(t)
				return store
			}}
		}})
	})
}

// In memory there is exactly one connection, so nobody can look from outside of a save.
func TestInventoryInMemory(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) {
		storagetest.RunInventory(t, storagetest.InventoryHarness{New: func(t testing.TB, tables []storage.Table) storagetest.InventoryBackend {
			t.Helper()
			db := open(t, driver, withReferences(":memory:"))
			db.SetMaxOpenConns(1)
			createTables(t, db, tables)
			return storagetest.InventoryBackend{Inventory: storeOn(t, db, sqlite.Options{})}
		}})
	})
}

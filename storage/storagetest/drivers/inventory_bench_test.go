package drivers

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/sqlite"
)

// A refresh of the size that spec and peers are measured with.
const (
	benchHosts, benchVMs, benchDisks = 500, 10_000, 20_000
	benchRows                        = benchHosts + benchVMs + benchDisks
)

var benchTables = []string{
	`CREATE TABLE hosts (id INTEGER PRIMARY KEY, ems_id INTEGER NOT NULL, ems_ref TEXT NOT NULL, name TEXT NOT NULL, hostname TEXT NOT NULL, power_state TEXT NOT NULL,
		version TEXT NOT NULL, cpus INTEGER NOT NULL, memory_mb INTEGER NOT NULL, row_hash INTEGER NOT NULL, UNIQUE (ems_id, ems_ref))`,
	`CREATE TABLE vms (id INTEGER PRIMARY KEY, ems_id INTEGER NOT NULL, ems_ref TEXT NOT NULL, name TEXT NOT NULL, power_state TEXT NOT NULL, cpus INTEGER NOT NULL,
		memory_mb INTEGER NOT NULL, host_id INTEGER NOT NULL REFERENCES hosts, uid TEXT NOT NULL, guest_os TEXT NOT NULL, UNIQUE (ems_id, ems_ref))`,
	`CREATE TABLE disks (id INTEGER PRIMARY KEY, vm_id INTEGER NOT NULL REFERENCES vms ON DELETE CASCADE, ems_ref TEXT NOT NULL, size_bytes INTEGER NOT NULL,
		mode TEXT NOT NULL, controller TEXT NOT NULL, filename TEXT NOT NULL, row_hash INTEGER NOT NULL, note TEXT, more TEXT, UNIQUE (vm_id, ems_ref))`,
}

// benchTable is a table's name, its columns, and its rows.
type benchTable struct {
	name, columns string
	n             int
	row           func(i int, r []storage.Value)
}

func benchEstate() []benchTable {
	n := func(i int) storage.Value { return storage.IntValue(int64(i)) }
	s := func(format string, i int) storage.Value { return storage.TextValue(fmt.Sprintf(format, i)) }
	on, os := storage.TextValue("poweredOn"), storage.TextValue("rhel8_64Guest")
	return []benchTable{
		{"hosts", "id ems_id ems_ref name hostname power_state version cpus memory_mb row_hash", benchHosts, func(i int, r []storage.Value) {
			copy(r, []storage.Value{n(i), n(7), s("host-%d", i), s("esx%d", i), s("esx%d.example.com", i), on, os, n(64), n(524288), n(i * 7919)})
		}},
		{"vms", "id ems_id ems_ref name power_state cpus memory_mb host_id uid guest_os", benchVMs, func(i int, r []storage.Value) {
			copy(r, []storage.Value{n(i), n(7), s("vm-%d", i), s("server-%d", i), on, n(4), n(16384), n(1 + i%benchHosts), s("4c4c4544-0000-2010-8020-%012d", i), os})
		}},
		{"disks", "id vm_id ems_ref size_bytes mode controller filename row_hash note more", benchDisks, func(i int, r []storage.Value) {
			copy(r, []storage.Value{n(i), n(1 + i/2%benchVMs), s("disk-%d", i), n(1 << 35), on, os, s("[datastore1] server/server_%d.vmdk", i), n(i * 7919), {}, {}})
		}},
	}
}

func (b benchTable) cols() []storage.Column { return columnsOf(strings.Fields(b.columns)...) }

// made returns the rows, made beforehand so that only the database is measured.
func (b benchTable) made() [][]storage.Value {
	rows := make([][]storage.Value, b.n)
	for i := range rows {
		rows[i] = make([]storage.Value, 10)
		b.row(i+1, rows[i])
	}
	return rows
}

func benchInventory(b *testing.B, driver string) (*sql.DB, *sqlite.Store) {
	b.Helper()
	db := open(b, driver, withReferences(filepath.Join(b.TempDir(), "estate.db")))
	db.SetMaxOpenConns(1)
	for _, query := range benchTables {
		if _, err := db.ExecContext(b.Context(), query); err != nil {
			b.Fatal(err)
		}
	}
	return db, storeOn(b, db, sqlite.Options{})
}

// BenchmarkInventory inserts 30,500 rows, by hand with the same statements and through an inventory, reads
// them, and updates and deletes the 20,000 disks.
func BenchmarkInventory(b *testing.B) {
	for _, driver := range []string{modernc, ncruces} {
		estate := benchEstate()
		var rows [][][]storage.Value
		for _, table := range estate {
			rows = append(rows, table.made())
		}
		insert := func(b *testing.B, store *sqlite.Store) {
			b.Helper()
			tx := saveOf(b, store)
			for i, table := range estate {
				if err := tx.Insert(b.Context(), table.name, table.cols(), slices.Values(rows[i])); err != nil {
					b.Fatal(err)
				}
			}
			if err := tx.Commit(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
		run := func(name string, per int, filled bool, do func(b *testing.B, db *sql.DB, store *sqlite.Store)) {
			b.Run(driver+"/"+name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					b.StopTimer()
					db, store := benchInventory(b, driver)
					if filled {
						insert(b, store)
					}
					b.StartTimer()
					do(b, db, store)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*per)/1000, "µs/row")
			})
		}
		run("insert by hand", benchRows, false, func(b *testing.B, db *sql.DB, _ *sqlite.Store) {
			for i, table := range estate {
				insertByHand(b, db, table, rows[i], i == 0, i == len(estate)-1)
			}
		})
		run("insert", benchRows, false, func(b *testing.B, _ *sql.DB, store *sqlite.Store) { insert(b, store) })
		run("scan", benchRows, true, func(b *testing.B, _ *sql.DB, store *sqlite.Store) {
			v, err := store.View(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			n := 0
			for _, table := range estate {
				for _, err := range v.Rows(b.Context(), storage.RowQuery{Table: table.name, Columns: table.cols()}) {
					if err != nil {
						b.Fatal(err)
					}
					n++
				}
			}
			if err := v.Close(); err != nil || n != benchRows {
				b.Fatal(n, err)
			}
		})
		run("update", benchDisks, true, func(b *testing.B, _ *sql.DB, store *sqlite.Store) {
			tx := saveOf(b, store)
			missed, err := tx.Update(b.Context(), "disks", columnsOf("size_bytes", "mode"), func(yield func(storage.RowChange) bool) {
				for i := range benchDisks {
					if !yield(storage.RowChange{ID: storage.IntValue(int64(i + 1)), New: []storage.Value{storage.IntValue(1), storage.TextValue("new")}}) {
						return
					}
				}
			})
			if err != nil || len(missed) > 0 {
				b.Fatal(missed, err)
			}
			if err := tx.Commit(b.Context()); err != nil {
				b.Fatal(err)
			}
		})
		run("delete", benchDisks, true, func(b *testing.B, _ *sql.DB, store *sqlite.Store) {
			tx := saveOf(b, store)
			n, err := tx.Delete(b.Context(), "disks", columnsOf("id"), func(yield func([]storage.Value) bool) {
				for i := range benchDisks {
					if !yield([]storage.Value{storage.IntValue(int64(i + 1))}) {
						return
					}
				}
			})
			if err != nil || n != benchDisks {
				b.Fatal(n, err)
			}
			if err := tx.Commit(b.Context()); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// insertByHand inserts rows as somebody would who knows the table: many in a prepared statement.
func insertByHand(b *testing.B, db *sql.DB, table benchTable, rows [][]storage.Value, begin, commit bool) {
	b.Helper()
	const size = 50 // divides them all
	exec := func(query string) {
		if _, err := db.ExecContext(b.Context(), query); err != nil {
			b.Fatal(err)
		}
	}
	if begin {
		exec("BEGIN IMMEDIATE")
	}
	one := "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
	into := fmt.Sprintf("INSERT INTO %s (%s) VALUES ", table.name, strings.ReplaceAll(table.columns, " ", ", "))
	stmt, err := db.PrepareContext(b.Context(), into+one+strings.Repeat(", "+one, size-1))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = stmt.Close() }()
	var args []any
	for _, r := range rows {
		for _, v := range r {
			switch v.Kind() {
			case storage.IntKind:
				args = append(args, v.Int())
			case storage.TextKind:
				args = append(args, v.Text())
			default:
				args = append(args, nil)
			}
		}
		if len(args) == size*len(r) {
			if _, err := stmt.ExecContext(b.Context(), args...); err != nil {
				b.Fatal(err)
			}
			args = args[:0]
		}
	}
	if commit {
		exec("COMMIT")
	}
}

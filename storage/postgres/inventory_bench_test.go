package postgres_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/postgres"
)

// The size of the estate, and the tables with which PostgreSQL and peers are measured.
const benchHosts, benchVMs, benchDisks = 500, 10_000, 20_000

var benchTables = []string{
	`CREATE TABLE hosts (id bigserial PRIMARY KEY, ems_id bigint NOT NULL, ems_ref text NOT NULL, name text NOT NULL, hostname text NOT NULL, power_state text NOT NULL,
		version text NOT NULL, cpus integer NOT NULL, memory_mb bigint NOT NULL, row_hash bigint NOT NULL, UNIQUE (ems_id, ems_ref))`,
	`CREATE TABLE vms (id bigserial PRIMARY KEY, ems_id bigint NOT NULL, ems_ref text NOT NULL, name text NOT NULL, power_state text NOT NULL, cpus integer NOT NULL,
		memory_mb bigint NOT NULL, host_id bigint NOT NULL REFERENCES hosts, uid text NOT NULL, guest_os text NOT NULL, UNIQUE (ems_id, ems_ref))`,
	`CREATE TABLE disks (id bigserial PRIMARY KEY, vm_id bigint NOT NULL REFERENCES vms ON DELETE CASCADE, ems_ref text NOT NULL, size_bytes bigint NOT NULL,
		mode text NOT NULL, controller text NOT NULL, filename text NOT NULL, row_hash bigint NOT NULL, note text, more text, UNIQUE (vm_id, ems_ref))`,
}

// A benchTable is a table of the estate, with the ith of its rows.
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

func (b benchTable) cols() (columns []storage.Column) {
	for name := range strings.FieldsSeq(b.columns) {
		columns = append(columns, storage.Column{Name: name})
	}
	return columns
}

// made returns the rows, made beforehand so that only the database is measured.
func (b benchTable) made() [][]storage.Value {
	rows := make([][]storage.Value, b.n)
	for i := range rows {
		rows[i] = make([]storage.Value, 10)
		b.row(i+1, rows[i])
	}
	return rows
}

// copied yields rows as pgx copies them.
func copied(rows [][]storage.Value) pgx.CopyFromSource {
	i := -1
	values := make([]any, 10)
	return pgx.CopyFromFunc(func() ([]any, error) {
		if i++; i == len(rows) {
			return nil, nil
		}
		for j, v := range rows[i] {
			values[j] = v.Any()
		}
		return values, nil
	})
}

func counted(n int, row func(i int) []storage.Value) iter.Seq[[]storage.Value] {
	return func(yield func([]storage.Value) bool) {
		for i := range n {
			if !yield(row(i)) {
				return
			}
		}
	}
}

// BenchmarkInventory inserts an estate, by hand with pgx's COPY and through an inventory, reads it, and updates and deletes
// its disks.
func BenchmarkInventory(b *testing.B) {
	pool := poolOn(b, pgtest.URL(b))
	o, url, _ := home(b, pool, nil)
	host := poolOn(b, url)
	store := openOn(b, host, o)
	for _, query := range benchTables {
		must(b, host, query)
		must(b, host, "ALTER TABLE "+strings.Fields(query)[2]+" SET (autovacuum_enabled = off)")
	}
	estate := benchEstate()
	var rows [][][]storage.Value
	for _, table := range estate {
		rows = append(rows, table.made())
	}
	insert := func(b *testing.B) {
		b.Helper()
		tx := benchSave(b, store)
		for i, table := range estate {
			if err := tx.Insert(b.Context(), table.name, table.cols(), slices.Values(rows[i])); err != nil {
				b.Fatal(err)
			}
		}
		demand(b, "commit", tx.Commit(b.Context()))
	}
	run := func(name string, per int, filled bool, do func(b *testing.B)) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				must(b, host, "TRUNCATE hosts, vms, disks")
				if filled {
					insert(b)
				}
				must(b, host, "VACUUM ANALYZE hosts, vms, disks")
				must(b, host, "CHECKPOINT")
				b.StartTimer()
				do(b)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*per)/1000, "µs/row")
		})
	}
	const all = benchHosts + benchVMs + benchDisks
	run("insert by hand", all, false, func(b *testing.B) {
		err := pgx.BeginFunc(b.Context(), host, func(tx pgx.Tx) error {
			for i, table := range estate {
				if _, err := tx.CopyFrom(b.Context(), pgx.Identifier{table.name}, strings.Fields(table.columns), copied(rows[i])); err != nil {
					return err
				}
			}
			return nil
		})
		demand(b, "copy", err)
	})
	run("insert", all, false, insert)
	run("scan", all, true, func(b *testing.B) {
		v, err := store.View(b.Context())
		demand(b, "view", err)
		n := 0
		for _, table := range estate {
			for _, err := range v.Rows(b.Context(), storage.RowQuery{Table: table.name, Columns: table.cols()}) {
				demand(b, "rows", err)
				n++
			}
		}
		if err := v.Close(); err != nil || n != all {
			b.Fatal(n, err)
		}
	})
	run("scan by hand", all, true, func(b *testing.B) { scanByHand(b, host, estate) })
	ids := func(i int) storage.Value { return storage.IntValue(int64(i + 1)) }
	run("update", benchDisks, true, func(b *testing.B) {
		tx := benchSave(b, store)
		missed, err := tx.Update(b.Context(), "disks", []storage.Column{{Name: "size_bytes"}, {Name: "mode"}}, func(yield func(storage.RowChange) bool) {
			for i := range benchDisks {
				if !yield(storage.RowChange{ID: ids(i), New: []storage.Value{storage.IntValue(1), storage.TextValue("new")}}) {
					return
				}
			}
		})
		if err != nil || len(missed) > 0 {
			b.Fatal(missed, err)
		}
		demand(b, "commit", tx.Commit(b.Context()))
	})
	run("rename", benchVMs, true, func(b *testing.B) {
		tx := benchSave(b, store)
		missed, err := tx.Update(b.Context(), "vms", []storage.Column{{Name: "ems_ref"}}, func(yield func(storage.RowChange) bool) {
			for i := range benchVMs {
				if !yield(storage.RowChange{ID: ids(i), New: []storage.Value{storage.TextValue(fmt.Sprint("new-", i))}}) {
					return
				}
			}
		})
		if err != nil || len(missed) > 0 {
			b.Fatal(missed, err)
		}
		demand(b, "commit", tx.Commit(b.Context()))
	})
	run("delete", benchDisks, true, func(b *testing.B) {
		tx := benchSave(b, store)
		n, err := tx.Delete(b.Context(), "disks", []storage.Column{{Name: "id"}}, counted(benchDisks, func(i int) []storage.Value { return []storage.Value{ids(i)} }))
		if err != nil || n != benchDisks {
			b.Fatal(n, err)
		}
		demand(b, "commit", tx.Commit(b.Context()))
	})
	run("small save", 1, true, func(b *testing.B) {
		tx := benchSave(b, store)
		columns := []storage.Column{{Name: "id"}, {Name: "ems_ref"}, {Name: "name"}}
		q := storage.RowQuery{Table: "vms", Columns: columns, In: []storage.Scope{{{Column: "ems_id", Is: storage.IntValue(7)}}}, Among: &storage.Among{Columns: columns[1:2]}}
		for i := range 100 {
			q.Among.Tuples = append(q.Among.Tuples, []storage.Value{storage.TextValue(fmt.Sprint("vm-", i*90+1))})
		}
		var changes []storage.RowChange
		for row, err := range tx.Rows(b.Context(), q) {
			demand(b, "rows", err)
			changes = append(changes, storage.RowChange{ID: row[0], Old: []storage.Value{row[2]}, New: []storage.Value{storage.TextValue("new")}})
		}
		missed, err := tx.Update(b.Context(), "vms", columns[2:], slices.Values(changes))
		if err != nil || len(missed) > 0 || len(changes) != 100 {
			b.Fatal(missed, len(changes), err)
		}
		demand(b, "commit", tx.Commit(b.Context()))
	})
}

func benchSave(b *testing.B, store *postgres.Store) storage.InventoryTx {
	b.Helper()
	tx, err := store.Begin(b.Context(), storage.Fence{Scope: "bench"})
	demand(b, "begin", err)
	return tx
}

func scanByHand(b *testing.B, host *pgxpool.Pool, estate []benchTable) {
	b.Helper()
	for _, table := range estate {
		rows, err := host.Query(context.Background(), "SELECT "+strings.ReplaceAll(table.columns, " ", ", ")+" FROM "+table.name)
		demand(b, "query", err)
		for rows.Next() {
			_ = rows.RawValues()
		}
		demand(b, "query", rows.Err())
	}
}

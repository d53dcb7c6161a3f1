package drivers

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/sqlite"
	"github.com/reeve-go/reeve/storage/storagetest"
)

// benchRecords is how many records there are in the tables that are measured.
const benchRecords = 10_000

var benchData = make([]byte, 300)

// BenchmarkStore measures what programs live by, without waiting for the disk.
func BenchmarkStore(b *testing.B) {
	for _, driver := range []string{modernc, ncruces} {
		b.Run(driver, func(b *testing.B) {
			storagetest.Bench(b, storagetest.Harness{Virtual: true, New: func(t testing.TB) storagetest.Backend {
				db := open(t, driver, dsnOf(filepath.Join(t.TempDir(), "estate.db")))
				return storagetest.Backend{Store: storeOn(t, db, sqlite.Options{})}
			}})
		})
	}
}

// BenchmarkOrder compares single orders and batches of a hundred with the same SQL by hand: reading
// the rows, and in a transaction an UPDATE that is guarded by the version and an INSERT of a line, one
// statement a row, prepared.
func BenchmarkOrder(b *testing.B) {
	for _, driver := range []string{modernc, ncruces} {
		for level, o := range map[string]*sqlite.Options{"NORMAL": &unhurried, "FULL": {}} {
			for _, size := range []int{1, 100} {
				name := fmt.Sprintf("%s/%s/%d", driver, level, size)
				b.Run(name+"/by hand", func(b *testing.B) { benchmarkByHand(b, driver, o, size) })
				b.Run(name+"/store", func(b *testing.B) { benchmarkStore(b, driver, o, size) })
			}
		}
	}
}

// benchDB returns a handle on a file with records, and a store on it.
func benchDB(b *testing.B, driver string, o *sqlite.Options) (*sql.DB, *sqlite.Store) {
	b.Helper()
	db := open(b, driver, o.DSN(filepath.Join(b.TempDir(), "estate.db")))
	db.SetMaxOpenConns(1)
	store := storeOn(b, db, sqlite.Options{})
	for at := 0; at < benchRecords; at += 1000 {
		var changes []storage.Change
		for i := range 1000 {
			changes = append(changes, storage.Change{
				Key:    benchKey(at + i),
				Record: storage.Record{State: "waiting", Data: benchData},
				Lines:  []storage.Line{{To: "waiting"}},
			})
		}
		answers, err := store.Apply(b.Context(), changes)
		if err = errors.Join(append(answers, err)...); err != nil {
			b.Fatal(err)
		}
	}
	return db, store
}

func benchKey(i int) storage.Key {
	return storage.Key{Kind: "node", ID: fmt.Sprintf("node-%d", i*7919%benchRecords)}
}

func benchmarkStore(b *testing.B, driver string, o *sqlite.Options, size int) {
	b.Helper()
	_, store := benchDB(b, driver, o)
	ctx := b.Context()
	keys, changes := make([]storage.Key, size), make([]storage.Change, size)
	n := 0
	for b.Loop() {
		for i := range keys {
			keys[i] = benchKey(n)
			n++
		}
		found, err := store.Load(ctx, keys)
		if err != nil {
			b.Fatal(err)
		}
		for i, s := range found {
			s.State = "done"
			changes[i] = storage.Change{
				Key: s.Key, Version: s.Version, Record: s.Record,
				Lines: []storage.Line{{From: "waiting", Event: "finish", To: "done", Cause: "order"}},
			}
		}
		answers, err := store.Apply(ctx, changes)
		if err = errors.Join(append(answers, err)...); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(n), "µs/order")
}

func benchmarkByHand(b *testing.B, driver string, o *sqlite.Options, size int) {
	b.Helper()
	db, _ := benchDB(b, driver, o)
	ctx := b.Context()
	prepare := func(query string) *sql.Stmt {
		stmt, err := db.PrepareContext(ctx, query)
		if err != nil {
			b.Fatal(err)
		}
		return stmt
	}
	read := prepare(`SELECT version, state, since, due, data FROM reeve_record WHERE kind = ? AND id = ?`)
	write := prepare(`UPDATE reeve_record SET version = version + 1, state = ?, since = ?, due = ?, data = ?
		WHERE kind = ? AND id = ? AND version = ?`)
	line := prepare(`INSERT INTO reeve_line
		(kind, id, version, n, at, element, from_state, event, to_state, cause, operation, inputs)
		VALUES (?, ?, ?, 0, ?, '', 'waiting', 'finish', 'done', 'order', '', NULL)`)
	n := 0
	for b.Loop() {
		keys, versions := make([]storage.Key, size), make([]int64, size)
		for i := range keys {
			keys[i] = benchKey(n)
			n++
			var state string
			var since int64
			var due sql.NullInt64
			var data []byte
			if err := read.QueryRowContext(ctx, keys[i].Kind, keys[i].ID).Scan(&versions[i], &state, &since, &due, &data); err != nil {
				b.Fatal(err)
			}
		}
		if err := byHand(ctx, db, write, line, keys, versions); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(n), "µs/order")
}

func byHand(ctx context.Context, db *sql.DB, write, line *sql.Stmt, keys []storage.Key, versions []int64) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	now := time.Now().UnixMicro()
	for i, k := range keys {
		if _, err := tx.StmtContext(ctx, write).ExecContext(ctx, "done", now, nil, benchData, k.Kind, k.ID, versions[i]); err != nil {
			return err
		}
		if _, err := tx.StmtContext(ctx, line).ExecContext(ctx, k.Kind, k.ID, versions[i]+1, now); err != nil {
			return err
		}
	}
	return tx.Commit()
}

package drivers

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/sqlite"
)

func TestWithNamesWhatItTakes(t *testing.T) {
	t.Parallel()
	db := open(t, modernc, dsnOf(filepath.Join(t.TempDir(), "estate.db")))
	store := storeOn(t, db, sqlite.Options{})
	for _, handle := range []any{nil, "a transaction", db} {
		_, err := store.With(handle)
		says(t, err, "*sql.Tx", "*sql.Conn")
	}
}

// A call that is canceled inside a transaction of the host leaves nothing, and the transaction goes on.
func TestCanceledInsideATransaction(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) {
		db := open(t, driver, dsnOf(filepath.Join(t.TempDir(), "estate.db")))
		store := storeOn(t, db, sqlite.Options{})
		tx := begin(db)(t)
		inside, err := store.With(tx.Handle)
		if err != nil {
			t.Fatal(err)
		}
		apply(t, inside, batchOf(1, "first")...)
		ctx, cancel := context.WithCancel(t.Context())
		changes := batchOf(2, "canceled")
		changes[1].Project = func(context.Context, any) error {
			cancel()
			return nil
		}
		if _, err := inside.Apply(ctx, changes); !errors.Is(err, context.Canceled) {
			t.Errorf("a canceled apply: %v", err)
		}
		apply(t, inside, batchOf(1, "last")...)
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, r := range contentsOf(t, store).Records {
			ids = append(ids, r.Key.ID)
		}
		if diff := cmp.Diff([]string{"first0", "last0"}, ids); diff != "" {
			t.Errorf("the records after the commit (-want +got):\n%s", diff)
		}
	})
}

// What the host's table does not take is refused, and nothing else.
func TestTableRefuses(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) {
		db := open(t, driver, dsnOf(filepath.Join(t.TempDir(), "estate.db")))
		if _, err := db.ExecContext(t.Context(), machines); err != nil {
			t.Fatal(err)
		}
		store := storeOn(t, db, sqlite.Options{Tables: map[string]sqlite.Table{"machine": machineTable}})
		create := func(id string, cores int) storage.Change {
			return storage.Change{
				Key:    storage.Key{Kind: "machine", ID: id},
				Record: storage.Record{State: "off", Data: machineData(cores)},
				Emit:   []storage.Effect{{ID: id, Key: "k", Name: "boot"}},
			}
		}
		answers, err := store.Apply(t.Context(), []storage.Change{create("a", 8), create("b", 1_000_000), create("c", 4)})
		if err != nil {
			t.Fatal(err)
		}
		if answers[0] != nil || answers[1] == nil || answers[2] != nil {
			t.Errorf("the answers are %v; want an error for the second alone", answers)
		}
		if effects := contentsOf(t, store).Effects; len(effects) != 2 {
			t.Errorf("%d effects were emitted, want those of the changes that were made", len(effects))
		}

		// The host's other programs read the table, and must leave the rows where they are.
		var cores int
		if err := db.QueryRowContext(t.Context(), `SELECT cores FROM machines WHERE name = 'c' AND power = 'off'`).Scan(&cores); err != nil || cores != 4 {
			t.Errorf("the host reads %d cores, %v; want 4", cores, err)
		}
		if _, err := db.ExecContext(t.Context(), `DELETE FROM machines WHERE name = 'a'`); err != nil {
			t.Fatal(err)
		}
		_, err = store.Load(t.Context(), []storage.Key{{Kind: "machine", ID: "a"}})
		says(t, err, "load", `kind "machine"`, `no row of "a"`)
	})
}

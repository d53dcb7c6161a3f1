package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/reeve-go/reeve/internal/altertest"
	"github.com/reeve-go/reeve/internal/inventorytest"
	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/postgres"
)

func TestRefreshAmongRivals(t *testing.T) {
	t.Parallel()
	inventorytest.RunRivals(t, homesOn(t).open, true)
}

type (
	box struct {
		Ref  string `reeve:"ref,key"`
		Name string `reeve:"name"`
	}
	item struct {
		Ref string           `reeve:"ref,key"`
		In  refresh.Ref[box] `reeve:"box_id"`
	}
	crate box
	// shelves are what the tests of rivals keep: boxes and what is in them, and crates.
	shelves struct {
		Boxes  *refresh.Collection[box]
		Crates *refresh.Collection[crate]
		Items  *refresh.Collection[item]
	}
)

const shelfTables = `
CREATE TABLE boxes (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, manager text, ref text NOT NULL, name text, UNIQUE (manager, ref));
CREATE TABLE crates (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, manager text, ref text NOT NULL, name text, UNIQUE (manager, ref));
CREATE TABLE items (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, manager text, ref text NOT NULL, box_id bigint REFERENCES boxes, UNIQUE (manager, ref));`

// shelvesOn returns a store with empty shelves, whose connections bear the name of the schema.
func shelvesOn(t testing.TB) (*postgres.Store, *pgxpool.Pool, string) {
	t.Helper()
	o, url, _ := home(t, poolOn(t, inNoHurry(pgtest.URL(t))), nil)
	pool := poolOn(t, withSetting(withSetting(url, "application_name="+o.Schema), "deadlock_timeout=50ms"))
	must(t, pool, shelfTables, pgx.QueryExecModeSimpleProtocol)
	return openOn(t, pool, o), pool, o.Schema
}

// shelvesOf returns a persister that writes boxes before crates, or the other way round. All managers have the same rows.
func shelvesOf(t testing.TB, in storage.Inventory, boxesFirst bool) *refresh.Persister[*shelves] {
	t.Helper()
	p, err := refresh.NewPersister(func(b *refresh.Builder) *shelves {
		boxes, crates := refresh.CollectionOptions{}, refresh.CollectionOptions{}
		if boxesFirst {
			crates.After = []string{"boxes"}
		} else {
			boxes.After = []string{"crates"}
		}
		return &shelves{refresh.Add[box](b, "boxes", &boxes), refresh.Add[crate](b, "crates", &crates), refresh.Add[item](b, "items", nil)}
	}, in, &refresh.PersisterOptions{Scope: func(string) map[string]any { return map[string]any{"manager": "all"} }})
	demand(t, "declare", err)
	return p
}

// fillShelves saves a box, a crate and an item, with a name.
func fillShelves(ctx context.Context, p *refresh.Persister[*shelves], manager, name string) (*refresh.Plan, error) {
	r, err := p.Open(ctx, manager, nil)
	if err != nil {
		return nil, err
	}
	defer r.Close() //nolint:errcheck // it holds nothing
	r.Inventory.Items.Build(item{Ref: "i", In: r.Inventory.Boxes.Build(box{Ref: "b", Name: name})})
	r.Inventory.Crates.Build(crate{Ref: "c", Name: name})
	return r.Save(ctx, 0)
}

// A save waits for a row that somebody else has not committed yet. If that is, the save finds and changes it, and what
// it creates itself points at it; if it is not, nothing was in the way.
func TestSaveWaitsForARival(t *testing.T) {
	t.Parallel()
	for end, of := range map[string]struct{ saves, created int }{"COMMIT": {2, 0}, "ROLLBACK": {1, 1}} {
		t.Run(end, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			store, pool, name := shelvesOn(t)
			rival, err := poolOn(t, pool.Config().ConnString()).Acquire(ctx)
			demand(t, "acquire", err)
			defer rival.Release()
			var id int64
			_, err = rival.Exec(ctx, "BEGIN")
			demand(t, "begin", err)
			demand(t, "insert", rival.QueryRow(ctx, "INSERT INTO boxes (manager, ref, name) VALUES ('all', 'b', 'theirs') RETURNING id").Scan(&id))
			saves := 0
			in := altertest.New(store, altertest.Alter{Before: func(call string) error {
				if call == "begin" {
					saves++
				}
				return nil
			}})
			p, done := shelvesOf(t, in, true), make(chan error, 1)
			var plan *refresh.Plan
			go func() {
				var err error
				plan, err = fillShelves(ctx, p, "one", "ours")
				done <- err
			}()
			waitsForALock(t, pool, name)
			_, err = rival.Exec(ctx, end)
			demand(t, "end", err)
			demand(t, "save", <-done)
			if created := plan.Collections[0].Inserts; saves != of.saves || created != of.created {
				t.Errorf("%d boxes are created in save %d; want %d in %d", created, saves, of.created, of.saves)
			}
			var got string
			demand(t, "look", pool.QueryRow(ctx, `SELECT b.name || ' ' || (b.id = $1) || ' ' || (SELECT count(*) FROM boxes) FROM items AS i JOIN boxes AS b ON b.id = i.box_id`, id).Scan(&got))
			if want := fmt.Sprintf("ours %t 1", of.created == 0); got != want {
				t.Errorf("name, whether the row is the other's, and how many there are: %s; want %s", got, want)
			}
		})
	}
}

// waitsForALock waits until a connection of that name waits for a lock.
func waitsForALock(t testing.TB, pool *pgxpool.Pool, name string) {
	t.Helper()
	eventually(t, "nobody waits for a lock", func() bool {
		var waiting int
		demand(t, "look", pool.QueryRow(context.Background(), "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1 AND wait_event_type = 'Lock'", name).Scan(&waiting))
		return waiting > 0
	})
}

// Two saves that change the same rows in different orders wait for each other until the server ends one of them. That one
// is made anew, and in the end both are there.
func TestSavesThatDeadlock(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	store, pool, _ := shelvesOn(t)
	_, err := fillShelves(ctx, shelvesOf(t, store, true), "first", "old")
	demand(t, "save", err)
	var both sync.WaitGroup // have changed their first rows, or ended
	both.Add(2)
	var saves atomic.Int32
	ended := make(chan error, 2)
	for manager, boxesFirst := range map[string]bool{"one": true, "two": false} {
		changed := sync.OnceFunc(both.Done)
		p := shelvesOf(t, altertest.New(store, altertest.Alter{
			Before: func(call string) error {
				if call == "begin" {
					saves.Add(1)
				}
				return nil
			},
			After: func(call string) error {
				if call == "update" {
					changed()
					both.Wait()
				}
				return nil
			},
		}), boxesFirst)
		go func() {
			_, err := fillShelves(ctx, p, manager, "new of "+manager)
			changed()
			ended <- err
		}()
	}
	demand(t, "save", errors.Join(<-ended, <-ended))
	if n := saves.Load(); n < 3 {
		t.Errorf("%d saves were begun, so none was in the way of another; the test is none", n)
	}
	var boxes, crates string
	demand(t, "look", pool.QueryRow(ctx, "SELECT b.name, c.name FROM boxes AS b, crates AS c").Scan(&boxes, &crates))
	if boxes != crates || boxes == "old" {
		t.Errorf("the box is %q, and the crate %q; want both as the last save says", boxes, crates)
	}
	for _, manager := range []string{"one", "two"} {
		if n, err := store.Saves(ctx, manager); n != 1 || err != nil {
			t.Errorf("there are %d saves of %q, %v; want one", n, manager, err)
		}
	}
}

// What the server ends for the sake of others is a conflict, in whatever call, and says so.
func TestSaveThatTheServerEnds(t *testing.T) {
	t.Parallel()
	name := []storage.Column{{Name: "name"}}
	for call, of := range map[string]struct {
		trigger string
		do      func(ctx context.Context, tx storage.InventoryTx) error
	}{
		"insert": {"TRIGGER ends AFTER INSERT ON boxes FOR EACH STATEMENT", func(ctx context.Context, tx storage.InventoryTx) error {
			return tx.Insert(ctx, "boxes", []storage.Column{{Name: "ref"}}, oneRow(storage.TextValue("new")))
		}},
		"update": {"TRIGGER ends BEFORE UPDATE ON boxes FOR EACH ROW", func(ctx context.Context, tx storage.InventoryTx) error {
			_, err := tx.Update(ctx, "boxes", name, slices.Values([]storage.RowChange{{ID: storage.IntValue(1), New: []storage.Value{storage.TextValue("b")}}}))
			return err
		}},
		"delete": {"TRIGGER ends AFTER DELETE ON boxes FOR EACH STATEMENT", func(ctx context.Context, tx storage.InventoryTx) error {
			_, err := tx.Delete(ctx, "boxes", name, oneRow(storage.TextValue("a")))
			return err
		}},
		"touch": {"TRIGGER ends AFTER INSERT ON touched FOR EACH STATEMENT", func(ctx context.Context, tx storage.InventoryTx) error {
			return tx.Touch(ctx, slices.Values([]storage.Touched{{Table: "boxes", Key: "b"}}))
		}},
		"commit": {"CONSTRAINT TRIGGER ends AFTER DELETE ON boxes DEFERRABLE INITIALLY DEFERRED FOR EACH ROW", func(ctx context.Context, tx storage.InventoryTx) error {
			if _, err := tx.Delete(ctx, "boxes", name, oneRow(storage.TextValue("a"))); err != nil {
				return err
			}
			return tx.Commit(ctx)
		}},
	} {
		for _, code := range []string{"40001", "40P01"} {
			t.Run(call+" "+code, func(t *testing.T) {
				t.Parallel()
				store, pool, _ := shelvesOn(t)
				must(t, pool, `INSERT INTO boxes (ref, name) VALUES ('b', 'a');
					CREATE FUNCTION ends() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'somebody was there' USING ERRCODE = '`+code+`'; END $$;
					CREATE `+of.trigger+` EXECUTE FUNCTION ends()`, pgx.QueryExecModeSimpleProtocol)
				tx := saveIn(t, store, "s")
				err := of.do(t.Context(), tx)
				says(t, err, call, "another transaction is in the way", "somebody was there", code)
				if !errors.Is(err, storage.ErrConflict) || errors.Is(err, storage.ErrUnknown) {
					t.Errorf("%v is no conflict, or may have been made", err)
				}
				demand(t, "close", tx.Close())
				must(t, pool, "ALTER TABLE boxes DISABLE TRIGGER USER; ALTER TABLE touched DISABLE TRIGGER USER", pgx.QueryExecModeSimpleProtocol)
				if n, err := store.Saves(t.Context(), "s"); n != 0 || err != nil {
					t.Errorf("there are %d saves, %v; want none", n, err)
				}
				demand(t, "commit", saveIn(t, store, "s").Commit(t.Context()))
			})
		}
	}
}

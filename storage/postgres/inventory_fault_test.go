package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/postgres"
)

// machinesOn makes a table of machines with weights, numbered from 1.
func machinesOn(t testing.TB, pool *pgxpool.Pool, schema string, n int) (table string) {
	t.Helper()
	must(t, pool, fmt.Sprintf(`CREATE TABLE %s.machine (id bigserial PRIMARY KEY, ref text UNIQUE, weight bigint, note text);
		INSERT INTO %[1]s.machine (ref, weight) SELECT 'm' || n, 0 FROM generate_series(1, %d) AS n`, schema, n), pgx.QueryExecModeSimpleProtocol)
	return schema + ".machine"
}

// weigh gives a machine another weight, if it has the one that it is to have.
func weigh(tx storage.InventoryTx, table string, id, from, to int64) ([]storage.Value, error) {
	return tx.Update(context.Background(), table, []storage.Column{{Name: "weight"}}, slices.Values([]storage.RowChange{
		{ID: storage.IntValue(id), Old: []storage.Value{storage.IntValue(from)}, New: []storage.Value{storage.IntValue(to)}},
	}))
}

// A foreign writer is waited for. What it has changed, deleted or inserted is seen then.
func TestForeignWriter(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		foreign string
		save    func(tx storage.InventoryTx, table string) (string, error)
		want    string // if the foreign writer commits
		alone   string // if it rolls back
	}{
		"updates": {"UPDATE %s SET weight = 5 WHERE id = 1", func(tx storage.InventoryTx, table string) (string, error) {
			missed, err := weigh(tx, table, 1, 0, 7)
			return fmt.Sprint(missed), err
		}, "[1]", "[]"},
		"updates to another place": {"UPDATE %s SET note = repeat('x', 7000) WHERE id = 1", func(tx storage.InventoryTx, table string) (string, error) {
			missed, err := weigh(tx, table, 1, 0, 7)
			return fmt.Sprint(missed), err
		}, "[]", "[]"},
		"deletes": {"DELETE FROM %s WHERE id = 1", func(tx storage.InventoryTx, table string) (string, error) {
			n, err := tx.Delete(context.Background(), table, []storage.Column{{Name: "id"}}, oneRow(storage.IntValue(1)))
			return fmt.Sprint(n), err
		}, "0", "1"},
		"inserts": {"INSERT INTO %s (ref) VALUES ('new')", func(tx storage.InventoryTx, table string) (string, error) {
			err := tx.Insert(context.Background(), table, []storage.Column{{Name: "ref"}}, oneRow(storage.TextValue("new")))
			if errors.Is(err, storage.ErrConflict) {
				return "conflict", nil
			}
			return "inserted", err
		}, "conflict", "inserted"},
	} {
		for _, commits := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, commits %t", name, commits), func(t *testing.T) {
				t.Parallel()
				r := newStillRig(t)
				table := machinesOn(t, r.direct, r.options.Schema, 3)
				foreign, err := r.direct.Begin(t.Context())
				demand(t, "begin", err)
				_, err = foreign.Exec(t.Context(), fmt.Sprintf(c.foreign, table))
				demand(t, "exec", err)
				tx := saveIn(t, r.store, "s")
				got := make(chan string, 1)
				go func() {
					answer, err := c.save(tx, table)
					if err != nil {
						answer = err.Error()
					}
					got <- answer
				}()
				eventually(t, "the save does not wait", func() bool { return len(got) > 0 || r.waits() })
				end, want := foreign.Rollback, c.alone
				if commits {
					end, want = foreign.Commit, c.want
				}
				demand(t, "the end", end(t.Context()))
				if answer := <-got; answer != want {
					t.Errorf("the save answers %s; want %s", answer, want)
				}
			})
		}
	}
}

// Of two saves that wait for each other one fails, and leaves nothing; the other goes on.
func TestSavesDeadlock(t *testing.T) {
	t.Parallel()
	pool := poolOn(t, inNoHurry(pgtest.URL(t)))
	o := dropped(t, pool, postgres.Options{})
	store := storeOn(t, pool, o)
	table := machinesOn(t, pool, o.Schema, 2)
	saves := []storage.InventoryTx{saveIn(t, store, "one"), saveIn(t, store, "two")}
	for i, tx := range saves {
		_, err := weigh(tx, table, int64(i+1), 0, int64(i+1))
		demand(t, "update", err)
	}
	type answer struct {
		who int
		err error
	}
	answers := make(chan answer, len(saves))
	for i, tx := range saves {
		go func() {
			_, err := weigh(tx, table, int64(2-i), 0, int64(i+1))
			answers <- answer{i, err}
		}()
	}
	one, other := <-answers, <-answers
	if one.err == nil { // the server told it first that it could go on
		one, other = other, one
	}
	says(t, one.err, "update", "deadlock")
	if err := saves[one.who].Commit(t.Context()); err == nil {
		t.Error("a save that failed is committed")
	}
	demand(t, "close", saves[one.who].Close())
	demand(t, "update", other.err)
	demand(t, "commit", saves[other.who].Commit(t.Context()))
	var weights string
	demand(t, "select", pool.QueryRow(t.Context(), "SELECT string_agg(weight::text, ' ' ORDER BY id) FROM "+table).Scan(&weights))
	if want := strings.Repeat(fmt.Sprint(other.who+1, " "), 2); weights+" " != want {
		t.Errorf("the weights are %s; want %s", weights, want)
	}
}

// A server that crashes in the middle of a COPY, or before a commit, has the old inventory, and the store goes on when it is back.
func TestServerCrashesInASave(t *testing.T) {
	t.Parallel()
	server := pgtest.Own(t)
	pool := poolOn(t, server.URL())
	store := storeOn(t, pool, postgres.Options{})
	table := machinesOn(t, pool, "public", 2)
	crash := func() {
		demand(t, "kill", server.Kill())
		demand(t, "start", server.Start())
	}
	insert := func(tx storage.InventoryTx, between func(i int)) error {
		return tx.Insert(t.Context(), table, []storage.Column{{Name: "ref"}}, func(yield func([]storage.Value) bool) {
			for i := range 10_000 {
				if between(i); !yield([]storage.Value{storage.TextValue(fmt.Sprintf("new %080d", i))}) {
					return
				}
			}
		})
	}
	looks := func(what string, saves uint64, rows int) {
		t.Helper()
		n, err := store.Saves(t.Context(), "s")
		if err != nil || n != saves {
			t.Errorf("%s: there are %d saves, %v; want %d", what, n, err, saves)
		}
		var have int
		demand(t, "count", pool.QueryRow(t.Context(), "SELECT count(*) FROM "+table).Scan(&have))
		if have != rows {
			t.Errorf("%s: there are %d rows; want %d", what, have, rows)
		}
	}
	tx := saveIn(t, store, "s")
	err := insert(tx, func(i int) {
		if i == 5000 {
			crash()
		}
	})
	says(t, err, "insert")
	demand(t, "close", tx.Close())
	looks("in a COPY", 0, 2)

	tx = saveIn(t, store, "s")
	demand(t, "insert", insert(tx, func(int) {}))
	crash()
	if err := tx.Commit(t.Context()); err == nil || errors.Is(err, storage.ErrUnknown) {
		t.Errorf("a commit after a crash is answered with %v", err)
	}
	demand(t, "close", tx.Close())
	looks("before a commit", 0, 2)

	tx = saveIn(t, store, "s")
	demand(t, "insert", insert(tx, func(int) {}))
	demand(t, "commit", tx.Commit(t.Context()))
	crash()
	looks("after a commit", 1, 10_002)
}

// A save whose program is gone without the server's learning of it is rolled back, and others go on.
func TestForsakenSave(t *testing.T) {
	t.Parallel()
	r := newRig(t, pgtest.URL(t), 2, "idle_in_transaction_session_timeout=100ms")
	table := machinesOn(t, r.direct, r.options.Schema, 2)
	tx := saveIn(t, r.store, "s")
	_, err := weigh(tx, table, 1, 0, 7)
	demand(t, "update", err)
	r.all((*link).forsake)
	next := saveIn(t, r.aside(), "s")
	if n := next.Number(); n != 1 {
		t.Errorf("the next save has the number %d; want 1", n)
	}
	missed, err := weigh(next, table, 1, 0, 8)
	if err != nil || len(missed) > 0 {
		t.Errorf("the next save misses %v, %v", missed, err)
	}
	demand(t, "commit", next.Commit(t.Context()))
	if err := tx.Commit(t.Context()); err == nil || errors.Is(err, storage.ErrUnknown) {
		t.Errorf("the commit of a save that is gone is answered with %v", err)
	}
}

// A save keeps nothing in a connection beyond its transaction.
func TestPooledSaves(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"cache_describe", "exec"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			const connections = 2
			direct := poolOn(t, inNoHurry(pgtest.URL(t)))
			o := dropped(t, direct, postgres.Options{Pooled: true})
			storeOn(t, direct, postgres.Options{Schema: o.Schema})
			must(t, direct, fmt.Sprintf(`CREATE TABLE %s.machine (seq bigserial PRIMARY KEY, ref text UNIQUE, n integer); INSERT INTO %[1]s.machine (ref, n) VALUES ('changed', 1)`, o.Schema), pgx.QueryExecModeSimpleProtocol)
			bouncer := pgtest.PgBouncer(t, pgtest.URL(t), connections)
			store := openOn(t, poolOn(t, withSetting(bouncer, "default_query_exec_mode="+mode)), o)
			table := o.Schema + ".machine"
			demand(t, "save", saveMachines(t.Context(), store, table))
			if err := saveMachines(t.Context(), store, table); !errors.Is(err, storage.ErrConflict) { // it inserts the same again
				t.Errorf("a second save is answered with %v", err)
			}
			v, err := store.View(t.Context())
			demand(t, "view", err)
			defer func() { demand(t, "close", v.Close()) }()
			n := 0
			for _, err := range v.Rows(t.Context(), storage.RowQuery{Table: table, Columns: []storage.Column{{Name: "ref"}}}) {
				demand(t, "rows", err)
				n++
			}
			if n != 3 {
				t.Errorf("there are %d machines; want 3", n)
			}
		})
	}
}

package postgres_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/postgres"
)

// A wiretap counts the statements that go to the server.
type wiretap struct{ statements int }

func (w *wiretap) Write(line []byte) (int, error) {
	w.statements += bytes.Count(line, []byte("F\tParse\t"))
	return len(line), nil
}

// renaming is a table of things with unique names, n0 to n4999, and what goes to the server on its behalf. That makes
// the changes of one statement backwards: it knows no other way than by the ids, of which the last things have the least.
type renaming struct {
	testing.TB
	store *postgres.Store
	wiretap
}

const things = 5000

func newRenaming(t testing.TB) *renaming {
	t.Helper()
	r := &renaming{TB: t}
	o, url, _ := home(t, poolOn(t, inNoHurry(pgtest.URL(t))), nil)
	for _, way := range []string{"nestloop", "hashjoin"} {
		url = withSetting(url, "enable_"+way+"=off")
	}
	config, err := pgxpool.ParseConfig(url)
	demand(t, "parse", err)
	config.MaxConns = 1
	config.AfterConnect = func(_ context.Context, c *pgx.Conn) error {
		c.PgConn().Frontend().Trace(&r.wiretap, pgproto3.TracerOptions{SuppressTimestamps: true})
		return nil
	}
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	demand(t, "connect", err)
	t.Cleanup(pool.Close)
	must(t, pool, `CREATE TABLE things (id bigint PRIMARY KEY, site bigint NOT NULL, name text NOT NULL, note text, UNIQUE (id, name), UNIQUE (site, name));
		INSERT INTO things SELECT -n, n % 2, 'n' || n FROM generate_series(0, `+fmt.Sprint(things-1)+`) AS n;
		CREATE TABLE pairs (id bigint PRIMARY KEY, a text UNIQUE, b text UNIQUE); INSERT INTO pairs SELECT -n, 'a' || n, 'b' || n FROM generate_series(1, 9) AS n`, pgx.QueryExecModeSimpleProtocol)
	r.store = openOn(t, pool, o)
	return r
}

// update gives things other names or notes in one call, which is rolled back, and returns which are missed, and by how many
// statements.
func (r *renaming) update(column string, ids []int, value func(i int) string) (missed []storage.Value, statements int, err error) {
	r.Helper()
	tx := saveIn(r, r.store, "things")
	defer func() { demand(r, "close", tx.Close()) }()
	_, err = tx.Update(r.Context(), "things", []storage.Column{{Name: column}}, func(func(storage.RowChange) bool) {})
	demand(r, "update", err) // by now the table is known
	before := r.statements
	missed, err = tx.Update(r.Context(), "things", []storage.Column{{Name: column}}, func(yield func(storage.RowChange) bool) {
		for _, i := range ids {
			if !yield(storage.RowChange{ID: storage.IntValue(int64(-i)), New: []storage.Value{storage.TextValue(value(i))}}) {
				return
			}
		}
	})
	return missed, r.statements - before, err
}

// Values of a unique index cost one question more for many rows, and one statement more where a row gets what another one of
// the same index has until then.
func TestInventoryUpdatesWhatIsUniqueManyAtATime(t *testing.T) {
	t.Parallel()
	r := newRenaming(t)
	var all []int
	for i := range things {
		all = append(all, i)
	}
	_, plain, err := r.update("note", all, func(int) string { return "new" })
	demand(t, "update", err)
	name := func(i int) string { return fmt.Sprint("n", i) }
	for _, c := range []struct {
		what  string
		value func(i int) string
		more  int // than a question for as many rows
		err   error
	}{
		{"as they are", name, 0, nil},
		{"new ones", func(i int) string { return fmt.Sprint("new", i) }, 0, nil},
		{"those of the other site", func(i int) string { return name(i ^ 1) }, 0, nil},
		{"one of a row before", func(i int) string {
			if i == 3700 {
				return name(3600)
			}
			return name(i + things)
		}, 1, nil},
		{"one of a row before, and of that the same", func(i int) string {
			switch i {
			case 3700, 3900:
				return name(i - 200)
			}
			return name(i + things)
		}, 2, nil},
		{"one of a row that comes later", func(i int) string {
			if i == 3600 {
				return name(3700)
			}
			return name(i + things)
		}, 0, storage.ErrConflict},
		{"the same twice", func(i int) string {
			if i == 2 {
				return name(things + 4)
			}
			return name(i + things)
		}, 0, storage.ErrConflict},
		{"those of the rows before", func(i int) string {
			if i < 40 {
				return name(i - 2)
			}
			return name(i + things)
		}, 19, nil}, // two of each site by each statement
	} {
		_, n, err := r.update("name", all, c.value)
		if !errors.Is(err, c.err) {
			t.Errorf("%s: the error is %v; want %v", c.what, err, c.err)
		}
		if want := 2*plain + c.more; c.err == nil && n != want {
			t.Errorf("%s: %d statements; want %d", c.what, n, want)
		}
	}

	missed, _, err := r.update("name", []int{1, -1, 3, -2, 5}, func(i int) string { return name(i - 2) })
	if want := []storage.Value{storage.IntValue(1), storage.IntValue(2)}; err != nil || !slices.Equal(missed, want) {
		t.Errorf("in a chain things %v are missed, %v; want %v", missed, err, want)
	}
}

// A row that gets what several rows have until then comes after the last of them, whichever index that is by.
func TestInventoryUpdatesAfterTheLast(t *testing.T) {
	t.Parallel()
	r := newRenaming(t)
	tx := saveIn(t, r.store, "pairs")
	missed, err := tx.Update(t.Context(), "pairs", []storage.Column{{Name: "a"}, {Name: "b"}}, func(yield func(storage.RowChange) bool) {
		for i, to := range [][2]string{{"c1", "d1"}, {"c2", "d2"}, {"a1", "d3"}, {"c4", "d4"}, {"a4", "b1"}, {"c6", "d6"}, {"a2", "b6"}} {
			if !yield(storage.RowChange{ID: storage.IntValue(int64(-1 - i)), New: []storage.Value{storage.TextValue(to[0]), storage.TextValue(to[1])}}) {
				return
			}
		}
	})
	if err != nil || len(missed) > 0 {
		t.Errorf("pairs %v are missed, %v", missed, err)
	}
}

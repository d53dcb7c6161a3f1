package postgres_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/postgres"
)

// newSaveCutter returns a cutter of a save that does everything that one can do.
func newSaveCutter(t testing.TB) *cutter {
	t.Helper()
	r := newStillRig(t)
	// Ids are in a column that a memory leaves out: nobody gives them back.
	r.do(`CREATE TABLE reeve.machine (seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, ref text UNIQUE, n integer);
		INSERT INTO reeve.machine (ref, n) VALUES ('changed', 1), ('gone', 2), ('same', 3);`)
	return learned(&cutter{call: call{"save", func(ctx context.Context, s *postgres.Store, _ estate) error {
		return saveMachines(ctx, s, r.options.Schema+".machine")
	}}}, r)
}

func saveMachines(ctx context.Context, s *postgres.Store, table string) error {
	tx, err := s.Begin(ctx, storage.Fence{Scope: "one", Token: 7})
	if err != nil {
		return err
	}
	defer tx.Close() //nolint:errcheck // the first error counts
	columns := []storage.Column{{Name: "seq"}, {Name: "ref"}, {Name: "n"}}
	q := storage.RowQuery{Table: table, Columns: columns, Among: &storage.Among{Columns: columns[1:2], Tuples: [][]storage.Value{{storage.TextValue("changed")}}}}
	var changes []storage.RowChange
	for row, err := range tx.Rows(ctx, q) {
		if err != nil {
			return err
		}
		changes = append(changes, storage.RowChange{ID: row[0], Old: []storage.Value{row[2]}, New: []storage.Value{storage.IntValue(row[2].Int() + 10)}})
	}
	ids, err := tx.Reserve(ctx, table, 2)
	if err != nil {
		return err
	}
	err = tx.Insert(ctx, table, columns[:2], func(yield func([]storage.Value) bool) {
		_ = yield([]storage.Value{ids[0], storage.TextValue("new")}) && yield([]storage.Value{ids[1], storage.TextValue("newer")})
	})
	if err != nil {
		return err
	}
	missed, err := tx.Update(ctx, table, columns[2:], slices.Values(changes))
	if err != nil || len(missed) > 0 || len(changes) != 1 {
		return errors.Join(err, errors.New("not one machine was changed"))
	}
	if _, err = tx.Delete(ctx, table, columns[1:2], slices.Values([][]storage.Value{{storage.TextValue("gone")}})); err != nil {
		return err
	}
	if err := tx.Touch(ctx, slices.Values([]storage.Touched{{Table: table, Key: "new"}})); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

// A save whose connection is cut at any byte leaves the old inventory or the new one, and says which.
func TestSaveCutAtAnyByte(t *testing.T) {
	t.Parallel()
	c := newSaveCutter(t)
	c.anywhere(func(n int) (context.Context, func(*link)) {
		if n%2 == 1 {
			return t.Context(), (*link).reset
		}
		return t.Context(), (*link).cut
	}, c.isTrue)
}

// The same holds when its context ends at any byte.
func TestSaveCanceledAtAnyByte(t *testing.T) {
	t.Parallel()
	c := newSaveCutter(t)
	c.anywhere(func(int) (context.Context, func(*link)) {
		ctx, cancel := context.WithCancel(t.Context())
		return ctx, func(*link) { cancel() }
	}, func(at string, err error) {
		c.isTrue(at, err)
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("%s: the save answers %v, not that it was canceled", at, err)
		}
	})
}

// answered is how many bytes the server has answered with when the COMMIT is sent.
func (c *cutter) answered() (n int) {
	for _, f := range c.flights[:len(c.flights)-1] {
		if f.to == toClient {
			n += f.bytes
		}
	}
	return n
}

// Only when the server cannot be asked is the outcome of a save unknown, and the next one finds what there is.
func TestOutcomeOfASaveUnknown(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes the store's whole patience")
	}
	c := newSaveCutter(t)
	c.again()
	ctx, cancel := context.WithCancel(t.Context())
	happened := c.on(toClient, c.answered()+1, func(l *link) {
		c.refuse(true)
		l.cut()
	})
	go func() {
		<-happened
		cancel()
	}()
	if err := c.do(ctx, c.store, c.estate); !errors.Is(err, storage.ErrUnknown) {
		t.Errorf("nobody can say what became of it, but the save answers %v", err)
	}
	c.refuse(false)
	c.is("unknown, but made", c.after)
	if n, err := c.store.Saves(t.Context(), "one"); n != 1 || err != nil {
		t.Errorf("there are %d saves, %v; want 1", n, err)
	}
}

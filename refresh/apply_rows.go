package refresh

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/reeve-go/reeve/storage"
)

// Rows that are written in the same columns are written by one call, however they are mixed with others. The columns
// of which there were rows first go through as they come; the rows of other columns are held aside, up to so
// many rows and bytes of them.
const (
	rowsAside  = 1000
	bytesAside = 4 << 20
)

// grouped calls write for changes of one kind: for each set of columns of those that are chosen.
func grouped(changes iter.Seq2[*Change, error], chosen func(id storage.Value, c *ColumnChange) bool, write func(columns []string, changes iter.Seq[*Change]) error) error {
	next, stop := iter.Pull2(changes)
	defer stop()
	var aside aside
	c, err, more := next()
	for more && err == nil {
		columns := namesOfChosen(nil, c, chosen)
		if len(columns) == 0 {
			c, err, more = next()
			continue
		}
		var its []string
		failed := write(columns, func(yield func(*Change) bool) {
			for more && err == nil && !aside.full() {
				switch its = namesOfChosen(its[:0], c, chosen); {
				case slices.Equal(its, columns):
					if !yield(c) {
						return
					}
				case len(its) > 0:
					aside.add(its, c)
				}
				c, err, more = next()
			}
		})
		if failed == nil {
			failed = aside.write(write)
		}
		if failed != nil {
			return failed
		}
	}
	return err
}

func namesOfChosen(names []string, c *Change, chosen func(id storage.Value, c *ColumnChange) bool) []string {
	for i := range c.Columns {
		if chosen(c.ID, &c.Columns[i]) {
			names = append(names, c.Columns[i].Column)
		}
	}
	return names
}

// aside are changes that are written later, by their columns.
type aside struct {
	groups      map[string]*group
	order       []*group
	rows, bytes int
}

type group struct {
	columns []string
	changes []*Change
}

func (a *aside) full() bool { return a.rows >= rowsAside || a.bytes >= bytesAside }

func (a *aside) add(columns []string, c *Change) {
	name := strings.Join(columns, "\x00")
	g := a.groups[name]
	if g == nil {
		if a.groups == nil {
			a.groups = map[string]*group{}
		}
		g = &group{columns: slices.Clone(columns)}
		a.groups[name] = g
		a.order = append(a.order, g)
	}
	own := c.clone()
	g.changes = append(g.changes, own)
	a.rows++
	for i := range own.Columns {
		a.bytes += len(own.Columns[i].Old.Text()) + len(own.Columns[i].New.Text())
	}
}

// write writes them all.
func (a *aside) write(write func(columns []string, changes iter.Seq[*Change]) error) error {
	for _, g := range a.order {
		if err := write(g.columns, slices.Values(g.changes)); err != nil {
			return err
		}
	}
	*a = aside{}
	return nil
}

// insert creates rows.
func (w *writer) insert(ctx context.Context, n int) error {
	of := w.Collections[n]
	return grouped(w.counted(Insert, n), all, func(columns []string, changes iter.Seq[*Change]) error {
		var broken error
		reserved := of.ID != "" && !slices.Contains(columns, of.ID)
		if reserved {
			columns = append([]string{of.ID}, columns...)
		}
		err := w.tx.Insert(ctx, of.Table, columnsNamed(columns...), func(yield func([]storage.Value) bool) {
			row := make([]storage.Value, 0, len(columns))
			for c := range changes {
				if row = row[:0]; reserved {
					row = append(row, c.ID)
				}
				if row, broken = w.row(n, c, row); broken != nil || !yield(row) {
					return
				}
			}
		})
		return errors.Join(broken, err)
	})
}

// row adds the values of a row that is created. What points at a row that is not there yet is null by now.
func (w *writer) row(n int, c *Change, row []storage.Value) ([]storage.Value, error) {
	at, there := w.Collections[n].created.find(c.Row)
	if !there {
		return nil, fmt.Errorf("%w: the plan creates a row that it did not when it was read first", storage.ErrInvalid)
	}
	w.of[n].inserted[at] = true // a row can point at itself
	for i := range c.Columns {
		v, err := w.value(&c.Columns[i])
		if err == nil && c.Columns[i].Column == w.Collections[n].Hash {
			v, err = w.withIDs(v, c)
		}
		if err != nil {
			return nil, err
		}
		if w.isLate(n, &c.Columns[i]) {
			w.of[n].late[at], v = true, storage.Value{}
		}
		row = append(row, v)
	}
	return row, nil
}

// isLate reports whether a column points at a row that is not there yet.
func (w *writer) isLate(n int, c *ColumnChange) bool {
	if c.NewRow == nil || w.places[c.NewRow.Collection] < n {
		return false
	}
	to := w.places[c.NewRow.Collection]
	at, there := w.Collections[to].created.find(c.NewRow.Row)
	return !there || !w.of[to].inserted[at]
}

// delete deletes what is gone, unless that has to wait.
func (w *writer) delete(ctx context.Context, n int) error {
	if n <= w.late {
		return nil
	}
	return w.deleteRows(ctx, n)
}

// deleteLate deletes the rest.
func (w *writer) deleteLate(ctx context.Context, n int) error {
	if n > w.late {
		return nil
	}
	return w.deleteRows(ctx, n)
}

func (w *writer) deleteRows(ctx context.Context, n int) error {
	of := w.Collections[n]
	if of.Deletes == 0 {
		return nil
	}
	if w.check {
		if err := w.pointedAt(ctx, n); err != nil {
			return err
		}
	}
	columns := []string{of.ID}
	if of.ID == "" {
		columns = of.Columns[:of.Keys]
	}
	var broken error
	deleted, err := w.tx.Delete(ctx, of.Table, columnsNamed(columns...), func(yield func([]storage.Value) bool) {
		id := make([]storage.Value, 1)
		for c, err := range w.counted(Delete, n) {
			if broken = err; err != nil {
				return
			}
			tuple := c.key
			if of.ID != "" {
				id[0] = c.ID
				tuple = id
			}
			if !yield(tuple) {
				return
			}
		}
	})
	if err = errors.Join(broken, err); err != nil || !w.check || deleted == of.Deletes {
		return err
	}
	return conflictf("%d of %d rows of table %q that the plan deletes are not there; a new plan is right", of.Deletes-deleted, of.Deletes, of.Table)
}

// pointedAt refuses to delete rows at which others point by now: when the plan was made nothing did that stays.
func (w *writer) pointedAt(ctx context.Context, n int) error {
	at := w.Collections[n]
	ids := slices.Collect(maps.Keys(w.of[n].removed))
	for place, of := range w.Collections {
		for _, p := range of.Points {
			if !p.pointsAt(at) || of.ID == "" {
				continue
			}
			q := storage.RowQuery{Table: of.Table, Columns: columnsNamed(of.ID), Among: &storage.Among{Columns: columnsNamed(p.Column)}}
			if p.TypeIn != "" {
				q.Among.Columns = columnsNamed(p.Column, p.TypeIn)
			}
			for some := range slices.Chunk(ids, tuplesAtOnce) {
				q.Among.Tuples = q.Among.Tuples[:0]
				for _, id := range some {
					tuple := []storage.Value{id}
					if p.TypeIn != "" {
						tuple = append(tuple, storage.TextValue(p.To[at.Name]))
					}
					q.Among.Tuples = append(q.Among.Tuples, tuple)
				}
				for values, err := range w.tx.Rows(ctx, q) {
					if err != nil {
						return err
					}
					if _, removed := w.of[place].removed[values[0]]; !removed {
						return conflictf("row %s of collection %q points by %s at what the plan deletes; a new plan is right", values[0], of.Name, p.Column)
					}
				}
			}
		}
	}
	return nil
}

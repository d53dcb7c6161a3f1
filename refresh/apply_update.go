package refresh

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/reeve-go/reeve/storage"
)

// all chooses all columns.
func all(storage.Value, *ColumnChange) bool { return true }

// plainly says what a column was and is, of a change that has nothing to wait for.
func plainly(_ storage.Value, c *ColumnChange) (was, is storage.Value, err error) {
	return c.Old, c.New, nil
}

func (w *writer) archive(ctx context.Context, n int) error {
	return w.updateColumns(ctx, n, w.counted(Archive, n), all, plainly)
}

// update writes what does not depend on rows that are created later.
func (w *writer) update(ctx context.Context, n int) error {
	changes := w.counted(Update, n)
	if w.of[n].early {
		changes = w.changesOf(Update, n)
	}
	return w.updateColumns(ctx, n, changes, func(_ storage.Value, c *ColumnChange) bool {
		if c.NewRow != nil {
			w.of[n].pointing = w.of[n].pointing || w.places[c.NewRow.Collection] >= n
			return w.places[c.NewRow.Collection] < n
		}
		return !w.of[n].early && !w.isDone(n, c)
	}, w.values(n))
}

// updateEarly writes what depends on no row that is created.
func (w *writer) updateEarly(ctx context.Context, n int) error {
	if w.of[n].early {
		return nil
	}
	w.of[n].early = true
	return w.updateColumns(ctx, n, w.counted(Update, n), func(_ storage.Value, c *ColumnChange) bool {
		return c.NewRow == nil && !w.isDone(n, c)
	}, w.values(n))
}

// values says what the columns of updated rows hold by now and are to hold.
func (w *writer) values(n int) func(id storage.Value, c *ColumnChange) (was, is storage.Value, err error) {
	return func(id storage.Value, c *ColumnChange) (was, is storage.Value, err error) {
		if how, _ := w.unlinked(n, c); how != byNull {
			was = w.of[n].parked.was(id, c)
		}
		is, err = w.value(c)
		return was, is, err
	}
}

// isDone reports whether a column has its new value since it was unlinked.
func (w *writer) isDone(n int, c *ColumnChange) bool {
	how, _ := w.unlinked(n, c)
	return how == atOnce
}

// updateColumns updates the chosen columns of rows.
func (w *writer) updateColumns(
	ctx context.Context, n int, changes iter.Seq2[*Change, error],
	chosen func(id storage.Value, c *ColumnChange) bool, values func(id storage.Value, c *ColumnChange) (was, is storage.Value, err error),
) error {
	of := w.Collections[n]
	return grouped(changes, chosen, func(columns []string, changes iter.Seq[*Change]) error {
		var broken error
		missed, err := w.tx.Update(ctx, of.Table, columnsNamed(columns...), func(yield func(storage.RowChange) bool) {
			for c := range changes {
				change := storage.RowChange{ID: c.ID}
				for i := range c.Columns {
					if !slices.Contains(columns, c.Columns[i].Column) {
						continue
					}
					var was, is storage.Value
					if was, is, broken = values(c.ID, &c.Columns[i]); broken == nil && c.Columns[i].Column == of.Hash {
						is, broken = w.withIDs(is, c)
					}
					if broken != nil {
						return
					}
					change.New = append(change.New, is)
					if w.check && c.Kind != Insert {
						change.Old = append(change.Old, was)
					}
				}
				if !yield(change) {
					return
				}
			}
		})
		if err = errors.Join(broken, err); err != nil || len(missed) == 0 {
			return err
		}
		return conflictf("%d rows of table %q are not as the plan has them, the first with id %s; a new plan is right", len(missed), of.Table, missed[0])
	})
}

// value returns what a column is to hold.
func (w *writer) value(c *ColumnChange) (storage.Value, error) {
	if c.NewRow == nil {
		return c.New, nil
	}
	if id, there := w.idOf(c.NewRow); there {
		return id, nil
	}
	return storage.Value{}, fmt.Errorf("%w: column %q points at row %d of %q, which the plan does not create", storage.ErrInvalid, c.Column, c.NewRow.Row, c.NewRow.Collection)
}

// columnsNamed returns columns of the table's own types.
func columnsNamed(names ...string) []storage.Column {
	out := make([]storage.Column, len(names))
	for i, name := range names {
		out[i].Name = name
	}
	return out
}

package refresh

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"slices"

	"github.com/reeve-go/reeve/storage"
)

// Rows can take over from each other what has to be unique: two that swap their names, or a row that gets the one that
// another had. Whatever the order in which they are written, a database may find both with the same name in between.
// So the rows whose values others take are parked first.

// parked are the values that rows have for a moment, by id and column.
type parked map[storage.Value]map[string]storage.Value

// park parks the rows of a collection whose unique values others take.
func (w *writer) park(ctx context.Context, n int) error {
	of := w.Collections[n]
	if len(of.Unique) == 0 || of.Updates < 2 {
		return nil
	}
	taken := map[string]storage.Value{} // by whom, by column and value
	for c, err := range w.changesOf(Update, n) {
		if err != nil {
			return err
		}
		for i := range c.Columns {
			if to := &c.Columns[i]; w.isUnique(n, to) && !to.New.IsNull() {
				taken[uniqueKey(to.Column, to.New)] = c.ID
			}
		}
	}
	w.of[n].parked = parked{}
	for c, err := range w.changesOf(Update, n) {
		if err != nil {
			return err
		}
		for i := range c.Columns {
			to := &c.Columns[i]
			if by, is := taken[uniqueKey(to.Column, to.Old)]; is && by != c.ID && w.isUnique(n, to) {
				w.of[n].parked.add(c.ID, w.unique(n, to.Column))
			}
		}
	}
	if len(w.of[n].parked) == 0 {
		return nil
	}
	return w.updateColumns(ctx, n, Update,
		func(id storage.Value, c *ColumnChange) bool { return w.of[n].parked.has(id, c.Column) },
		func(id storage.Value, c *ColumnChange) (was, is storage.Value, err error) {
			return c.Old, w.of[n].parked[id][c.Column], nil
		})
}

func (w *writer) isUnique(n int, c *ColumnChange) bool {
	return c.NewRow == nil && w.unique(n, c.Column) != nil
}

// unique returns what is known of a column whose values tell rows apart; nil: they do not.
func (w *writer) unique(n int, column string) *UniqueColumn {
	of := w.Collections[n].Unique
	if i := slices.IndexFunc(of, func(u UniqueColumn) bool { return u.Column == column }); i >= 0 {
		return &of[i]
	}
	return nil
}

// parkLate parks the rows that are deleted in the end: others may take over what they have, too.
func (w *writer) parkLate(ctx context.Context, n int) error {
	of := w.Collections[n]
	columns := make([]string, len(of.Unique))
	for i, u := range of.Unique {
		columns[i] = u.Column
	}
	if len(columns) == 0 || of.Deletes == 0 || n > w.late {
		return nil
	}
	var broken error
	_, err := w.tx.Update(ctx, of.Table, columnsNamed(columns...), func(yield func(storage.RowChange) bool) {
		for c, err := range w.changesOf(Delete, n) {
			if broken = err; err != nil {
				return
			}
			change := storage.RowChange{ID: c.ID}
			for i := range of.Unique {
				change.New = append(change.New, of.Unique[i].parking())
			}
			if !yield(change) {
				return
			}
		}
	})
	return errors.Join(broken, err)
}

func uniqueKey(column string, v storage.Value) string {
	return string(appendValue([]byte(column+"\x00"), v))
}

func (p parked) has(id storage.Value, column string) bool {
	_, is := p[id][column]
	return is
}

func (p parked) add(id storage.Value, u *UniqueColumn) {
	if p[id] == nil {
		p[id] = map[string]storage.Value{}
	}
	p[id][u.Column] = u.parking()
}

// parking returns a value that no row has: a text that is also a UUID, or null.
func (u *UniqueColumn) parking() storage.Value {
	if !u.Text {
		return storage.Value{}
	}
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	h := hex.EncodeToString(b[:])
	return storage.TextValue(h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:])
}

// was returns what a column of a row holds by now that had a value.
func (p parked) was(id storage.Value, c *ColumnChange) storage.Value {
	if at, is := p[id][c.Column]; is {
		return at
	}
	return c.Old
}

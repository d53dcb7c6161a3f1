package refresh

import (
	"context"
	"errors"
	"fmt"
	"maps"
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
	if of.Updates < 2 || w.of[n].parked != nil {
		return nil
	}
	w.of[n].parked = parked{}
	for _, columns := range w.of[n].unique {
		if err := w.parkIn(n, columns); err != nil {
			return err
		}
	}
	if len(w.of[n].parked) == 0 {
		return nil
	}
	err := w.updateColumns(ctx, n, w.changesOf(Update, n),
		func(id storage.Value, c *ColumnChange) bool { return w.of[n].parked.has(id, c.Column) },
		func(id storage.Value, c *ColumnChange) (was, is storage.Value, err error) {
			return c.Old, w.of[n].parked[id][c.Column], nil
		})
	return w.unparkable(n, w.of[n].parked.columns(), err)
}

// unparkable says what the values were for that the database refuses.
func (w *writer) unparkable(n int, columns []string, err error) error {
	if !errors.Is(err, storage.ErrInvalid) {
		return err
	}
	return fmt.Errorf("%w; no row is to keep that value: rows of table %q take over from each other what is unique, and some have another value for a moment in %q, which may not be null; "+
		"columns that may be null, or that take any value of their type, are right", err, w.Collections[n].Table, columns)
}

// parkIn finds the rows that are parked because of one index. A change says only what is written of it: where rows change
// different columns of the index, any of them may take what another one has, so all of them are parked.
func (w *writer) parkIn(n int, index []storage.Column) error {
	taken := map[string]storage.Value{} // by whom
	first, mixed := "", false
	for c, err := range w.changesOf(Update, n) {
		if err != nil {
			return err
		}
		if names, _, now := valuesChanged(c, index); names != "" {
			taken[names+now] = c.ID
			mixed = mixed || first != "" && first != names
			first = names
		}
	}
	if len(taken) < 2 {
		return nil
	}
	for c, err := range w.changesOf(Update, n) {
		if err != nil {
			return err
		}
		names, was, _ := valuesChanged(c, index)
		by, is := taken[names+was]
		if names != "" && (mixed || is && by != c.ID) {
			w.parkRow(n, c, index)
		}
	}
	return nil
}

// valuesChanged returns which columns of an index a change is about, with the values that they had and have then.
func valuesChanged(c *Change, index []storage.Column) (names, was, now string) {
	var n, before, after []byte
	for _, column := range index {
		for i := range c.Columns {
			if to := &c.Columns[i]; to.Column == column.Name {
				n = appendText(n, to.Column)
				before = appendValue(before, to.Old)
				after = to.appendNew(after)
			}
		}
	}
	return string(n), string(before), string(after)
}

// parkRow parks a row by one of the columns that it changes anyway, best by null. If none of them can hold anything else,
// the order in which the rows are written decides.
func (w *writer) parkRow(n int, c *Change, index []storage.Column) {
	var by *storage.Column
	var old storage.Value
	for i := range index {
		for j := range c.Columns {
			to := &c.Columns[j]
			if how, _ := w.unlinked(n, to); to.Column != index[i].Name || how == atOnce || how == byNull || to.NewRow != nil && w.places[to.NewRow.Collection] >= n {
				continue
			}
			if parksBetter(&index[i], by) {
				by, old = &index[i], to.Old
			}
		}
	}
	if by != nil {
		w.of[n].parked.add(c.ID, by.Name, w.lot(n, by).instead(old))
	}
}

// parkLate parks the rows that are deleted in the end: others may take over what they have, too.
func (w *writer) parkLate(ctx context.Context, n int) error {
	of := w.Collections[n]
	if of.Deletes == 0 || of.ID == "" || n > w.late {
		return nil
	}
	var lots []*lot
	var names []string
	for _, index := range w.of[n].unique {
		var by *storage.Column
		for i, c := range slices.Backward(index) { // the first ones often are what many rows have in common
			if c.Name != of.ID && parksBetter(&c, by) {
				by = &index[i]
			}
		}
		if by != nil && !slices.Contains(names, by.Name) {
			lots, names = append(lots, w.lot(n, by)), append(names, by.Name)
		}
	}
	if len(lots) == 0 {
		return nil
	}
	var broken error
	_, err := w.tx.Update(ctx, of.Table, columnsNamed(names...), func(yield func(storage.RowChange) bool) {
		for c, err := range w.changesOf(Delete, n) {
			if broken = err; err != nil {
				return
			}
			change := storage.RowChange{ID: c.ID}
			for _, l := range lots {
				change.New = append(change.New, l.next())
			}
			if !yield(change) {
				return
			}
		}
	})
	return errors.Join(broken, w.unparkable(n, names, err))
}

// uniqueIn returns the columns of those unique indexes of a collection's table of which more is written than the key of a
// row, which stays. Those that point at rows can be parked only where they may be null.
func (w *writer) uniqueIn(of *CollectionPlan) (indexes [][]storage.Column) {
	table := w.tables[of.Table]
	if table == nil {
		return nil
	}
	for _, names := range table.Unique {
		if !slices.ContainsFunc(of.Columns[of.Keys:], func(written string) bool { return slices.Contains(names, written) }) {
			continue
		}
		var index []storage.Column
		for _, c := range table.Columns {
			if _, points := table.References[c.Name]; points && !c.Null {
				c.Type = storage.BoolType
			}
			if slices.Contains(names, c.Name) {
				index = append(index, c)
			}
		}
		indexes = append(indexes, index)
	}
	return indexes
}

func (w *writer) isUnique(n int, column string) bool {
	return slices.ContainsFunc(w.of[n].unique, func(index []storage.Column) bool {
		return slices.ContainsFunc(index, func(c storage.Column) bool { return c.Name == column })
	})
}

func (p parked) has(id storage.Value, column string) bool {
	_, is := p[id][column]
	return is
}

func (p parked) add(id storage.Value, column string, v storage.Value) {
	if p[id] == nil {
		p[id] = map[string]storage.Value{}
	}
	p[id][column] = v
}

// columns returns those by which rows are parked.
func (p parked) columns() (names []string) {
	for _, of := range p {
		names = slices.AppendSeq(names, maps.Keys(of))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// was returns what a column of a row holds by now that had a value.
func (p parked) was(id storage.Value, c *ColumnChange) storage.Value {
	if at, is := p[id][c.Column]; is {
		return at
	}
	return c.Old
}

package refresh

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"time"

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
	return w.updateColumns(ctx, n, w.changesOf(Update, n),
		func(id storage.Value, c *ColumnChange) bool { return w.of[n].parked.has(id, c.Column) },
		func(id storage.Value, c *ColumnChange) (was, is storage.Value, err error) {
			return c.Old, w.of[n].parked[id][c.Column], nil
		})
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

// parkRow parks a row by one of the columns that it changes anyway. If none of them can hold anything else, the order in
// which the rows are written decides.
func (w *writer) parkRow(n int, c *Change, index []storage.Column) {
	for _, column := range index {
		for i := range c.Columns {
			to := &c.Columns[i]
			if how, _ := w.unlinked(n, to); to.Column != column.Name || how == atOnce || how == byNull || to.NewRow != nil && w.places[to.NewRow.Collection] >= n {
				continue
			}
			if v, ok := parkingIn(&column); ok {
				w.of[n].parked.add(c.ID, column.Name, v)
				return
			}
		}
	}
}

// parkLate parks the rows that are deleted in the end: others may take over what they have, too.
func (w *writer) parkLate(ctx context.Context, n int) error {
	of := w.Collections[n]
	if of.Deletes == 0 || of.ID == "" || n > w.late {
		return nil
	}
	var columns []storage.Column
	for _, index := range w.of[n].unique {
		for _, c := range slices.Backward(index) { // the first ones often are what many rows have in common
			if _, ok := parkingIn(&c); ok && c.Name != of.ID {
				columns = append(columns, c)
				break
			}
		}
	}
	if len(columns) == 0 {
		return nil
	}
	columns = slices.CompactFunc(slices.SortedFunc(slices.Values(columns), func(a, b storage.Column) int { return strings.Compare(a.Name, b.Name) }),
		func(a, b storage.Column) bool { return a.Name == b.Name })
	names := make([]string, len(columns))
	for i := range columns {
		names[i] = columns[i].Name
	}
	var broken error
	_, err := w.tx.Update(ctx, of.Table, columnsNamed(names...), func(yield func(storage.RowChange) bool) {
		for c, err := range w.changesOf(Delete, n) {
			if broken = err; err != nil {
				return
			}
			change := storage.RowChange{ID: c.ID}
			for i := range columns {
				v, _ := parkingIn(&columns[i])
				change.New = append(change.New, v)
			}
			if !yield(change) {
				return
			}
		}
	})
	return errors.Join(broken, err)
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

// was returns what a column of a row holds by now that had a value.
func (p parked) was(id storage.Value, c *ColumnChange) storage.Value {
	if at, is := p[id][c.Column]; is {
		return at
	}
	return c.Old
}

// parkingIn returns a value that no row has in a column: null, or one by chance. It is false if the column cannot hold one.
func parkingIn(c *storage.Column) (v storage.Value, ok bool) {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	number := -int64(binary.BigEndian.Uint32(b[:]) >> 1)
	switch {
	case c.Null:
		return storage.Value{}, true
	case c.Type == storage.TextType, c.Type == storage.UUIDType:
		return storage.TextValue(textOf(b)), true
	case c.Type == storage.IntType, c.Type == storage.FloatType, c.Type == storage.NumericType:
		return storage.IntValue(number), true
	case c.Type == storage.BytesType:
		return storage.BytesValue(b[:]), true
	case c.Type == storage.TimeType:
		return storage.TimeValue(time.Unix(number, 0)), true
	default:
		return storage.Value{}, false
	}
}

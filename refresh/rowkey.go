package refresh

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/reeve-go/reeve/storage"
)

// A rowKey is the key of a row, without the refresh that it was made in. Its parts are in the order of their columns'
// names.
type rowKey []keyPart

// A keyPart is a column of a key with its value, or with the row that it points at.
type keyPart struct {
	column string
	value  storage.Value
	row    *namedRow
}

// A namedRow is a row that a key points at.
type namedRow struct {
	collection string
	index      string // empty: the primary key
	key        rowKey
}

// append writes the key so that no two keys are written alike.
func (k rowKey) append(b []byte) []byte {
	for _, part := range k {
		b = appendText(b, part.column)
		if part.row == nil {
			b = appendValue(b, part.value)
			continue
		}
		nested := part.row.key.append(nil)
		b = appendText(appendText(append(b, pointingCell), part.row.collection), part.row.index)
		b = appendText(b, string(nested))
	}
	return b
}

// rowKeyOf returns the values of an index's fields without the refresh that they were made in.
func rowKeyOf(x *index, cells []cell) rowKey {
	key := make(rowKey, len(x.fields))
	for i, f := range x.fields {
		c := &cells[f.number]
		key[i] = keyPart{column: f.column, value: c.value}
		if c.to != nil {
			its, _ := c.to.in.cellsIn(c.to.by, c.to.text()) // it was written by keyOf
			key[i].row = &namedRow{c.to.in.name, c.to.by.name, rowKeyOf(c.to.by, its)}
		}
	}
	slices.SortFunc(key, func(a, b keyPart) int { return cmp.Compare(a.column, b.column) })
	return key
}

// The rest finds a key again in the collections of a refresh.

// cellsOfKey returns what the fields of an index are to be found by. What the key points at becomes promises.
func (c *collection) cellsOfKey(x *index, key rowKey) ([]cell, error) {
	cells, err := c.cellsOfParts(x, key)
	if err == nil {
		_, err = keyOf(x, cells)
	}
	return cells, err
}

// cellsOfParts returns the same of a key that may be null.
func (c *collection) cellsOfParts(x *index, key rowKey) ([]cell, error) {
	cells := make([]cell, len(c.shape.fields))
	parts := map[string]keyPart{}
	for _, part := range key {
		parts[part.column] = part
	}
	for _, f := range x.fields {
		part, there := parts[f.column]
		if !there {
			return nil, fmt.Errorf("a key lacks column %q; %s are its columns", f.column, namesOf(x.fields))
		}
		delete(parts, f.column)
		var err error
		if cells[f.number], err = c.cellOfPart(f, part); err != nil {
			return nil, fmt.Errorf("column %q: %w", f.column, err)
		}
	}
	for _, column := range slices.Sorted(maps.Keys(parts)) {
		return nil, fmt.Errorf("a key has column %q; %s are its columns", column, namesOf(x.fields))
	}
	return cells, nil
}

func (c *collection) cellOfPart(f *field, part keyPart) (cell, error) {
	switch {
	case f.kind == refField && part.row != nil:
		at := slices.IndexFunc(c.targets[f.number], func(to *collection) bool { return to.name == part.row.collection })
		if at < 0 {
			return cell{}, fmt.Errorf("it points at a row of collection %q, and cannot", part.row.collection)
		}
		p, err := c.targets[f.number][at].promiseOf(part.row)
		return cell{set: true, to: p}, err
	case f.kind == refField && !part.value.IsNull():
		return cell{}, fmt.Errorf("it is %s and has to point at a row", part.value)
	case part.row != nil:
		return cell{}, fmt.Errorf("it points at a row of collection %q and is no reference", part.row.collection)
	case f.kind == refField:
		return cell{set: true}, nil
	}
	v := reflect.New(c.shape.row.FieldByIndex(f.at).Type).Elem()
	if err := f.codec.decode(part.value, v); err != nil {
		return cell{}, err
	}
	value, err := f.codec.encode(v)
	return cell{set: true, value: value}, err
}

// promiseOf returns the promise of a row of the collection.
func (c *collection) promiseOf(row *namedRow) (*promise, error) {
	x := c.shape.primary
	if row.index != "" {
		if x = c.shape.others[row.index]; x == nil {
			return nil, fmt.Errorf("collection %q has no index %q; there is %s", c.name, row.index, indexesOf(c.shape))
		}
	}
	cells, err := c.cellsOfKey(x, row.key)
	if err != nil {
		return nil, fmt.Errorf("collection %q: %w", c.name, err)
	}
	key, err := keyOf(x, cells)
	if err != nil {
		return nil, fmt.Errorf("collection %q: %w", c.name, err)
	}
	return c.promise(x, key), nil
}

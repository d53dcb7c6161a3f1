package refresh

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/reeve-go/reeve/storage"
)

// Targets name what a refresh is about, when it is not about everything: rows, by their whole keys. They do not
// depend on one refresh: they are collected before it, travel as JSON, and several can be merged. Rows are added and
// read by the collections of any inventory that the persister declares, see [Persister.Inventory]:
//
//	var t refresh.Targets
//	err := inv.Disks.Target(&t, Disk{VM: inv.VMs.LazyFind("i-1"), Device: "sda"})
//
// The zero Targets name nothing. They are not safe for changes by several goroutines at once.
type Targets struct{ of map[string]*targetRows }

// targetRows are those of one collection, each once.
type targetRows struct {
	keys  []rowKey
	known map[string]bool
}

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

// Len returns how many rows they name.
func (t *Targets) Len() (n int) {
	for _, of := range t.of {
		n += len(of.keys)
	}
	return n
}

// Merge adds the rows that others name.
func (t *Targets) Merge(others *Targets) {
	for collection, of := range others.of {
		for _, key := range of.keys {
			t.add(collection, key)
		}
	}
}

func (t *Targets) add(collection string, key rowKey) {
	of := t.of[collection]
	if of == nil {
		of = &targetRows{known: map[string]bool{}}
		if t.of == nil {
			t.of = map[string]*targetRows{}
		}
		t.of[collection] = of
	}
	slices.SortFunc(key, func(a, b keyPart) int { return cmp.Compare(a.column, b.column) })
	if text := string(key.append(nil)); !of.known[text] {
		of.known[text] = true
		of.keys = append(of.keys, key)
	}
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

// Inventory returns the collections for naming rows, such as what is to be refreshed. Nothing that is built in them
// is saved. Each call returns others.
func (p *Persister[P]) Inventory() (P, error) {
	r, err := p.open()
	if err != nil {
		var none P
		return none, err
	}
	return r.Inventory, nil
}

// Target adds the row to t that has the same key as row. The error says why that is no key.
func (c *Collection[T]) Target(t *Targets, row T) error {
	key, err := c.targetOf(reflect.ValueOf(&row).Elem())
	if err != nil {
		return fmt.Errorf("refresh: a target in collection %q: %w", c.name, err)
	}
	t.add(c.name, key)
	return nil
}

// Targets returns the rows of the collection that t names, each with the fields of its key alone, in the order in
// which they were added. The error names what is no key of the collection, as it can come out of JSON.
func (c *Collection[T]) Targets(t *Targets) ([]T, error) {
	keys := t.keysOf(c.name)
	rows := make([]T, len(keys))
	for i, key := range keys {
		cells, err := c.cellsOfKey(c.shape.primary, key)
		if err != nil {
			return nil, fmt.Errorf("refresh: targets in collection %q: %w", c.name, err)
		}
		row := reflect.ValueOf(&rows[i]).Elem()
		for _, f := range c.shape.primary.fields {
			if err := cells[f.number].into(f, row.FieldByIndex(f.at)); err != nil {
				return nil, fmt.Errorf("refresh: targets in collection %q: column %q: %w", c.name, f.column, err)
			}
		}
	}
	return rows, nil
}

func (t *Targets) keysOf(collection string) []rowKey {
	if t == nil || t.of[collection] == nil {
		return nil
	}
	return t.of[collection].keys
}

// into sets the field of a row to what a cell of its key says.
func (c *cell) into(f *field, to reflect.Value) error {
	if f.kind == refField {
		to.Addr().Interface().(interface{ pointAt(p *promise) }).pointAt(c.to) //nolint:forcetypeassert // such is the field
		return nil
	}
	return f.codec.decode(c.value, to)
}

// targetOf returns the key of a row.
func (c *collection) targetOf(row reflect.Value) (rowKey, error) {
	cells := make([]cell, len(c.shape.fields))
	for _, f := range c.shape.primary.fields {
		if err := c.fill(&cells[f.number], f, row); err != nil {
			return nil, fmt.Errorf("column %q: %w", f.column, err)
		}
	}
	if _, err := keyOf(c.shape.primary, cells); err != nil {
		return nil, err
	}
	return rowKeyOf(c.shape.primary, cells), nil
}

// rowKeyOf returns the values of an index's fields without the refresh that they were made in.
func rowKeyOf(x *index, cells []cell) rowKey {
	key := make(rowKey, len(x.fields))
	for i, f := range x.fields {
		c := &cells[f.number]
		key[i] = keyPart{column: f.column, value: c.value}
		if c.to != nil {
			its := make([]cell, len(c.to.in.shape.fields))
			r := reader{rest: []byte(c.to.key), promises: c.to.in.in.all()}
			for _, f := range c.to.by.fields {
				r.cell(&its[f.number])
			}
			key[i].row = &namedRow{c.to.in.name, c.to.by.name, rowKeyOf(c.to.by, its)}
		}
	}
	slices.SortFunc(key, func(a, b keyPart) int { return cmp.Compare(a.column, b.column) })
	return key
}

// cellsOfKey returns what the fields of an index are to be found by. What the key points at becomes promises.
func (c *collection) cellsOfKey(x *index, key rowKey) ([]cell, error) {
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
	_, err := keyOf(x, cells)
	return cells, err
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

// targeting is what a refresh is about: keys of rows, as they are written in its own collections. Nil: everything.
type targeting map[*collection][]string

// in finds what targets name in the collections of a refresh. The error names all that is not there.
func (t *Targets) in(of []*collection) (targeting, error) {
	if t == nil {
		return nil, nil
	}
	out, errs := targeting{}, []error(nil)
	for _, name := range slices.Sorted(maps.Keys(t.of)) {
		at := slices.IndexFunc(of, func(c *collection) bool { return c.name == name })
		if at < 0 {
			errs = append(errs, fmt.Errorf("refresh: targets are in collection %q, which there is not", name))
			continue
		}
		c := of[at]
		for _, key := range t.of[name].keys {
			cells, err := c.cellsOfKey(c.shape.primary, key)
			if err != nil {
				errs = append(errs, fmt.Errorf("refresh: targets in collection %q: %w", name, err))
				break
			}
			text, _ := keyOf(c.shape.primary, cells)
			out[c] = append(out[c], text)
		}
	}
	return out, errors.Join(errs...)
}

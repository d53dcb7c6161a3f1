package refresh

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
)

// Targets name what a refresh is about, when it is not about everything: rows, by their whole keys, or all that have some
// values ([Collection.TargetAll]). They do not
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

// Len returns how many rows they name; all rows that have some values are one.
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
	return c.targetsOf(t, false)
}

// targetsOf returns the rows that targets name: by their keys, or as all that have some values.
func (c *Collection[T]) targetsOf(t *Targets, all bool) ([]T, error) {
	if t == nil || t.of[c.name] == nil {
		return nil, nil
	}
	var rows []T
	for _, key := range t.of[c.name].keys {
		if key.isAll() != all {
			continue
		}
		s := span{by: c.shape.primary}
		var err error
		if all {
			s, err = c.spanOf(key)
		} else {
			s.cells, err = c.cellsOfKey(s.by, key)
		}
		if err != nil {
			return nil, fmt.Errorf("refresh: targets in collection %q: %w", c.name, err)
		}
		var row T
		for _, f := range s.by.fields {
			if err := s.cells[f.number].into(f, reflect.ValueOf(&row).Elem().FieldByIndex(f.at)); err != nil {
				return nil, fmt.Errorf("refresh: targets in collection %q: column %q: %w", c.name, f.column, err)
			}
		}
		rows = append(rows, row)
	}
	return rows, nil
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

// targeting is what a refresh is about, by collection. Nil: everything.
type targeting map[*collection]*targeted

// targeted is what a refresh is about in a collection.
type targeted struct {
	keys  []string // of rows, as they are written in its own collections
	spans []span
}

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
		out[of[at]] = &targeted{}
		for _, key := range t.of[name].keys {
			if err := out[of[at]].add(of[at], key); err != nil {
				errs = append(errs, fmt.Errorf("refresh: targets in collection %q: %w", name, err))
				break
			}
		}
	}
	return out, errors.Join(errs...)
}

func (t *targeted) add(c *collection, key rowKey) error {
	if key.isAll() {
		s, err := c.spanOf(key)
		t.spans = append(t.spans, s)
		return err
	}
	cells, err := c.cellsOfKey(c.shape.primary, key)
	if err != nil {
		return err
	}
	text, err := keyOf(c.shape.primary, cells)
	t.keys = append(t.keys, text)
	return err
}

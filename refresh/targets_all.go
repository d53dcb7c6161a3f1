package refresh

import (
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/reeve-go/reeve/storage"
)

// TargetAll adds to t all rows of the collection that have the values of like in the fields to which fields returns
// pointers, such as all of a region; nil: all rows. So of a targeted refresh that brings all of them, or a list of those
// that exist ([Collection.Exists]), the others are deleted. If it brings none of the collection, nothing is deleted unless
// it is [Collection.Complete]; and the [Guard] holds.
func (c *Collection[T]) TargetAll(t *Targets, like T, fields func(like *T) []any) error {
	var at []any
	if fields != nil {
		at = fields(&like)
	}
	chosen, err := c.fieldsAt(reflect.ValueOf(&like), at)
	s := span{&index{fields: chosen}, make([]cell, len(c.shape.fields))}
	for _, f := range chosen {
		err = errors.Join(err, f.spans(), c.fill(&s.cells[f.number], f, reflect.ValueOf(&like).Elem()))
	}
	if err != nil {
		return fmt.Errorf("refresh: targets in collection %q: %w", c.name, err)
	}
	t.add(c.name, append(rowKeyOf(s.by, s.cells), keyPart{column: allRows, value: storage.BoolValue(true)}))
	return nil
}

// TargetsAll returns what was added to t by [Collection.TargetAll]: rows with the values that all of them have, and no
// others.
func (c *Collection[T]) TargetsAll(t *Targets) ([]T, error) {
	return c.targetsOf(t, true)
}

// A span is all rows that have some values.
type span struct {
	by    *index // it is none of the collection's
	cells []cell
}

// allRows stands among the columns of a key for all rows that have the values of the others.
const allRows = "*"

func (k rowKey) isAll() bool {
	return slices.ContainsFunc(k, func(part keyPart) bool { return part.column == allRows })
}

// spans refuses a field that cannot be asked for in the database.
func (f *field) spans() error {
	if f.kind == plainField && !f.json || f.kind == refField {
		return nil
	}
	return fmt.Errorf("all rows with a value of column %q cannot be asked for; that of a plain field or a reference can", f.column)
}

// spanOf finds a key that is about all rows in the collection.
func (c *collection) spanOf(key rowKey) (span, error) {
	s := span{by: &index{}}
	var columns rowKey
	for _, part := range key {
		if part.column == allRows {
			continue
		}
		f := c.shape.column(part.column)
		if f == nil {
			return s, fmt.Errorf("there is no column %q", part.column)
		}
		if err := f.spans(); err != nil {
			return s, err
		}
		s.by.fields = append(s.by.fields, f)
		columns = append(columns, part)
	}
	var err error
	s.cells, err = c.cellsOfParts(s.by, columns)
	return s, err
}

// spanned returns what the database has in the columns of a span, if it can have that.
func (s *state) spanned(of span) (columns []storage.Column, tuple []storage.Value, ok bool) {
	columns = s.columnsOf(of.by)
	key, missing := seen(of.by, of.cells)
	if missing != nil {
		return nil, nil, false
	}
	tuple, ok = tupleOf(key, len(columns))
	return columns, tuple, ok
}

func (p *planner) spans(s *state) []span {
	if of := p.targets[s.collection]; of != nil {
		return of.spans
	}
	return nil
}

// isWhole reports whether the refresh is about all rows of a collection, or all that have some values or belong to such.
func (p *planner) isWhole(s *state) bool {
	if p.targets == nil {
		return true
	}
	return len(p.spans(s)) > 0 || slices.ContainsFunc(s.parents, func(f *field) bool {
		return slices.ContainsFunc(s.targets[f.number], func(parent *collection) bool { return p.isWhole(p.states[parent]) })
	})
}

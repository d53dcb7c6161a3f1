package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/internal/adapter"
)

// where is the condition of a query and its parameters, in their order.
type where struct {
	view   *inventoryView
	params [][]byte
	deep   int
}

// scopes is the condition that the row of a table, under a name, is in one of the scopes.
func (w *where) scopes(ctx context.Context, t *shape, name string, in []storage.Scope) (string, error) {
	return adapter.Scopes(in, "true", func(c storage.Condition) (string, error) { return w.condition(ctx, t, name, c) })
}

func (w *where) condition(ctx context.Context, t *shape, name string, c storage.Condition) (string, error) {
	fields, err := adapter.Fields(&t.Table, []storage.Column{{Name: c.Column}})
	if err != nil {
		return "", err
	}
	column := name + "." + quoted(c.Column)
	if c.Of == nil {
		return w.is(t, &fields[0], column, c.Is)
	}
	of, err := w.view.shape(ctx, c.Of.Table)
	if err != nil {
		return "", err
	}
	id, err := adapter.IDOf(&of.Table)
	if err != nil {
		return "", err
	}
	w.deep++
	under := fmt.Sprint("t", w.deep)
	in, err := w.scopes(ctx, of, under, c.Of.In)
	if err != nil {
		return "", err
	}
	return "EXISTS (SELECT FROM " + of.name + " AS " + under + " WHERE " + under + "." + quoted(id.Name) + " = " + column + " AND " + in + ")", nil
}

// is is the condition that a column has a value.
func (w *where) is(t *shape, f *adapter.Field, column string, v storage.Value) (string, error) {
	like, err := t.like(f, v)
	switch {
	case err != nil:
		return "", err
	case like.IsNull():
		return column + " IS NULL", nil
	}
	of := &t.columns[f.At]
	w.params = append(w.params, param(like))
	return of.stored(column) + " = " + of.given(fmt.Sprintf("$%d::%s", len(w.params), of.compared)), nil
}

// sets are tuples to find rows by. Those with nulls in the same places go together: an index is not searched by what takes
// null for equal to null.
type sets struct {
	shape  *shape
	fields []adapter.Field
	order  []*set
	of     map[string]*set // by where they have nulls
}

type set struct {
	*arrays
	nulls []bool
}

func newSets(t *shape, fields []adapter.Field) *sets {
	return &sets{shape: t, fields: fields, of: map[string]*set{}}
}

// add adds a tuple, whose values are as the columns have them.
func (s *sets) add(tuple []storage.Value) {
	nulls := make([]byte, len(tuple))
	for i, v := range tuple {
		if v.IsNull() {
			nulls[i] = 1
		}
	}
	to := s.of[string(nulls)]
	if to == nil {
		to = &set{newArrays(len(tuple)), make([]bool, len(tuple))}
		for i, null := range nulls {
			to.nulls[i] = null == 1
		}
		s.of[string(nulls)] = to
		s.order = append(s.order, to)
	}
	to.rows++
	for i, v := range tuple {
		to.arrays.add(i, v)
	}
}

func (s *sets) many() bool {
	return slices.ContainsFunc(s.order, func(one *set) bool { return one.arrays.many() })
}

func (s *sets) clear() {
	s.order = nil
	clear(s.of)
}

// condition is that the row of the table, under a name, is in a set, whose arrays are the parameters from the first on.
func (s *sets) condition(of *set, name string, first int) (is string, params [][]byte) {
	var all, columns, given, arrays, names []string
	for i, text := range of.params() {
		c := &s.shape.columns[s.fields[i].At]
		column := name + "." + quoted(s.fields[i].Name)
		if of.nulls[i] {
			all = append(all, column+" IS NULL")
			continue
		}
		columns = append(columns, c.stored(column))
		names = append(names, fmt.Sprint("k", i))
		given = append(given, c.given("v."+names[len(names)-1]))
		arrays = append(arrays, fmt.Sprintf("$%d::%s[]", first+len(params), c.compared))
		params = append(params, text)
	}
	switch {
	case len(columns) == 1 && given[0] == "v."+names[0]: // the shape in which the server likes an index best
		all = append(all, columns[0]+" = ANY ("+arrays[0]+")")
	case len(columns) > 0:
		list := func(texts []string) string { return strings.Join(texts, ", ") }
		all = append(all, fmt.Sprintf("(%s) IN (SELECT %s FROM unnest(%s) AS v (%s))", list(columns), list(given), list(arrays), list(names)))
	}
	return strings.Join(all, " AND "), params
}

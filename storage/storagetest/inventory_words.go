package storagetest

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/reeve-go/reeve/storage"
)

// A row is values of columns, and null is its nil.
type row = []storage.Value

var null storage.Value

// of returns a row of Go values.
func of(values ...any) row {
	out := make(row, len(values))
	for i, v := range values {
		switch v := v.(type) {
		case nil:
		case int:
			out[i] = storage.IntValue(int64(v))
		case string:
			out[i] = storage.TextValue(v)
		case storage.Value:
			out[i] = v
		default:
			panic(fmt.Sprintf("storagetest: a %T is no value", v))
		}
	}
	return out
}

// cols returns columns of their tables' own types.
func cols(names string) (out []storage.Column) {
	for name := range strings.SplitSeq(names, " ") {
		out = append(out, storage.Column{Name: name})
	}
	return out
}

// given yields rows, all in the same slice.
func given(rows ...row) iter.Seq[row] {
	return func(yield func(row) bool) {
		var same row
		for _, r := range rows {
			same = append(same[:0], r...)
			if !yield(same) {
				return
			}
			for i := range same {
				same[i] = storage.TextValue("overwritten")
			}
		}
	}
}

// inserts inserts rows that the contract allows. Columns are given by their names, with blanks between.
func (s *stock) inserts(table, columns string, rows ...row) func(tx storage.InventoryTx) {
	return func(tx storage.InventoryTx) {
		s.Helper()
		s.is("insert", tx.Insert(s.ctx, table, cols(columns), given(rows...)), nil)
	}
}

func (s *stock) updates(table, columns string, changes ...storage.RowChange) func(tx storage.InventoryTx) {
	return func(tx storage.InventoryTx) {
		s.Helper()
		missed, err := tx.Update(s.ctx, table, cols(columns), slices.Values(changes))
		s.is("update", err, nil)
		s.same("what an update missed", len(missed), 0)
	}
}

func (s *stock) deletes(table, columns string, tuples ...row) func(tx storage.InventoryTx) {
	return func(tx storage.InventoryTx) {
		s.Helper()
		n, err := tx.Delete(s.ctx, table, cols(columns), given(tuples...))
		s.is("delete", err, nil)
		s.same("how many rows were deleted", n, len(tuples))
	}
}

// find returns the rows that match a query, in an order.
func (s *stock) find(v storage.InventoryView, q storage.RowQuery) []row {
	s.Helper()
	var out []row
	for r, err := range v.Rows(s.ctx, q) {
		s.is("rows", err, nil)
		out = append(out, slices.Clone(r))
	}
	slices.SortFunc(out, func(a, b row) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return out
}

// there demands that a table's rows are these: as they are now, or as the transaction sees them.
func (s *stock) there(what string, in storage.InventoryView, table, columns string, want ...row) {
	s.Helper()
	s.found(what, in, storage.RowQuery{Table: table, Columns: cols(columns)}, want...)
}

// found demands that a query finds these rows. In nil, a view of now is used.
func (s *stock) found(what string, in storage.InventoryView, q storage.RowQuery, want ...row) {
	s.Helper()
	if in == nil {
		in = s.view(s.Inventory)
		defer func() { s.is("close", in.Close(), nil) }()
	}
	slices.SortFunc(want, func(a, b row) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	s.same(what, fmt.Sprint(s.find(in, q)), fmt.Sprint(want))
}

func (s *stock) view(in storage.Inventory) storage.InventoryView {
	s.Helper()
	v, err := in.View(s.ctx)
	s.is("view", err, nil)
	s.Cleanup(func() { _ = v.Close() })
	return v
}

// tells demands that an error's text has words.
func (s *stock) tells(what string, err error, words ...string) {
	s.Helper()
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			s.Errorf("%s: %q does not say %q", what, err, word)
		}
	}
}

// where is a scope of conditions on columns, each given as a name and a value.
func where(pairs ...any) storage.Scope {
	var out storage.Scope
	for i := 0; i < len(pairs); i += 2 {
		c := storage.Condition{Column: pairs[i].(string)} //nolint:forcetypeassert // the suite's own
		if to, ok := pairs[i+1].(*storage.Pointed); ok {
			c.Of = to
		} else {
			c.Is = of(pairs[i+1])[0]
		}
		out = append(out, c)
	}
	return out
}

func pointed(table string, in ...storage.Scope) *storage.Pointed {
	return &storage.Pointed{Table: table, In: in}
}

func amongOf(columns string, tuples ...row) *storage.Among {
	return &storage.Among{Columns: cols(columns), Tuples: tuples}
}

package sqlite

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/internal/adapter"
)

// mostTuples is of how many values the tuples in a statement may be.
const mostTuples = 2000

// errStopped: the caller wants no more rows.
var errStopped = errors.New("stopped")

// Rows implements [storage.InventoryView].
func (v *inventoryView) Rows(ctx context.Context, q storage.RowQuery) iter.Seq2[[]storage.Value, error] {
	return func(yield func([]storage.Value, error) bool) {
		err := v.do(ctx, "rows", func(steady context.Context) error {
			err := v.rows(steady, q, func(row []storage.Value) error {
				if err := ctx.Err(); err != nil {
					return err
				}
				if !yield(row, nil) {
					return errStopped
				}
				return nil
			})
			if err == errStopped { //nolint:errorlint // it is our own
				return nil
			}
			return err
		})
		if err != nil {
			yield(nil, err)
		}
	}
}

func (v *inventoryView) rows(ctx context.Context, q storage.RowQuery, yield func([]storage.Value) error) error {
	t, err := v.shape(ctx, q.Table)
	if err != nil {
		return err
	}
	fields, err := adapter.Fields(&t.Table, q.Columns)
	if err != nil {
		return err
	}
	w := where{view: v, few: q.Among != nil}
	in, err := w.scopes(ctx, t, "t0", q.In)
	if err != nil {
		return err
	}
	selected := make([]string, len(fields))
	for i, f := range fields {
		selected[i] = "+t0." + quoted(f.Name) // an expression has no declared type for the driver to interpret
	}
	from := " FROM " + quoted(t.Name) + " AS t0"
	read := reader{fields: fields, yield: yield}
	if q.Among == nil {
		return read.all(ctx, v, "SELECT "+strings.Join(selected, ", ")+from+" WHERE "+in, w.args)
	}
	among, err := adapter.Fields(&t.Table, q.Among.Columns)
	if err != nil {
		return err
	}
	tuples, err := adapter.Tuples(t.Name, among, q.Among.Tuples)
	if err != nil {
		return err
	}
	names, same := make([]string, len(among)), make([]string, len(among))
	for i, f := range among {
		names[i] = fmt.Sprint("k", i)
		same[i] = "t0." + quoted(f.Name) + " IS v." + names[i]
	}
	for some := range slices.Chunk(tuples, max(1, mostTuples/len(among))) {
		var args values
		for _, tuple := range some {
			row, err := t.storedRow(among, tuple)
			if err != nil {
				return err
			}
			args.row(row...)
		}
		query := "WITH v (" + strings.Join(names, ", ") + ") AS (VALUES " + rowsOf(len(some), len(among)) + ") SELECT " +
			strings.Join(selected, ", ") + " FROM v CROSS JOIN " + quoted(t.Name) + " AS t0 WHERE " + strings.Join(same, " AND ") + " AND " + in
		if err := read.all(ctx, v, query, append(args.args, w.args...)); err != nil {
			return err
		}
	}
	return nil
}

// storedRow returns values that are as the table has them as SQLite is to store them.
func (s *shape) storedRow(fields []adapter.Field, row []storage.Value) (args []any, err error) {
	args = make([]any, len(row))
	for i := range row {
		if args[i], err = s.stored(&fields[i], row[i]); err != nil {
			return nil, err
		}
	}
	return args, nil
}

// rowsOf returns the parameters of n rows.
func rowsOf(n, width int) string {
	row := "(?" + strings.Repeat(", ?", width-1) + ")"
	return row + strings.Repeat(", "+row, n-1)
}

// A reader yields what a query returns.
type reader struct {
	fields []adapter.Field
	yield  func([]storage.Value) error
}

func (r reader) all(ctx context.Context, v *inventoryView, query string, args []any) error {
	rows, err := v.tx.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	cells, to, out := make([]cell, len(r.fields)), make([]any, len(r.fields)), make([]storage.Value, len(r.fields))
	for i := range cells {
		to[i] = &cells[i]
	}
	for rows.Next() {
		if err := rows.Scan(to...); err != nil {
			return err
		}
		for i := range cells {
			if out[i], err = r.fields[i].Out(storage.Value(cells[i])); err != nil {
				return err
			}
		}
		if err := r.yield(out); err != nil {
			return err
		}
	}
	return rows.Err()
}

// where is the condition of a query and its arguments, in their order.
type where struct {
	view *inventoryView
	args []any
	deep int
	few  bool // rows are found by something else and are few, so that each is looked at by itself
}

// scopes is the condition that the row of a table, under a name, is in one of the scopes.
func (w *where) scopes(ctx context.Context, t *shape, name string, in []storage.Scope) (string, error) {
	return adapter.Scopes(in, "1", func(c storage.Condition) (string, error) { return w.condition(ctx, t, name, c) })
}

func (w *where) condition(ctx context.Context, t *shape, name string, c storage.Condition) (string, error) {
	fields, err := adapter.Fields(&t.Table, []storage.Column{{Name: c.Column}})
	if err != nil {
		return "", err
	}
	column := name + "." + quoted(c.Column)
	if c.Of == nil {
		like, err := fields[0].Like(c.Is)
		if err != nil {
			return "", err
		}
		arg, err := t.stored(&fields[0], like)
		if err != nil {
			return "", err
		}
		w.args = append(w.args, arg)
		return column + " IS ?", nil
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
	pointed, from := under+"."+quoted(id.Name), " FROM "+quoted(of.Name)+" AS "+under+" WHERE "
	if w.few {
		return "EXISTS (SELECT 1" + from + column + " = " + pointed + " AND " + in + ")", nil
	}
	return column + " IN (SELECT " + pointed + from + in + ")", nil
}

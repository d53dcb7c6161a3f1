package memory

import (
	"context"
	"iter"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/internal/adapter"
)

// A view reads tables that nobody else changes.
type view struct {
	tables tables
	use    adapter.Use
}

// Rows implements [storage.InventoryView].
func (v *view) Rows(ctx context.Context, q storage.RowQuery) iter.Seq2[[]storage.Value, error] {
	return func(yield func([]storage.Value, error) bool) {
		err := v.use.Begin(ctx)
		if err == nil {
			defer func() { v.use.Done(err) }()
			err = v.rows(ctx, q, func(row []storage.Value) bool { return yield(row, nil) })
		}
		if err != nil {
			yield(nil, failed("rows", err))
		}
	}
}

func (v *view) rows(ctx context.Context, q storage.RowQuery, yield func([]storage.Value) bool) error {
	t, err := v.tables.find(q.Table)
	if err != nil {
		return err
	}
	fields, err := adapter.Fields(t.shape, q.Columns)
	if err != nil {
		return err
	}
	scopes, err := v.scopes(t, q.In)
	if err != nil {
		return err
	}
	wanted, err := v.among(t, q.Among)
	if err != nil {
		return err
	}
	out := make([]storage.Value, len(fields))
	for _, row := range t.rows {
		if row == nil || !inScopes(scopes, row) || !wanted(row) {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		for i := range fields {
			if out[i], err = fields[i].Out(row[fields[i].At]); err != nil {
				return err
			}
		}
		if !yield(out) {
			return nil
		}
	}
	return nil
}

// A condition is a [storage.Condition] on a table that was found.
type condition struct {
	column int
	is     storage.Value
	of     *table // what is pointed at, in one of the scopes of in; nil: is counts
	in     [][]condition
}

func (v *view) scopes(t *table, in []storage.Scope) ([][]condition, error) {
	out := make([][]condition, len(in))
	for i, scope := range in {
		out[i] = make([]condition, len(scope))
		for j, c := range scope {
			var err error
			if out[i][j], err = v.condition(t, c); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

func (v *view) condition(t *table, c storage.Condition) (out condition, err error) {
	fields, err := adapter.Fields(t.shape, []storage.Column{{Name: c.Column}})
	if err != nil {
		return out, err
	}
	out.column = fields[0].At
	if c.Of == nil {
		out.is, err = fields[0].Like(c.Is)
		return out, err
	}
	if out.of, err = v.tables.find(c.Of.Table); err != nil {
		return out, err
	}
	if _, err = adapter.IDOf(out.of.shape); err != nil {
		return out, err
	}
	out.in, err = v.scopes(out.of, c.Of.In)
	return out, err
}

// inScopes reports whether a row is in one of the scopes, or there are none.
func inScopes(scopes [][]condition, row []storage.Value) bool {
	for _, scope := range scopes {
		all := true
		for i := range scope {
			all = all && scope[i].holds(row)
		}
		if all {
			return true
		}
	}
	return len(scopes) == 0
}

func (c *condition) holds(row []storage.Value) bool {
	if c.of == nil {
		return row[c.column] == c.is
	}
	place, there := c.of.placeOf(row[c.column])
	return there && inScopes(c.in, c.of.rows[place])
}

// among returns what reports whether a row is among the tuples, or there are none to be among.
func (v *view) among(t *table, a *storage.Among) (func(row []storage.Value) bool, error) {
	if a == nil {
		return func([]storage.Value) bool { return true }, nil
	}
	fields, err := adapter.Fields(t.shape, a.Columns)
	if err != nil {
		return nil, err
	}
	tuples, err := adapter.Tuples(t.shape.Name, fields, a.Tuples)
	if err != nil {
		return nil, err
	}
	wanted := make(map[string]bool, len(tuples))
	for _, tuple := range tuples {
		wanted[adapter.Key(tuple)] = true
	}
	values := make([]storage.Value, len(fields))
	return func(row []storage.Value) bool {
		for i := range fields {
			values[i] = row[fields[i].At]
		}
		return wanted[adapter.Key(values)]
	}, nil
}

// Close implements [storage.InventoryView].
func (v *view) Close() error {
	_, err := v.use.End()
	return failed("close", err)
}

package postgres

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

// errStopped: the caller wants no more rows.
var errStopped = errors.New("stopped")

// Rows implements [storage.InventoryView]. A sequence that is left early is read to its end nevertheless.
func (v *inventoryView) Rows(ctx context.Context, q storage.RowQuery) iter.Seq2[[]storage.Value, error] {
	return func(yield func([]storage.Value, error) bool) {
		err := v.do(ctx, "rows", func() error {
			err := v.rows(ctx, q, func(row []storage.Value) error {
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
	r := reader{shape: t, yield: yield}
	if r.fields, err = adapter.Fields(&t.Table, q.Columns); err != nil {
		return err
	}
	w := where{view: v}
	in, err := w.scopes(ctx, t, "t0", q.In)
	if err != nil {
		return err
	}
	query := "SELECT " + strings.Join(namesOfFields("t0.", r.fields), ", ") + " FROM " + t.name + " AS t0 WHERE " + in
	if q.Among == nil {
		return r.all(ctx, v, query, w.params)
	}
	among, err := adapter.Fields(&t.Table, q.Among.Columns)
	if err != nil {
		return err
	}
	tuples, err := adapter.Tuples(t.Name, among, q.Among.Tuples)
	if err != nil {
		return err
	}
	sets := newSets(t, among)
	for _, tuple := range tuples {
		for i := range tuple {
			if err := t.fits(&among[i], tuple[i]); err != nil {
				return err
			}
		}
		sets.add(tuple)
	}
	for _, set := range sets.order {
		is, params := sets.condition(set, "t0", len(w.params)+1)
		if err := r.all(ctx, v, query+" AND "+is, append(slices.Clip(w.params), params...)); err != nil {
			return err
		}
	}
	return nil
}

// namesOfFields returns the names of fields in SQL, each after a prefix.
func namesOfFields(prefix string, fields []adapter.Field) []string {
	names := make([]string, len(fields))
	for i := range fields {
		names[i] = prefix + quoted(fields[i].Name)
	}
	return names
}

// A reader yields what a query returns.
type reader struct {
	shape  *shape
	fields []adapter.Field
	yield  func([]storage.Value) error
	texts  []byte
}

func (r *reader) all(ctx context.Context, v *inventoryView, query string, params [][]byte) (err error) {
	formats := make([]int16, len(r.fields))
	for i := range r.fields {
		formats[i] = r.shape.columns[r.fields[i].At].format
	}
	rows := v.run(ctx, query, params, formats)
	defer func() {
		if _, closed := rows.Close(); err == nil {
			err = refusal(r.shape.Name, closed)
		}
	}()
	for i, of := range rows.FieldDescriptions() {
		if c := &r.shape.columns[r.fields[i].At]; of.DataTypeOID != c.oid {
			return fmt.Errorf("the type of column %q of table %q has changed; begin again", r.fields[i].Name, r.shape.Name)
		}
	}
	out := make([]storage.Value, len(r.fields))
	for rows.NextRow() {
		texts := r.textsIn(rows.Values())
		for i, raw := range rows.Values() {
			if out[i], texts, err = r.value(&r.fields[i], raw, texts); err != nil {
				return fmt.Errorf("in the row with %s %s: %w", r.fields[0].Name, out[0], err)
			}
		}
		if err := r.yield(out); err != nil {
			return err
		}
	}
	return nil
}

// value returns a value, and what is left of the texts.
func (r *reader) value(f *adapter.Field, raw []byte, texts string) (_ storage.Value, rest string, err error) {
	if raw == nil {
		return storage.Value{}, texts, nil
	}
	var v storage.Value
	if read := r.shape.columns[f.At].read; read == nil {
		v, texts = storage.TextValue(texts[:len(raw)]), texts[len(raw):]
	} else if v, err = read(raw); err != nil {
		return v, texts, f.Wrong(v, err)
	}
	v, err = f.Out(v)
	return v, texts, err
}

// textsIn returns the texts of a row, one behind the other: so they are one allocation.
func (r *reader) textsIn(row [][]byte) string {
	r.texts = r.texts[:0]
	for i, raw := range row {
		if r.shape.columns[r.fields[i].At].read == nil {
			r.texts = append(r.texts, raw...)
		}
	}
	return string(r.texts)
}

package refresh

import (
	"encoding/binary"
	"fmt"

	"github.com/reeve-go/reeve/storage"
)

// A key is the values of an index's fields, written as one text that no other values have. It is written in two ways:
// as the parser says it, with promises where it points at rows, and as the database sees it, with their ids.

// keyOf returns the values of an index's fields as the parser says them. The error says that they are no key.
func keyOf(x *index, cells []cell) (string, error) {
	key, err := appendKey(nil, x, cells)
	return string(key), err
}

// appendKey writes them.
func appendKey(key []byte, x *index, cells []cell) ([]byte, error) {
	if cells == nil {
		return nil, nil
	}
	blank := true
	for _, f := range x.fields {
		c := &cells[f.number]
		empty := c.to == nil && (c.value.IsNull() || c.value == storage.TextValue(""))
		if empty && !f.nullable {
			return nil, fmt.Errorf("column %q of its key is null or empty", f.column)
		}
		blank = blank && empty
		key = appendCell(key, c)
	}
	if blank {
		return nil, fmt.Errorf("its key, %s, is null", namesOf(x.fields))
	}
	return key, nil
}

// refers reports whether an index has references.
func (x *index) refers() bool {
	for _, f := range x.fields {
		if f.kind == refField {
			return true
		}
	}
	return false
}

// seen returns the values of an index as the database sees them. If a row that they point at is not there, it
// returns that.
func seen(x *index, cells []cell) (key string, missing *promise) {
	b, missing := appendSeen(make([]byte, 0, 64), x, cells)
	return string(b), missing
}

// appendSeen writes them.
func appendSeen(b []byte, x *index, cells []cell) ([]byte, *promise) {
	for _, f := range x.fields {
		c := &cells[f.number]
		if c.to == nil {
			if b = appendValue(b, c.value); f.typeIn != "" {
				b = appendValue(b, storage.Value{})
			}
			continue
		}
		if !f.finds(c.to) {
			return nil, c.to
		}
		b = c.to.appendSeen(b)
		if f.typeIn != "" {
			b = appendValue(b, storage.TextValue(f.typeOf(c.to.in.name)))
		}
	}
	return b, nil
}

// appendSeen writes the row that a promise was found to be: its id, or that it is to be created.
func (p *promise) appendSeen(b []byte) []byte {
	if !p.found.id.IsNull() {
		return appendValue(b, p.found.id)
	}
	return appendNewRow(b, p.in.name, p.found.row)
}

// appendNewRow writes a row that is to be created.
func appendNewRow(b []byte, collection string, row int32) []byte {
	return binary.AppendVarint(appendText(append(b, newRow), collection), int64(row))
}

// newRow stands for a row that is to be created.
const newRow byte = 0xff

// valuesOf returns the values of an index, if the row has all of them.
func valuesOf(x *index, cells []cell) (string, bool) {
	for _, f := range x.fields {
		if c := &cells[f.number]; !c.set || c.to == nil && c.value.IsNull() {
			return "", false
		}
	}
	key, missing := seen(x, cells)
	return key, missing == nil
}

// cellsIn returns the cells that the key of an index was written from.
func (c *collection) cellsIn(x *index, key string) ([]cell, error) {
	cells := make([]cell, len(c.shape.fields))
	r := reader{rest: key, promises: c.in.all()}
	for _, f := range x.fields {
		r.cell(&cells[f.number])
	}
	return cells, r.err
}

// columnsOf returns the columns of an index, as they are read.
func (s *state) columnsOf(x *index) (columns []storage.Column) {
	for _, f := range x.fields {
		columns = append(columns, s.pointers(f)...)
	}
	return columns
}

// valuesIn returns the values of an index that a row of the database has, as seen does.
func (s *state) valuesIn(x *index, values []storage.Value) string {
	return string(s.appendValuesIn(nil, x, values))
}

func (s *state) appendValuesIn(b []byte, x *index, values []storage.Value) []byte {
	for _, f := range x.fields {
		for _, at := range s.places[f.number] {
			b = appendValue(b, values[at])
		}
	}
	return b
}

// keyIn returns the key of a row of the database, until it is called again.
func (s *state) keyIn(values []storage.Value) []byte {
	s.key = s.appendValuesIn(s.key[:0], s.shape.primary, values)
	return s.key
}

// keyValues returns the values of the key of a row of the database.
func (s *state) keyValues(values []storage.Value) []storage.Value {
	out := make([]storage.Value, 0, len(s.shape.primary.fields))
	for _, f := range s.shape.primary.fields {
		out = append(out, s.fieldValues(f, values)...)
	}
	return out
}

// idIn returns the id of a row of the database; of a row of a join, which has none, its key.
func (s *state) idIn(values []storage.Value) storage.Value {
	if s.joins != nil {
		return storage.BytesValue(s.keyIn(values))
	}
	return values[0]
}

// tupleOf returns the values of a key. It is false if a part is a row that is to be created, or what no database has.
func tupleOf(key string, n int) ([]storage.Value, bool) {
	r := reader{rest: key}
	tuple := make([]storage.Value, n)
	for i := range tuple {
		if len(r.rest) > 0 && r.rest[0] == newRow {
			return nil, false
		}
		tuple[i] = r.value(r.byte())
		if tuple[i].CheckStorable() != nil {
			return nil, false
		}
	}
	return tuple, r.err == nil
}

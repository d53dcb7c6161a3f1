package refresh

import "encoding/binary"

// A plan does not keep again what was said of the rows that it creates: only where each row is among what was said, and
// what its references were found to be.

// said is where a plan finds what was said of the rows of a collection.
type said struct {
	in    *contents
	shape *shape
	fixed []constant // what its rows have besides their fields
}

// appendSaid writes where a row that is created is. What was found comes behind.
func (s *state) appendSaid(b []byte, row int32) []byte {
	return binary.AppendVarint((&Change{Row: row}).appendHead(b), *s.rows.at(row))
}

// creation reads a row that is created.
func (r *reader) creation(c *Change, of *CollectionPlan) {
	r.head(c, of)
	text, err := of.said.in.read(r.varint())
	if err != nil {
		r.fail(err)
		return
	}
	c.Columns, c.newRows = c.Columns[:0], c.newRows[:0]
	for _, one := range of.said.fixed {
		c.Columns = append(c.Columns, ColumnChange{Column: one.column, New: one.value})
	}
	row := of.said.in.reader(text)
	var is cell
	for _, f := range of.said.shape.fields {
		switch row.cell(&is); {
		case f.readOnly, !f.own(), !is.set:
		case is.to == nil && f.kind != refField:
			c.Columns = append(c.Columns, ColumnChange{Column: f.column, New: is.value})
		default:
			r.found(c, f.column)
			if f.typeIn != "" {
				r.found(c, f.typeIn)
			}
		}
	}
	if of.Hash != "" {
		r.found(c, of.Hash)
	}
	if row.err != nil {
		r.fail(row.err)
	}
}

// found reads what a column of a row that is created is to have.
func (r *reader) found(c *Change, column string) {
	to := ColumnChange{Column: column}
	r.new(c, &to)
	c.Columns = append(c.Columns, to)
}

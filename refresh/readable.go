package refresh

import (
	"strings"
)

// readable returns the key of a row for people: column=value, and for a reference what it looks for.
func (c *collection) readable(cells []cell) string {
	return readable(c.shape.primary, cells)
}

func readable(x *index, cells []cell) string {
	var b strings.Builder
	for i, f := range x.fields {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(f.column)
		b.WriteByte('=')
		if f.number >= len(cells) {
			b.WriteByte('?')
			continue
		}
		b.WriteString(cells[f.number].String())
	}
	return b.String()
}

// String returns what a cell holds, for people.
func (c *cell) String() string {
	switch {
	case !c.set:
		return "unset"
	case c.to == nil:
		return c.value.String()
	case c.from == 0:
		return c.to.String()
	default:
		return c.to.String() + "." + c.to.in.shape.fields[c.from-1].column
	}
}

// String returns what a promise looks for, for people.
func (p *promise) String() string {
	cells, _ := p.in.cellsIn(p.by, p.text()) // it was written by keyOf
	return p.in.name + "(" + readable(p.by, cells) + ")"
}

// refuse notes that a row is not written.
func (c *collection) refuse(cells []cell, err error) {
	key := ""
	if cells != nil {
		key = c.readable(cells)
	}
	c.refused.add(Refusal{c.name, clip(key), clip(err.Error())})
}

// differing returns the columns in which two rows differ.
func differing(s *shape, a, b []cell) (columns []string) {
	for _, f := range s.fields {
		if a[f.number] != b[f.number] {
			columns = append(columns, f.column)
		}
	}
	return columns
}

package refresh

import (
	"encoding/binary"
	"iter"
	"slices"
	"strings"
)

// A part is where the changes of one collection and kind are.
type part struct{ from, to int64 }

// begin begins the changes of a collection.
func (p *Plan) begin(n *CollectionPlan) {
	for kind := range n.parts {
		n.parts[kind] = part{p.changes[kind].end(), p.changes[kind].end()}
	}
	p.Collections = append(p.Collections, n)
}

// column returns the number of a column in the plan. It is at that place among those of a change: mostly the one
// before had the same columns.
func (n *CollectionPlan) column(name string, place int) int {
	if place < len(n.lately) && n.Columns[n.lately[place]] == name {
		return n.lately[place]
	}
	number, known := n.numbers[name]
	if !known {
		number = len(n.Columns)
		if n.numbers == nil {
			n.numbers = map[string]int{}
		}
		n.numbers[name] = number
		n.Columns = append(n.Columns, name)
	}
	n.lately = append(n.lately[:min(place, len(n.lately))], number)
	return number
}

// add adds a change of the collection that was begun last.
func (p *Plan) add(c *Change) error {
	n := p.Collections[len(p.Collections)-1]
	b := c.appendHead(p.scratch[:0])
	for i := range c.Columns {
		of := &c.Columns[i]
		b = n.appendColumn(b, of.Column, i)
		b = appendValue(b, of.Old)
		b = of.appendNew(b)
	}
	return p.addWritten(c.Kind, b)
}

// addWritten adds one as it was written.
func (p *Plan) addWritten(kind ChangeKind, b []byte) error {
	p.scratch = b
	if err := p.makeRoom(len(b)); err != nil {
		return err
	}
	n := p.Collections[len(p.Collections)-1]
	_, err := p.changes[kind].add(b)
	n.parts[kind].to = p.changes[kind].end()
	n.count(kind)
	return err
}

// makeRoom has the kind of changes that takes most memory go to its file, as long as all of them together, with n bytes more,
// take more than the plan may.
func (p *Plan) makeRoom(n int) error {
	for {
		most, size := &p.changes[0], n+lengthOf
		for i := range p.changes {
			of := &p.changes[i]
			if size += of.size; of.size > most.size {
				most = of
			}
		}
		if size <= most.limit || most.size == 0 {
			return nil
		}
		if err := most.spill(); err != nil {
			return err
		}
	}
}

// appendHead writes what a change is about. Its columns come behind.
func (c *Change) appendHead(b []byte) []byte {
	b = appendValue(b, c.ID)
	b = binary.AppendVarint(b, int64(c.Row))
	b = binary.AppendUvarint(b, uint64(len(c.key)))
	return appendValues(b, c.key)
}

// appendColumn writes which column it is.
func (n *CollectionPlan) appendColumn(b []byte, name string, place int) []byte {
	return binary.AppendUvarint(b, uint64(n.column(name, place))) //nolint:gosec // few
}

// appendNew writes what the column is to have.
func (c *ColumnChange) appendNew(b []byte) []byte {
	if c.NewRow != nil {
		return appendNewRow(b, c.NewRow.Collection, c.NewRow.Row)
	}
	return appendValue(b, c.New)
}

func (n *CollectionPlan) count(kind ChangeKind) {
	switch kind {
	case Insert:
		n.Inserts++
	case Update:
		n.Updates++
	case Delete:
		n.Deletes++
	case Archive:
		n.Archives++
	}
}

// changesOf yields the changes of a kind to a collection. One is good until the next: what is kept is a clone.
func (p *Plan) changesOf(kind ChangeKind, n int) iter.Seq2[*Change, error] {
	if kind == Insert && p.Collections[n].said != nil {
		return p.reading(kind, n, (*reader).creation)
	}
	return p.reading(kind, n, (*reader).change)
}

// headsOf does so without their columns.
func (p *Plan) headsOf(kind ChangeKind, n int) iter.Seq2[*Change, error] {
	return p.reading(kind, n, (*reader).head)
}

func (p *Plan) reading(kind ChangeKind, n int, read func(*reader, *Change, *CollectionPlan)) iter.Seq2[*Change, error] {
	return func(yield func(*Change, error) bool) {
		of := p.Collections[n]
		c := &Change{Collection: of.Name, Kind: kind}
		row := 0
		for at := of.parts[kind].from; at < of.parts[kind].to; {
			text, err := p.changes[kind].read(at)
			if err != nil {
				yield(nil, err)
				return
			}
			r := reader{rest: text}
			read(&r, c, of)
			if kind == Insert && row < of.created.len() {
				c.ID = of.created.at(row)
			}
			row++
			if !yield(c, r.err) || r.err != nil {
				return
			}
			at += lengthOf + int64(len(text))
		}
	}
}

func (c *Change) clone() *Change {
	own := *c
	own.key, own.Columns, own.newRows = slices.Clone(c.key), slices.Clone(c.Columns), nil
	for i := range own.Columns {
		if to := &own.Columns[i]; to.NewRow != nil {
			to.NewRow = &RowRef{to.NewRow.Collection, to.NewRow.Row}
		}
	}
	return &own
}

// newRow returns where a reference to a row that is created is kept, until the next change is read.
func (c *Change) newRow(r RowRef) *RowRef {
	c.newRows = append(c.newRows, r) // what is pointed at already stays where it was
	return &c.newRows[len(c.newRows)-1]
}

// head reads what a change is about.
func (r *reader) head(c *Change, _ *CollectionPlan) {
	c.ID = r.value(r.byte())
	c.Row = int32(r.varint()) //nolint:gosec // as it was written
	c.key = c.key[:0]
	for range min(r.uvarint(), uint64(len(r.rest))) {
		c.key = append(c.key, r.value(r.byte()))
	}
}

// change reads all of it.
func (r *reader) change(c *Change, of *CollectionPlan) {
	r.head(c, of)
	c.Columns, c.newRows = c.Columns[:0], c.newRows[:0]
	for len(r.rest) > 0 {
		var to ColumnChange
		number := r.uvarint()
		if number >= uint64(len(of.Columns)) {
			r.fail(errTorn)
			break
		}
		to.Column = of.Columns[number]
		to.Old = r.value(r.byte())
		r.new(c, &to)
		c.Columns = append(c.Columns, to)
	}
}

// new reads what a column is to have.
func (r *reader) new(c *Change, to *ColumnChange) {
	if kind := r.byte(); kind == newRow {
		to.NewRow = c.newRow(RowRef{r.take(int(r.uvarint())), int32(r.varint())}) //nolint:gosec // checked by take, and as it was written
	} else {
		to.New = r.value(kind)
	}
}

// readable returns the key of a changed row, for people.
func (n *CollectionPlan) readable(c *Change) string {
	parts := make([]string, 0, n.Keys)
	for i, column := range n.Columns[:n.Keys] {
		switch {
		case i < len(c.key):
			parts = append(parts, column+"="+c.key[i].String())
		default:
			for j := range c.Columns {
				if c.Columns[j].Column == column {
					parts = append(parts, column+"="+c.Columns[j].new())
				}
			}
		}
	}
	return strings.Join(parts, " ")
}

package refresh

import (
	"fmt"
	"slices"
	"strings"

	"github.com/reeve-go/reeve/storage"
)

// compare notes what has to be done to the rows of a collection.
func (p *planner) compare(s *state) error {
	n := p.begun(s)
	n.Rows = s.brought
	s.fixed = p.constants(s.collection)
	n.said = &said{s.in, s.shape, s.fixed}
	s.tally = p.tally(Comparing, s.name, s.rows.len())
	for row, same := range s.same {
		if !same || s.refused[row] {
			continue
		}
		s.tally.row()
		if _, dangles := s.danglers[s.ids.at(int32(row))]; !dangles { // it can by what others wrote
			n.Unchanged++
		}
	}
	for row, values := range s.seenRows() {
		if s.refused[row] {
			continue
		}
		s.tally.row()
		if err := p.update(s, row, values); err != nil {
			return err
		}
	}
	for row := range s.rows.len() {
		if s.refused[row] || !s.ids.at(int32(row)).IsNull() {
			continue
		}
		s.tally.row()
		if err := p.insert(s, int32(row)); err != nil {
			return err
		}
	}
	p.remark(s)
	s.tally.end()
	return p.remove(s)
}

// begun begins the changes of a collection.
func (p *planner) begun(s *state) *CollectionPlan {
	n := &CollectionPlan{Name: s.name, Table: s.options.Table, ID: s.options.ID, Hash: s.options.Hash}
	for i, column := range s.columnsOf(s.shape.primary) {
		n.column(column.Name, i)
	}
	n.Keys = len(n.Columns)
	s.counts = n
	p.plan.begin(n)
	return n
}

// update notes in which columns a row differs from what the database has.
func (p *planner) update(s *state, row int32, values []storage.Value) error {
	n := s.counts
	if !s.mode().updates() {
		n.Unchanged++
		return nil
	}
	cells := s.cellsNow(row)
	stale := s.stale(cells, values)
	if stale.some() {
		n.Stale++
	}
	if stale.row {
		return nil
	}
	change := Change{Kind: Update, ID: s.idIn(values), Columns: s.changed[:0]}
	var wants [2]want
	if s.archived(values) {
		n.Revived++
		change.Columns = append(change.Columns, ColumnChange{Column: s.options.Archive, Old: values[len(values)-1]})
	}
	hash := s.newHash()
	for _, f := range s.shape.fields {
		c := &cells[f.number]
		if f.readOnly || !f.own() {
			continue
		}
		if !c.set || stale.has(f) {
			hash.lack()
			continue
		}
		stays := f.key && !s.reconnected[row]
		if stays && hash == nil {
			continue
		}
		says := p.wanted(wants[:0], s, row, f, c)
		if hash.add(f, says); stays {
			continue
		}
		for i, want := range says {
			at := s.places[f.number][i]
			switch old := values[at]; {
			case want.equals(f, old):
			case f.ifEmpty && !empty(old):
				hash.lack()
			default:
				change.Columns = append(change.Columns, want.change(s.columns[at].Name, old))
			}
		}
	}
	s.clear(&change)
	hash.rehash(&change, s.options.Hash, values[s.hashAt])
	if len(change.Columns) == 0 {
		n.Unchanged++
		return nil
	}
	change.key, s.changed = s.keyValues(values), change.Columns
	return p.plan.add(&change)
}

// insert notes a row that the database does not have.
func (p *planner) insert(s *state, row int32) error {
	if !s.mode().creates() || s.isBare(row) {
		s.counts.Missing++
		return nil
	}
	b := s.appendSaid(p.plan.scratch[:0], row)
	columns := 0
	note := func(column string) {
		s.counts.column(column, columns)
		columns++
	}
	for _, c := range s.fixed {
		note(c.column)
	}
	var c cell
	var wants [2]want
	hash := s.newHash()
	r := s.in.reader(s.written(row))
	for _, f := range s.shape.fields {
		written := r.rest
		r.cell(&c)
		if f.readOnly || !f.own() {
			continue
		}
		if !c.set {
			hash.lack()
			continue
		}
		if c.to == nil && f.kind != refField {
			note(f.column)
			hash.addText(written[:len(written)-len(r.rest)])
			continue
		}
		says := p.wanted(wants[:0], s, row, f, &c)
		hash.add(f, says)
		for i, want := range says {
			note(s.columns[s.places[f.number][i]].Name)
			b = want.append(b)
		}
	}
	if r.err != nil {
		return r.err
	}
	if hash != nil {
		note(s.options.Hash)
		b = appendValue(b, hash.sum())
	}
	return p.plan.addWritten(Insert, b)
}

// A want is what a column is to hold: a value, or the id of a row that is to be created.
type want struct {
	value storage.Value
	row   *promise
}

// equals reports whether a column has it already.
func (w want) equals(f *field, old storage.Value) bool {
	if w.row != nil || w.value == old {
		return w.row == nil
	}
	again, own := f.codec.again(old)
	return own && again == w.value
}

func (w want) append(b []byte) []byte {
	if w.row != nil {
		return appendNewRow(b, w.row.in.name, w.row.found.row)
	}
	return appendValue(b, w.value)
}

func (w want) change(column string, old storage.Value) ColumnChange {
	c := ColumnChange{Column: column, Old: old, New: w.value}
	if w.row != nil {
		c.NewRow = &RowRef{w.row.in.name, w.row.found.row}
	}
	return c
}

// wanted adds what the columns of a field are to hold, and notes what is not found.
func (p *planner) wanted(to []want, s *state, row int32, f *field, c *cell) []want {
	switch {
	case c.to == nil && f.kind != refField:
		return append(to, want{value: c.value})
	case c.to == nil:
		return append(to, make([]want, len(s.places[f.number]))...)
	case c.from != 0:
		lent, missing := p.lent(c.to, c.from-1, nil)
		if missing != "" {
			s.lose(f.column, missing, c.to.found.is == several)
		}
		if !lent.isNull() {
			return append(to, lent)
		}
		if !f.points() || c.value.IsNull() {
			return append(to, want{value: c.value})
		}
		c = &cell{set: true, to: s.in.promise(c.value)}
	}
	if f.tree && s.cut[cutField{f, row}] {
		return append(to, make([]want, len(s.places[f.number]))...)
	}
	if !f.finds(c.to) {
		s.lose(f.column, c.to.String(), c.to.found.is == several)
		return append(to, make([]want, len(s.places[f.number]))...)
	}
	if f.typeIn == "" {
		return append(to, c.to.want())
	}
	return append(to, c.to.want(), want{value: storage.TextValue(f.typeOf(c.to.in.name))})
}

// want returns the row that a promise was found to be.
func (p *promise) want() want {
	if p.found.id.IsNull() {
		return want{row: p}
	}
	return want{value: p.found.id}
}

func (w want) isNull() bool { return w.row == nil && w.value.IsNull() }

// A loan is a field of a row that others have from it.
type loan struct {
	from  *promise
	field int
}

func (l loan) String() string {
	return l.from.String() + "." + l.from.in.shape.fields[l.field].column
}

// lent returns what a field of another row is to hold. It may have it from a third one; before are those that have it
// from this one. Missing is what is not found on the way.
func (p *planner) lent(from *promise, n int, before []loan) (lent want, missing string) {
	l := loan{from, n}
	if slices.Contains(before, l) {
		return want{}, around(append(before, l))
	}
	switch its, said := p.said(l); {
	case from.found.is != one:
		return want{}, l.String()
	case !said:
		return want{value: from.found.fields[n]}, ""
	case its.to == nil:
		return want{value: its.value}, ""
	case its.from == 0:
		f, s := from.in.shape.fields[n], p.states[from.in]
		if !f.finds(its.to) || s.cut[cutField{f, from.found.row}] {
			return want{}, "" // that row's own report says so
		}
		return its.to.want(), ""
	default:
		lent, missing = p.lent(its.to, its.from-1, append(before, l))
		if !lent.isNull() {
			return lent, missing
		}
		if f := from.in.shape.fields[n]; f.points() && !its.value.IsNull() {
			if to := from.in.in.promise(its.value); f.finds(to) {
				return to.want(), missing
			}
			return want{}, missing
		}
		return want{value: its.value}, missing
	}
}

// said returns what was said of a field of a row, if the field is to hold that: else the database says what.
func (p *planner) said(l loan) (cell, bool) {
	found := &l.from.found
	if found.is != one || found.row < 0 || found.stays[l.field] {
		return cell{}, false
	}
	its := p.states[l.from.in].cellsAt(found.row)[l.field]
	return its, its.set
}

// around returns the way of what is lent in a ring.
func around(of []loan) string {
	names := make([]string, len(of))
	for i, l := range of {
		names[i] = l.String()
	}
	return fmt.Sprintf("itself: %s", strings.Join(names, " → "))
}

// empty reports whether a column holds nothing: null, or an empty text.
func empty(v storage.Value) bool {
	return v.IsNull() || v == storage.TextValue("") || v == storage.BytesValue(nil)
}

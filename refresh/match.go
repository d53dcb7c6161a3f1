package refresh

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/reeve-go/reeve/storage"
)

// match finds which rows of a collection are in the database, and which rows of the database nobody brought.
func (p *planner) match(ctx context.Context, s *state) error {
	for q, err := range p.candidates(s) {
		if err != nil {
			return err
		}
		for values, err := range p.view.Rows(ctx, q.RowQuery) {
			if err != nil {
				return err
			}
			if err := p.matchRow(s, values, q.owned); err != nil {
				return err
			}
		}
	}
	return nil
}

// A candidates query is for rows of the database that may match.
type candidates struct {
	storage.RowQuery
	owned bool // what nobody brought is gone
}

// candidates are all rows in a collection's scope; in a targeted refresh those that were asked for, with what
// belongs to them, and those that were brought besides; of what is only read those that were brought.
func (p *planner) candidates(s *state) iter.Seq2[candidates, error] {
	return func(yield func(candidates, error) bool) {
		all := candidates{storage.RowQuery{Table: s.options.Table, Columns: s.columns, In: p.scopesOf(s.collection)}, true}
		if p.targets == nil && s.mode() != ReadOnly {
			yield(all, nil)
			return
		}
		among := func(columns []storage.Column, tuples [][]storage.Value, owned bool) bool {
			for some := range slices.Chunk(tuples, tuplesAtOnce) {
				q := all
				q.Among, q.owned = &storage.Among{Columns: columns, Tuples: some}, owned
				if !yield(q, nil) {
					return false
				}
			}
			return true
		}
		targeted, err := p.targeted(s)
		if err != nil {
			yield(all, err)
			return
		}
		if !among(s.keyColumns(), targeted, true) {
			return
		}
		for _, f := range s.above() {
			for _, parent := range s.targets[f.number] {
				if !among(s.pointers(f), p.pointersTo(s, f, parent), true) {
					return
				}
			}
		}
		among(s.keyColumns(), s.broughtTuples(), false)
	}
}

// tuplesAtOnce is how many keys are looked for by one query.
const tuplesAtOnce = 1000

// targeted returns the keys of the rows of a collection that the refresh is about, as the database has them. A
// row that belongs to one that is not there is not there itself.
func (p *planner) targeted(s *state) (tuples [][]storage.Value, err error) {
	for _, key := range p.targets[s.collection] {
		cells := make([]cell, len(s.shape.fields))
		r := reader{rest: []byte(key), promises: s.in.all()}
		for _, f := range s.shape.primary.fields {
			r.cell(&cells[f.number])
		}
		if r.err != nil {
			return nil, r.err
		}
		seen, missing := seen(s.shape.primary, cells)
		if missing != nil {
			continue
		}
		if tuple, ok := tupleOf(seen, len(s.keyColumns())); ok {
			s.asked = append(s.asked, seen)
			tuples = append(tuples, tuple)
		}
	}
	return tuples, nil
}

// above are the fields that point at what a row cannot be without: its parents, and rows in its key.
func (c *collection) above() []*field {
	out := slices.Clone(c.parents)
	for _, f := range c.shape.primary.fields {
		if f.kind == refField && !slices.Contains(out, f) {
			out = append(out, f)
		}
	}
	return out
}

// pointers are the columns of a field that points at rows: their id and, if there is one, their type.
func (s *state) pointers(f *field) (columns []storage.Column) {
	for _, at := range s.places[f.number] {
		columns = append(columns, s.columns[at])
	}
	return columns
}

// pointersTo returns what the columns of a field have in rows that a targeted refresh is about because of what they
// point at: what belongs to rows that it is about, and what is nothing without rows that are gone.
func (p *planner) pointersTo(s *state, f *field, at *collection) (tuples [][]storage.Value) {
	add := func(id storage.Value) {
		tuple := []storage.Value{id}
		if f.typeIn != "" {
			tuple = append(tuple, storage.TextValue(f.typeOf(at.name)))
		}
		tuples = append(tuples, tuple)
	}
	if slices.Contains(s.parents, f) {
		for id := range p.states[at].owned {
			add(id)
		}
		if s.joins != nil {
			for id := range s.said { // with what a row is joined is a matter of the row
				add(id)
			}
		}
		return tuples
	}
	for id := range p.states[at].gone {
		add(id)
	}
	return tuples
}

// matchRow sees to a row of the database. If it is owned and nobody brought it, it is gone.
func (p *planner) matchRow(s *state, values []storage.Value, owned bool) error {
	id := s.idIn(values)
	if owned && p.targets != nil {
		if _, again := s.owned[id]; again {
			return nil
		}
		s.owned[id] = struct{}{}
	}
	key := s.keyIn(values)
	at, brought := s.keys[key]
	if !brought {
		if owned && !s.archived(values) {
			p.unbrought(s, key, values)
		}
		return nil
	}
	switch {
	case s.ids[at].IsNull():
		s.ids[at] = id
	case s.ids[at] == id: // another query found it before
		return nil
	default:
		return fmt.Errorf("rows %s and %s of table %q have the same key, %v; a unique index on it is right", s.ids[at], id, s.options.Table, s.keyValues(values))
	}
	if !s.archived(values) {
		s.stored++
	}
	if s.isNewer(key) {
		s.newer++
		return nil
	}
	_, err := s.seen.add(appendSeenRow(nil, at, values))
	return err
}

// idIn returns the id of a row of the database; of a row of a join, which has none, its key.
func (s *state) idIn(values []storage.Value) storage.Value {
	if s.joins != nil {
		return storage.BytesValue([]byte(s.keyIn(values)))
	}
	return values[0]
}

// keyIn returns the key of a row of the database, as seen does.
func (s *state) keyIn(values []storage.Value) string {
	b := make([]byte, 0, 64)
	for _, f := range s.shape.primary.fields {
		for _, at := range s.places[f.number] {
			b = appendValue(b, values[at])
		}
	}
	return string(b)
}

// keyValues returns the values of the key of a row of the database.
func (s *state) keyValues(values []storage.Value) []storage.Value {
	out := make([]storage.Value, 0, len(s.shape.primary.fields))
	for _, f := range s.shape.primary.fields {
		for _, at := range s.places[f.number] {
			out = append(out, values[at])
		}
	}
	return out
}

// keyColumns are the columns of the key, as they are read.
func (s *state) keyColumns() (columns []storage.Column) {
	for _, f := range s.shape.primary.fields {
		columns = append(columns, s.pointers(f)...)
	}
	return columns
}

// broughtTuples are the keys of the rows that were brought and may be in the database.
func (s *state) broughtTuples() (tuples [][]storage.Value) {
	for key := range maps.Keys(s.keys) {
		if tuple, ok := tupleOf(key, len(s.keyColumns())); ok {
			tuples = append(tuples, tuple)
		}
	}
	return tuples
}

// tupleOf returns the values of a key. It is false if a part is a row that is to be created, or what no database has.
func tupleOf(key string, n int) ([]storage.Value, bool) {
	r := reader{rest: []byte(key)}
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

// appendSeenRow writes a row of the database, and whose it is.
func appendSeenRow(b []byte, at int32, values []storage.Value) []byte {
	b = appendValue(b, storage.IntValue(int64(at)))
	for _, v := range values {
		b = appendValue(b, v)
	}
	return b
}

// seenRows yields the rows of the database that were matched.
func (s *state) seenRows() iter.Seq2[int32, []storage.Value] {
	return func(yield func(int32, []storage.Value) bool) {
		values := make([]storage.Value, len(s.columns))
		for at := int64(0); at < s.seen.end(); {
			text, err := s.seen.read(at, nil)
			if err != nil {
				s.in.fail(err)
				return
			}
			r := reader{rest: text}
			row := r.value(r.byte()).Int()
			for i := range values {
				values[i] = r.value(r.byte())
			}
			if !yield(int32(row), values) { //nolint:gosec // it was an int32
				return
			}
			at += lengthOf + int64(len(text))
		}
	}
}

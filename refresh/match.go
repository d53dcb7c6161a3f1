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
	if s.settled && s.options.Hash != "" && len(s.touched) == 0 {
		return p.matchHashes(ctx, s)
	}
	for q, err := range p.candidates(s) {
		if err == nil {
			err = p.matchRows(ctx, s, q)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// matchRows matches the rows that a query finds.
func (p *planner) matchRows(ctx context.Context, s *state, q candidates) error {
	for values, err := range p.view.Rows(ctx, q.RowQuery) {
		if err == nil {
			err = p.matchRow(s, values, q.owned)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// A candidates query is for rows of the database that may match.
type candidates struct {
	storage.RowQuery
	owned bool // what nobody brought is gone
}

// all are all rows in a collection's scope.
func (p *planner) all(s *state) candidates {
	return candidates{storage.RowQuery{Table: s.options.Table, Columns: s.columns, In: p.scopesOf(s.collection)}, true}
}

// candidates are all rows in a collection's scope; in a targeted refresh those that were asked for, with what
// belongs to them, and those that were brought besides; of what is only read those that were brought.
func (p *planner) candidates(s *state) iter.Seq2[candidates, error] {
	return func(yield func(candidates, error) bool) {
		all := p.all(s)
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
		if !among(s.columnsOf(s.shape.primary), targeted, true) {
			return
		}
		for _, span := range p.spans(s) {
			if len(span.by.fields) == 0 {
				yield(all, nil) // there are no others
				return
			}
			if columns, tuple, ok := s.spanned(span); ok && !among(columns, [][]storage.Value{tuple}, true) {
				return
			}
		}
		for _, f := range s.above() {
			for _, parent := range s.targets[f.number] {
				if !among(s.pointers(f), p.pointersTo(s, f, parent), true) {
					return
				}
			}
		}
		among(s.columnsOf(s.shape.primary), s.broughtTuples(), false)
	}
}

// tuplesAtOnce is how many keys are looked for by one query.
const tuplesAtOnce = 1000

// targeted returns the keys of the rows of a collection that the refresh is about, as the database has them. A
// row that belongs to one that is not there is not there itself.
func (p *planner) targeted(s *state) (tuples [][]storage.Value, err error) {
	of := p.targets[s.collection]
	if of == nil {
		return nil, nil
	}
	for _, key := range of.keys {
		cells, err := s.cellsIn(s.shape.primary, key)
		if err != nil {
			return nil, err
		}
		seen, missing := seen(s.shape.primary, cells)
		if missing != nil {
			continue
		}
		if tuple, ok := tupleOf(seen, len(s.columnsOf(s.shape.primary))); ok {
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
	if !slices.Contains(s.parents, f) {
		return s.pointersAt(f, at, maps.Keys(p.states[at].gone))
	}
	tuples = s.pointersAt(f, at, maps.Keys(p.states[at].owned))
	if s.joins != nil { // with what a row is joined is a matter of the row
		tuples = append(tuples, s.pointersAt(f, at, maps.Keys(s.said))...)
	}
	return tuples
}

// pointersAt returns what the columns of a field have in rows that point at rows of a collection with those ids.
func (s *state) pointersAt(f *field, at *collection, ids iter.Seq[storage.Value]) (tuples [][]storage.Value) {
	for id := range ids {
		tuple := []storage.Value{id}
		if f.typeIn != "" {
			tuple = append(tuple, storage.TextValue(f.typeOf(at.name)))
		}
		tuples = append(tuples, tuple)
	}
	return tuples
}

// rowsPointing yields the rows of the database in whose columns of a field is one of some tuples.
func (p *planner) rowsPointing(ctx context.Context, s *state, f *field, tuples [][]storage.Value) iter.Seq2[[]storage.Value, error] {
	return func(yield func([]storage.Value, error) bool) {
		for some := range slices.Chunk(tuples, tuplesAtOnce) {
			q := storage.RowQuery{
				Table: s.options.Table, Columns: s.columns, In: p.scopesOf(s.collection),
				Among: &storage.Among{Columns: s.pointers(f), Tuples: some},
			}
			for values, err := range p.view.Rows(ctx, q) {
				if !yield(values, err) || err != nil {
					return
				}
			}
		}
	}
}

// matchRow sees to a row of the database. If it is owned and nobody brought it, it is gone.
func (p *planner) matchRow(s *state, values []storage.Value, owned bool) error {
	s.tally.row()
	id := s.idIn(values)
	if owned && p.targets != nil {
		if _, again := s.owned[id]; again {
			return nil
		}
		s.owned[id] = struct{}{}
	}
	key := s.keyIn(values)
	at, brought := s.keys.row(key)
	if !brought {
		if owned && !s.archived(values) {
			p.unbrought(s, values)
		}
		return nil
	}
	switch before := s.ids.at(at); {
	case before.IsNull():
		s.ids.set(at, id)
	case before == id: // another query found it before
		return nil
	default:
		return fmt.Errorf("rows %s and %s of table %q have the same key, %v; a unique index on it is right", before, id, s.options.Table, s.keyValues(values))
	}
	if !s.archived(values) {
		s.stored++
	}
	if len(s.touched) > 0 && s.touched.has(string(key)) {
		s.newer++
		s.leave(at)
		return nil
	}
	if s.shape.version != nil && s.stale(s.cellsAt(at), values).row {
		s.leave(at)
	}
	if s.settled && s.isSame(at, values) && s.hasHash(at, values) {
		s.same[at] = true
		return nil
	}
	s.scratch = appendSeenRow(s.scratch[:0], at, values)
	_, err := s.seen.add(s.scratch)
	return err
}

// isSame reports whether the database has a row as it was said to be, as far as that is plain: else it is compared when all
// is known.
func (s *state) isSame(at int32, values []storage.Value) bool {
	if s.archived(values) {
		return false
	}
	r := s.in.reader(s.written(at))
	for _, f := range s.shape.fields {
		switch kind := r.byte(); kind {
		case unsetCell:
			if f.points() { // maybe at what is gone
				return false
			}
		case pointingCell:
			to := r.promise()
			if to == nil || !f.finds(to) || to.found.id.IsNull() || values[s.places[f.number][0]] != to.found.id ||
				f.typeIn != "" && values[s.places[f.number][1]] != storage.TextValue(f.typeOf(to.in.name)) {
				return false
			}
		case borrowingCell:
			return false
		default:
			v := r.value(kind)
			for _, place := range s.places[f.number] {
				if values[place] != v {
					return false
				}
			}
		}
	}
	return r.err == nil
}

// broughtTuples are the keys of the rows that were brought and may be in the database, but were not found by now.
func (s *state) broughtTuples() (tuples [][]storage.Value) {
	for key, row := range s.keys.all() {
		if !s.ids.at(row).IsNull() {
			continue
		}
		if tuple, ok := tupleOf(string(key), len(s.columnsOf(s.shape.primary))); ok {
			tuples = append(tuples, tuple)
		}
	}
	return tuples
}

// appendSeenRow writes a row of the database, and whose it is.
func appendSeenRow(b []byte, at int32, values []storage.Value) []byte {
	return appendValues(appendValue(b, storage.IntValue(int64(at))), values)
}

// seenRows yields the rows of the database that were matched.
func (s *state) seenRows() iter.Seq2[int32, []storage.Value] {
	return func(yield func(int32, []storage.Value) bool) {
		values := make([]storage.Value, len(s.columns))
		for at := int64(0); at < s.seen.end(); {
			text, err := s.seen.read(at)
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

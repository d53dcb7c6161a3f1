package refresh

import (
	"context"
	"fmt"
	"slices"

	"github.com/reeve-go/reeve/storage"
)

// resolve finds the rows that promises are of: among those that were brought, else in the database, in the scope
// of the manager, unless they are gone.
func (p *planner) resolve(ctx context.Context, s *state) error {
	if err := p.resolveBrought(s); err != nil {
		return err
	}
	for _, x := range s.shape.indexes() {
		if err := p.resolveStored(ctx, s, x); err != nil {
			return err
		}
	}
	return p.borrow(ctx, s)
}

// indexes are the primary key and the others, by number.
func (s *shape) indexes() []*index {
	out := make([]*index, 1+len(s.others))
	out[0] = s.primary
	for _, x := range s.others {
		out[x.number] = x
	}
	return out
}

func (s *state) resolveBroughtBy(x *index, rows *rowKeys) {
	for to := range s.promised(x) {
		at, there := int32(0), false
		if rows == &s.byKey { // what the database sees is the same
			at, there = rows.rowAt(to.key)
		} else if key, missing := to.seen(); missing == nil {
			at, there = rows.row([]byte(key))
		}
		if to.found = (target{is: nothing}); there {
			to.found = s.found(at)
		}
	}
}

// found returns what is found where a row was brought.
func (s *state) found(row int32) target {
	if row == twice {
		return target{is: several}
	}
	id := s.ids.at(row)
	switch {
	case s.refused[row] && !id.IsNull(): // it stays as the database has it
		return target{is: one, row: -1, id: id, newer: s.absent[row]}
	case s.refused[row]:
		return target{is: nothing, newer: s.absent[row]}
	case !id.IsNull() || s.mode().creates() && !s.isBare(row):
		return target{is: one, row: row, id: id}
	default:
		return target{is: nothing}
	}
}

func (p *planner) resolveBrought(s *state) error {
	s.resolveBroughtBy(s.shape.primary, s.keys)
	others := slices.DeleteFunc(s.shape.indexes()[1:], func(x *index) bool { return s.promises[x.number].len() == 0 })
	if len(others) == 0 {
		return nil
	}
	rows := make([]rowKeys, len(others))
	for n, at := range s.rows.all() {
		cells := s.in.cells(s.in.row(at), len(s.shape.fields))
		for i, x := range others {
			if s.stays(n) {
				continue
			}
			key, ok := valuesOf(x, cells)
			if !ok {
				continue
			}
			number := rows[i].add([]byte(key))
			if _, there := rows[i].rowAt(number); there {
				rows[i].set(number, twice)
				s.ambiguous(x, cells)
				continue
			}
			rows[i].set(number, n)
		}
	}
	for i, x := range others {
		s.resolveBroughtBy(x, &rows[i])
	}
	return nil
}

// isBare reports whether a row is not created because nothing is known of it but that it exists.
func (s *state) isBare(row int32) bool { return s.collection.isBare(row) && !s.wanted[row] }

// seen returns the values that a promise is looked for by, as the database sees them.
func (p *promise) seen() (string, *promise) {
	cells, _ := p.in.cellsIn(p.by, p.text()) // it was written by keyOf
	return seen(p.by, cells)
}

// resolveStored looks in the database for what was not brought.
func (p *planner) resolveStored(ctx context.Context, s *state, x *index) error {
	wanted := map[string][]*promise{} // one row can be looked for in several ways
	var tuples [][]storage.Value
	columns := s.columnsOf(x)
	read := append(slices.Clone(columns), storage.Column{Name: s.options.ID})
	idAt := slices.IndexFunc(read, func(c storage.Column) bool { return c.Name == s.options.ID })
	for to := range s.promised(x) {
		if to.found.is != nothing {
			continue
		}
		key, missing := to.seen()
		if missing != nil {
			continue
		}
		if tuple, ok := tupleOf(key, len(columns)); ok {
			if wanted[key] == nil {
				tuples = append(tuples, tuple)
			}
			wanted[key] = append(wanted[key], to)
		}
	}
	for some := range slices.Chunk(tuples, tuplesAtOnce) {
		q := storage.RowQuery{
			Table: s.options.Table, Columns: read[:max(len(columns), idAt+1)],
			In: s.notArchived(p.scopesOf(s.collection)), Among: &storage.Among{Columns: columns, Tuples: some},
		}
		for values, err := range p.view.Rows(ctx, q) {
			if err != nil {
				return err
			}
			if err := s.resolveTo(x, values[idAt], values[:len(columns)], wanted); err != nil {
				return err
			}
		}
	}
	return nil
}

// resolveTo resolves the promises of a row of the database, of which there are the id and the values in an index.
func (s *state) resolveTo(x *index, id storage.Value, values []storage.Value, wanted map[string][]*promise) error {
	promises, asked := wanted[string(appendValues(nil, values))]
	if !asked {
		return fmt.Errorf("the database answers with a row that was not asked for, %v; is a column of index %q of another type there?", values, x.name)
	}
	row := int32(-1)
	if x != s.shape.primary {
		if row = s.rowOf(id); row >= 0 && s.moves(row, x, values) {
			return nil
		}
	}
	if s.isGone(id) {
		return nil
	}
	for _, to := range promises {
		if to.found.is == nothing {
			to.found = target{is: one, row: row, id: id}
		} else {
			to.found = target{is: several}
		}
	}
	return nil
}

// rowOf returns the row that was brought for one of the database; -1: none, or it is refused by now.
func (s *state) rowOf(id storage.Value) int32 {
	if s.byID == nil {
		s.byID = make(map[storage.Value]int32, s.rows.len())
		for row := range s.rows.len() {
			if id := s.ids.at(int32(row)); !id.IsNull() {
				s.byID[id] = int32(row)
			}
		}
	}
	if row, brought := s.byID[id]; brought && !s.refused[row] {
		return row
	}
	return -1
}

// leave notes that a row stays as the database has it, whatever was said.
func (s *state) leave(row int32) {
	if s.left == nil {
		s.left = map[int32]bool{}
	}
	s.left[row] = true
}

// stays reports whether a row is found by what the database has, and not by what was said of it.
func (s *state) stays(row int32) bool {
	return !s.ids.at(row).IsNull() && (!s.mode().updates() || s.left[row])
}

// moves reports whether a row that was brought is going to have other values in an index than the database has.
func (s *state) moves(row int32, x *index, stored []storage.Value) bool {
	if s.stays(row) {
		return false
	}
	cells := s.cellsAt(row)
	for _, f := range x.fields {
		c, was := &cells[f.number], stored[0]
		stored = stored[len(s.places[f.number]):]
		switch {
		case !c.set || f.readOnly || f.ifEmpty && !empty(was):
		case c.to == nil && c.value != was, c.to != nil && c.to.found.id != was:
			return true
		}
	}
	return false
}

// notArchived returns scopes without the rows that are archived.
func (s *state) notArchived(scopes []storage.Scope) []storage.Scope {
	if s.options.Archive != "" {
		for i := range scopes {
			scopes[i] = append(scopes[i], storage.Condition{Column: s.options.Archive})
		}
	}
	return scopes
}

// borrow reads the fields that others have from rows of the collection that are only in the database.
func (p *planner) borrow(ctx context.Context, s *state) error {
	lenders := map[storage.Value][]*promise{}
	var ids [][]storage.Value
	for _, x := range s.shape.indexes() {
		for to := range s.promised(x) {
			if len(to.borrowed) > 0 && to.found.is == one && !to.found.id.IsNull() {
				if lenders[to.found.id] == nil {
					ids = append(ids, []storage.Value{to.found.id})
				}
				lenders[to.found.id] = append(lenders[to.found.id], to)
			}
		}
	}
	for some := range slices.Chunk(ids, tuplesAtOnce) {
		q := storage.RowQuery{Table: s.options.Table, Columns: s.columns, Among: &storage.Among{Columns: s.columns[:1], Tuples: some}}
		for values, err := range p.view.Rows(ctx, q) {
			if err != nil {
				return err
			}
			for _, to := range lenders[values[0]] {
				p.lend(s, to, values)
			}
		}
	}
	return nil
}

// lend notes what the database has in the fields that others have from a row, and in which of them it stays.
func (p *planner) lend(s *state, to *promise, values []storage.Value) {
	found := &to.found
	found.fields, found.stays = map[int]storage.Value{}, map[int]bool{}
	var stale staleness
	stays := !s.mode().updates()
	if found.row >= 0 {
		stale = s.stale(s.cellsAt(found.row), values)
		stays = stays || s.touched.has(string(s.keyIn(values)))
	}
	for n := range to.borrowed {
		f := s.shape.fields[n]
		stored := values[s.places[n][0]]
		found.fields[n] = stored
		found.stays[n] = stays || f.readOnly || stale.has(f) || f.ifEmpty && !empty(stored)
	}
}

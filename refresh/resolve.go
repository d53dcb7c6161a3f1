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

func (s *state) resolveBroughtBy(x *index, rows map[string]int32) {
	for _, to := range s.promises[x.number] {
		to.found = target{is: nothing}
		key, missing := to.seen()
		if missing != nil {
			continue
		}
		at, there := rows[key]
		switch {
		case !there:
		case at == twice:
			to.found.is = several
		case s.refused[at]:
			if !s.ids[at].IsNull() { // it stays as the database has it
				to.found = target{is: one, row: -1, id: s.ids[at]}
			}
			to.found.newer = s.absent[at]
		case !s.ids[at].IsNull() || s.mode().creates():
			to.found = target{is: one, row: at, id: s.ids[at]}
		}
	}
}

// twice is in the place of a row's number where two rows have the same values in an index.
const twice = -1

func (p *planner) resolveBrought(s *state) error {
	s.resolveBroughtBy(s.shape.primary, s.keys)
	others := slices.DeleteFunc(s.shape.indexes()[1:], func(x *index) bool { return len(s.promises[x.number]) == 0 })
	if len(others) == 0 {
		return nil
	}
	rows := make([]map[string]int32, len(others))
	for i := range rows {
		rows[i] = make(map[string]int32, len(s.rows))
	}
	for n, at := range s.rows {
		cells := s.in.cells(s.in.row(at), len(s.shape.fields))
		for i, x := range others {
			key, ok := valuesOf(x, cells)
			if !ok {
				continue
			}
			if _, there := rows[i][key]; there {
				rows[i][key] = twice
				p.plan.ambiguous(s, x, cells)
				continue
			}
			rows[i][key] = int32(n)
		}
	}
	for i, x := range others {
		s.resolveBroughtBy(x, rows[i])
	}
	return nil
}

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

// seen returns the values that a promise is looked for by, as the database sees them.
func (p *promise) seen() (string, *promise) {
	cells := make([]cell, len(p.in.shape.fields))
	r := reader{rest: []byte(p.key), promises: p.in.in.all()}
	for _, f := range p.by.fields {
		r.cell(&cells[f.number])
	}
	return seen(p.by, cells)
}

// resolveStored looks in the database for what was not brought.
func (p *planner) resolveStored(ctx context.Context, s *state, x *index) error {
	wanted := map[string][]*promise{} // one row can be looked for in several ways
	var tuples [][]storage.Value
	columns := s.columnsOf(x)
	for _, to := range s.promises[x.number] {
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
			Table: s.options.Table, Columns: append([]storage.Column{{Name: s.options.ID}}, columns...),
			In: s.notArchived(p.scopesOf(s.collection)), Among: &storage.Among{Columns: columns, Tuples: some},
		}
		for values, err := range p.view.Rows(ctx, q) {
			if err != nil {
				return err
			}
			if err := s.resolveTo(x, values, wanted); err != nil {
				return err
			}
		}
	}
	return nil
}

// resolveTo resolves the promises of a row of the database, of which there are the id and the columns of an index.
func (s *state) resolveTo(x *index, values []storage.Value, wanted map[string][]*promise) error {
	var key []byte
	for _, v := range values[1:] {
		key = appendValue(key, v)
	}
	promises, asked := wanted[string(key)]
	if !asked {
		return fmt.Errorf("the database answers with a row that was not asked for, %v; is a column of index %q of another type there?", values, x.name)
	}
	row := int32(-1)
	if x != s.shape.primary {
		if row = s.rowOf(values[0]); row >= 0 && s.moves(row, x, values[1:]) {
			return nil
		}
	}
	if s.isGone(values[0]) {
		return nil
	}
	for _, to := range promises {
		if to.found.is == nothing {
			to.found = target{is: one, row: row, id: values[0]}
		} else {
			to.found = target{is: several}
		}
	}
	return nil
}

// rowOf returns the row that was brought for one of the database; -1: none.
func (s *state) rowOf(id storage.Value) int32 {
	if s.byID == nil {
		s.byID = make(map[storage.Value]int32, len(s.ids))
		for row, id := range s.ids {
			if !id.IsNull() && !s.refused[row] {
				s.byID[id] = int32(row)
			}
		}
	}
	if row, brought := s.byID[id]; brought {
		return row
	}
	return -1
}

// moves reports whether a row that was brought is going to have other values in an index than the database has.
func (s *state) moves(row int32, x *index, stored []storage.Value) bool {
	if !s.mode().updates() {
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

func (s *state) columnsOf(x *index) (columns []storage.Column) {
	for _, f := range x.fields {
		for _, at := range s.places[f.number] {
			columns = append(columns, s.columns[at])
		}
	}
	return columns
}

// borrow reads the fields that others have from rows of the collection that are only in the database.
func (p *planner) borrow(ctx context.Context, s *state) error {
	lenders := map[storage.Value][]*promise{}
	var ids [][]storage.Value
	for _, x := range s.shape.indexes() {
		for _, to := range s.promises[x.number] {
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
		stays = stays || s.isNewer(s.keyIn(values))
	}
	for n := range to.borrowed {
		f := s.shape.fields[n]
		stored := values[s.places[n][0]]
		found.fields[n] = stored
		found.stays[n] = stays || f.readOnly || stale.has(f) || f.ifEmpty && !empty(stored)
	}
}

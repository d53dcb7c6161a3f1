package refresh

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// A removal is a row of the database that nobody brought and that is deleted or archived.
type removal struct {
	key  []storage.Value
	back [][]storage.Value // what it points at, by the fields of state.back
}

// keep returns why rows of a collection that were not brought may exist nevertheless: it is incomplete, or what its
// rows belong to is.
func (p *planner) keep(s *state) error {
	if s.joins != nil { // it has what its owner says
		return nil
	}
	if s.incomplete != nil {
		return s.incomplete
	}
	for _, f := range s.parents {
		for _, parent := range s.targets[f.number] {
			if why := p.states[parent].keeps; why != nil {
				return belonging(parent, why)
			}
		}
	}
	if p.isWhole(s) && s.brought == 0 && !s.complete {
		return errEmpty
	}
	return nil
}

func belonging(to *collection, why error) error {
	return fmt.Errorf("its rows belong to those of %q: %w", to.name, why)
}

// unbrought sees to a row of the database that nobody brought: it is gone, unless it may exist nevertheless. What
// belongs to a row that is removed is removed with it in any case.
func (p *planner) unbrought(s *state, values []storage.Value) {
	s.stored++
	switch {
	case s.touched.has(string(s.keyIn(values))):
		s.newer++
	case s.mode().deletes() && (s.keeps == nil || p.orphaned(s, values)):
		gone := removal{key: s.keyValues(values)}
		for _, f := range s.back {
			gone.back = append(gone.back, s.fieldValues(f, values))
		}
		s.gone[s.idIn(values)] = gone
	default:
		s.kept++
	}
}

// fieldValues returns what a row of the database has in the columns of a field.
func (s *state) fieldValues(f *field, values []storage.Value) []storage.Value {
	out := make([]storage.Value, len(s.places[f.number]))
	for i, at := range s.places[f.number] {
		out[i] = values[at]
	}
	return out
}

// orphaned reports whether a row of the database belongs to rows that are removed, and to no other, or has one in its key.
func (p *planner) orphaned(s *state, values []storage.Value) bool {
	orphaned, belongs := false, false
	for _, f := range s.above() {
		pointer := s.fieldValues(f, values)
		removed := slices.ContainsFunc(s.targets[f.number], func(at *collection) bool { return p.states[at].removes(f, pointer) })
		switch {
		case removed && f.key:
			return true
		case removed:
			orphaned = true
		case !pointer[0].IsNull() && slices.Contains(s.parents, f):
			belongs = true
		}
	}
	return orphaned && !belongs
}

// removes reports whether a row is removed at which a field points that has those values.
func (s *state) removes(f *field, pointer []storage.Value) bool {
	if f.typeIn != "" && pointer[1] != storage.TextValue(f.typeOf(s.name)) {
		return false
	}
	return s.isGone(pointer[0])
}

// isGone reports whether a row of the database is removed.
func (s *state) isGone(id storage.Value) bool {
	_, gone := s.gone[id]
	return gone
}

// deletes reports whether what is gone is deleted, not archived.
func (s *state) deletes() bool { return len(s.gone) > 0 && s.options.Archive == "" }

// remove notes which rows are deleted or archived, and what is left alone.
func (p *planner) remove(s *state) error {
	n := s.counts
	n.Kept, n.Newer, n.Stored = s.kept, s.newer, s.stored
	if n.Removable = s.stored; p.isWhole(s) {
		n.Removable = p.guardOf(s.collection).removable(s.stored)
	}
	switch {
	case s.keeps != nil:
		n.Incomplete = s.keeps.Error()
	case s.joins != nil && p.states[s.joins.owner].keeps != nil:
		n.Incomplete = belonging(s.joins.owner, p.states[s.joins.owner].keeps).Error()
	}
	n.Points = s.points()
	if err := p.clearRest(s); err != nil {
		return err
	}
	now := storage.TimeValue(time.Now())
	for change := range p.removals(s) {
		if s.options.Archive != "" {
			change.Kind = Archive
			change.Columns = []ColumnChange{{Column: s.options.Archive, New: now}}
		}
		if s.joins != nil {
			change.ID = storage.Value{}
		}
		if err := p.plan.add(change); err != nil {
			return err
		}
	}
	return p.touch(s)
}

// removals yields the rows that are gone in an order in which each can be deleted: after those of its collection that
// point at it. Columns are those by which it points at what is deleted before it; they are null first.
func (p *planner) removals(s *state) iter.Seq[*Change] {
	return func(yield func(*Change) bool) {
		pointed := map[storage.Value]int{} // how many rows that are to come still point at it
		for id, gone := range s.gone {
			for _, to := range s.pointsAtOwn(id, gone) {
				pointed[to]++
			}
		}
		done := make(map[storage.Value]bool, len(s.gone))
		ids := slices.SortedFunc(maps.Keys(s.gone), compareValues)
		var next []storage.Value
		for ring := range 2 { // the second time those that point at each other in a ring
			for _, id := range ids {
				if pointed[id] == 0 || ring == 1 {
					next = append(next, id)
				}
				for len(next) > 0 {
					id := next[len(next)-1]
					next = next[:len(next)-1]
					if done[id] {
						continue
					}
					done[id] = true
					gone := s.gone[id]
					if !yield(&Change{Kind: Delete, ID: id, key: gone.key, Columns: p.back(s, id, gone, done)}) {
						return
					}
					for _, to := range s.pointsAtOwn(id, gone) {
						if pointed[to]--; pointed[to] == 0 {
							next = append(next, to)
						}
					}
				}
			}
		}
	}
}

// pointsAtOwn returns the other rows of the collection that are gone and at which one that is gone points.
func (s *state) pointsAtOwn(id storage.Value, gone removal) (to []storage.Value) {
	for i, f := range s.back {
		pointer := gone.back[i]
		if pointer[0] != id && slices.Contains(s.targets[f.number], s.collection) && s.removes(f, pointer) {
			to = append(to, pointer[0])
		}
	}
	return to
}

// back returns the columns by which a row that is deleted points at what is deleted before it: rows of collections
// that come later, and those of its own that are done.
func (p *planner) back(s *state, id storage.Value, gone removal, done map[storage.Value]bool) (columns []ColumnChange) {
	for i, f := range s.back {
		pointer := gone.back[i]
		before := slices.ContainsFunc(s.targets[f.number], func(at *collection) bool {
			to := p.states[at]
			if to == s && (pointer[0] == id || !done[pointer[0]]) {
				return false
			}
			return to.place >= s.place && to.deletes() && to.removes(f, pointer)
		})
		if before {
			columns = append(columns, s.cleared(f, pointer)...)
		}
	}
	return columns
}

// cleared returns the changes by which a field points at nothing.
func (s *state) cleared(f *field, pointer []storage.Value) []ColumnChange {
	out := make([]ColumnChange, len(pointer))
	for i, old := range pointer {
		out[i] = ColumnChange{Column: s.columns[s.places[f.number][i]].Name, Old: old}
	}
	return out
}

// points returns the columns of a collection that point at rows.
func (s *state) points() (out []PointingColumn) {
	for _, f := range s.shape.fields {
		if !f.points() {
			continue
		}
		p := PointingColumn{
			Column: f.column, TypeIn: f.typeIn, To: map[string]string{},
			Bound: f.key || f.policy == required || slices.Contains(s.parents, f),
		}
		for _, c := range s.targets[f.number] {
			p.To[c.name] = f.typeOf(c.name)
		}
		out = append(out, p)
	}
	return out
}

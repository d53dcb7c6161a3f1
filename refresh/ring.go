package refresh

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/reeve-go/reeve/storage"
)

// A Ring is rows that point at each other in a circle, by a column that points at rows of their own collection; or one row
// that points at itself. A refresh brought all of them, or, if the column's tag says tree, one of them at least.
type Ring struct {
	Collection string `json:"collection"`
	Column     string `json:"column"`
	// Keys are those of the rows, for people: each row points at the next, and the last at the first. Of more than a
	// hundred there are the first, and how many more.
	Keys []string `json:"keys"`
	// Cut: the column's tag says tree, so that in those of these rows that were brought it becomes null, or they are refused
	// if it is required.
	Cut bool `json:"cut,omitempty"`
}

// String returns the way around.
func (r *Ring) String() string {
	return strings.Join(r.Keys, " → ") + " → " + r.Keys[0]
}

// clipped returns the ring as it is kept.
func (r Ring) clipped() Ring {
	if n := len(r.Keys); n > mostKeys {
		r.Keys = append(slices.Clone(r.Keys[:mostKeys]), fmt.Sprintf("%d more", n-mostKeys))
	}
	for i := range r.Keys {
		r.Keys[i] = clip(r.Keys[i])
	}
	return r
}

// cutRings finds the rings among the rows of a collection. Those of a tree are cut; it returns the rows that are
// refused because of it.
func (p *planner) cutRings(ctx context.Context, s *state) (refused []place, err error) {
	for _, f := range s.shape.fields {
		if f.kind != refField || f.other == nil || f.key || !slices.Contains(s.targets[f.number], s.collection) {
			continue
		}
		w := s.walkBy(f)
		if f.tree {
			if err := w.follow(ctx, p); err != nil {
				return nil, err
			}
		}
		for _, ring := range ringsIn(w.next) {
			if !slices.ContainsFunc(ring, w.said) {
				continue // it is in the database, and this refresh has nothing to do with it
			}
			r := Ring{Collection: s.name, Column: f.column, Cut: f.tree}
			for _, n := range ring {
				r.Keys = append(r.Keys, w.key(n))
			}
			first := slices.Index(r.Keys, slices.Min(r.Keys))
			r.Keys = append(r.Keys[first:], r.Keys[:first]...)
			r = r.clipped()
			s.rings.add(r)
			if f.tree {
				refused = append(refused, w.cut(slices.DeleteFunc(ring, func(n int32) bool { return !w.said(n) }), &r)...)
			}
		}
	}
	slices.SortFunc(s.rings.first, func(a, b Ring) int {
		return strings.Compare(a.Column+"\x00"+a.Keys[0], b.Column+"\x00"+b.Keys[0])
	})
	return refused, nil
}

// A cutField is a column of a row that is null because it would close a ring.
type cutField struct {
	*field

	row int32
}

// A walk goes from row to row by a field that points at rows of its own collection. A row that was brought goes by its
// number, one that is only in the database by a greater one.
type walk struct {
	*state

	by     *field
	next   []int32  // where each points; -1: nowhere that is known
	says   []bool   // of those that were brought: whether it was said where, and counts
	stored []string // the keys of those that are only in the database
	ids    map[storage.Value]int32
	ask    []storage.Value // of which only the database knows where they point
}

// walkBy returns the walk among the rows that were brought.
func (s *state) walkBy(f *field) *walk {
	w := &walk{state: s, by: f, next: make([]int32, s.rows.len()), says: make([]bool, s.rows.len()), ids: map[storage.Value]int32{}}
	for row := range w.next {
		if w.next[row] = -1; s.refused[row] {
			continue
		}
		c := s.cellsAt(int32(row))[f.number]
		w.says[row] = c.set && !s.left[int32(row)]
		switch to, id := c.to, s.ids.at(int32(row)); {
		case !w.says[row] && f.tree && !id.IsNull():
			w.ids[id] = int32(row)
			w.ask = append(w.ask, id)
		case !w.says[row] || to == nil || to.in != s.collection || to.found.is != one:
		case to.found.row >= 0 && !s.refused[to.found.row]:
			w.next[row] = to.found.row
		case f.tree && !to.found.id.IsNull():
			w.next[row] = w.at(to.found.id)
		}
	}
	return w
}

func (w *walk) said(n int32) bool { return int(n) < len(w.says) && w.says[n] }

// at returns the number of a row of the database.
func (w *walk) at(id storage.Value) int32 {
	if row := w.rowOf(id); row >= 0 {
		return row
	}
	n, known := w.ids[id]
	if !known {
		n = int32(len(w.next)) //nolint:gosec // limited by memory
		w.next, w.stored, w.ask, w.ids[id] = append(w.next, -1), append(w.stored, ""), append(w.ask, id), n
	}
	return n
}

// follow goes on in the database, as far as it leads.
func (w *walk) follow(ctx context.Context, p *planner) error {
	for len(w.ask) > 0 {
		var ids [][]storage.Value
		for _, id := range w.ask {
			ids = append(ids, []storage.Value{id})
		}
		w.ask = nil
		for some := range slices.Chunk(ids, tuplesAtOnce) {
			q := storage.RowQuery{Table: w.options.Table, Columns: w.columns, Among: &storage.Among{Columns: w.columns[:1], Tuples: some}}
			for values, err := range p.view.Rows(ctx, q) {
				if err != nil {
					return err
				}
				n, to := w.ids[values[0]], w.fieldValues(w.by, values)[0]
				if stored := int(n) - w.rows.len(); stored >= 0 {
					w.stored[stored] = w.readableKey(w.keyValues(values))
				}
				if !to.IsNull() && !w.isGone(to) {
					w.next[n] = w.at(to)
				}
			}
		}
	}
	return nil
}

func (w *walk) key(n int32) string {
	if stored := int(n) - w.rows.len(); stored >= 0 {
		return w.stored[stored]
	}
	return w.readable(w.cellsAt(n))
}

// cut cuts a ring in some rows, or refuses them.
func (w *walk) cut(rows []int32, ring *Ring) (refused []place) {
	for _, row := range rows {
		if w.by.policy != required {
			w.state.cut[cutField{w.by, row}] = true
			continue
		}
		w.refused[row] = true
		w.refuse(w.cellsAt(row), fmt.Errorf("column %q makes a ring: %s", w.by.column, ring))
		refused = append(refused, place{w.state, row})
	}
	return refused
}

// cellsNow returns what was said of a row, until it is called again.
func (s *state) cellsNow(row int32) []cell {
	if s.cells == nil {
		s.cells = make([]cell, len(s.shape.fields))
	}
	return s.in.cellsTo(s.cells, s.written(row))
}

// keyNow returns what was said of a row up to the last field of its key, until it or cellsNow is called again.
func (s *state) keyNow(row int32) []cell {
	if s.cells == nil {
		s.cells = make([]cell, len(s.shape.fields))
	}
	keys := s.shape.primary.fields // in the order of the fields
	return s.in.cellsTo(s.cells[:keys[len(keys)-1].number+1], s.written(row))
}

// cellsAt returns what was said of a row.
func (s *state) cellsAt(row int32) []cell {
	return s.in.cells(s.written(row), len(s.shape.fields))
}

// ringsIn returns the circles of a graph in which each node has at most one successor.
func ringsIn(next []int32) (rings [][]int32) {
	met := make([]int32, len(next)) // in which walk each was met, from 1 on
	for start := range next {
		at := int32(start)
		for at >= 0 && met[at] == 0 {
			met[at] = int32(start) + 1
			at = next[at]
		}
		if at < 0 || met[at] != int32(start)+1 {
			continue
		}
		ring := []int32{at}
		for on := next[at]; on != at; on = next[on] {
			ring = append(ring, on)
		}
		rings = append(rings, ring)
	}
	return rings
}

package refresh

import (
	"fmt"
	"slices"
	"strings"
)

// A Ring is rows that a refresh brought and that point at each other in a circle, by a column that points at rows of their own
// collection; or one row that points at itself.
type Ring struct {
	Collection string `json:"collection"`
	Column     string `json:"column"`
	// Keys are those of the rows, for people: each row points at the next, and the last at the first.
	Keys []string `json:"keys"`
	// Cut: the column's tag says tree, so that in these rows it becomes null, or they are refused if it is required.
	Cut bool `json:"cut,omitempty"`
}

// String returns the way around.
func (r *Ring) String() string {
	return strings.Join(r.Keys, " → ") + " → " + r.Keys[0]
}

// cutRings finds the rings among the rows of a collection. Those of a tree are cut; it returns the rows that are
// refused because of it.
func (p *planner) cutRings(s *state) (refused []place) {
	for _, f := range s.shape.fields {
		if f.kind != refField || f.other == nil || f.key || !slices.Contains(s.targets[f.number], s.collection) {
			continue
		}
		for _, ring := range ringsIn(s.nextBy(f)) {
			r := Ring{Collection: s.name, Column: f.column, Cut: f.tree}
			for _, row := range ring {
				r.Keys = append(r.Keys, s.readable(s.cellsAt(row)))
			}
			first := slices.Index(r.Keys, slices.Min(r.Keys))
			r.Keys = append(r.Keys[first:], r.Keys[:first]...)
			p.plan.rings = append(p.plan.rings, r)
			if !f.tree {
				continue
			}
			for _, row := range ring {
				if f.policy == required {
					s.refused[row] = true
					s.refuse(s.cellsAt(row), fmt.Errorf("column %q makes a ring: %s", f.column, &r))
					refused = append(refused, place{s, row})
				} else {
					s.cut[cutField{f, row}] = true
				}
			}
		}
	}
	slices.SortFunc(p.plan.rings, func(a, b Ring) int {
		return strings.Compare(a.Collection+"\x00"+a.Column+"\x00"+a.Keys[0], b.Collection+"\x00"+b.Column+"\x00"+b.Keys[0])
	})
	return refused
}

// A cutField is a column of a row that is null because it would close a ring.
type cutField struct {
	*field

	row int32
}

// cellsAt returns what was said of a row.
func (s *state) cellsAt(row int32) []cell {
	return s.in.cells(s.in.row(s.rows[row]), len(s.shape.fields))
}

// nextBy returns for each row the row that a field points at; -1: none that was brought.
func (s *state) nextBy(f *field) []int32 {
	next := make([]int32, len(s.rows))
	for row := range next {
		next[row] = -1
		if s.refused[row] {
			continue
		}
		to := s.cellsAt(int32(row))[f.number].to
		if to != nil && to.in == s.collection && to.found.is == one && to.found.row >= 0 && !s.refused[to.found.row] {
			next[row] = to.found.row
		}
	}
	return next
}

// ringsIn returns the circles of a graph in which each node has at most one successor.
func ringsIn(next []int32) (rings [][]int32) {
	walk := make([]int32, len(next)) // in which walk a node was met, from 1 on
	for start := range next {
		at := int32(start)
		for at >= 0 && walk[at] == 0 {
			walk[at] = int32(start) + 1
			at = next[at]
		}
		if at < 0 || walk[at] != int32(start)+1 {
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

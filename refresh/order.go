package refresh

import (
	"fmt"
	"slices"
	"strings"
)

// A node is what has a place in the order of a graph: a collection or a step.
type node struct {
	name       string
	collection *collection // nil: it is a step
	step       *Step
	after      []*node // what it is bound to
	bonds      map[*node]bond
	by         map[*node]*node // what binds it to another, if that is a third one
}

func (n *node) label() string {
	if n.step != nil {
		return fmt.Sprintf("step %q", n.name)
	}
	return fmt.Sprintf("%q", n.name)
}

// A bond is how much a node has to come after another one.
type bond int

const (
	loose bond = iota // it points at it
	firm              // it points at it, and is not without that
	fixed             // its rows cannot be told apart, or are not to be written, before
)

// inOrder puts nodes in an order in which each comes after those that it is bound to, at least as much as that.
// Those that are bound to each other in a circle are put in order by stronger bonds.
func inOrder(of []*node, by bond) ([]*node, error) {
	var order []*node
	for _, circle := range circles(of, by) {
		switch {
		case len(circle) == 1 && !circle[0].isBoundTo(circle[0], fixed):
			order = append(order, circle[0])
		case len(circle) == 1, by == fixed:
			return nil, fmt.Errorf("refresh: each of %s has to come after the next, by its key, indexes, ChildOf, After or Before, so none of them can come first",
				strings.Join(wayAround(circle), " → "))
		default:
			some, err := inOrder(circle, by+1)
			if err != nil {
				return nil, err
			}
			order = append(order, some...)
		}
	}
	return order, nil
}

func (n *node) isBoundTo(to *node, by bond) bool {
	as, bound := n.bonds[to]
	return bound && as >= by
}

func (n *node) bindTo(as bond, to ...*node) {
	for _, one := range to {
		was, bound := n.bonds[one]
		if !bound {
			n.after = append(n.after, one)
		}
		if n.bonds == nil {
			n.bonds = map[*node]bond{}
		}
		n.bonds[one] = max(was, as)
	}
}

// circles returns nodes in groups: those that are bound to each other in a circle are together, and each group
// comes after those that it is bound to. This is Tarjan's way, which looks at each bond once.
func circles(of []*node, by bond) (groups [][]*node) {
	type visit struct{ number, low int }
	visits := make(map[*node]*visit, len(of))
	among := make(map[*node]bool, len(of))
	for _, n := range of {
		among[n] = true
	}
	var open []*node
	var walk func(n *node) *visit
	walk = func(n *node) *visit {
		v := &visit{len(visits), len(visits)}
		visits[n] = v
		open = append(open, n)
		for _, to := range n.after {
			if !among[to] || !n.isBoundTo(to, by) {
				continue
			}
			if w := visits[to]; w == nil {
				v.low = min(v.low, walk(to).low)
			} else if w.number >= 0 {
				v.low = min(v.low, w.number)
			}
		}
		if v.low == v.number {
			at := len(open) - 1
			for open[at] != n {
				at--
			}
			group := slices.Clone(open[at:])
			open = open[:at]
			for _, done := range group {
				visits[done].number = -1
			}
			groups = append(groups, group)
		}
		return v
	}
	for _, n := range of {
		if visits[n] == nil {
			walk(n)
		}
	}
	return groups
}

// wayAround returns the names on a way along fixed bonds from a node of a circle back to it.
func wayAround(circle []*node) (names []string) {
	first := circle[0]
	from := map[*node]*node{}
	way := []*node{first, first}
search:
	for queue := []*node{first}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		for _, to := range at.after {
			switch {
			case !at.isBoundTo(to, fixed) || !slices.Contains(circle, to):
			case to == first:
				for ; at != first; at = from[at] {
					way = slices.Insert(way, 1, at)
				}
				break search
			case from[to] == nil:
				from[to] = at
				queue = append(queue, to)
			}
		}
	}
	for i, n := range way {
		if i > 0 && way[i-1].by[n] != nil {
			names = append(names, way[i-1].by[n].label())
		}
		names = append(names, n.label())
	}
	return names
}

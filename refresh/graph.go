package refresh

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A graph is how the collections of a refresh depend on each other. A collection comes after those that tell its
// rows apart: the ones that its key and its indexes point at, that it is a child of, and that it names in After.
// What else it points at comes first if it can, because then a row is written with its references at once; in a circle
// of such references some are written later.
type graph struct {
	order []*collection
	steps []Step
}

// A bond is how much a collection has to come after another one.
type bond int

const (
	loose bond = iota // it points at it
	firm              // it points at it, and is not without that
	fixed             // its rows cannot be told apart, or are not to be written, before
)

// newGraph puts collections in order, or says why there is none.
func newGraph(b *Builder) (*graph, error) {
	var errs []error
	for _, c := range b.collections {
		b.addJoins(c)
	}
	all := slices.Concat(b.collections, b.joins)
	for _, c := range all {
		if err := c.bind(b); err != nil {
			errs = append(errs, fmt.Errorf("refresh: collection %q: %w", c.name, err))
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	order, err := inOrder(all, loose)
	if err != nil {
		return nil, err
	}
	steps, err := stepsInOrder(b.steps)
	return &graph{order, steps}, err
}

// inOrder puts collections in an order in which each comes after those that it is bound to, at least as much as that.
// Those that are bound to each other in a circle are put in order by stronger bonds.
func inOrder(of []*collection, by bond) ([]*collection, error) {
	var order []*collection
	for _, circle := range circles(of, by) {
		switch {
		case len(circle) == 1 && !circle[0].isBoundTo(circle[0], fixed):
			order = append(order, circle[0])
		case len(circle) == 1, by == fixed:
			return nil, fmt.Errorf("refresh: the collections %s depend on each other by their keys, indexes, ChildOf or After, so none of them can come first",
				strings.Join(namesOfCollections(wayAround(circle)), " → "))
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

func (c *collection) isBoundTo(to *collection, by bond) bool {
	as, bound := c.bonds[to]
	return bound && as >= by
}

// circles returns collections in groups: those that are bound to each other in a circle are together, and each group
// comes after those that it is bound to. This is Tarjan's way, which looks at each bond once.
func circles(of []*collection, by bond) (groups [][]*collection) {
	type visit struct{ number, low int }
	visits := make(map[*collection]*visit, len(of))
	among := make(map[*collection]bool, len(of))
	for _, c := range of {
		among[c] = true
	}
	var open []*collection
	var walk func(c *collection) *visit
	walk = func(c *collection) *visit {
		v := &visit{len(visits), len(visits)}
		visits[c] = v
		open = append(open, c)
		for _, to := range c.after {
			if !among[to] || !c.isBoundTo(to, by) {
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
			for open[at] != c {
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
	for _, c := range of {
		if visits[c] == nil {
			walk(c)
		}
	}
	return groups
}

// wayAround returns a way along fixed bonds from a collection of a circle back to it.
func wayAround(circle []*collection) []*collection {
	first := circle[0]
	from := map[*collection]*collection{}
	for queue := []*collection{first}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		for _, to := range at.after {
			switch {
			case !at.isBoundTo(to, fixed) || !slices.Contains(circle, to):
			case to == first:
				way := []*collection{first}
				for ; at != first; at = from[at] {
					way = append(way, at)
				}
				way = append(way, first)
				slices.Reverse(way)
				return way
			case from[to] == nil:
				from[to] = at
				queue = append(queue, to)
			}
		}
	}
	return circle
}

func namesOfCollections(of []*collection) []string {
	names := make([]string, len(of))
	for i, c := range of {
		names[i] = fmt.Sprintf("%q", c.name)
	}
	return names
}

// bind finds the collections that a collection's fields and options name.
func (c *collection) bind(b *Builder) error {
	var errs []error
	c.bonds = map[*collection]bond{}
	for _, f := range c.shape.fields {
		if !f.points() {
			continue
		}
		at, err := c.targetsOf(f, b)
		if err != nil {
			errs = append(errs, fmt.Errorf("field %s: %w", f.name, err))
			continue
		}
		c.targets[f.number] = at
		as := loose
		switch {
		case f.key || len(f.indexes) > 0 || slices.Contains(c.options.ChildOf, f.column):
			as = fixed
		case f.policy == required:
			as = firm
		}
		c.bindTo(as, at...)
		if slices.Contains(c.options.ChildOf, f.column) {
			c.parents = append(c.parents, f)
		}
	}
	for _, name := range c.options.After {
		before := b.named(name)
		if before == nil {
			errs = append(errs, fmt.Errorf("option After names collection %q, which there is not", name))
			continue
		}
		c.bindTo(fixed, before)
	}
	return errors.Join(errs...)
}

func (c *collection) bindTo(as bond, to ...*collection) {
	for _, one := range to {
		was, bound := c.bonds[one]
		if !bound {
			c.after = append(c.after, one)
		}
		c.bonds[one] = max(was, as)
	}
}

// targetsOf returns the collections that a field can point at.
func (c *collection) targetsOf(f *field, b *Builder) (at []*collection, err error) {
	switch {
	case c.joins != nil && f.number == ownField:
		return []*collection{c.joins.owner}, nil
	case f.other != nil:
		for _, c := range b.collections {
			if c.shape != nil && c.shape.row == f.other {
				at = append(at, c)
			}
		}
		if len(at) == 0 {
			return nil, fmt.Errorf("it points at a %s, of which there is no collection", f.other)
		}
	default:
		for _, name := range f.to {
			c := b.named(name)
			if c == nil {
				return nil, fmt.Errorf("its tag names collection %q, which there is not", name)
			}
			at = append(at, c)
		}
	}
	if f.tree && !slices.Contains(at, c) {
		return nil, fmt.Errorf("tree is for a Ref to rows of the same collection, not of %q", at[0].name)
	}
	if f.typeIn == "" {
		err = inOneTable(at)
	}
	return at, err
}

// inOneTable refuses a field whose column does not say in which of several tables its row is.
func inOneTable(at []*collection) error {
	for _, c := range at[1:] {
		if c.options.Table != at[0].options.Table {
			return fmt.Errorf("it can point at rows of tables %q and %q, and nothing says at which; an AnyRef with type=COLUMN is right",
				at[0].options.Table, c.options.Table)
		}
	}
	return nil
}

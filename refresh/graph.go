package refresh

import (
	"errors"
	"fmt"
	"slices"
)

// A graph is how the collections of a refresh, and the steps of its save, depend on each other. A collection comes after
// those that tell its rows apart: the ones that its key and its indexes point at, that it is a child of, and that it
// names in After. What else it points at comes first if it can, because then a row is written with its references at
// once; in a circle of such references some are written later.
type graph struct {
	order []*collection
	steps []placed
}

// newGraph puts collections and steps in order, or says why there is none.
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
	nodes := make([]*node, len(all))
	for i, c := range all {
		nodes[i] = &c.node
	}
	steps, err := bindSteps(b.steps, all)
	if err != nil {
		return nil, err
	}
	order, err := inOrder(append(nodes, steps...), loose)
	g := &graph{}
	var before []string
	for _, n := range order {
		if n.step != nil {
			g.steps = append(g.steps, placed{n.step, slices.Clone(before)})
			continue
		}
		g.order = append(g.order, n.collection)
		before = append(before, n.name)
	}
	if err == nil {
		err = g.checkHashes()
	}
	return g, err
}

// bind finds the collections that a collection's fields and options name.
func (c *collection) bind(b *Builder) error {
	var errs []error
	c.collection = c
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
		c.bindTo(as, nodesOf(at)...)
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
		c.bindTo(fixed, &before.node)
	}
	return errors.Join(errs...)
}

func nodesOf(of []*collection) []*node {
	out := make([]*node, len(of))
	for i, c := range of {
		out[i] = &c.node
	}
	return out
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

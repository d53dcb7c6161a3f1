package refresh

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/reeve-go/reeve/storage"
)

// A Step is something that a host does itself in the transaction of a save. What it does is no part of the plan: it is
// done by each save, also of a plan that changes nothing, and by [Persister.Apply].
//
// It has its place among the writes: after the rows of some collections, before those of others. What a plan deletes or
// archives it does first of all, and so no step sees it any more; only what has to wait, because rows that cannot be
// without it point at it until they are updated, is deleted in the end.
type Step struct {
	// Name is its own, and no collection's. Required.
	Name string
	// After are collections and steps that come before it: it is done when their rows are written, with all of their
	// references and with what goes through other tables.
	After []string
	// Before are collections that come after it: none of their rows is created or updated when it is done. A step that
	// names no collection, neither here nor in After, comes after all of them.
	Before []string
	// Do does it. An error undoes the whole save; of one that is [storage.ErrConflict], too, [Refresh.Save] makes a new
	// plan, and does the step again in another transaction. Required.
	Do func(context.Context, Saving) error
}

// Saving is the save that a [Step] is part of.
type Saving struct {
	// Handle is the transaction, as [storage.InventoryTx] gives it out.
	Handle any
	// Number is that of the save in its scope.
	Number uint64
	// Plan is what is written. The ids of rows that are created are known in all of it. The step must not close it.
	Plan *Plan
}

// AddStep adds a step.
func AddStep(b *Builder, s Step) {
	switch {
	case s.Name == "":
		b.errs = append(b.errs, errors.New("refresh: a step has no name"))
	case s.Do == nil:
		b.errs = append(b.errs, fmt.Errorf("refresh: step %q does nothing; its Do is nil", s.Name))
	case slices.ContainsFunc(b.steps, func(other Step) bool { return other.Name == s.Name }):
		b.errs = append(b.errs, fmt.Errorf("refresh: there are two steps %q", s.Name))
	default:
		b.steps = append(b.steps, s)
	}
}

// A placed step is one with the collections that come before it.
type placed struct {
	*Step

	before []string
}

// do does the step.
func (s *placed) do(ctx context.Context, tx storage.InventoryTx, plan *Plan) error {
	if err := s.Do(ctx, Saving{tx.Handle(), tx.Number(), plan}); err != nil {
		return fmt.Errorf("refresh: step %q of manager %q: %w", s.Name, plan.Manager, err)
	}
	return nil
}

// bindSteps finds the collections and steps that steps name.
func bindSteps(all []Step, collections []*collection) ([]*node, error) {
	named := make(map[string]*node, len(all)+len(collections))
	for _, c := range collections {
		named[c.name] = &c.node
	}
	nodes := make([]*node, len(all))
	var errs []error
	for i := range all {
		s := &all[i]
		if named[s.Name] != nil {
			errs = append(errs, fmt.Errorf("refresh: step %q has the name of a collection", s.Name))
		}
		nodes[i] = &node{name: s.Name, step: s}
		named[s.Name] = nodes[i]
	}
	for _, n := range nodes {
		if err := n.bindStep(named, collections); err != nil {
			errs = append(errs, err)
		}
	}
	return nodes, errors.Join(errs...)
}

func (n *node) bindStep(named map[string]*node, collections []*collection) error {
	placed := false
	for _, name := range n.step.After {
		before := named[name]
		if before == nil {
			return fmt.Errorf("refresh: step %q is after %q, which is no collection and no step", n.name, name)
		}
		n.bindTo(fixed, before)
		if before.collection != nil {
			placed = true
			n.bindToLinks(before.collection, collections)
		}
	}
	for _, name := range n.step.Before {
		after := named[name]
		if after == nil || after.collection == nil {
			return fmt.Errorf("refresh: step %q is before %q, which is no collection", n.name, name)
		}
		placed = true
		after.bindTo(fixed, n)
	}
	if !placed {
		n.bindTo(fixed, nodesOf(collections)...)
	}
	return nil
}

// bindToLinks binds a step that comes after a collection to all that it takes to link the collection's rows: what they
// point at, and the tables that join them with others.
func (n *node) bindToLinks(c *collection, all []*collection) {
	bind := func(to ...*collection) {
		for _, one := range to {
			if _, bound := n.bonds[&one.node]; bound || one == c {
				continue
			}
			n.bindTo(fixed, &one.node)
			if n.by == nil {
				n.by = map[*node]*node{}
			}
			n.by[&one.node] = &c.node
		}
	}
	for _, f := range c.shape.fields {
		bind(c.targets[f.number]...)
	}
	for _, j := range all {
		if j.joins != nil && j.joins.owner == c {
			bind(j)
			bind(j.targets[otherField]...)
		}
	}
}

package refresh

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/reeve-go/reeve/storage"
)

// A Step is something that a host does itself in the transaction of a save, after all collections are written. What it
// does is no part of the plan: it is done by each save, also of a plan that changes nothing, and by [Persister.Apply].
type Step struct {
	// Name is its own. Required.
	Name string
	// After are steps that are done before it.
	After []string
	// Do does it. An error undoes the whole save. Required.
	Do func(context.Context, Saving) error
}

// Saving is the save that a [Step] is part of.
type Saving struct {
	// Handle is the transaction, as [storage.InventoryTx] gives it out.
	Handle any
	// Number is that of the save in its scope.
	Number uint64
	// Plan is what was written. The step must not close it.
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

// stepsInOrder returns steps each after those that it names.
func stepsInOrder(all []Step) (order []Step, err error) {
	named := map[string]Step{}
	for _, s := range all {
		named[s.Name] = s
	}
	done := map[string]bool{}
	var path []string
	var visit func(s Step) error
	visit = func(s Step) error {
		if at := slices.Index(path, s.Name); at >= 0 {
			return fmt.Errorf("refresh: the steps %s are each after the next, so none can come first", strings.Join(append(path[at:], s.Name), " → "))
		}
		if done[s.Name] {
			return nil
		}
		path = append(path, s.Name)
		for _, name := range s.After {
			before, there := named[name]
			if !there {
				return fmt.Errorf("refresh: step %q is after %q, which is no step", s.Name, name)
			}
			if err := visit(before); err != nil {
				return err
			}
		}
		path = path[:len(path)-1]
		done[s.Name] = true
		order = append(order, s)
		return nil
	}
	for _, s := range all {
		if err := visit(s); err != nil {
			return nil, err
		}
	}
	return order, nil
}

// do does all steps.
func (g *graph) do(ctx context.Context, tx storage.InventoryTx, plan *Plan) error {
	for _, s := range g.steps {
		if err := s.Do(ctx, Saving{tx.Handle(), tx.Number(), plan}); err != nil {
			return fmt.Errorf("refresh: step %q of manager %q: %w", s.Name, plan.Manager, err)
		}
	}
	return nil
}

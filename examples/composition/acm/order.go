package acm

import (
	"context"
	"errors"
	"fmt"
)

// Order gives an order to an instance that needs nothing said with it: any but [Update] and [Migrate].
// It returns the id of the operation that it begins. An order that is not accepted where the instance
// is, is an [*fsm.TransitionError]; while a participant that it needs has no live replica it is
// [ErrNoReplica].
func (e *Estate) Order(ctx context.Context, instance string, order Event) (operation string, err error) {
	if !isOrder(order) {
		return "", fmt.Errorf("acm: %q is no order; only the supervisor says so", order)
	}
	switch order {
	case Update, Migrate:
		return "", fmt.Errorf("acm: the order %q needs more to be said; it has a method of its own", order)
	case UpdateRevert, MigrationRevert:
		return e.order(ctx, instance, order, (*visit).rollBack)
	case Deploy:
		return e.order(ctx, instance, order, (*visit).refuseHalfMigrated)
	}
	return e.order(ctx, instance, order, func(*visit) error { return nil })
}

// Update gives elements of an instance new properties.
func (e *Estate) Update(ctx context.Context, instance string, properties map[string]Properties) (operation string, err error) {
	return e.order(ctx, instance, Update, func(v *visit) error {
		v.keep()
		for name, p := range properties {
			el, ok := v.elements.Get(v.t, name)
			if !ok {
				return fmt.Errorf("acm: instance %q has no element %q", instance, name)
			}
			el.Data.Properties = p
		}
		return nil
	})
}

// Migrate moves an instance to another definition. Elements are those that it has then: those that it
// does not have yet are made, and those that are not among them are deleted on the way.
func (e *Estate) Migrate(ctx context.Context, instance, target string, elements map[string]Element) (operation string, err error) {
	d, err := e.primed(ctx, target)
	if err != nil {
		return "", err
	}
	return e.order(ctx, instance, Migrate, func(v *visit) error {
		v.keep()
		v.t.Data.Target, v.target = target, d
		v.change(elements)
		return nil
	})
}

// order begins an operation, after what is special to the order.
func (e *Estate) order(ctx context.Context, instance string, order Event, first func(*visit) error) (string, error) {
	return e.Instances.Order(ctx, instance, order, e.options.Overall, func(t *InstanceTurn) error {
		v := &visit{Estate: e, t: t, first: true}
		if err := first(v); err != nil {
			return err
		}
		if err := e.need(ctx, t.Now, t.Data.Participants); err != nil {
			return err
		}
		return v.begin(operationAt(t.State))
	})
}

// begin tells the elements what they are to become, and orders the first step.
func (v *visit) begin(op *operation) error {
	in := v.t.Data
	spared := in.Result == failed && op.spares && v.elements.Count(v.t) > 1
	in.Words, in.Result, in.Phase, in.Begun = op.words, noError, nil, nil
	for el := range v.elements.All(v.t) {
		if spared && op.ends(el.State) {
			continue // it has done its part; others have not
		}
		el.Data.Words, el.Data.Stage, el.Data.Message = op.words, nil, ""
		if err := v.elements.Fire(v.t, el, op.working); err != nil {
			return err
		}
	}
	for el := range v.elements.All(v.t) {
		if err := v.place(op, el); err != nil {
			return err
		}
	}
	if err := v.goOn(); err != nil {
		return err
	}
	v.tell()
	return nil
}

// ErrHalfMigrated: the instance is between two definitions.
var ErrHalfMigrated = errors.New("acm: an instance was undeployed half migrated")

// refuseHalfMigrated refuses to deploy what a failed migration left between two definitions.
func (v *visit) refuseHalfMigrated() error {
	if target := v.t.Data.Target; target != "" {
		return fmt.Errorf("%w: %q was on its way to definition %q; delete it", ErrHalfMigrated, v.t.Key.ID, target)
	}
	return nil
}

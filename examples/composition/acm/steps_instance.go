package acm

import (
	"github.com/reeve-go/reeve/supervision"
)

// part is an element of an instance, in a turn.
type part = supervision.Element[Element, State]

// advance finds the step that it is now, and orders what is to be ordered.
func (v *visit) advance(op *operation) (supervision.Step, error) {
	open := func(s State) bool { return v.isOpen(op, s) }
	order := func(_ supervision.Outbound, step supervision.Step, els []*part) error {
		v.order(op, step, els)
		return nil
	}
	resend := v.options.Resend
	if late := !v.t.Until.IsZero() && !v.t.Until.After(v.t.Now); late || v.t.State == op.timedOut {
		resend = 0 // participants are told that it is over
	}
	var way interface {
		Advance(supervision.Outbound) (supervision.Step, error)
	}
	switch op.steps {
	case together:
		way = &supervision.Simple[Element, State, State]{Elements: v.elements, Open: open, Resend: resend, Order: order}
	default:
		down := op.steps == phasesDown || op.steps == stagesDown
		way = &supervision.Phased[Element, State, State]{Elements: v.elements, Open: open, Descend: down, Resend: resend, Order: order}
	}
	return way.Advance(v.t)
}

// isOpen says whether an element that is there has not done its part in the operation.
func (e *Estate) isOpen(op *operation, s State) bool {
	if e.options.Compatible {
		return operationAt(s) != nil
	}
	return !op.ends(s)
}

// order orders the elements' participants to do their part of the step.
func (v *visit) order(op *operation, step supervision.Step, els []*part) {
	if v.options.Compatible && !step.Moved {
		return
	}
	in := v.t.Data
	if v.first {
		in.Begun = &step.Group
	}
	first := in.Begun != nil && *in.Begun == step.Group
	for _, el := range els {
		Ordered.Emit(v.t, Order{
			Order: op.order, Message: op.message, Instance: v.t.Key.ID, Element: el.Name, Participant: el.Data.Participant,
			Step: step.Group, First: first, Definition: in.Definition, Target: in.Target,
			Words: op.words, Node: el.Data.Node, Version: el.Data.Version, Migration: el.Data.Migration,
			Properties: el.Data.Properties,
		}, supervision.ForElement(el.Name), supervision.StepKey(), supervision.Quiet())
	}
}

// place puts an element into the phase or stage that is its now.
func (v *visit) place(op *operation, el *part) error {
	if op == nil || op.steps == together || v.t.State == op.failed {
		return nil
	}
	d, err := v.definition(op)
	if err != nil {
		return err
	}
	el.Group, err = d.group(op, el.Data, func(yield func(*Element) bool) {
		for other := range v.elements.All(v.t) {
			if !yield(other.Data) {
				return
			}
		}
	})
	return err
}

// definition returns the definition that says in which order the elements are asked.
func (v *visit) definition(op *operation) (*Definition, error) {
	if v.target != nil {
		return v.target, nil
	}
	d, err := v.Definitions.Read(v.t, op.guide(v.t.Data))
	return &d.Data, err
}

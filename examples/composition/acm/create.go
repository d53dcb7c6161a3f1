package acm

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/reeve-go/reeve/supervision"
)

// CreateDefinition makes a definition, with the participants of its nodes by name.
func (e *Estate) CreateDefinition(ctx context.Context, id string, d Definition, participants map[string]string) error {
	d.State, d.Result = commissioned, noError
	return e.Definitions.Create(ctx, id, d, supervision.SetUp(func(t supervision.Outbound) error {
		for _, node := range slices.Sorted(maps.Keys(participants)) {
			if _, ok := d.Nodes[node]; !ok {
				return fmt.Errorf("acm: definition %q has no node %q", id, node)
			}
			e.nodes.Add(t, node, 0, NodeElement{Participant: participants[node], State: commissioned})
		}
		return nil
	}))
}

// OrderDefinition has a definition primed or deprimed at its participants.
func (e *Estate) OrderDefinition(ctx context.Context, id string, order DefinitionEvent) (operation string, err error) {
	if order != Prime && order != Deprime {
		return "", fmt.Errorf("acm: %q is no order; only the supervisor says so", order)
	}
	return e.Definitions.Order(ctx, id, order, e.options.Overall, func(t *DefinitionTurn) error {
		if order == Deprime {
			if err := e.refuseInstances(ctx, id); err != nil {
				return err
			}
		}
		v := &typeVisit{Estate: e, t: t}
		t.Data.State, t.Data.Result = priming, noError
		if order == Deprime {
			t.Data.State = depriming
		}
		var participants []string
		for el := range e.nodes.All(t) {
			participants = append(participants, el.Data.Participant)
			el.Data.State, el.Data.Message = t.Data.State, ""
			if err := e.nodes.Fire(t, el, t.State); err != nil {
				return err
			}
		}
		slices.Sort(participants)
		if err := e.need(ctx, t.Now, slices.Compact(participants)); err != nil {
			return err
		}
		if err := v.goOn(); err != nil {
			return err
		}
		v.tell()
		return nil
	})
}

// refuseInstances refuses to forget a definition that has instances.
func (e *Estate) refuseInstances(ctx context.Context, definition string) error {
	for in, err := range e.Instances.List(ctx, &supervision.Query[State]{Group: definition}) {
		if err == nil && in.State != Deleted {
			err = fmt.Errorf("acm: definition %q has instance %q; delete it first", definition, in.Key.ID)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// CreateInstance makes an instance of a definition that is primed, with its elements by name. Of an
// element only node, version, participant and properties count.
func (e *Estate) CreateInstance(ctx context.Context, id, definition string, elements map[string]Element) error {
	if _, err := e.primed(ctx, definition); err != nil {
		return err
	}
	in := Instance{Definition: definition}
	in.Words, in.Result = standing(Undeployed)
	for _, el := range elements {
		in.Participants = append(in.Participants, el.Participant)
	}
	slices.Sort(in.Participants)
	in.Participants = slices.Compact(in.Participants)
	return e.Instances.Create(ctx, id, in, supervision.SetUp(func(t supervision.Outbound) error {
		for _, name := range slices.Sorted(maps.Keys(elements)) {
			el := Element{Words: in.Words, Migration: stays}
			el.take(elements[name])
			e.elements.Add(t, name, 0, el)
		}
		return nil
	}))
}

// primed returns a definition that can have instances.
func (e *Estate) primed(ctx context.Context, id string) (*Definition, error) {
	d, err := e.Definitions.Get(ctx, id)
	if err == nil && d.State != Primed {
		err = fmt.Errorf("acm: definition %q is %s; prime it first", id, d.State)
	}
	return &d.Data, err
}

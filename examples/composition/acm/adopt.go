package acm

import (
	"maps"
	"strconv"
)

// Adopted says where an instance and its elements are that another program kept.
type Adopted struct {
	State State
	// Step is the step of the operation under way, as the record has it.
	Step string
	// Elements are the states and groups of the elements, by name.
	Elements map[string]Place
}

// A Place is where an element is.
type Place struct {
	State State
	Group int
}

// Adopt returns where an instance is that another program kept: what it says in words, as a state.
// Definitions returns those that the instance names; an error is one of their properties.
func Adopt(in *Instance, elements map[string]*Element, definitions func(id string) *Definition) (Adopted, error) {
	out := Adopted{State: StateOf(in.Words, in.Result), Elements: make(map[string]Place, len(elements))}
	op := operationAt(out.State)
	switch {
	case op == nil:
	case op.steps == together:
		out.Step = "all"
	case in.Phase != nil:
		out.Step = strconv.Itoa(*in.Phase)
	}
	for name, e := range elements {
		place := Place{State: e.state()}
		if op != nil {
			var err error
			if place.Group, err = definitions(op.guide(in)).group(op, e, maps.Values(elements)); err != nil {
				return out, err
			}
		}
		out.Elements[name] = place
	}
	return out, nil
}

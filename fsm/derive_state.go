package fsm

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// AddState declares s.
func (e *Edit[S, E]) AddState(s S, state State[S, E]) {
	if _, exists := e.def.States[s]; exists {
		e.refuse("AddState(%q): the state exists; change it with SetMode, SetTimeout, SetSuperstate or SetFirst", s)
		return
	}
	if e.def.States == nil {
		e.def.States = States[S, E]{}
	}
	e.def.States[s] = state
}

// RemoveState removes s. It is refused while anything names s: a row, a start, a child, a rule.
func (e *Edit[S, E]) RemoveState(s S) {
	if _, exists := e.def.States[s]; !exists {
		e.refuseState(fmt.Sprintf("RemoveState(%q)", s))
		return
	}
	if uses := e.usesOfState(s); len(uses) > 0 {
		e.refuse("RemoveState(%q): it is still %s; change or remove that first", s, strings.Join(uses, ", "))
		return
	}
	delete(e.def.States, s)
}

// SetMode changes who works while an entity is in s.
func (e *Edit[S, E]) SetMode(s S, mode Mode) {
	e.setState(fmt.Sprintf("SetMode(%q, %v)", s, mode), s, func(state *State[S, E]) { state.Mode = mode })
}

// SetTimeout changes how long an entity may stay in s and the event that is fired then. Zero and an
// empty event take the limit away.
func (e *Edit[S, E]) SetTimeout(s S, after time.Duration, then E) {
	e.setState(fmt.Sprintf("SetTimeout(%q, %v, %q)", s, after, then), s, func(state *State[S, E]) {
		state.After, state.Then = after, then
	})
}

// SetSuperstate puts s into the superstate in. Empty takes it out.
func (e *Edit[S, E]) SetSuperstate(s, in S) {
	e.setState(fmt.Sprintf("SetSuperstate(%q, %q)", s, in), s, func(state *State[S, E]) { state.In = in })
}

// SetFirst names the child that is entered when the superstate s is a target. Empty: none.
func (e *Edit[S, E]) SetFirst(s, first S) {
	e.setState(fmt.Sprintf("SetFirst(%q, %q)", s, first), s, func(state *State[S, E]) { state.First = first })
}

func (e *Edit[S, E]) setState(edit string, s S, set func(*State[S, E])) {
	was, exists := e.def.States[s]
	if !exists {
		e.refuseState(edit)
		return
	}
	state := was
	set(&state)
	if state == was {
		e.refuse("%s: it is so already; remove the edit", edit)
		return
	}
	e.def.States[s] = state
}

func (e *Edit[S, E]) refuseState(edit string) {
	e.refuse("%s: there is no such state; the states are %s", edit, orNothing(stringsOf(slices.Sorted(maps.Keys(e.def.States)))))
}

// usesOfState says where s is named, apart from its own declaration.
func (e *Edit[S, E]) usesOfState(s S) []string {
	var uses []string
	if e.def.Initial == s {
		uses = append(uses, "the initial state")
	}
	if slices.Contains(e.def.Starts, s) {
		uses = append(uses, "a start")
	}
	for _, other := range slices.Sorted(maps.Keys(e.def.States)) {
		switch state := e.def.States[other]; {
		case other == s:
		case state.In == s:
			uses = append(uses, fmt.Sprintf("the superstate of %q", other))
		case state.First == s:
			uses = append(uses, fmt.Sprintf("the first child of %q", other))
		}
	}
	for _, from := range slices.Sorted(maps.Keys(e.def.Table)) {
		for _, event := range slices.Sorted(maps.Keys(e.def.Table[from])) {
			if to := e.def.Table[from][event]; from == s || to == s {
				uses = append(uses, "in the row "+arrow(from, event, shown(to)))
			}
		}
	}
	for _, rule := range e.def.Rules {
		if slices.Contains(rule.Except, s) {
			uses = append(uses, fmt.Sprintf("an exception of the rule about %q", rule.Accept))
		}
	}
	for _, w := range e.def.Waivers {
		if w.State == s {
			uses = append(uses, fmt.Sprintf("in the waiver of %q", w.Code))
		}
	}
	return uses
}

package fsm

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Compile verifies d and returns its machine. What is wrong with d comes back as one
// [*DefinitionError] that lists every [Issue]. Compile keeps a copy of d.
func Compile[S, E ~string](d Definition[S, E]) (*Machine[S, E], error) {
	c := compiler[S, E]{def: d.Clone()}
	c.readNames()
	c.readHierarchy()
	c.readLeaves()
	c.readRows()
	c.readStarts()

	c.checkLimits()
	c.checkReach()
	c.checkRules()
	issues := waive(c.issues, d.Waivers)
	if len(issues) > 0 {
		slices.SortFunc(issues, compareIssues)
		return nil, &DefinitionError{Name: d.Name, Issues: slices.Compact(issues)}
	}
	return c.machine(), nil
}

// MustCompile is Compile for definitions that are constants of the program. It panics on an error.
func MustCompile[S, E ~string](d Definition[S, E]) *Machine[S, E] {
	m, err := Compile(d)
	if err != nil {
		panic(err)
	}
	return m
}

// A compiler reads a definition step by step. Each step notes what is wrong and leaves out what it
// cannot use, so that the next ones can go on and every issue is found in one run.
type compiler[S, E ~string] struct {
	def      Definition[S, E]
	events   []E              // declared or used
	children map[S][]S        // of each superstate
	states   []S              // the leaves
	leaves   map[S]leaf[S, E] // what each leaf has once its superstates are resolved
	rows     map[S][]Row[S, E]
	starts   []S
	issues   []Issue
}

func (c *compiler[S, E]) report(code Code, s S, e E, format string, args ...any) {
	c.issues = append(c.issues, Issue{code, string(s), string(e), fmt.Sprintf(format, args...)})
}

func (c *compiler[S, E]) declared(s S) bool {
	_, ok := c.def.States[s]
	return ok
}

// readNames finds the events and checks that every name stands for something.
func (c *compiler[S, E]) readNames() {
	if strings.TrimSpace(c.def.Name) == "" {
		c.report(NoName, "", "", "the definition has no name; errors, diagrams and logs need one")
	}
	for s, state := range c.def.States {
		if reserved(s) {
			c.report(BadName, s, "", "%q cannot be the name of a state; choose one that is not empty, %q or %q", s, Any, Same)
			delete(c.def.States, s) // an empty name would be every state's superstate
		}
		if state.Mode > Final {
			c.report(BadMode, s, "", "state %q has the mode %v; use Active, Waiting, Resting or Final", s, state.Mode)
		}
		if state.In != "" {
			c.wantState(state.In, s, "", "the superstate of %q", s)
		}
		if state.First != "" {
			c.wantState(state.First, s, "", "the first child of %q", s)
		}
	}
	events := maps.Clone(c.def.Events)
	if events == nil {
		events = Events[E]{}
	}
	for from, row := range c.def.Table {
		if from != Any {
			c.wantState(from, from, "", "a source of the table")
		}
		for e, to := range row {
			switch to {
			case Same:
			case "":
				c.report(UndeclaredState, from, e, "event %q in state %q has an empty target; name a state or use %q", e, from, Same)
			default:
				c.wantState(to, from, e, "the target of %q in %q", e, from)
			}
			if _, known := events[e]; !known && len(c.def.Events) > 0 {
				c.report(UndeclaredEvent, from, e, "event %q in state %q is not among the declared events; declare it or correct the row", e, from)
			}
			events[e] = c.def.Events[e]
		}
	}
	for e, event := range events {
		if reserved(e) {
			c.report(BadName, "", e, "%q cannot be the name of an event; choose one that is not empty, %q or %q", e, Any, Same)
		}
		if event.By > Supervisor {
			c.report(BadOrigin, "", e, "event %q may be fired by %v; use Outside or Supervisor", e, event.By)
		}
	}
	c.events = slices.Sorted(maps.Keys(events))
}

func reserved[T ~string](name T) bool { return name == "" || name == Any || name == Same }

// wantState notes a use of a state that is not declared.
func (c *compiler[S, E]) wantState(s, at S, e E, format string, args ...any) {
	if !c.declared(s) {
		c.report(UndeclaredState, at, e, "%s is %q, which is not declared; declare it in States or correct the name", fmt.Sprintf(format, args...), s)
	}
}

// readHierarchy finds the children of each superstate and breaks cycles.
func (c *compiler[S, E]) readHierarchy() {
	c.children = map[S][]S{}
	for _, s := range slices.Sorted(maps.Keys(c.def.States)) {
		if cycle := c.cycleFrom(s); cycle != nil {
			c.report(SuperstateCycle, s, "", "state %q is inside itself: %s; remove one In", s, strings.Join(stringsOf(cycle), " in "))
			state := c.def.States[s]
			state.In = ""
			c.def.States[s] = state
		}
		if in := c.def.States[s].In; c.declared(in) {
			c.children[in] = append(c.children[in], s)
		}
	}
}

func (c *compiler[S, E]) cycleFrom(s S) []S {
	path := []S{s}
	for at := c.def.States[s].In; c.declared(at) && len(path) <= len(c.def.States); at = c.def.States[at].In {
		path = append(path, at)
		if at == s {
			return path
		}
	}
	return nil
}

// readLeaves resolves what each leaf inherits.
func (c *compiler[S, E]) readLeaves() {
	c.leaves = map[S]leaf[S, E]{}
	for _, s := range slices.Sorted(maps.Keys(c.def.States)) {
		state := c.def.States[s]
		c.checkFirst(s, state.First)
		if len(c.children[s]) > 0 {
			continue
		}
		l := leaf[S, E]{mode: state.Mode, after: state.After, then: state.Then}
		for in := state.In; c.declared(in); in = c.def.States[in].In {
			l.path = append(l.path, in)
			if above := c.def.States[in]; l.after == 0 && l.then == "" && l.mode != Final {
				l.after, l.then = above.After, above.Then
			}
		}
		c.states = append(c.states, s)
		c.leaves[s] = l
	}
}

func (c *compiler[S, E]) checkFirst(s, first S) {
	switch {
	case first == "" || !c.declared(first):
	case len(c.children[s]) == 0:
		c.report(BadFirst, s, "", "state %q has a first child %q, but no state is in it; remove First", s, first)
	case !slices.Contains(c.children[s], first):
		c.report(BadFirst, s, "", "the first child of %q is %q, which is not in it; choose one of %s", s, first, quoteList(c.children[s]))
	}
}

// enter returns the leaf that an entity comes to when s is a target.
func (c *compiler[S, E]) enter(s S) (S, bool) {
	for len(c.children[s]) > 0 {
		first := c.def.States[s].First
		if !slices.Contains(c.children[s], first) {
			if first == "" {
				c.report(BadFirst, s, "", "superstate %q is entered but has no first child; set First to one of %s", s, quoteList(c.children[s]))
			}
			return "", false
		}
		s = first
	}
	return s, c.declared(s)
}

// readRows resolves wildcards and superstates: for each leaf and event the nearest row counts.
func (c *compiler[S, E]) readRows() {
	c.rows = map[S][]Row[S, E]{}
	for _, s := range c.states {
		sources := []S{s}
		if c.leaves[s].mode != Final {
			sources = append(append(sources, c.leaves[s].path...), Any)
		}
		for _, e := range c.events {
			for _, from := range sources {
				to, ok := c.def.Table[from][e]
				if !ok {
					continue
				}
				c.readRow(s, e, to)
				break
			}
		}
	}
	for _, e := range c.events {
		if !slices.ContainsFunc(c.states, func(s S) bool { _, ok := c.row(s, e); return ok }) {
			c.report(UnusedEvent, "", e, "no state accepts event %q; give it a row or remove it", e)
		}
	}
}

func (c *compiler[S, E]) readRow(s S, e E, to S) {
	row := Row[S, E]{From: s, Event: e, To: s, Same: true}
	if to != Same {
		if c.leaves[s].mode == Final {
			c.report(FinalExit, s, e, "event %q leads from %q to %q, but %q is final; remove the row or make the state resting", e, s, to, s)
			return
		}
		into, ok := c.enter(to)
		if !ok {
			return
		}
		row.To, row.Same = into, false
	}
	c.rows[s] = append(c.rows[s], row)
}

func (c *compiler[S, E]) row(s S, e E) (Row[S, E], bool) {
	for _, row := range c.rows[s] {
		if row.Event == e {
			return row, true
		}
	}
	return Row[S, E]{}, false
}

// readStarts resolves the states that an entity may be created in.
func (c *compiler[S, E]) readStarts() {
	if c.def.Initial == "" {
		c.report(BadStart, "", "", "there is no initial state; set Initial")
	}
	for i, s := range append([]S{c.def.Initial}, c.def.Starts...) {
		if !c.declared(s) {
			if i > 0 || s != "" {
				c.report(BadStart, s, "", "an entity cannot start in %q, which is not declared; declare it in States or correct the name", s)
			}
			continue
		}
		into, ok := c.enter(s)
		switch {
		case !ok:
		case c.leaves[into].mode == Final:
			c.report(BadStart, into, "", "an entity cannot start in %q, which is final; start where something can still happen", into)
		case !slices.Contains(c.starts, into):
			c.starts = append(c.starts, into)
		}
	}
}

// machine builds the table of a definition without issues.
func (c *compiler[S, E]) machine() *Machine[S, E] {
	m := &Machine[S, E]{
		def:        c.def,
		states:     c.states,
		events:     c.events,
		starts:     c.starts,
		leaves:     c.leaves,
		supers:     slices.Sorted(maps.Keys(c.children)),
		stateIndex: newIndex(stringsOf(c.states)),
		eventIndex: newIndex(stringsOf(c.events)),
		cells:      make([]cell, len(c.states)*len(c.events)),
	}
	for _, rows := range c.rows {
		for _, row := range rows {
			from, _ := m.stateIndex.find(string(row.From))
			event, _ := m.eventIndex.find(string(row.Event))
			to, _ := m.stateIndex.find(string(row.To))
			m.cells[int(from)*len(m.events)+int(event)] = newCell(int(to), row.Same)
		}
	}
	return m
}

package fsm

import (
	"slices"
	"time"
)

// A Machine is a compiled definition: verified, immutable, and safe for any number of goroutines.
// It holds the table and nobody's state. Its lists are in alphabetical order.
type Machine[S, E ~string] struct {
	def    Definition[S, E]
	states []S // the leaves
	events []E
	starts []S
	leaves map[S]leaf[S, E]
	supers []S

	stateIndex, eventIndex index
	cells                  []cell // a row a state, a column an event
}

// A leaf is what a state has once its superstates are resolved.
type leaf[S, E ~string] struct {
	mode  Mode
	after time.Duration
	then  E
	path  []S // its superstates, innermost first
}

// A cell holds the number of the target, plus one, in its upper bits, and whether it is Same.
type cell uint32

const refused cell = 0

func newCell(target int, same bool) cell {
	c := cell(target+1) << 1 //nolint:gosec // a table has far fewer states
	if same {
		c |= 1
	}
	return c
}

func (c cell) target() int { return int(c>>1) - 1 }
func (c cell) same() bool  { return c&1 == 1 }

// A Row is one permitted move: a cell of the table with wildcards and superstates resolved.
type Row[S, E ~string] struct {
	From  S
	Event E
	To    S
	// Same: the entity stays without leaving, see [Same].
	Same bool
}

// Name returns the name of the definition.
func (m *Machine[S, E]) Name() string { return m.def.Name }

// Definition returns a copy of the definition that m was compiled from.
func (m *Machine[S, E]) Definition() Definition[S, E] { return m.def.Clone() }

// States returns the states that an entity can be in: the leaves, without superstates.
func (m *Machine[S, E]) States() []S { return slices.Clone(m.states) }

// Events returns the events.
func (m *Machine[S, E]) Events() []E { return slices.Clone(m.events) }

// Initial returns the state that an entity starts in.
func (m *Machine[S, E]) Initial() S { return m.starts[0] }

// Starts returns every state that an entity may be created in: the initial one, then the others.
func (m *Machine[S, E]) Starts() []S { return slices.Clone(m.starts) }

// Has reports whether an entity can be in state s.
func (m *Machine[S, E]) Has(s S) bool {
	_, ok := m.stateIndex.find(string(s))
	return ok
}

// Next returns the state that event e moves an entity from s to. It is false where the event is not
// permitted, or state or event are not the machine's. It does not allocate.
func (m *Machine[S, E]) Next(s S, e E) (S, bool) {
	c := m.cell(s, e)
	if c == refused {
		return "", false
	}
	return m.states[c.target()], true
}

// Stays reports whether event e is permitted in s and keeps the entity there without leaving, see
// [Same].
func (m *Machine[S, E]) Stays(s S, e E) bool { return m.cell(s, e).same() }

func (m *Machine[S, E]) cell(s S, e E) cell {
	at, ok := m.position(s, e)
	if !ok {
		return refused
	}
	return m.cells[at]
}

// position returns where the cell of s and e is in the table.
func (m *Machine[S, E]) position(s S, e E) (int, bool) {
	from, ok := m.stateIndex.find(string(s))
	if !ok {
		return 0, false
	}
	event, ok := m.eventIndex.find(string(e))
	if !ok {
		return 0, false
	}
	return int(from)*len(m.events) + int(event), true
}

// Step is Next with an error that explains: a [*TransitionError] that names machine, state and
// event, and what was permitted.
func (m *Machine[S, E]) Step(s S, e E) (S, error) {
	if next, ok := m.Next(s, e); ok {
		return next, nil
	}
	return "", m.refusal(s, e)
}

func (m *Machine[S, E]) refusal(s S, e E) error {
	err := &TransitionError{Machine: m.def.Name, State: string(s), Event: string(e)}
	switch {
	case !m.Has(s):
		err.Err, err.Permitted = ErrUnknownState, stringsOf(m.states)
		if slices.Contains(m.supers, s) {
			err.Hint = "it is a superstate; an entity is in one of its leaves"
		}
	case !slices.Contains(m.events, e):
		err.Err, err.Permitted = ErrUnknownEvent, stringsOf(m.events)
	default:
		err.Err, err.Permitted = ErrNotPermitted, stringsOf(m.Permitted(s))
		if m.leaves[s].mode == Final {
			err.Hint = "the state is final"
		}
	}
	return err
}

// Permitted returns the events that s accepts; none for a state that is not the machine's.
func (m *Machine[S, E]) Permitted(s S) []E {
	var out []E
	for row := range m.rowsOf(s) {
		out = append(out, row.Event)
	}
	return out
}

// Sources returns the states that accept e.
func (m *Machine[S, E]) Sources(e E) []S {
	var out []S
	for _, s := range m.states {
		if _, ok := m.Next(s, e); ok {
			out = append(out, s)
		}
	}
	return out
}

// Rows returns every permitted move, ordered by source and event.
func (m *Machine[S, E]) Rows() []Row[S, E] {
	var out []Row[S, E]
	for _, s := range m.states {
		for row := range m.rowsOf(s) {
			out = append(out, row)
		}
	}
	return out
}

func (m *Machine[S, E]) rowsOf(s S) func(yield func(Row[S, E]) bool) {
	return func(yield func(Row[S, E]) bool) {
		for _, e := range m.events {
			c := m.cell(s, e)
			if c == refused {
				continue
			}
			if !yield(Row[S, E]{s, e, m.states[c.target()], c.same()}) {
				return
			}
		}
	}
}

// Path returns a shortest series of events that leads from one state to another, the first in
// alphabetical order where there are several. From a state to itself it is empty. It is false where
// there is no way, or one of the states is not the machine's.
func (m *Machine[S, E]) Path(from, to S) ([]E, bool) {
	if !m.Has(from) || !m.Has(to) {
		return nil, false
	}
	came := map[S]Row[S, E]{from: {}}
	for queue := []S{from}; len(queue) > 0; queue = queue[1:] {
		if queue[0] == to {
			break
		}
		for row := range m.rowsOf(queue[0]) {
			if _, seen := came[row.To]; !seen {
				came[row.To] = row
				queue = append(queue, row.To)
			}
		}
	}
	if _, reached := came[to]; !reached {
		return nil, false
	}
	path := []E{}
	for at := to; at != from; at = came[at].From {
		path = append(path, came[at].Event)
	}
	slices.Reverse(path)
	return path, true
}

// Mode returns the mode of s. It is false for a state that is not the machine's.
func (m *Machine[S, E]) Mode(s S) (Mode, bool) {
	l, ok := m.leaves[s]
	return l.mode, ok
}

// Timeout returns how long an entity may stay in s and the event that is fired then. It is false
// where there is no limit, or the state is not the machine's.
func (m *Machine[S, E]) Timeout(s S) (after time.Duration, then E, ok bool) {
	l := m.leaves[s]
	return l.after, l.then, l.after > 0
}

// Superstates returns the superstates that s is in, innermost first.
func (m *Machine[S, E]) Superstates(s S) []S { return slices.Clone(m.leaves[s].path) }

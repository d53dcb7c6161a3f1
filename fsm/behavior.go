package fsm

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// An Action is a guard or an action of a [Behavior]. It works on step.Subject, a copy that becomes
// the host's subject only when everything that the event leads to has succeeded, and it may queue
// further events with [Step.Fire]. An error ends the [Runner.Fire] that it runs in.
//
// A guard is an Action that only answers: nil, or an error that says why not. It changes nothing
// and fires nothing, because it is also run for [Runner.Permitted].
//
// What an action does outside its subject cannot be taken back, and neither Subject nor step may be
// kept after it returned.
type Action[T any, S, E ~string] func(ctx context.Context, step *Step[T, S, E]) error

// A Behavior collects what a [Runner] runs around the rows of its machine. It is used inside
// [NewRunner] alone, which reports everything that is wrong with it; what is added later has no
// effect. Guards and actions run in the order in which they were added, and their names appear in
// errors.
type Behavior[T any, S, E ~string] struct {
	machine       *Machine[S, E]
	guards, moves map[Row[S, E]]actions[T, S, E]
	entry, exit   map[S]actions[T, S, E]
	clone         func(T) T
	used          bool // something is to run, so subjects are copied
	issues        []string
}

type actions[T any, S, E ~string] []action[T, S, E]

type action[T any, S, E ~string] struct {
	name string
	do   Action[T, S, E]
}

func newBehavior[T any, S, E ~string](m *Machine[S, E]) *Behavior[T, S, E] {
	return &Behavior[T, S, E]{
		machine: m,
		guards:  map[Row[S, E]]actions[T, S, E]{},
		moves:   map[Row[S, E]]actions[T, S, E]{},
		entry:   map[S]actions[T, S, E]{},
		exit:    map[S]actions[T, S, E]{},
	}
}

// Guard adds a condition: event e moves an entity from source only if guard returns nil. Every guard
// of a row must agree; the first that does not is reported as an [*ActionError] that is [ErrGuard].
// A superstate or [Any] as source stands for every row of e within it, also for those that a leaf
// has of its own.
func (b *Behavior[T, S, E]) Guard(source S, e E, name string, guard Action[T, S, E]) {
	what := fmt.Sprintf("guard %q of event %q in state %q", name, e, source)
	b.addToRows(b.guards, what, source, e, action[T, S, E]{name, guard})
}

// Move adds a transition action: it runs when event e moves an entity from source, after the exit
// and before the entry actions. It is the only action of a row to [Same]. The source is that of
// [Behavior.Guard].
func (b *Behavior[T, S, E]) Move(source S, e E, name string, do Action[T, S, E]) {
	what := fmt.Sprintf("move action %q of event %q in state %q", name, e, source)
	b.addToRows(b.moves, what, source, e, action[T, S, E]{name, do})
}

// Entry adds an action that runs when an entity comes into s, a state or a superstate: once when it
// comes from outside, and for a leaf also when a row leads from it to itself. Creating an entity in
// s runs nothing.
func (b *Behavior[T, S, E]) Entry(s S, name string, do Action[T, S, E]) {
	b.addToState(b.entry, fmt.Sprintf("entry action %q of state %q", name, s), s, action[T, S, E]{name, do})
}

// Exit adds an action that runs when an entity leaves s, a state or a superstate: once when it goes
// outside, and for a leaf also when a row leads from it to itself.
func (b *Behavior[T, S, E]) Exit(s S, name string, do Action[T, S, E]) {
	b.addToState(b.exit, fmt.Sprintf("exit action %q of state %q", name, s), s, action[T, S, E]{name, do})
}

// Clone says how to copy a subject so that changing the copy leaves the original as it was. It is
// needed if T holds references: pointers, maps, slices, channels, functions or interfaces. What they
// lead to and nobody changes may be shared.
func (b *Behavior[T, S, E]) Clone(clone func(T) T) {
	switch {
	case clone == nil:
		b.complain("the clone function is nil; give one that copies what a subject refers to, or none")
	case b.clone != nil:
		b.complain("there are two clone functions; give one")
	default:
		b.clone = clone
	}
}

func (b *Behavior[T, S, E]) addToRows(to map[Row[S, E]]actions[T, S, E], what string, source S, e E, a action[T, S, E]) {
	if !b.check(what, source, a) {
		return
	}
	if !slices.Contains(b.machine.events, e) {
		b.complain("%s: %q is no event of the machine; choose one of %s", what, e, quoteList(b.machine.events))
		return
	}
	found := false
	for _, row := range b.machine.Rows() {
		if row.Event == e && (source == Any || slices.Contains(b.machine.line(row.From), source)) {
			to[row] = append(to[row], a)
			found = true
		}
	}
	if !found {
		b.complain("%s: there is no such row; the event has these sources: %s", what, orNothing(stringsOf(b.machine.Sources(e))))
	}
}

func (b *Behavior[T, S, E]) addToState(to map[S]actions[T, S, E], what string, s S, a action[T, S, E]) {
	if s == Any {
		b.complain("%s: name one state; a superstate stands for what is in it", what)
	} else if b.check(what, s, a) {
		to[s] = append(to[s], a)
	}
}

func (b *Behavior[T, S, E]) check(what string, s S, a action[T, S, E]) bool {
	b.used = true
	before := len(b.issues)
	if _, declared := b.machine.def.States[s]; !declared && s != Any {
		b.complain("%s: the state is not declared; declare it in States or correct the name", what)
	}
	if strings.TrimSpace(a.name) == "" {
		b.complain("%s: it has no name; errors need one", what)
	}
	if a.do == nil {
		b.complain("%s: its function is nil; give one", what)
	}
	return len(b.issues) == before
}

func (b *Behavior[T, S, E]) complain(format string, args ...any) {
	b.issues = append(b.issues, fmt.Sprintf(format, args...))
}

// err returns one error that lists everything that is wrong.
func (b *Behavior[T, S, E]) err() error {
	if b.clone == nil && b.used {
		b.issues = append(b.issues, referencesOf[T]()...)
	}
	if len(b.issues) == 0 {
		return nil
	}
	return fmt.Errorf("fsm: the behaviour of machine %q is not sound\n\t%s", b.machine.Name(), strings.Join(b.issues, "\n\t"))
}

package fsm

import (
	"context"
	"fmt"
)

// maxNested bounds the nested events of one Fire, so that actions that fire each other in a circle
// come to an end.
const maxNested = 100

// A Step is what guards and actions see of the transition under way. It is theirs until they return.
type Step[T any, S, E ~string] struct {
	// Subject is the copy that actions change.
	Subject *T
	// From, Event and To are the row: source, event and target.
	From  S
	Event E
	To    S

	nested []E
}

// Fire queues e, to be fired when the transition under way is complete, after those queued before
// it. It belongs to the same [Runner.Fire]: if it fails, nothing has happened. One Runner.Fire takes
// up to 100 such events.
func (s *Step[T, S, E]) Fire(e E) {
	if len(s.nested) <= maxNested {
		s.nested = append(s.nested, e)
	}
}

// A run is one Fire: the staged subject, and the context that carries both through stateless.
type run[T any, S, E ~string] struct {
	context.Context // the caller's, which actions get

	runner *Runner[T, S, E]
	staged T
	step   Step[T, S, E]
	move   *move[T, S, E] // under way
	state  *S             // staged: what stateless reads and writes
	err    error          // of the first action that failed; no other runs after it
	trace  *[]Row[S, E]   // the rows that were taken; nil: nobody asks
}

type runKey struct{}

// Value answers with the run itself, which saves a context around it.
func (r *run[T, S, E]) Value(key any) any {
	if key == (runKey{}) {
		return r
	}
	return r.Context.Value(key)
}

func runOf[T any, S, E ~string](ctx context.Context) *run[T, S, E] {
	return ctx.Value(runKey{}).(*run[T, S, E])
}

// all fires first and then every nested event, and returns the last state.
func (r *run[T, S, E]) all(first *move[T, S, E]) (S, error) {
	s, err := r.fire(first)
	for i := 0; err == nil && i < len(r.step.nested); i++ {
		s, err = r.fireNested(s, r.step.nested[i], first.row)
	}
	return s, err
}

func (r *run[T, S, E]) fireNested(s S, e E, first Row[S, E]) (S, error) {
	if r.Err() != nil {
		return s, context.Cause(r.Context)
	}
	if len(r.step.nested) > maxNested {
		return s, fmt.Errorf("fsm: machine %q: event %q in state %q led to more than %d nested events; let its actions not fire each other in a circle",
			r.runner.machine.Name(), first.Event, first.From, maxNested)
	}
	m, next, err := r.runner.find(s, e)
	switch {
	case err != nil:
		return s, fmt.Errorf("%w; an action fired it after event %q in state %q", err, first.Event, first.From)
	case m == nil:
		r.runner.note(r.trace, s, e, next)
		return next, nil
	default:
		return r.fire(m)
	}
}

// fire runs one row. Guards come first and outside of stateless, for which a guard is a yes or a no.
func (r *run[T, S, E]) fire(m *move[T, S, E]) (S, error) {
	if err := r.ask(m); err != nil {
		return m.row.From, err
	}
	r.state = m.from
	if err := r.runner.stateless.FireCtx(r, m); err != nil {
		return m.row.From, err
	}
	r.runner.note(r.trace, m.row.From, m.row.Event, *r.state)
	return *r.state, nil
}

// ask runs the guards of m.
func (r *run[T, S, E]) ask(m *move[T, S, E]) error {
	r.move = m
	r.step.From, r.step.Event, r.step.To = m.row.From, m.row.Event, m.row.To
	if len(m.guards) == 0 {
		return nil
	}
	return r.do("guard", m.guards)
}

// do runs actions one after the other until one fails; after that it runs none, whoever calls it.
func (r *run[T, S, E]) do(op string, list actions[T, S, E]) error {
	for _, a := range list {
		if r.err != nil {
			break
		}
		if r.Err() != nil {
			r.err = context.Cause(r.Context)
		} else if err := a.do(r.Context, &r.step); err != nil {
			r.err = &ActionError{
				Machine: r.runner.machine.Name(),
				State:   string(r.move.row.From),
				Event:   string(r.move.row.Event),
				Op:      op,
				Name:    a.name,
				Err:     err,
			}
		}
	}
	return r.err
}

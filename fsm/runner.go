package fsm

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/qmuntal/stateless"
)

// A Runner runs a machine with behaviour: guards, and exit, transition and entry actions. It holds
// nobody's state, is immutable, and is safe for any number of goroutines, each with a subject of its
// own.
type Runner[T any, S, E ~string] struct {
	machine   *Machine[S, E]
	clone     func(T) T
	moves     []*move[T, S, E] // a cell each, as in the machine's table; nil where nothing runs
	stateless *stateless.StateMachine
	runs      sync.Pool // of *run that are over
}

// A move is a row around which something runs.
type move[T any, S, E ~string] struct {
	row             Row[S, E]
	guards, actions actions[T, S, E]
	from            *S // the source as stateless knows it
}

// NewRunner returns a runner of m with the behaviour that describe adds; nil adds none. Everything
// that is wrong with the behaviour comes back as one error.
func NewRunner[T any, S, E ~string](m *Machine[S, E], describe func(b *Behavior[T, S, E])) (*Runner[T, S, E], error) {
	if m == nil || len(m.states) == 0 {
		return nil, errors.New("fsm: a runner needs a machine and got none; make one with Compile")
	}
	b := newBehavior[T](m)
	if describe != nil {
		describe(b)
	}
	if err := b.err(); err != nil {
		return nil, err
	}
	r := &Runner[T, S, E]{machine: m, clone: b.clone, moves: make([]*move[T, S, E], len(m.cells))}
	states := pointersTo(m.def.States)
	for _, row := range m.Rows() {
		if b.acts(row) {
			at, _ := m.position(row.From, row.Event)
			r.moves[at] = &move[T, S, E]{row, b.guards[row], b.moves[row], states[row.From]}
		}
	}
	r.stateless = configure(b, states, r.moves)
	return r, nil
}

// Machine returns the machine that r runs.
func (r *Runner[T, S, E]) Machine() *Machine[S, E] { return r.machine }

// Fire moves subject from state s by event e, then by the events that actions queued, and returns
// the state that it comes to. Around each row run the guards, the exit actions from the inner state
// to the outer, the transition actions, and the entry actions from the outer state to the inner. A
// superstate that holds both source and target is neither left nor entered. A row from a leaf to
// itself leaves and enters that leaf alone, and a row to [Same] runs guards and transition actions
// only.
//
// It is all or nothing: actions work on a copy, and after an error, or a panic of an action, subject
// is as it was and the state is s. An event that the machine refuses gives a [*TransitionError], a
// guard that refuses or an action that fails an [*ActionError], and a cancelled ctx its cause; it is
// looked at before the first action and between actions. A nil subject is an error where something
// would run.
func (r *Runner[T, S, E]) Fire(ctx context.Context, s S, subject *T, e E) (S, error) {
	return r.fire(ctx, s, subject, e, nil)
}

// Trace is Fire that returns every row that was taken: that of e, then those of nested events.
func (r *Runner[T, S, E]) Trace(ctx context.Context, s S, subject *T, e E) ([]Row[S, E], error) {
	var rows []Row[S, E]
	if _, err := r.fire(ctx, s, subject, e, &rows); err != nil {
		return nil, err
	}
	return rows, nil
}

func (r *Runner[T, S, E]) fire(ctx context.Context, s S, subject *T, e E, trace *[]Row[S, E]) (S, error) {
	if ctx.Err() != nil {
		return s, context.Cause(ctx)
	}
	m, next, err := r.find(s, e)
	if err != nil {
		return s, err
	}
	if m == nil {
		r.note(trace, s, e, next)
		return next, nil
	}
	run, err := r.stage(ctx, s, subject)
	if err != nil {
		return s, err
	}
	run.trace = trace
	if next, err = run.all(m); err != nil {
		return s, err
	}
	*subject = run.staged
	r.release(run)
	return next, nil
}

// note adds a row that was taken to the trace, if there is one.
func (r *Runner[T, S, E]) note(trace *[]Row[S, E], s S, e E, next S) {
	if trace != nil {
		*trace = append(*trace, Row[S, E]{s, e, next, r.machine.Stays(s, e)})
	}
}

// Permitted returns the events that s accepts and whose guards agree on subject, in alphabetical
// order; none for a state that is not the machine's. A cancelled ctx gives its cause. A nil subject
// is an error where a guard would have to see it.
func (r *Runner[T, S, E]) Permitted(ctx context.Context, s S, subject *T) ([]E, error) {
	var out []E
	for _, e := range r.machine.Permitted(s) {
		if m, _, _ := r.find(s, e); m != nil && len(m.guards) > 0 {
			run, err := r.stage(ctx, s, subject)
			if err != nil {
				return nil, err
			}
			if err := run.ask(m); errors.Is(err, ErrGuard) {
				continue
			} else if err != nil {
				return nil, err
			}
			r.release(run)
		}
		out = append(out, e)
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return out, nil
}

// find looks up what e means in s: a move, or the next state where nothing runs. With an error the
// state is s.
func (r *Runner[T, S, E]) find(s S, e E) (*move[T, S, E], S, error) {
	at, ok := r.machine.position(s, e)
	if !ok {
		return nil, s, r.machine.refusal(s, e)
	}
	if m := r.moves[at]; m != nil {
		return m, m.row.To, nil
	}
	if cell := r.machine.cells[at]; cell != refused {
		return nil, r.machine.states[cell.target()], nil
	}
	return nil, s, r.machine.refusal(s, e)
}

// stage copies subject for one run.
func (r *Runner[T, S, E]) stage(ctx context.Context, s S, subject *T) (*run[T, S, E], error) {
	if subject == nil {
		return nil, fmt.Errorf("fsm: machine %q: the subject is nil, but state %q has guards or actions that need one", r.machine.Name(), s)
	}
	run := r.unused()
	run.Context, run.staged = ctx, *subject
	if r.clone != nil {
		run.staged = r.clone(*subject)
	}
	return run, nil
}

func (r *Runner[T, S, E]) unused() *run[T, S, E] {
	if used, ok := r.runs.Get().(*run[T, S, E]); ok {
		return used
	}
	fresh := &run[T, S, E]{runner: r}
	fresh.step.Subject = &fresh.staged
	return fresh
}

// release keeps a run for later, without what was the caller's. One that failed or panicked is not
// kept: somebody may look at it still.
func (r *Runner[T, S, E]) release(used *run[T, S, E]) {
	var none T
	used.Context, used.staged, used.step.nested, used.trace = nil, none, nil, nil
	r.runs.Put(used)
}

package fsm

import (
	"context"

	"github.com/qmuntal/stateless"
)

// configure builds the one stateless machine that every run of a runner goes through. It stores
// nothing: what it reads and writes is in the run that comes as its context, so that a run that fails
// is forgotten as a whole. It knows the rows around which something runs, with wildcards and
// superstates resolved, and the superstates for the order of exit and entry actions alone. A row's
// trigger is the move itself.
func configure[T any, S, E ~string](b *Behavior[T, S, E], states map[S]*S, moves []*move[T, S, E]) *stateless.StateMachine {
	read := func(ctx context.Context) (stateless.State, error) { return ctx.(*run[T, S, E]).state, nil }
	write := func(ctx context.Context, s stateless.State) error {
		r := ctx.(*run[T, S, E])
		r.state = s.(*S)
		return r.err
	}
	machine := stateless.NewStateMachineWithExternalStorage(read, write, stateless.FiringImmediate)

	transit := func(ctx context.Context, _ ...any) error {
		r := runOf[T, S, E](ctx)
		return r.do("move", r.move.actions)
	}
	if len(b.moves) > 0 {
		machine.OnTransitioning(func(ctx context.Context, _ stateless.Transition) {
			_ = transit(ctx) // the run keeps the error: write returns it, and so does an entry action
		})
	}
	for s, state := range b.machine.def.States {
		config := machine.Configure(states[s])
		if state.In != "" {
			config.SubstateOf(states[state.In])
		}
		// One function for all actions of a state, because stateless allocates for each.
		if exit := b.exit[s]; len(exit) > 0 {
			config.OnExit(func(ctx context.Context, _ ...any) error { return runOf[T, S, E](ctx).do("exit", exit) })
		}
		if entry := b.entry[s]; len(entry) > 0 {
			config.OnEntry(func(ctx context.Context, _ ...any) error { return runOf[T, S, E](ctx).do("entry", entry) })
		}
	}
	for _, m := range moves {
		if m == nil {
			continue
		}
		config := machine.Configure(states[m.row.From])
		switch {
		case m.row.Same:
			config.InternalTransition(m, transit)
		case m.row.From == m.row.To:
			config.PermitReentry(m)
		default:
			config.Permit(m, states[m.row.To])
		}
	}
	return machine
}

// pointersTo makes the states what stateless shall know them by: a pointer becomes an interface
// without an allocation, and is compared and looked up like a number.
func pointersTo[S, E ~string](states States[S, E]) map[S]*S {
	out := make(map[S]*S, len(states))
	for s := range states {
		out[s] = &s
	}
	return out
}

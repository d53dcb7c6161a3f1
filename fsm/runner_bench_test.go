package fsm_test

import (
	"context"
	"testing"

	"github.com/qmuntal/stateless"

	"github.com/reeve-go/reeve/fsm"
)

// BenchmarkRunner compares a walk along a ring of three states through a Runner with the same walk
// through a stateless machine that is configured by hand: one machine for every entity, external
// storage, fired immediately, states and events made interfaces once. A Runner is given the subject
// with each event; by hand it comes in a context, which is made once and kept, or once per event.
// Figures are for one event.
func BenchmarkRunner(b *testing.B) {
	b.Run("without behaviour", func(b *testing.B) {
		b.Run("by hand", func(b *testing.B) { benchmarkByHand(b, ringByHand(), false) })
		b.Run("by hand, context kept", func(b *testing.B) { benchmarkByHand(b, ringByHand(), true) })
		b.Run("runner", func(b *testing.B) { benchmarkRunner(b, nil) })
	})
	b.Run("with an entry action", func(b *testing.B) {
		machine := ringByHand()
		for _, s := range ring {
			machine.Configure(s).OnEntry(func(ctx context.Context, _ ...any) error {
				entityOf(ctx).count.entries++
				return nil
			})
		}
		b.Run("by hand", func(b *testing.B) { benchmarkByHand(b, machine, false) })
		b.Run("by hand, context kept", func(b *testing.B) { benchmarkByHand(b, machine, true) })
		b.Run("runner", func(b *testing.B) {
			benchmarkRunner(b, func(b *fsm.Behavior[tally, phase, signal]) {
				for _, s := range ring {
					b.Entry(s, "count", func(_ context.Context, step *fsm.Step[tally, phase, signal]) error {
						step.Subject.entries++
						return nil
					})
				}
			})
		})
	})
}

type entity struct {
	state any
	count tally
}

type tally struct{ entries int64 }

type entityKey struct{}

func entityOf(ctx context.Context) *entity { return ctx.Value(entityKey{}).(*entity) }

var ring = []phase{"starting", "waiting", "processing"}

const next signal = "process"

func ringByHand() *stateless.StateMachine {
	machine := stateless.NewStateMachineWithExternalStorage(
		func(ctx context.Context) (stateless.State, error) { return entityOf(ctx).state, nil },
		func(ctx context.Context, s stateless.State) error { entityOf(ctx).state = s; return nil },
		stateless.FiringImmediate)
	for i, s := range ring {
		machine.Configure(s).Permit(next, ring[(i+1)%len(ring)])
	}
	return machine
}

func benchmarkByHand(b *testing.B, machine *stateless.StateMachine, keep bool) {
	b.Helper()
	subject := &entity{state: ring[0]}
	ctx := context.WithValue(b.Context(), entityKey{}, subject)
	var event any = next
	b.ReportAllocs()
	for b.Loop() {
		if !keep {
			ctx = context.WithValue(b.Context(), entityKey{}, subject)
		}
		if err := machine.FireCtx(ctx, event); err != nil {
			b.Fatal(err)
		}
	}
}

func benchmarkRunner(b *testing.B, describe func(*fsm.Behavior[tally, phase, signal])) {
	b.Helper()
	d := fsm.Definition[phase, signal]{
		Name: "ring", Initial: ring[0],
		States: fsm.States[phase, signal]{},
		Table:  fsm.Table[phase, signal]{},
	}
	for i, s := range ring {
		d.States[s] = fsm.State[phase, signal]{Mode: fsm.Resting}
		d.Table[s] = map[signal]phase{next: ring[(i+1)%len(ring)]}
	}
	runner, err := fsm.NewRunner(fsm.MustCompile(d), describe)
	if err != nil {
		b.Fatal(err)
	}
	subject, s, ctx := tally{}, ring[0], b.Context()
	b.ReportAllocs()
	for b.Loop() {
		if s, err = runner.Fire(ctx, s, &subject, next); err != nil {
			b.Fatal(err)
		}
	}
}

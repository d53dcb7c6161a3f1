package main

import (
	"context"
	"runtime"

	"github.com/qmuntal/stateless"

	"github.com/reeve-go/reeve/fsm"
)

// runnerRows are about [fsm.Runner.Fire]. By hand means one stateless machine for all entities, as one
// would write it who knows it well: the entity in the context, fired immediately, and states and
// events made interfaces once, so that the engine allocates nothing by itself.
func runnerRows() []row {
	const byHand = "one stateless machine, by hand"
	return []row{
		{"runner/without-behaviour", byHand, cpu, ratioAtMost(0.3), fireElsewhere},
		{"runner/without-behaviour-allocs", byHand, allocations, atMost(0), fireElsewhere},
		{"runner/entry-action", byHand, cpu, ratioAtMost(1.25), fireEntry},
		{"runner/entry-action-allocs", byHand, allocations, moreAtMost(1), fireEntry},
		{"runner/million-entities", "", allocatedMiB, atMost(32), millionEntities},
	}
}

// A node is an entity: what a host's record of it holds besides the state.
type node struct{ entries int }

type behaviour = fsm.Behavior[node, state, event]

func countEntry(_ context.Context, step *fsm.Step[node, state, event]) error {
	step.Subject.entries++
	return nil
}

// fireElsewhere walks past an entry action that is never met.
func fireElsewhere(ctx context.Context, _ *setup) (sides, error) {
	return runnerAndHand(ctx, []state{"aborting"})
}

// fireEntry walks through states that each have an entry action.
func fireEntry(ctx context.Context, _ *setup) (sides, error) {
	return runnerAndHand(ctx, []state{"starting", "waiting", "processing", "finished"})
}

func runnerAndHand(ctx context.Context, counted []state) (sides, error) {
	m := introspection()
	runner, err := fsm.NewRunner(m, func(b *behaviour) {
		for _, s := range counted {
			b.Entry(s, "count", countEntry)
		}
	})
	if err != nil {
		return sides{}, err
	}
	ours := func(n int) (err error) {
		at, subject := home, node{}
		for i := range n {
			if at, err = runner.Fire(ctx, at, &subject, walk[i%4]); err != nil {
				return err
			}
		}
		return nil
	}
	return sides{ours: ours, peer: walkByHand(ctx, m, counted)}, nil
}

type handEntity struct {
	state stateless.State
	node  node
}

type handKey struct{}

func entityOf(ctx context.Context) *handEntity { return ctx.Value(handKey{}).(*handEntity) }

func walkByHand(ctx context.Context, m *machine, counted []state) func(n int) error {
	shared := stateless.NewStateMachineWithExternalStorage(
		func(ctx context.Context) (stateless.State, error) { return entityOf(ctx).state, nil },
		func(ctx context.Context, s stateless.State) error { entityOf(ctx).state = s; return nil },
		stateless.FiringImmediate)
	permitAll(shared, m)
	for _, s := range counted {
		shared.Configure(s).OnEntry(func(ctx context.Context, _ ...any) error {
			entityOf(ctx).node.entries++
			return nil
		})
	}
	var events [len(walk)]stateless.Trigger
	for i, e := range walk {
		events[i] = e
	}
	return func(n int) error {
		ctx := context.WithValue(ctx, handKey{}, &handEntity{state: home})
		for i := range n {
			if err := shared.FireCtx(ctx, events[i%4]); err != nil {
				return err
			}
		}
		return nil
	}
}

// millionEntities makes a million structs of the host's and moves each by one machine.
func millionEntities(context.Context, *setup) (sides, error) {
	m := introspection()
	type entity struct {
		state   state
		version uint64
	}
	return sides{ours: func(n int) error {
		for range n {
			estate := make([]entity, 1_000_000)
			for i := range estate {
				e := &estate[i]
				e.state = home
				for _, event := range walk[:1+i%4] {
					next, err := m.Step(e.state, event)
					if err != nil {
						return err
					}
					e.state, e.version = next, e.version+1
				}
			}
			runtime.KeepAlive(estate)
		}
		return nil
	}}, nil
}

package main

import (
	"context"
	"fmt"
	"runtime"

	looplab "github.com/looplab/fsm"
	"github.com/qmuntal/stateless"
)

// walk leads from finished to finished.
var walk = [4]event{"start", "wait", "process", "finish"}

const home state = "finished"

// walkNext is one entity's walk: an event is looked up, and the state kept.
func walkNext(m *machine) func(n int) error {
	return func(n int) error {
		at := home
		for i := range n {
			next, ok := m.Next(at, walk[i%4])
			if !ok {
				return fmt.Errorf("%q does not accept %q", at, walk[i%4])
			}
			at = next
		}
		runtime.KeepAlive(at)
		return nil
	}
}

// walkAndStateless: a machine an entity, made before; an event is fired, and the state read.
func walkAndStateless(context.Context, *setup) (sides, error) {
	m := introspection()
	peer := func(n int) error {
		entity := stateless.NewStateMachine(home)
		permitAll(entity, m)
		var at stateless.State
		for i := range n {
			if err := entity.Fire(walk[i%4]); err != nil {
				return err
			}
			at = entity.MustState()
		}
		runtime.KeepAlive(at)
		return nil
	}
	return sides{ours: walkNext(m), peer: peer}, nil
}

func permitAll(entity *stateless.StateMachine, m *machine) {
	for _, r := range m.Rows() {
		if r.From == r.To {
			entity.Configure(r.From).PermitReentry(r.Event)
		} else {
			entity.Configure(r.From).Permit(r.Event, r.To)
		}
	}
}

// walkAndLooplab: the same.
func walkAndLooplab(ctx context.Context, _ *setup) (sides, error) {
	m := introspection()
	var table looplab.Events
	for _, r := range m.Rows() {
		table = append(table, looplab.EventDesc{Name: string(r.Event), Src: []string{string(r.From)}, Dst: string(r.To)})
	}
	peer := func(n int) error {
		entity := looplab.NewFSM(string(home), table, looplab.Callbacks{})
		var at string
		for i := range n {
			if err := entity.Event(ctx, string(walk[i%4])); err != nil {
				return err
			}
			at = entity.Current()
		}
		runtime.KeepAlive(at)
		return nil
	}
	return sides{ours: walkNext(m), peer: peer}, nil
}

package requesttest

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision/supervisiontest"
)

// simulated are the times of estates whose time is virtual.
var simulated = Times{
	Work: 10 * time.Minute, Slow: 40 * time.Second, Within: time.Hour, Timeout: time.Minute, Wait: 5 * time.Second,
	Gate: time.Hour, Look: 3 * time.Hour,
}

// An Open makes a store that reads the process's clock, and that is closed when ctx ends.
type Open func(ctx context.Context) storage.Store

// Simulate simulates estates on stores that open makes.
func Simulate(t *testing.T, open Open) {
	t.Helper()
	run(t, supervisiontest.Simulate, open)
}

// Race is Simulate with goroutines, see [supervisiontest.Race].
func Race(t *testing.T, open Open) {
	t.Helper()
	run(t, supervisiontest.Race, open)
}

// Sample simulates a few estates, where stores are too slow for [Simulate].
func Sample(t *testing.T, open Open) {
	t.Helper()
	number := 10
	if testing.Short() {
		number = 3
	}
	for range number {
		run(t, func(t *testing.T, setup func(*supervisiontest.Sim) error, o *supervisiontest.Options) {
			t.Helper()
			o.Seed = 1 + rand.Uint64N(1<<62)
			supervisiontest.Simulate(t, setup, o)
		}, open)
	}
}

func run(t *testing.T, simulate func(*testing.T, func(*supervisiontest.Sim) error, *supervisiontest.Options), open Open) {
	t.Helper()
	var store storage.Store
	var forget func()
	simulate(t, func(sim *supervisiontest.Sim) error {
		context.AfterFunc(sim.Context(), forget)
		e, err := NewEstate(sim.Intn, sim.Store(), store, simulated)
		if err != nil {
			return err
		}
		sim.Process(func(p *supervisiontest.Process) error {
			m, err := e.Manager(p.Store())
			if err != nil {
				return err
			}
			return m.Supervise(p.Supervisor())
		})
		for _, a := range e.Actions() {
			sim.Action(a.Name, a.Do)
		}
		supervisiontest.Watch(sim, e.Requests.Requests)
		sim.Always("requests keep their promises", e.Always)
		sim.Finally("all requests come to their end", e.Finally)
		return nil
	}, &supervisiontest.Options{Store: func() storage.Store {
		var ctx context.Context
		ctx, forget = context.WithCancel(context.Background()) //nolint:gosec // forget is called with the end of the simulation
		store = open(ctx)
		return store
	}})
}

package supervisiontest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// A Process is one that supervises the estate, from its start to its crash.
type Process struct {
	sim        *Sim
	task       *task
	life       *life
	supervisor *supervision.Supervisor
}

// Name returns the name of the process in the trace. It keeps it when it starts again.
func (p *Process) Name() string { return p.task.name }

// Store returns the process's way to the store, for its kinds.
func (p *Process) Store() storage.Store { return &gate{sim: p.sim, task: p.task, life: p.life} }

// Supervisor returns the process's supervisor, to be told its work. The simulator runs it.
func (p *Process) Supervisor() *supervision.Supervisor { return p.supervisor }

// Sim returns the simulation.
func (p *Process) Sim() *Sim { return p.sim }

// work is what a process does, from start to start.
func (t *task) work() {
	for !t.over {
		p, err := t.start()
		if err != nil {
			t.sim.trace.fail(fmt.Errorf("%s cannot start: %w", t.name, err))
			return
		}
		p.supervise()
		if t.sim.trace.failed() != nil {
			return
		}
		t.life = t.sim.newLife(t.sim.ctx)
		_ = t.sleep(t.life.ctx, t.life, Pick(t.sim, time.Second, 0, time.Minute, time.Hour))
	}
}

// start begins a new life with the host's wiring.
func (t *task) start() (*Process, error) {
	p := &Process{sim: t.sim, task: t, life: t.life}
	if t.sim.wire == nil {
		return nil, errors.New("there is no Sim.Process in the setup")
	}
	o := t.sim.options.Supervisor
	o.Name, o.Around = t.name, p.perform
	o.Verify = !t.sim.racing // where others are at work between two decisions, they may differ
	o.Batch = cmp.Or(o.Batch, Pick(t.sim, supervision.DefaultBatch, 1, 2))
	o.Effects = cmp.Or(o.Effects, Pick(t.sim, supervision.DefaultEffects, 1, 2))
	o.Logger = slog.New(traceLog{t.sim.trace, t.name, t.life})
	o.Observer = &supervision.Observer{Turned: p.turned}
	var err error
	if p.supervisor, err = supervision.New(&o); err != nil {
		return nil, err
	}
	t.sim.trace.add(t.name, "starts")
	return p, t.sim.wire(p)
}

// supervise makes one pass after another until the process crashes.
func (p *Process) supervise() {
	for !p.life.dead.Load() && !p.task.over {
		n, err := p.supervisor.Pass(p.life.ctx)
		switch {
		case p.life.dead.Load():
			return
		case err != nil && !errors.Is(err, errRefused):
			p.sim.trace.fail(fmt.Errorf("%s cannot work: %w", p.Name(), err))
			return
		case n == 0:
			p.task.rest(p.life)
		}
	}
}

// turned looks at how a turn ended.
func (p *Process) turned(e supervision.TurnEvent) {
	switch {
	case e.Err == nil || p.life.dead.Load() || errors.Is(e.Err, errRefused) || errors.Is(e.Err, context.Canceled):
	case !p.sim.options.FailedTurns || errors.Is(e.Err, supervision.ErrImpure):
		p.sim.trace.fail(fmt.Errorf("the turn of %s in %s failed: %w", e.Key, e.From, e.Err))
	}
}

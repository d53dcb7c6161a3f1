package supervisiontest

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/reeve-go/reeve/storage"
)

// A Sim is one simulation: an estate with processes that supervise it, with an outside, and with
// people who act on it. Its methods are for setup and for what setup is given; with [Simulate] only
// one of those runs at a time.
type Sim struct {
	ctx     context.Context //nolint:containedctx // the simulation lasts as long
	options *Options
	tape    *tape
	trace   *trace
	racing  bool

	mu      sync.Mutex // a call of the store, with what is noted of it
	store   storage.Store
	ledger  *ledger
	clock   clock
	calm    atomic.Bool // nothing goes wrong any more
	tasks   []*task
	current *task // the one that runs
	flights []flight
	flying  *flying // of a race
	sent    atomic.Int64
	acts    int

	wire            func(*Process) error
	actions         []named
	always, finally []named
}

// A named function is one that the host gave.
type named struct {
	name string
	f    func(ctx context.Context) error
}

func newSim(ctx context.Context, o *Options, choices *tape) *Sim {
	s := &Sim{ctx: ctx, options: o, tape: choices, trace: newTrace(), store: o.Store(), flying: newFlying()}
	s.ledger = newLedger(s.store, o.Supervisor.Elsewhere)
	s.setClock()
	return s
}

// Process says what every process does when it starts: the host's own wiring, with the process's store
// and supervisor. It is called again after a crash, and what it made before is dead then.
func (s *Sim) Process(wire func(p *Process) error) { s.wire = wire }

// Action adds something that happens now and then: orders, creations, messages. Others go on between
// its steps, and it can crash. If it may not be done now, such as an event that is not permitted or a
// record that is not there, its error is taken down and no more; any other error fails the test.
func (s *Sim) Action(name string, f func(ctx context.Context) error) {
	s.actions = append(s.actions, named{name, f})
}

// Always adds what must hold after each step. Its error says what does not.
func (s *Sim) Always(name string, check func(ctx context.Context) error) {
	s.always = append(s.always, named{name, check})
}

// Finally adds what must hold in the end, when nothing has gone wrong for long enough: that what was
// begun has come to its end. Its error says what does not.
func (s *Sim) Finally(name string, check func(ctx context.Context) error) {
	s.finally = append(s.finally, named{name, check})
}

// Store returns the store for setup, actions and checks, and for what stands for the outside.
func (s *Sim) Store() storage.Store { return &gate{sim: s} }

// Context returns the context of the simulation.
func (s *Sim) Context() context.Context { return s.ctx }

// Intn returns a number below n: a choice of the simulation's. Zero is the plainest one. It is how
// actions, and the host's fakes, vary.
func (s *Sim) Intn(n int) int { return s.tape.choose(n) }

// Pick returns one of the values, see [Sim.Intn].
func Pick[V any](s *Sim, values ...V) V { return values[s.Intn(len(values))] }

// Note adds a line to the trace.
func (s *Sim) Note(format string, args ...any) { s.trace.add("", format, args...) }

// suffers reports whether a fault happens in this simulation.
func (s *Sim) suffers(f Faults) bool { return !s.calm.Load() && !s.options.Without.has(f) }

// check looks whether everything holds that must after each step, if something happened in it.
func (s *Sim) check() {
	if s.trace.failed() != nil || !s.trace.hasNews() {
		return
	}
	s.trace.fail(s.ledger.check(s.ctx))
	s.must(s.always)
}

func (s *Sim) must(checks []named) {
	for _, c := range checks {
		if err := c.f(s.ctx); err != nil {
			s.trace.fail(fmt.Errorf("%q does not hold: %w", c.name, err))
			return
		}
	}
}

package supervisiontest

import (
	"cmp"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

// Options are the options of a simulation. Nil is the same as the zero value.
type Options struct {
	// Steps is how many steps are taken while things go wrong. Zero: [DefaultSteps].
	Steps int
	// Processes is how many supervisors work on the store. Zero: [DefaultProcesses].
	Processes int
	// Without are the faults that do not happen. Zero: all do.
	Without Faults
	// Calm is how long the estate may take to come to rest when nothing goes wrong any more, before
	// what was given to [Sim.Finally] must hold. Where it is at rest earlier, that is when it must.
	// Zero: [DefaultCalm].
	Calm time.Duration
	// FailedTurns lets deciders fail. Otherwise a turn that fails is a failure of the simulation;
	// one whose decider is not pure is always.
	FailedTurns bool
	// Seed, if it is not zero, is the seed of the only simulation. The environment's [SeedVariable]
	// overrides it.
	Seed uint64
	// Store makes the store. It must read the process's clock. Nil: one in memory.
	Store func() storage.Store
	// Supervisor holds the options of the supervisors. Name, Around, Verify, Logger and Observer are
	// the simulator's, and what it leaves zero is chosen so that more goes wrong.
	Supervisor supervision.Options
}

// What the zero values of [Options] stand for.
const (
	DefaultSteps     = 200
	DefaultProcesses = 2
	DefaultCalm      = 24 * time.Hour
)

// SeedVariable names the variable of the environment that holds the seed of the only simulation, such
// as "17", or a range of them, such as "1-5000".
const SeedVariable = "SUPERVISIONTEST_SEED"

// Simulate simulates an estate again and again, each time with other choices of what happens next and
// of what goes wrong, and fails the test with the trace of the plainest simulation found in which
// something does not hold. Setup is called at the beginning of each, says who works in the estate and
// what must hold, and must make everything anew. Its error fails the test.
//
// It is driven by rapid: -rapid.checks sets how many simulations there are, and a failure says how to
// repeat it. With a seed, see [Options] and [SeedVariable], rapid has no part in it.
func Simulate(t *testing.T, setup func(sim *Sim) error, o *Options) {
	t.Helper()
	options, first, last := o.ready(t)
	if first > 0 {
		plain(t, setup, options, first, last, (*Sim).run)
		return
	}
	rapid.Check(t, func(rt *rapid.T) {
		choices := drawn(options.Steps).Draw(rt, "choices")
		s := simulate(t, setup, options, choices.tape(), (*Sim).run)
		if err := s.trace.failed(); err != nil {
			rt.Logf("what happened:\n%v", s.trace)
			rt.Fatal(err)
		}
	})
}

// Race is Simulate with goroutines: supervisors run with [supervision.Supervisor.Run], actions beside
// them, all in a bubble of virtual time. What happens next is up to the Go scheduler as well, so a
// failure need not happen again. It is for the race detector, and for what Run does and Pass does not:
// leases that are extended, effects that are canceled while they are performed, sources, stopping.
// Each call is a few simulations; the seed's variable says which. What was given to [Sim.Always] is
// looked at in the end.
func Race(t *testing.T, setup func(sim *Sim) error, o *Options) {
	t.Helper()
	options, first, last := o.ready(t)
	if first == 0 {
		first, last = 1, races
	}
	if o == nil || o.Supervisor.Poll == 0 {
		options.Supervisor.Poll = 10 * time.Second // the store gives hints, and some are lost
	}
	plain(t, setup, options, first, last, func(s *Sim) {
		s.racing = true
		s.race()
	})
}

// races is how many simulations a call of Race is.
const races = 5

// plain runs simulations from seeds.
func plain(t *testing.T, setup func(*Sim) error, o *Options, first, last uint64, run func(*Sim)) {
	t.Helper()
	for seed := first; seed <= last; seed++ {
		s := simulate(t, setup, o, seeded(seed), run)
		if err := s.trace.failed(); err != nil {
			t.Fatalf("%v\nseed %d; once more:\n\t%s=%d go test -run '^%s$'\nwhat happened:\n%v", err, seed, SeedVariable, seed, t.Name(), s.trace)
		}
	}
}

// simulate runs one simulation in a bubble.
func simulate(t *testing.T, setup func(*Sim) error, o *Options, choices *tape, run func(*Sim)) (s *Sim) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s = newSim(t.Context(), o, choices)
		defer s.stopAll()
		if s.trace.fail(setup(s)); s.trace.failed() == nil {
			run(s)
		}
	})
	return s
}

// ready returns the options with nothing left out, and the seeds that are to be simulated; zero: none.
func (o *Options) ready(t *testing.T) (options *Options, first, last uint64) {
	t.Helper()
	options, err := o.fill()
	if err == nil {
		first, last, err = seeds(options.Seed)
	}
	if err != nil {
		t.Fatal(err)
	}
	return options, first, last
}

func (o *Options) fill() (*Options, error) {
	var f Options
	if o != nil {
		f = *o
	}
	if f.Steps < 0 || f.Processes < 0 || f.Calm < 0 {
		return nil, fmt.Errorf("supervisiontest: there are %d steps, %d processes and %v of calm; none may be negative", f.Steps, f.Processes, f.Calm)
	}
	f.Steps = cmp.Or(f.Steps, DefaultSteps)
	f.Processes = cmp.Or(f.Processes, DefaultProcesses)
	f.Calm = cmp.Or(f.Calm, DefaultCalm)
	if f.Store == nil {
		f.Store = func() storage.Store { return memory.New(nil) }
	}
	f.Supervisor.Poll = cmp.Or(f.Supervisor.Poll, supervision.DefaultPoll)
	f.Supervisor.Lease = cmp.Or(f.Supervisor.Lease, supervision.DefaultLease)
	if f.Supervisor.Backoff == nil {
		f.Supervisor.Backoff = func(n int) time.Duration { return min(time.Second<<min(n, 10), 5*time.Minute) }
	}
	return &f, f.Without.check()
}

// seeds returns the first and the last seed to go through; zero: none.
func seeds(given uint64) (first, last uint64, err error) {
	text := os.Getenv(SeedVariable)
	if text == "" {
		return given, given, nil
	}
	from, to, ranged := strings.Cut(text, "-")
	if !ranged {
		to = from
	}
	if first, err = strconv.ParseUint(from, 10, 63); err == nil {
		last, err = strconv.ParseUint(to, 10, 63)
	}
	if err != nil || first == 0 || last < first {
		return 0, 0, fmt.Errorf("supervisiontest: %s is %q; a number above zero, or a range such as 1-5000, is right", SeedVariable, text)
	}
	return first, last, nil
}

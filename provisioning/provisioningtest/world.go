package provisioningtest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/reeve-go/reeve/provisioning"
)

// A World is an outside in memory that does all that an outside may do: it refuses, works for a while,
// does what it says it did not, or does it later. It is for tests of what uses a [provisioning.Manager],
// and notes what that does wrong, see [World.Err]. It keeps the laws that [TestProvisioner] tests, and is
// safe for concurrent use.
//
// A World is a Provisioner, and all that one can be besides. For one that can do less embed what it is to
// do:
//
//	struct {
//		provisioning.Provisioner
//		provisioning.Finder
//	}{world, world}
//
// It has no goroutines: what has come to pass it finds out when it is called, by the process's clock.
type World struct {
	choose  func(n int) int
	options WorldOptions

	mu      sync.Mutex
	entries map[string]*entry // by key
	alive   map[resource]*entry
	made    int // how many things there have been
	wrong   error
	told    []Told
}

// WorldOptions are the options of a [World]. Nil is the same as the zero value.
type WorldOptions struct {
	// Without are the ways in which it does not answer. Zero: it answers in all of them.
	Without Ways
	// Slow is how long a call takes at most before it does something, and after it. Zero: no time.
	Slow time.Duration
	// Work is how long it works at most on what it answers with InProgress, and how late it may do what
	// it says it did not. Zero: [DefaultWork].
	Work time.Duration
	// CallsBack: if a call has a callback, an answer to it need not say when to ask again. The outcome is
	// in [World.Told].
	CallsBack bool
	// Forgetful: it forgets a key that was released, so a late Ensure makes something all the same.
	Forgetful bool
	// Intended says whether a call of Ensure is one that was meant to be made. Nil: each is.
	Intended func(c provisioning.Call) bool
}

// DefaultWork is how long a [World] works on something at most.
const DefaultWork = 10 * time.Minute

// Ways are how a [World] may answer besides doing at once what it is asked, as a set.
type Ways uint

const (
	// Works: the answer is InProgress, and it is done after a while.
	Works Ways = 1 << iota
	// Refusals: it is not done, and the answer is Retry.
	Refusals
	// Losses: it is not done, and the error does not say so.
	Losses
	// Lies: it is done, and the answer is an error.
	Lies
	// Lates: the answer is an error, and it is done later.
	Lates
	// Breakdowns: what is in progress fails with Retry, or with Fatal if there are Fatals.
	Breakdowns
	// Fatals: it fails for good. It may have been done.
	Fatals
	// Panics: the call panics. It may have been done.
	Panics

	// AllWays are all of them.
	AllWays = Panics<<1 - 1
)

// NewWorld returns a world that takes its choices from intn, which returns a number below n; zero is the
// plainest. It may be that of a supervisiontest.Sim, or of math/rand/v2.
func NewWorld(intn func(n int) int, o *WorldOptions) *World {
	w := &World{choose: intn, entries: map[string]*entry{}, alive: map[resource]*entry{}}
	if o != nil {
		w.options = *o
	}
	w.options.Work = cmp.Or(w.options.Work, DefaultWork)
	return w
}

// Calm has the world do from now on at once what it is asked, but for what it works on.
func (w *World) Calm() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.options.Without |= AllWays &^ Works
	w.options.Slow = 0
}

// Count returns how many resources there are under a key, also those that are being made or released.
func (w *World) Count(_ context.Context, key string) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.catchUp()
	if e := w.entries[key]; e != nil && e.state != empty {
		return 1, nil
	}
	return 0, nil
}

// Left returns what there is of a request: of each resource the last call that was served.
func (w *World) Left(request string) []provisioning.Call {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.catchUp()
	var out []provisioning.Call
	for r, e := range w.alive {
		if r.request == request {
			out = append(out, e.call)
		}
	}
	return out
}

// Occupy makes something of somebody else's where the call would make its resource. There says whether it
// is still there.
func (w *World) Occupy(_ context.Context, c provisioning.Call) (there func() (bool, error), err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	e := w.entry(&c)
	e.foreign = true
	return func() (bool, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		return e.foreign, nil
	}, nil
}

// Told is what a [World] has to tell to the callback of a call: the answer, or the error.
type Told struct {
	Call   provisioning.Call
	Answer provisioning.Answer
	Err    error
}

// Told returns what there is to be told to callbacks and was not returned before.
func (w *World) Told() []Told {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.catchUp()
	out := w.told
	w.told = nil
	return out
}

// Err returns what was wrong with calls so far: an Ensure that nobody intended, two generations of a
// resource at once, a handle that was never told, a key or a goal that is not the call's.
func (w *World) Err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.wrong
}

func (w *World) blame(format string, args ...any) {
	w.wrong = errors.Join(w.wrong, fmt.Errorf("provisioningtest: "+format, args...))
}

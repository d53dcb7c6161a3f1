package storagetest

import (
	"cmp"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// A Harness says how the suite gets at a backend. It can be used by several tests at a time.
type Harness struct {
	// New makes an empty place for the data of one test, and cleans up with t.Cleanup. Required.
	New func(t testing.TB) Backend
	// Virtual: the store reads the process's clock, so tests run in a bubble of testing/synctest and
	// time passes while they sleep. Otherwise Backend.Pass is required.
	Virtual bool
	// Kind is the kind of the records; empty: "node".
	Kind string
	// States are at least three states that such a record can be in; nil: "new", "busy" and "done".
	States []string
	// Data returns the ith of many pieces of data that such a record can have, as the store returns
	// it; nil: any bytes will do.
	Data func(i int) []byte
	// Limits are those of the store.
	Limits storage.Limits

	patience time.Duration // with what must come and may not; zero: a minute, which only a hang takes
}

// A Backend is a place where data is, and a store on it. What is nil is not tested.
type Backend struct {
	// Store is the store. Required.
	Store storage.Store
	// Open opens a second store on the same data, as another process would.
	Open func(t testing.TB) storage.Store
	// Pass moves the store's clock, which must stand still otherwise. Not used if the harness is
	// Virtual.
	Pass func(d time.Duration)
	// Begin begins a transaction of the host, if the store is a [storage.Transactor].
	Begin func(t testing.TB) Tx
	// Address is what the function that was given to [Main] opens in another process.
	Address string
}

// Tx is a transaction of the host.
type Tx struct {
	// Handle is what the store's With takes.
	Handle any
	// Commit and Rollback end the transaction.
	Commit, Rollback func() error
}

// Run tests a backend: each thing that [storage.Store] promises is a subtest of its own, which says
// what the contract demands where it is not kept. Further subtests compare random operations with a
// model, let goroutines and processes contend, and run a turn loop with crashes.
func Run(t *testing.T, h Harness) {
	t.Helper()
	h, err := h.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range suite() {
		t.Run(g.name, func(t *testing.T) {
			t.Parallel()
			for _, c := range g.cases {
				t.Run(c.name, func(t *testing.T) {
					t.Parallel()
					h.inTime(t, c, func(t *testing.T) { c.run(h.open(t, c)) })
				})
			}
		})
	}
	t.Run("random operations", func(t *testing.T) {
		t.Parallel()
		randomOperations(t, h)
	})
}

func (h Harness) withDefaults() (Harness, error) {
	if h.New == nil {
		return h, fmt.Errorf("storagetest: the harness has no New; a function that makes a backend is needed")
	}
	if h.Kind == "" {
		h.Kind = "node"
	}
	if h.States == nil {
		h.States = []string{"new", "busy", "done"}
	}
	if len(h.States) < 3 {
		return h, fmt.Errorf("storagetest: the harness has the states %q; three are needed", h.States)
	}
	h.patience = cmp.Or(h.patience, time.Minute)
	if h.Data == nil {
		h.Data = func(i int) []byte { return fmt.Appendf(nil, "data %d", i) }
	}
	return h, nil
}

// A group is the tests of one topic.
type group struct {
	name  string
	cases []testCase
}

// A testCase tests one thing that the contract demands.
type testCase struct {
	name string
	run  func(*scene)
	// real: it runs outside of a bubble, because goroutines or processes contend and no time passes.
	real bool
}

func suite() []group {
	return []group{
		atomicity(), records(), elements(), guards(), claims(), wakeUps(), messages(),
		effects(), keys(), lanes(), clocks(), copies(), validation(), lists(), pruning(), transactions(),
		hints(), races(), contenders(), turnLoop(), processes(),
	}
}

// inTime runs a test where time passes by sleeping, if it is to pass so.
func (h Harness) inTime(t *testing.T, c testCase, run func(t *testing.T)) {
	t.Helper()
	if h.Virtual && !c.real {
		synctest.Test(t, run)
		return
	}
	run(t)
}

// open makes a scene on an empty backend.
func (h Harness) open(t testing.TB, c testCase) *scene {
	t.Helper()
	b := h.New(t)
	if b.Store == nil {
		t.Fatal("storagetest: the harness's New made no store")
	}
	pass := b.Pass
	if h.Virtual {
		pass = sleep
	} else if pass == nil && !c.real {
		t.Fatal("storagetest: the backend cannot let time pass; set Virtual or Backend.Pass")
	}
	return &scene{TB: t, Harness: h, Backend: b, ctx: t.Context(), pass: pass, known: map[storage.Key]bool{}}
}

func sleep(d time.Duration) { time.Sleep(d) } //nolint:forbidigo // it is how time passes in a bubble

package storagetest

import (
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/storage"
)

// A mutant is a store that breaks one thing.
type mutant struct {
	name string
	// breaks makes it from a store that keeps the contract.
	breaks func(*broken)
	// fails are the tests that must fail, "group/test" each; all others must not. Tests in which
	// goroutines contend only run if they are named.
	fails []string
}

// TestMutants shows that the suite is worth something: each thing that a backend can get wrong is
// told by the test that is named for it.
func TestMutants(t *testing.T) {
	t.Parallel()
	for _, m := range mutants() {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			m.check(t)
		})
	}
}

func mutants() []mutant {
	return slices.Concat(atomicMutants(), guardMutants(), claimMutants(), wakeUpMutants(), messageMutants(),
		effectMutants(), cancelMutants(), keyMutants(), laneMutants(), namingMutants(), recordMutants(), listMutants(),
		pruneMutants(), raceMutants())
}

// harness makes mutants whose clock is moved by hand.
func (m mutant) harness() Harness {
	return Harness{patience: 5 * time.Second, New: func(testing.TB) Backend {
		now := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
		b := newBroken(newModel(func() time.Time { return now }, storage.Limits{}))
		m.breaks(b)
		return Backend{Store: b, Pass: func(d time.Duration) { now = now.Add(d) }}
	}}
}

// check runs the suite on the mutant.
func (m mutant) check(t *testing.T) {
	t.Helper()
	h, err := m.harness().withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	var failing []string
	for _, g := range suite() {
		if g.name == "turn loop" {
			continue
		}
		for _, c := range g.cases {
			name := g.name + "/" + c.name
			if (!c.real || slices.Contains(m.fails, name)) && failsOn(t, h, c) {
				failing = append(failing, name)
			}
		}
	}
	demand(t, failing, m.fails)
}

// failsOn reports whether a test fails on a backend.
func failsOn(t *testing.T, h Harness, c testCase) bool {
	t.Helper()
	r := &recorder{TB: t}
	r.run(func() { c.run(h.open(r, c)) })
	return r.failed
}

// demand demands that just those tests fail that must.
func demand(t *testing.T, failing, must []string) {
	t.Helper()
	failing, must = slices.Sorted(slices.Values(failing)), slices.Sorted(slices.Values(must))
	if !slices.Equal(failing, must) {
		t.Errorf("these tests fail:\n\t%s\nthese must:\n\t%s", strings.Join(failing, "\n\t"), strings.Join(must, "\n\t"))
	}
}

// TestMutantsAtLarge counts the mutants that the random operations and the turn loop tell, which know
// nothing of them.
func TestMutantsAtLarge(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes a while")
	}
	var all, random, loop atomic.Int32
	t.Run("all", func(t *testing.T) {
		t.Parallel()
		for _, m := range mutants() {
			t.Run(m.name, func(t *testing.T) {
				t.Parallel()
				all.Add(1)
				byRandom, byLoop := m.atLarge(t)
				if byRandom {
					random.Add(1)
				}
				if byLoop {
					loop.Add(1)
				}
				t.Log("random:", byRandom, "loop:", byLoop)
			})
		}
	})
	t.Cleanup(func() {
		t.Logf("of %d mutants, random operations told %d and the turn loop %d", all.Load(), random.Load(), loop.Load())
	})
}

// atLarge reports whether the random operations and the turn loop fail on the mutant.
func (m mutant) atLarge(t *testing.T) (random, loop bool) {
	t.Helper()
	h, err := m.harness().withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{TB: t}
	begun := time.Now()
	r.run(func() { // ends at the first failure: there is no need to make it shorter
		rapid.Check(r, func(rt *rapid.T) {
			if time.Since(begun) < 250*time.Millisecond {
				compareWithModel(rt, h.open(r, testCase{}))
			}
		})
	})
	for _, c := range turnLoop().cases {
		loop = failsOn(t, h, c) || loop
	}
	return r.failed, loop
}

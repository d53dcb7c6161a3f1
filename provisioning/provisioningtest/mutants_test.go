package provisioningtest

import (
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/internal/recordtest"
)

func mutants() []mutant {
	return slices.Concat(ensureMutants(), releaseMutants(), lookMutants(), answerMutants(), cancelMutants())
}

// TestMutants shows that the laws are worth something: each thing that a provisioner can get wrong is
// told by the law that is named for it.
func TestMutants(t *testing.T) {
	t.Parallel()
	for _, m := range mutants() {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			i := slices.IndexFunc(laws(), func(l law) bool { return l.name == m.law })
			if i < 0 {
				t.Fatalf("there is no law %q", m.law)
			}
			failed, said := m.fails(t, laws()[i].try)
			if !failed {
				t.Errorf("it keeps the law %q", m.law)
			}
			t.Log(said)
		})
	}
}

// Each law keeps a mutant out.
func TestEveryLawTells(t *testing.T) {
	t.Parallel()
	for _, l := range laws() {
		if !slices.ContainsFunc(mutants(), func(m mutant) bool { return m.law == l.name }) {
			t.Errorf("no mutant breaks the law %q", l.name)
		}
	}
}

// The worlds of mutants keep all laws as long as nothing is broken.
func TestUnbroken(t *testing.T) {
	t.Parallel()
	for _, world := range []WorldOptions{plain, working, slow} {
		m := mutant{name: t.Name(), world: world, breaks: func(*broken) {}}
		for _, l := range laws() {
			if failed, said := m.fails(t, l.try); failed {
				t.Errorf("%s: %q", l.name, said)
			}
		}
	}
}

// TestMutantsAtRandom counts the mutants that random calls tell, which know nothing of them.
func TestMutantsAtRandom(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes a while")
	}
	var every, told atomic.Int32
	t.Cleanup(func() { t.Logf("of %d mutants random calls tell %d", every.Load(), told.Load()) })
	for _, m := range mutants() {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			every.Add(1)
			synctest.Test(t, func(t *testing.T) {
				r, h := &recordtest.Recorder{TB: t}, m.harness()
				r.Run(func() { rapid.Check(r, func(rt *rapid.T) { h.open(r, rt).random(rt) }) })
				outlast()
				if r.Failed() {
					told.Add(1)
				} else {
					t.Log("it is not told")
				}
			})
		})
	}
}

package fsmtest

import (
	"testing"

	"github.com/reeve-go/reeve/fsm"
)

// Cover drives entities over each cell of the machine's table. A row has a subtest named after it,
// such as "waiting--process"; what a state must refuse has one together, such as "waiting--refused".
// Each creates an entity in the start that is nearest to the state and drives it there by a shortest
// path. Where no path leads to a state, which the definition then waives, its subtests are skipped.
//
// create is called with one of the machine's starts and returns an entity that is in it.
func Cover[S, E ~string](t *testing.T, m *fsm.Machine[S, E], create func(start S) Entity[S, E]) {
	t.Helper()
	for _, s := range m.States() {
		var refused []E
		for _, event := range m.Events() {
			if _, permitted := m.Next(s, event); !permitted {
				refused = append(refused, event)
				continue
			}
			t.Run(string(s)+"--"+string(event), func(t *testing.T) { cover(t, m, create, s, event) })
		}
		t.Run(string(s)+"--refused", func(t *testing.T) { cover(t, m, create, s, refused...) })
	}
}

// cover drives a new entity to a state and fires events there.
func cover[S, E ~string](tb testing.TB, m *fsm.Machine[S, E], create func(start S) Entity[S, E], at S, events ...E) {
	tb.Helper()
	start, path, ok := approach(m, at)
	if !ok {
		tb.Skipf("fsmtest: machine %q: no path leads to %q, so its cells cannot be covered", m.Name(), at)
	}
	r := startRide(tb, m, create, start)
	for _, event := range append(path, events...) {
		r.fire(event)
	}
}

// approach returns the shortest way from a start to a state.
func approach[S, E ~string](m *fsm.Machine[S, E], to S) (start S, path []E, ok bool) {
	for _, s := range m.Starts() {
		if p, reached := m.Path(s, to); reached && (!ok || len(p) < len(path)) {
			start, path, ok = s, p, true
		}
	}
	return start, path, ok
}

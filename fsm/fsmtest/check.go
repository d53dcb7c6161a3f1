package fsmtest

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/fsm"
)

// Check compiles a definition and returns its machine. A definition that does not compile ends the
// test with every issue that it has.
//
// Besides, Check makes sure that what Compile promises holds: in every state the time limit, if there
// is one, fires an event that leads on, and a way leads to a resting or final state unless a waiver
// accepts a trap; random walks from every start stay in the declared states and leave no final one;
// and the definition is the same after it was written as JSON and read again.
func Check[S, E ~string](tb testing.TB, d fsm.Definition[S, E]) *fsm.Machine[S, E] {
	tb.Helper()
	m, err := fsm.Compile(d)
	if err != nil {
		tb.Fatalf("fsmtest: %v", err)
	}
	checkJSON(tb, d)
	for _, s := range m.States() {
		waived := func(w fsm.Waiver[S, E]) bool { return w.Code == fsm.Trap && w.State == s }
		checkLimit(tb, m, s)
		if !slices.ContainsFunc(d.Waivers, waived) {
			checkEnd(tb, m, s)
		}
	}
	onWalks(tb, m, func(t *rapid.T, w walk[S, E]) { checkWalk(t, m, w) })
	return m
}

func checkJSON[S, E ~string](tb testing.TB, d fsm.Definition[S, E]) {
	tb.Helper()
	data, err := json.Marshal(d)
	if err != nil {
		tb.Fatalf("fsmtest: definition %q cannot be written: %v", d.Name, err)
	}
	var read fsm.Definition[S, E]
	if err := json.Unmarshal(data, &read); err != nil {
		tb.Fatalf("fsmtest: definition %q cannot be read again: %v", d.Name, err)
	}
	if changes := fsm.Diff(d, read); len(changes) > 0 {
		var b strings.Builder
		for _, c := range changes {
			b.WriteString("\n\t" + c.String())
		}
		tb.Fatalf("fsmtest: definition %q is not the same after it was written and read:%s", d.Name, b.String())
	}
}

func checkLimit[S, E ~string](tb testing.TB, m *fsm.Machine[S, E], s S) {
	tb.Helper()
	_, then, limited := m.Timeout(s)
	if !limited {
		return
	}
	if _, permitted := m.Next(s, then); !permitted || m.Stays(s, then) {
		tb.Fatalf("fsmtest: machine %q: when the time of %q is up, %q is fired, which leads nowhere", m.Name(), s, then)
	}
}

func checkEnd[S, E ~string](tb testing.TB, m *fsm.Machine[S, E], s S) {
	tb.Helper()
	ends := func(to S) bool {
		mode, _ := m.Mode(to)
		_, reached := m.Path(s, to)
		return reached && (mode == fsm.Resting || mode == fsm.Final)
	}
	if !slices.ContainsFunc(m.States(), ends) {
		tb.Fatalf("fsmtest: machine %q: no path leads from %q to a resting or final state", m.Name(), s)
	}
}

func checkWalk[S, E ~string](t rapid.TB, m *fsm.Machine[S, E], w walk[S, E]) {
	t.Helper()
	at := w.start
	for _, event := range w.events {
		next, permitted := m.Next(at, event)
		if !permitted {
			continue
		}
		mode, _ := m.Mode(at)
		switch {
		case !m.Has(next):
			t.Fatalf("fsmtest: machine %q: event %q leads from %q to %q, which is no state of it", m.Name(), event, at, next)
		case mode == fsm.Final && next != at:
			t.Fatalf("fsmtest: machine %q: event %q leads from %q, which is final, to %q", m.Name(), event, at, next)
		}
		at = next
	}
}

package fsmtest

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/fsm"
)

// A walk is a start and what is fired from there on, whether it is permitted or not.
type walk[S, E ~string] struct {
	start  S
	events []E
}

// GoString is what rapid prints.
func (w walk[S, E]) GoString() string {
	var b strings.Builder
	fmt.Fprintf(&b, "start in %q", w.start)
	for _, e := range w.events {
		fmt.Fprintf(&b, ", %q", e)
	}
	return b.String()
}

// onWalks checks a property of random walks.
func onWalks[S, E ~string](tb testing.TB, m *fsm.Machine[S, E], property func(t *rapid.T, w walk[S, E])) {
	tb.Helper()
	if tb.Failed() {
		tb.FailNow() // rapid panics on a test that has failed already
	}
	rapid.Check(tb, func(t *rapid.T) { property(t, walks(m).Draw(t, "walk")) })
}

// walks draws walks of the machine. A walk goes to a state by a shortest path, or fires what is
// permitted, or fires anything; so also what is far from a start is reached and given events that it
// must refuse.
func walks[S, E ~string](m *fsm.Machine[S, E]) *rapid.Generator[walk[S, E]] {
	return rapid.Custom(func(t *rapid.T) walk[S, E] {
		w := walk[S, E]{start: rapid.SampledFrom(m.Starts()).Draw(t, "start")}
		if len(m.Events()) == 0 {
			return w
		}
		at := w.start
		fire := func(event E) {
			w.events = append(w.events, event)
			if next, permitted := m.Next(at, event); permitted {
				at = next
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"anything": func(t *rapid.T) {
				fire(rapid.SampledFrom(m.Events()).Draw(t, "event"))
			},
			"permitted": func(t *rapid.T) {
				events := m.Permitted(at)
				if len(events) == 0 {
					t.Skip("nothing is permitted")
				}
				fire(rapid.SampledFrom(events).Draw(t, "event"))
			},
			"go": func(t *rapid.T) {
				path, ok := m.Path(at, rapid.SampledFrom(m.States()).Draw(t, "to"))
				if !ok {
					t.Skip("no path leads there")
				}
				for _, event := range path {
					fire(event)
				}
			},
		})
		return w
	})
}

package fsm_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/fsm"
)

func TestDiffReadsLikeSentences(t *testing.T) {
	t.Parallel()
	base := words{
		Initial: "idle",
		Starts:  []string{"waiting"},
		States: fsm.States[string, string]{
			"idle":     {Mode: fsm.Resting},
			"waiting":  {Mode: fsm.Waiting, After: time.Hour, Then: "timeout"},
			"scanning": {In: "busy", After: time.Minute, Then: "timeout"},
			"busy":     {First: "scanning"},
			"old one":  {Mode: fsm.Final},
		},
		Events: fsm.Events[string]{"abort": {}, "retry": {}},
		Table: fsm.Table[string, string]{
			"scanning": {"finish": "synchronizing", "abort": "idle"},
			"waiting":  {"go": "scanning"},
		},
		Rules:   []wordsRule{{Accept: "abort"}},
		Waivers: []fsm.Waiver[string, string]{{Code: fsm.Trap, State: "idle", Reason: "historical"}},
	}
	variant := words{
		Initial: "waiting",
		Starts:  []string{"scanning"},
		States: fsm.States[string, string]{
			"idle":     {Mode: fsm.Final, In: "busy"},
			"waiting":  {Mode: fsm.Waiting, After: 2 * time.Hour, Then: "abort"},
			"scanning": {},
			"busy":     {First: "idle"},
			"aborting": {Mode: fsm.Active, In: "busy", First: "x", After: time.Minute, Then: "timeout"},
		},
		Events: fsm.Events[string]{"abort": {By: fsm.Supervisor}, "go": {}},
		Table: fsm.Table[string, string]{
			"scanning": {"finish": "finished"},
			"waiting":  {"go": "scanning", "abort": "aborting"},
			fsm.Any:    {"ping": fsm.Same},
		},
		Rules:   []wordsRule{{Accept: "abort", Modes: []fsm.Mode{fsm.Waiting, fsm.Active}, Except: []string{"idle"}}},
		Waivers: []fsm.Waiver[string, string]{{Code: fsm.UnusedEvent, Event: "abort", Reason: "of the next release"}},
	}
	want := []string{
		`initial state changed: waiting (was idle)`,
		`start added: scanning`,
		`start removed: waiting`,
		`state added: aborting: active, in busy, first child x, limit 1m0s then timeout`,
		`first child changed: busy: idle (was scanning)`,
		`mode changed: idle: final (was resting)`,
		`superstate added: idle: busy`,
		`state removed: "old one": final`,
		`superstate removed: scanning: busy`,
		`limit removed: scanning: 1m0s then timeout`,
		`limit changed: waiting: 2h0m0s then abort (was 1h0m0s then timeout)`,
		`origin changed: abort: supervisor (was outside)`,
		`event added: go: outside`,
		`event removed: retry: outside`,
		`row added: * --ping--> =`,
		`row removed: scanning --abort--> idle`,
		`row changed: scanning --finish--> finished (was synchronizing)`,
		`row added: waiting --abort--> aborting`,
		`rule added: abort: accepted in active, waiting states except idle`,
		`rule removed: abort: accepted in every state`,
		`waiver added: abort: unused-event, because "of the next release"`,
		`waiver removed: idle: trap, because "historical"`,
	}
	if diff := cmp.Diff(want, lines(fsm.Diff(base, variant))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func lines(changes []fsm.Change) []string {
	out := make([]string, len(changes))
	for i, change := range changes {
		out[i] = change.String()
	}
	return out
}

// Two definitions differ exactly where something other than names, docs and order is different.
func TestDiffIsEmptyForEqualsAlone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := anyDefinition(fewNames()).Draw(t, "a")
		b := anyDefinition(fewNames()).Draw(t, "b")
		a.Rules, a.Waivers = repeated(t, a.Rules), repeated(t, a.Waivers)
		for _, take := range []func(){
			func() { b.Initial = a.Initial },
			func() { b.Starts = a.Starts },
			func() { b.States = a.States },
			func() { b.Events = a.Events },
			func() { b.Table = a.Table },
			func() { b.Rules = a.Rules },
			func() { b.Waivers = a.Waivers },
		} {
			if rapid.IntRange(0, 4).Draw(t, "take") > 0 {
				take()
			}
		}
		if rapid.Bool().Draw(t, "alter") {
			b.States = alterOne(t, b.States)
		}
		equal := cmp.Equal(bare(a), bare(b), cmpopts.EquateEmpty())
		if changes := fsm.Diff(a, b); equal != (len(changes) == 0) {
			t.Fatalf("equal is %v, but the changes are\n%s", equal, strings.Join(lines(changes), "\n"))
		}
	})
}

// repeated sometimes returns list with an element twice: order does not count, but number does.
func repeated[T any](t *rapid.T, list []T) []T {
	if len(list) == 0 || rapid.IntRange(0, 3).Draw(t, "repeat") > 0 {
		return list
	}
	return append(slices.Clone(list), list[0])
}

// alterOne changes one field of one state, so that a difference in nothing else is likely.
func alterOne(t *rapid.T, states fsm.States[string, string]) fsm.States[string, string] {
	if len(states) == 0 {
		return states
	}
	s := rapid.SampledFrom(slices.Sorted(maps.Keys(states))).Draw(t, "altered")
	state, other := states[s], anyState(fewNames()).Draw(t, "other")
	switch rapid.IntRange(0, 4).Draw(t, "field") {
	case 0:
		state.Mode = other.Mode
	case 1:
		state.In = other.In
	case 2:
		state.First = other.First
	case 3:
		state.After = other.After
	case 4:
		state.Then = other.Then
	}
	states = maps.Clone(states)
	states[s] = state
	return states
}

func TestDiffCountsRepetitions(t *testing.T) {
	t.Parallel()
	once, thrice := words{Starts: []string{"a"}}, words{Starts: []string{"a", "a", "a"}}
	if got, want := lines(fsm.Diff(once, thrice)), []string{"start added: a", "start added: a"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := lines(fsm.Diff(thrice, once)), []string{"start removed: a", "start removed: a"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestDiffIgnoresNamesDocsAndOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := anyDefinition(fewNames()).Draw(t, "a")
		b := a.Clone()
		b.Name, b.Doc = "other", "other"
		for s, state := range b.States {
			state.Doc = "other"
			b.States[s] = state
		}
		for e, event := range b.Events {
			event.Doc = "other"
			b.Events[e] = event
		}
		b.Starts = rapid.Permutation(b.Starts).Draw(t, "starts")
		b.Rules = rapid.Permutation(b.Rules).Draw(t, "rules")
		b.Waivers = rapid.Permutation(b.Waivers).Draw(t, "waivers")
		for i := range b.Rules {
			b.Rules[i].Doc = "other"
			b.Rules[i].Except = rapid.Permutation(b.Rules[i].Except).Draw(t, "except")
		}
		if changes := fsm.Diff(a, b); len(changes) > 0 {
			t.Fatalf("changes:\n%s", strings.Join(lines(changes), "\n"))
		}
	})
}

// The way back is the way there, turned round.
func TestDiffTurnsRound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := anyDefinition(fewNames()).Draw(t, "a")
		b := anyDefinition(fewNames()).Draw(t, "b")
		turned := map[string]string{"added": "removed", "removed": "added", "changed": "changed"}
		back := fsm.Diff(b, a)
		for i, change := range back {
			change.How = turned[change.How]
			change.Was, change.Is = change.Is, change.Was
			back[i] = change
		}
		anyOrder := cmpopts.SortSlices(byPrint[fsm.Change])
		if diff := cmp.Diff(fsm.Diff(a, b), back, anyOrder, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("-there +back:\n%s", diff)
		}
	})
}

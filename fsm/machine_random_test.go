package fsm_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/fsm"
)

// drawPlan draws a definition with superstates, wildcards, re-entries and final states. What is
// wrong with it are matters of judgement, which it waives.
func drawPlan(t *rapid.T) plan {
	supers, leaves := names("super", 0, 3).Draw(t, "superstates"), names("leaf", 1, 6).Draw(t, "leaves")
	events := names("event", 0, 4).Draw(t, "events")
	d := plan{Name: "random", Initial: "leaf0", States: fsm.States[string, string]{}, Table: fsm.Table[string, string]{}}

	inside := map[string][]string{}
	for i, s := range supers {
		in := rapid.SampledFrom(append(slices.Clip(supers[:i]), "")).Draw(t, s+" in")
		d.States[s] = planState{In: in, Mode: anyMode().Draw(t, s+" mode")}
		inside[in] = append(inside[in], s)
	}
	for _, s := range leaves {
		in := rapid.SampledFrom(append(slices.Clip(supers), "")).Draw(t, s+" in")
		d.States[s] = planState{In: in, Mode: anyMode().Draw(t, s+" mode")}
		inside[in] = append(inside[in], s)
	}
	for _, s := range supers {
		if state := d.States[s]; len(inside[s]) > 0 {
			state.First = rapid.SampledFrom(inside[s]).Draw(t, s+" first")
			d.States[s] = state
		}
	}
	first := d.States["leaf0"]
	first.Mode = fsm.Resting
	d.States["leaf0"] = first

	states := slices.Concat(supers, leaves)
	for _, from := range append(slices.Clip(states), fsm.Any) {
		d.Table[from] = map[string]string{}
		for _, e := range events {
			to := rapid.SampledFrom(append(slices.Clip(states), "", "", fsm.Same)).Draw(t, from+" "+e)
			final := d.States[from].Mode == fsm.Final && len(inside[from]) == 0
			if to != "" && (!final || to == fsm.Same) {
				d.Table[from][e] = to
			}
		}
	}
	for _, i := range planIssues(t, d) {
		d.Waivers = append(d.Waivers, waiver{Code: i.Code, State: i.State, Event: i.Event, Reason: "drawn"})
	}
	return d
}

// names draws a number of names: stem0, stem1 and so on.
func names(stem string, least, most int) *rapid.Generator[[]string] {
	return rapid.Map(rapid.IntRange(least, most), func(n int) []string {
		list := []string{}
		for i := range n {
			list = append(list, fmt.Sprint(stem, i))
		}
		return list
	})
}

// readCell reads one cell of a definition as a person would: the state's own row, or else that of
// the nearest superstate, or else that of Any.
func readCell(d plan, s, e string) (fsm.Row[string, string], bool) {
	state, declared := d.States[s]
	if !declared || state.First != "" {
		return fsm.Row[string, string]{}, false
	}
	sources := []string{s}
	if state.Mode != fsm.Final {
		for in := state.In; in != ""; in = d.States[in].In {
			sources = append(sources, in)
		}
		sources = append(sources, fsm.Any)
	}
	at := slices.IndexFunc(sources, func(from string) bool { _, ok := d.Table[from][e]; return ok })
	if at < 0 {
		return fsm.Row[string, string]{}, false
	}
	to := d.Table[sources[at]][e]
	if to == fsm.Same {
		return fsm.Row[string, string]{From: s, Event: e, To: s, Same: true}, true
	}
	for d.States[to].First != "" {
		to = d.States[to].First
	}
	return fsm.Row[string, string]{From: s, Event: e, To: to}, true
}

func TestMachineLikeItsDefinition(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := drawPlan(t)
		m := fsm.MustCompile(d)
		states := append(m.States(), "nowhere", "", fsm.Any, fsm.Same)
		for s, state := range d.States {
			if state.First != "" {
				states = append(states, s)
			}
		}
		events := append(m.Events(), "nothing", "", fsm.Any, fsm.Same)
		var rows []fsm.Row[string, string]
		sources := map[string][]string{}
		for _, s := range states {
			var permitted []string
			for _, e := range events {
				want, allowed := readCell(d, s, e)
				if allowed {
					rows = append(rows, want)
					permitted = append(permitted, e)
					sources[e] = append(sources[e], s)
				}
				next, ok := m.Next(strings.Clone(s), strings.Clone(e))
				stepped, err := m.Step(s, e)
				if ok != allowed || next != want.To || stepped != next || (err == nil) != ok || m.Stays(s, e) != want.Same {
					t.Fatalf("in %q event %q: Next = %q, %t; Step = %q, %v; Stays = %t; want %+v, %t",
						s, e, next, ok, stepped, err, m.Stays(s, e), want, allowed)
				}
			}
			if diff := cmp.Diff(permitted, m.Permitted(s)); diff != "" {
				t.Fatalf("permitted in %q (-want +got):\n%s", s, diff)
			}
		}
		if diff := cmp.Diff(rows, m.Rows()); diff != "" {
			t.Fatalf("rows (-want +got):\n%s", diff)
		}
		for _, e := range events {
			if diff := cmp.Diff(sources[e], m.Sources(e)); diff != "" {
				t.Fatalf("sources of %q (-want +got):\n%s", e, diff)
			}
		}
	})
}

func TestPathLikeTryingAll(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := fsm.MustCompile(drawPlan(t))
		from := rapid.SampledFrom(m.States()).Draw(t, "from")
		for _, to := range m.States() {
			want := shortestByTrial(m, from, to)
			got, ok := m.Path(from, to)
			if diff := cmp.Diff(want, got); diff != "" || ok != (want != nil) {
				t.Fatalf("Path(%q, %q) is %t (-want +got):\n%s", from, to, ok, diff)
			}
		}
	})
}

// shortestByTrial tries every series of events, the short ones first and each length in alphabetical
// order. It drops a series that comes to a state which an earlier one has come to.
func shortestByTrial(m *fsm.Machine[string, string], from, to string) []string {
	type trial struct {
		events []string
		at     string
	}
	seen := map[string]bool{from: true}
	for trials := []trial{{[]string{}, from}}; len(trials) > 0; {
		var longer []trial
		for _, tr := range trials {
			if tr.at == to {
				return tr.events
			}
			for _, e := range m.Events() {
				if at, ok := m.Next(tr.at, e); ok && !seen[at] {
					longer = append(longer, trial{append(slices.Clone(tr.events), e), at})
				}
			}
		}
		slices.SortStableFunc(longer, func(a, b trial) int { return slices.Compare(a.events, b.events) })
		trials = nil
		for _, tr := range longer {
			if !seen[tr.at] {
				seen[tr.at] = true
				trials = append(trials, tr)
			}
		}
	}
	return nil
}

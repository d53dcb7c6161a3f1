package fsm_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/fsm"
)

// Random definitions: sound or not, because JSON, Derive and Diff take both.

type (
	words      = fsm.Definition[string, string]
	wordsState = fsm.State[string, string]
	wordsRule  = fsm.Rule[string, string]
	wordsEdit  = fsm.Edit[string, string]
)

// Generators are made anew for each test: rapid's are not safe to share between parallel ones.

func fewNames() *rapid.Generator[string] {
	return rapid.SampledFrom([]string{"a", "b", "c", fsm.Any, fsm.Same})
}

func oddNames() *rapid.Generator[string] {
	return rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "a.b", `"`, "\n", "<&>", "\u2028", "\ufffd", "état"}))
}

func anyMode() *rapid.Generator[fsm.Mode] {
	return rapid.SampledFrom([]fsm.Mode{fsm.Active, fsm.Waiting, fsm.Resting, fsm.Final})
}

func anyEvent() *rapid.Generator[fsm.Event] {
	return rapid.Custom(func(t *rapid.T) fsm.Event {
		return fsm.Event{
			Doc: rapid.String().Draw(t, "doc"),
			By:  rapid.SampledFrom([]fsm.Origin{fsm.Outside, fsm.Supervisor}).Draw(t, "by"),
		}
	})
}

func anyLimit() *rapid.Generator[time.Duration] {
	return rapid.Map(
		rapid.OneOf(rapid.Int64Range(0, 3), rapid.Int64(), rapid.SampledFrom([]int64{math.MinInt64, math.MaxInt64})),
		func(n int64) time.Duration { return time.Duration(n) })
}

func anyState(name *rapid.Generator[string]) *rapid.Generator[wordsState] {
	maybe := rapid.OneOf(rapid.Just(""), name)
	return rapid.Custom(func(t *rapid.T) wordsState {
		return wordsState{
			Doc:   rapid.String().Draw(t, "doc"),
			Mode:  anyMode().Draw(t, "mode"),
			In:    maybe.Draw(t, "in"),
			First: maybe.Draw(t, "first"),
			After: anyLimit().Draw(t, "after"),
			Then:  maybe.Draw(t, "then"),
		}
	})
}

func anyRule(name *rapid.Generator[string]) *rapid.Generator[wordsRule] {
	return rapid.Custom(func(t *rapid.T) wordsRule {
		return wordsRule{
			Accept: name.Draw(t, "accept"),
			Modes:  rapid.SliceOfN(anyMode(), 0, 3).Draw(t, "modes"),
			Except: rapid.SliceOfN(name, 0, 3).Draw(t, "except"),
			Doc:    rapid.String().Draw(t, "doc"),
		}
	})
}

// anyDefinition has no start, rule or waiver twice.
func anyDefinition(name *rapid.Generator[string]) *rapid.Generator[words] {
	return rapid.Custom(func(t *rapid.T) words {
		rule := func(r wordsRule) string { return fmt.Sprintf("%#v", bare(words{Rules: []wordsRule{r}}).Rules) }
		waiver := rapid.Custom(func(t *rapid.T) fsm.Waiver[string, string] {
			return fsm.Waiver[string, string]{
				Code:   rapid.SampledFrom([]fsm.Code{fsm.Trap, fsm.NoTimeout, "odd code"}).Draw(t, "code"),
				State:  name.Draw(t, "state"),
				Event:  name.Draw(t, "event"),
				Reason: rapid.String().Draw(t, "reason"),
			}
		})
		waived := func(w fsm.Waiver[string, string]) [3]string { return [3]string{string(w.Code), w.State, w.Event} }
		return words{
			Name:    rapid.String().Draw(t, "name"),
			Doc:     rapid.String().Draw(t, "doc"),
			Initial: rapid.OneOf(rapid.Just(""), name).Draw(t, "initial"),
			Starts:  rapid.SliceOfNDistinct(name, 0, 3, rapid.ID).Draw(t, "starts"),
			States:  rapid.MapOfN(name, anyState(name), 0, 3).Draw(t, "states"),
			Events:  rapid.MapOfN(name, anyEvent(), 0, 3).Draw(t, "events"),
			Table:   rapid.MapOfN(name, rapid.MapOfN(name, name, 0, 3), 0, 3).Draw(t, "table"),
			Rules:   rapid.SliceOfNDistinct(anyRule(name), 0, 3, rule).Draw(t, "rules"),
			Waivers: rapid.SliceOfNDistinct(waiver, 0, 3, waived).Draw(t, "waivers"),
		}
	})
}

// bare returns what two definitions must have in common for Diff to find nothing: d without name,
// docs and empty rows, and with its lists in a fixed order.
func bare(d words) words {
	d = d.Clone()
	d.Name, d.Doc = "", ""
	for s, state := range d.States {
		state.Doc = ""
		d.States[s] = state
	}
	for e, event := range d.Events {
		event.Doc = ""
		d.Events[e] = event
	}
	for from, row := range d.Table {
		if len(row) == 0 {
			delete(d.Table, from)
		}
	}
	for i := range d.Rules {
		d.Rules[i].Doc = ""
		slices.Sort(d.Rules[i].Modes)
		slices.Sort(d.Rules[i].Except)
	}
	slices.Sort(d.Starts)
	slices.SortFunc(d.Rules, byPrint)
	slices.SortFunc(d.Waivers, byPrint)
	return d
}

func byPrint[T any](a, b T) int { return strings.Compare(fmt.Sprintf("%#v", a), fmt.Sprintf("%#v", b)) }

// sameDefinition reports a difference that is more than nil against empty.
func sameDefinition(t rapid.TB, what string, want, got words) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("%s (-want +got):\n%s", what, diff)
	}
}

func mustDerive[S, E ~string](t rapid.TB, d fsm.Definition[S, E], f func(*fsm.Edit[S, E])) fsm.Definition[S, E] {
	t.Helper()
	variant, err := d.Derive(d.Name+"-variant", f)
	if err != nil {
		t.Fatal(err)
	}
	return variant
}

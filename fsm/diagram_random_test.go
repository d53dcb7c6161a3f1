package fsm

import (
	"errors"
	"maps"
	"slices"
	"time"

	"pgregory.net/rapid"
)

// oddName returns a generator of names of every kind that a format could stumble over.
func oddName() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.StringN(1, 12, -1),
		rapid.SampledFrom([]string{
			"a", "b", "c", "waiting", "end", "note", "state", "[*]", "-->", "--", "<b>", "</title>", "]]>", "&amp;", "&#65;", "#35;", `"`, `\`, `\n`, `\"`,
			"'", "`", "a:b", "::", ";", "%%", "{", "}", "<!--", "\n", "\x00", "\xff", "\u202e", "\ufffe", "  ", "雪", "👩‍🚀", "é", "a\u0301", "n1", "s1", "†",
		}),
	).Filter(func(name string) bool { return !reserved(name) })
}

// oddMachine draws a machine with superstates, wildcards and limits.
func oddMachine(t *rapid.T, name *rapid.Generator[string]) *Machine[string, string] {
	t.Helper()
	states := rapid.SliceOfNDistinct(name, 2, 9, rapid.ID).Draw(t, "states")
	events := rapid.SliceOfNDistinct(name, 1, 5, rapid.ID).Draw(t, "events")
	d := pictured{
		Name: name.Draw(t, "name") + "!", Doc: rapid.String().Draw(t, "doc"),
		States: States[string, string]{}, Events: Events[string]{}, Table: Table[string, string]{},
	}
	for _, e := range events {
		d.Events[e] = Event{Doc: rapid.String().Draw(t, "doc"), By: rapid.SampledFrom([]Origin{Outside, Supervisor}).Draw(t, "by")}
	}
	supers := rapid.IntRange(0, min(3, len(states)-1)).Draw(t, "supers")
	for i, s := range states {
		state := pictureState{Doc: rapid.String().Draw(t, "doc"), Mode: rapid.SampledFrom([]Mode{Active, Waiting, Resting, Final}).Draw(t, "mode")}
		if inside := min(i, supers); inside > 0 {
			state.In = rapid.SampledFrom(append([]string{""}, states[:inside]...)).Draw(t, "in")
		}
		if rapid.Bool().Draw(t, "limited") {
			state.After, state.Then = time.Duration(rapid.Int64Range(1, 1<<50).Draw(t, "after")), rapid.SampledFrom(events).Draw(t, "then")
		}
		d.States[s] = state
	}
	for _, s := range states {
		if in := d.States[s].In; in != "" {
			super := d.States[in]
			super.First = s
			d.States[in] = super
		}
	}
	for _, from := range append([]string{Any}, states...) {
		row := map[string]string{}
		for _, e := range events {
			if rapid.IntRange(0, 2).Draw(t, "row") > 0 {
				row[e] = rapid.SampledFrom(append([]string{Same}, states...)).Draw(t, "to")
			}
		}
		d.Table[from] = row
	}
	d.Initial = states[len(states)-1]
	d.Starts = rapid.SliceOfN(rapid.SampledFrom(states), 0, 2).Draw(t, "starts")
	return compileOdd(t, d)
}

// compileOdd takes back what Compile refuses and waives the rest.
func compileOdd(t *rapid.T, d pictured) *Machine[string, string] {
	t.Helper()
	for {
		m, err := Compile(d)
		var unsound *DefinitionError
		if !errors.As(err, &unsound) {
			return m
		}
		mended := false
		d.Waivers = nil
		for _, issue := range unsound.Issues {
			mended = mended || !slices.Contains(waivable, issue.Code)
			switch issue.Code {
			case FinalExit:
				delete(d.Table[issue.State], issue.Event)
			case BadStart:
				state := d.States[issue.State]
				state.Mode = Resting
				d.States[issue.State] = state
			case BadTimeout:
				for s := issue.State; s != ""; s = d.States[s].In {
					state := d.States[s]
					state.After, state.Then = 0, ""
					d.States[s] = state
				}
			default:
				if !slices.Contains(waivable, issue.Code) {
					t.Fatalf("not thought of: %v", issue)
				}
				d.Waivers = append(d.Waivers, Waiver[string, string]{issue.Code, issue.State, issue.Event, "it is random"})
			}
		}
		if mended {
			d.Waivers = nil
		}
	}
}

// oddShow draws what a picture shows besides.
func oddShow(t *rapid.T, m *Machine[string, string]) *pictureShow {
	t.Helper()
	states := append(slices.Sorted(maps.Keys(m.def.States)), "nowhere")
	return rapid.SampledFrom([]*pictureShow{
		nil,
		{Current: rapid.SampledFrom(states).Draw(t, "current")},
		{Counts: rapid.MapOf(rapid.SampledFrom(states), rapid.Int()).Draw(t, "counts")},
	}).Draw(t, "show")
}

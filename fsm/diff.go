package fsm

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// A Change is one thing in which a definition differs from another.
type Change struct {
	// Part says what differs: "initial state", "start", "state", "mode", "superstate", "first child",
	// "limit", "event", "origin", "row", "rule" or "waiver".
	Part string
	// How is "added", "removed" or "changed".
	How string
	// State and Event are what it is about, empty where it is about neither. Those of a row are its
	// source and its event.
	State, Event string
	// Was and Is are the values before and after as text, the target of a row for example. Was is
	// empty where something is added, Is where it is removed.
	Was, Is string
}

const (
	added   = "added"
	removed = "removed"
	changed = "changed"

	partRow = "row"
)

// String describes the change in one line: "row added: waiting --abort--> aborting".
func (c Change) String() string {
	value := cmp.Or(c.Is, c.Was)
	if c.How == changed && c.Was != "" {
		value += " (was " + c.Was + ")"
	}
	if c.Part == partRow {
		return c.Part + " " + c.How + ": " + arrow(c.State, c.Event, value)
	}
	line := []string{c.Part + " " + c.How}
	for _, name := range []string{c.State, c.Event} {
		if name != "" {
			line = append(line, shown(name))
		}
	}
	if value != "" {
		line = append(line, value)
	}
	return strings.Join(line, ": ")
}

// Diff lists in what b differs from a: the initial state, the starts, the states with their modes,
// superstates, first children and limits, the events and who may fire them, the rows as they are
// written (a wildcard is a row of its own), the rules and the waivers; in this order, each group
// sorted. A state that is added or removed is one change.
//
// Names and docs are left out, and so is the order of lists. Neither definition needs to be sound.
func Diff[S, E ~string](a, b Definition[S, E]) []Change {
	var c changes
	c.value(Change{Part: "initial state"}, optional(a.Initial), optional(b.Initial))
	c.lists(startsOf(a), startsOf(b))
	for _, s := range union(a.States, b.States) {
		diffState(&c, s, a.States, b.States)
	}
	for _, e := range union(a.Events, b.Events) {
		change := Change{Part: "origin", Event: string(e)}
		was, is := textOf(a.Events, e, eventText), textOf(b.Events, e, eventText)
		if was == "" || is == "" {
			change.Part = "event"
		}
		c.value(change, was, is)
	}
	for _, from := range union(a.Table, b.Table) {
		for _, e := range union(a.Table[from], b.Table[from]) {
			change := Change{Part: partRow, State: string(from), Event: string(e)}
			c.value(change, textOf(a.Table[from], e, shown), textOf(b.Table[from], e, shown))
		}
	}
	c.lists(rulesOf(a), rulesOf(b))
	c.lists(waiversOf(a), waiversOf(b))
	return c
}

func diffState[S, E ~string](c *changes, s S, a, b States[S, E]) {
	was, had := a[s]
	is, has := b[s]
	if !had || !has {
		c.value(Change{Part: "state", State: string(s)}, textOf(a, s, stateText), textOf(b, s, stateText))
		return
	}
	c.value(Change{Part: "mode", State: string(s)}, was.Mode.String(), is.Mode.String())
	c.value(Change{Part: "superstate", State: string(s)}, optional(was.In), optional(is.In))
	c.value(Change{Part: "first child", State: string(s)}, optional(was.First), optional(is.First))
	c.value(Change{Part: "limit", State: string(s)}, limitText(was), limitText(is))
}

type changes []Change

// value notes that a value changed. Empty means that there is none.
func (c *changes) value(change Change, was, is string) {
	switch {
	case was == is:
		return
	case was == "":
		change.How = added
	case is == "":
		change.How = removed
	default:
		change.How = changed
	}
	change.Was, change.Is = was, is
	*c = append(*c, change)
}

// lists compares lists whose elements have no key. What stands more often on one side is a change.
func (c *changes) lists(was, is []Change) {
	surplus := map[Change]int{}
	for _, element := range is {
		surplus[element]++
	}
	for _, element := range was {
		surplus[element]--
	}
	for _, element := range slices.SortedFunc(maps.Keys(surplus), compareChanges) {
		for range surplus[element] {
			element.How = added
			*c = append(*c, element)
		}
		for range -surplus[element] {
			*c = append(*c, Change{element.Part, removed, element.State, element.Event, element.Is, ""})
		}
	}
}

func compareChanges(a, b Change) int {
	return cmp.Or(cmp.Compare(a.State, b.State), cmp.Compare(a.Event, b.Event), cmp.Compare(a.Is, b.Is))
}

func startsOf[S, E ~string](d Definition[S, E]) []Change {
	out := make([]Change, len(d.Starts))
	for i, s := range d.Starts {
		out[i] = Change{Part: "start", State: string(s)}
	}
	return out
}

func rulesOf[S, E ~string](d Definition[S, E]) []Change {
	out := make([]Change, len(d.Rules))
	for i, rule := range d.Rules {
		out[i] = Change{Part: "rule", Event: string(rule.Accept), Is: ruleText(rule)}
	}
	return out
}

func waiversOf[S, E ~string](d Definition[S, E]) []Change {
	out := make([]Change, len(d.Waivers))
	for i, w := range d.Waivers {
		out[i] = Change{Part: "waiver", State: string(w.State), Event: string(w.Event), Is: waiverText(w)}
	}
	return out
}

// union returns the keys of both maps, sorted.
func union[K ~string, V any](a, b map[K]V) []K {
	keys := slices.AppendSeq(slices.Collect(maps.Keys(a)), maps.Keys(b))
	slices.Sort(keys)
	return slices.Compact(keys)
}

package fsm

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// AddRow adds the row that leads from one state to another. Source and target may be the wildcards
// [Any] and [Same].
func (e *Edit[S, E]) AddRow(from S, event E, to S) {
	if was, exists := e.def.Table[from][event]; exists {
		e.refuse("AddRow(%q, %q, %q): the row exists and leads to %q; change it with SetRow", from, event, to, was)
		return
	}
	e.put(from, event, to)
}

// SetRow leads an existing row to another state.
func (e *Edit[S, E]) SetRow(from S, event E, to S) {
	was, exists := e.def.Table[from][event]
	switch {
	case !exists:
		e.refuse("SetRow(%q, %q, %q): there is no such row; add it with AddRow", from, event, to)
	case was == to:
		e.refuse("SetRow(%q, %q, %q): it leads there already; remove the edit", from, event, to)
	default:
		e.put(from, event, to)
	}
}

// RemoveRow removes a row.
func (e *Edit[S, E]) RemoveRow(from S, event E) {
	if _, exists := e.def.Table[from][event]; !exists {
		e.refuse("RemoveRow(%q, %q): there is no such row; %q has rows for %s",
			from, event, from, orNothing(stringsOf(slices.Sorted(maps.Keys(e.def.Table[from])))))
		return
	}
	e.remove(from, event)
}

// ReplaceEvent replaces every row of an event by the given ones, source and target each: the rows
// that are not repeated are gone. To change single ones use SetRow.
func (e *Edit[S, E]) ReplaceEvent(event E, rows map[S]S) {
	was := e.rowsOf(event)
	switch {
	case len(was) == 0:
		e.refuse("ReplaceEvent(%q): the event has no rows; add them with AddRow", event)
	case len(rows) == 0:
		e.refuse("ReplaceEvent(%q): no rows are given; use RemoveEvent", event)
	case maps.Equal(was, rows):
		e.refuse("ReplaceEvent(%q): these are its rows already; remove the edit", event)
	default:
		for from := range was {
			e.remove(from, event)
		}
		for from, to := range rows {
			e.put(from, event, to)
		}
	}
}

// AddEvent declares an event. A definition that declares events must declare all of them.
func (e *Edit[S, E]) AddEvent(event E, about Event) {
	if _, exists := e.def.Events[event]; exists {
		e.refuse("AddEvent(%q): the event is declared already; remove the edit", event)
		return
	}
	if e.def.Events == nil {
		e.def.Events = Events[E]{}
	}
	e.def.Events[event] = about
}

// RemoveEvent removes an event: its declaration and all its rows. It is refused while a limit, a rule
// or a waiver names the event.
func (e *Edit[S, E]) RemoveEvent(event E) {
	rows := e.rowsOf(event)
	if _, declared := e.def.Events[event]; !declared && len(rows) == 0 {
		e.refuse("RemoveEvent(%q): there is no such event; remove the edit", event)
		return
	}
	if uses := e.usesOfEvent(event); len(uses) > 0 {
		e.refuse("RemoveEvent(%q): it is still %s; change or remove that first", event, strings.Join(uses, ", "))
		return
	}
	delete(e.def.Events, event)
	for from := range rows {
		e.remove(from, event)
	}
}

// usesOfEvent says where an event is named, apart from its declaration and its rows.
func (e *Edit[S, E]) usesOfEvent(event E) []string {
	var uses []string
	for _, s := range slices.Sorted(maps.Keys(e.def.States)) {
		if e.def.States[s].Then == event {
			uses = append(uses, fmt.Sprintf("what the limit of %q fires", s))
		}
	}
	for _, rule := range e.def.Rules {
		if rule.Accept == event {
			uses = append(uses, "demanded by a rule")
		}
	}
	for _, w := range e.def.Waivers {
		if w.Event == event {
			uses = append(uses, fmt.Sprintf("in the waiver of %q", w.Code))
		}
	}
	return uses
}

func (e *Edit[S, E]) rowsOf(event E) map[S]S {
	rows := map[S]S{}
	for from, row := range e.def.Table {
		if to, ok := row[event]; ok {
			rows[from] = to
		}
	}
	return rows
}

func (e *Edit[S, E]) put(from S, event E, to S) {
	if e.def.Table == nil {
		e.def.Table = Table[S, E]{}
	}
	if e.def.Table[from] == nil {
		e.def.Table[from] = map[E]S{}
	}
	e.def.Table[from][event] = to
}

func (e *Edit[S, E]) remove(from S, event E) {
	delete(e.def.Table[from], event)
	if len(e.def.Table[from]) == 0 {
		delete(e.def.Table, from)
	}
}

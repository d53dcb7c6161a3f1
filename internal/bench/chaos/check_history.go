package chaos

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/reeve-go/reeve/storage"
)

// An operation is one as a history tells of it.
type operation struct {
	id           string
	what         event
	begun, ended int
}

// operations returns those that the lines of a record tell of, in the order in which they began.
func (r *record) operations() []*operation {
	var all []*operation
	of := func(id string) *operation {
		for _, o := range all {
			if o.id == id {
				return o
			}
		}
		all = append(all, &operation{id: id})
		return all[len(all)-1]
	}
	for i := range r.lines {
		l := &r.lines[i]
		if l.Element != "" {
			continue
		}
		switch event(l.Event) {
		case start, stop:
			o := of(l.Operation)
			o.what, o.begun = event(l.Event), o.begun+1
		case done, giveUp:
			of(l.Operation).ended++
		}
	}
	return all
}

// checkOperations: the history of a record tells of just the operations that were ordered, and each of
// them began once and ended once.
func checkOperations(e *evidence, found found) {
	missing := maps.Clone(e.orders)
	for i := range e.records {
		r := &e.records[i]
		delete(missing, r.Key.ID)
		orders, ops := e.orders[r.Key.ID], r.operations()
		if len(orders) != len(ops) {
			found("%s had %d orders, and its history tells of %d operations", r.Key, len(orders), len(ops))
			continue
		}
		for i, o := range ops {
			switch {
			case o.begun != 1 || o.ended != 1:
				found("operation %s of %s began %d times and ended %d times", o.id, r.Key, o.begun, o.ended)
			case o.what != orders[i].what || orders[i].operation != "" && o.id != orders[i].operation:
				found("operation %d of %s is %s %s, and was ordered as %s %s", i+1, r.Key, o.what, o.id, orders[i].what, orders[i].operation)
			}
		}
		var data instance
		if err := json.Unmarshal(r.Data, &data); err != nil || data.Ended != len(ops) {
			found("%s counted %d operations that ended, and had %d", r.Key, data.Ended, len(ops))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(missing)) {
		found("instance %s had %d orders, and there is no such record", id, len(missing[id]))
	}
}

// checkHistories: there is a line for each version, each move is a row of the machine and goes on where
// the one before ended, and the last ones lead to where the record and its elements are.
func checkHistories(e *evidence, found found) {
	for i := range e.records {
		r := &e.records[i]
		at := map[string]string{} // by element; empty: the record
		var last *storage.Line
		for i := range r.lines {
			l := &r.lines[i]
			if want := following(last, l); l.Version != want.Version || l.N != want.N {
				found("after version %d line %d of %s comes version %d line %d", want.Version, want.N-1, r.Key, l.Version, l.N)
			}
			if l.From != at[l.Element] {
				found("version %d of %s moves element %q from %q, and it was in %q", l.Version, r.Key, l.Element, l.From, at[l.Element])
			}
			if !isRow(l) {
				found("version %d of %s moves element %q from %q by %q to %q, which the machine does not know", l.Version, r.Key, l.Element, l.From, l.Event, l.To)
			}
			at[l.Element], last = l.To, l
		}
		if last == nil || last.Version != r.Version || at[""] != r.State {
			found("%s is %s at version %d, and its history leads to %q in %d lines", r.Key, r.State, r.Version, at[""], len(r.lines))
		}
		for _, el := range r.elements {
			if at[el.Name] != el.State {
				found("element %s of %s is %s, and the history leads to %q", el.Name, r.Key, el.State, at[el.Name])
			}
		}
	}
}

// following returns the version and number that l has if it comes next.
func following(last, l *storage.Line) storage.Line {
	switch {
	case last == nil:
		return storage.Line{Version: 1}
	case l.Version == last.Version:
		return storage.Line{Version: last.Version, N: last.N + 1}
	}
	return storage.Line{Version: last.Version + 1}
}

func isRow(l *storage.Line) bool {
	if l.Event == "" {
		return l.From == l.To || l.From == "" && l.To == string(down)
	}
	to, ok := machine.Next(state(l.From), event(l.Event))
	return ok && string(to) == l.To
}

// checkTargets: each record and each of its parts is where its last order leads, and no turn failed.
func checkTargets(e *evidence, found found) {
	for i := range e.records {
		r := &e.records[i]
		target := down
		if orders := e.orders[r.Key.ID]; len(orders) > 0 && orders[len(orders)-1].what == start {
			target = up
		}
		if state(r.State) != target {
			found("%s is %s, and should be %s", r.Key, r.State, target)
		}
		if r.Failures > 0 {
			found("%d turns of %s failed: %s", r.Failures, r.Key, r.Reason)
		}
		for _, el := range r.elements {
			if state(el.State) != target {
				found("element %s of %s is %s, and should be %s", el.Name, r.Key, el.State, target)
			}
		}
		if want := partsOfEach(); len(r.elements) != want {
			found("%s has %d parts, and should have %d", r.Key, len(r.elements), want)
		}
	}
}

func partsOfEach() (n int) {
	for _, size := range sizes {
		n += size
	}
	return n
}

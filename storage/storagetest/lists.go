package storagetest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"

	"github.com/reeve-go/reeve/storage"
)

func lists() group {
	return group{"9 lists are bounded", []testCase{
		{name: "records are found by state, status and group", run: recordQueries},
		{name: "a long list is complete", run: longList},
		{name: "one may write while it lists", run: writeWhileListing},
		{name: "a list ends when the caller has enough", run: listEnds},
		{name: "a list ends with the error of its context", run: listFails},
		{name: "history is found after a version", run: historyAfter},
		{name: "there is no history after the newest version", run: historyEnds},
		{name: "count counts every record", run: counts},
		{name: "count follows changes", run: countFollows},
	}}
}

func recordQueries(s *scene) {
	grouped := func(group string) edit { return func(c *storage.Change) { c.Record.Group = group } }
	s.create("a", s.inState(0), grouped("blue"))
	s.create("b", s.inState(1), grouped("red"))
	s.create("c", s.inState(1), grouped("blue"), paused)
	s.create("d", s.inState(2), final)
	s.must(storage.Change{Key: s.keyOf(other, "e"), Record: storage.Record{State: s.States[1], Group: "blue"}})
	for _, q := range []struct {
		what  string
		query storage.Query
		want  []string
	}{
		{"of a kind", storage.Query{}, []string{"a", "b", "c", "d"}},
		{"in a state", storage.Query{States: []string{s.States[1]}}, []string{"b", "c"}},
		{"in two states", storage.Query{States: []string{s.States[2], s.States[0]}}, []string{"a", "d"}},
		{"of a status", storage.Query{Statuses: []storage.Status{storage.Paused, storage.Quarantined}}, []string{"c"}},
		{"that are ok", storage.Query{Statuses: []storage.Status{storage.OK}}, []string{"a", "b", "d"}},
		{"of a group", storage.Query{Group: "blue"}, []string{"a", "c"}},
		{"of a group in a state", storage.Query{Group: "blue", States: []string{s.States[1]}}, []string{"c"}},
		{"after an id, limited", storage.Query{After: "a", Limit: 2}, []string{"b", "c"}},
		{"after an id that there is not", storage.Query{After: "bb"}, []string{"c", "d"}},
	} {
		q.query.Kind = s.Kind
		var got []string
		for _, r := range collect(s, s.Store.List(s.ctx, q.query)) {
			got = append(got, r.Key.ID)
		}
		s.same("records "+q.what, got, q.want)
	}
}

// many is more than a page of any backend.
const many = 2500

// crowd spawns n records, the first of which has a number, and returns their ids in order.
func (s *scene) crowd(first, n int) (ids []string) {
	s.Helper()
	c := s.creation(fmt.Sprintf("crowd%06d", first))
	for i := range n {
		k := storage.Key{Kind: s.Kind, ID: fmt.Sprintf("r%06d", first+i)}
		ids = append(ids, k.ID)
		c.Spawn = append(c.Spawn, storage.Spawn{Record: storage.Record{Key: k, State: s.States[i%2], Data: s.Data(i)}})
	}
	s.must(c)
	return ids
}

func longList(s *scene) {
	want := append([]string{"crowd000000"}, s.crowd(0, many)...)
	var got []string
	for _, r := range collect(s, s.Store.List(s.ctx, storage.Query{Kind: s.Kind})) {
		got = append(got, r.Key.ID)
	}
	if !slices.Equal(got, want) {
		s.Fatalf("the list of %d records has %d; it must have each once, in order", len(want), len(got))
	}
	got = nil
	for _, r := range collect(s, s.Store.List(s.ctx, storage.Query{Kind: s.Kind, States: []string{s.States[1]}, Limit: many / 4})) {
		got = append(got, r.Key.ID)
	}
	s.same("how many a limited list of half the records has", len(got), many/4)
}

func writeWhileListing(s *scene) {
	for i := range 5 {
		s.create(fmt.Sprint(i))
	}
	seen := 0
	for r, err := range s.Store.List(s.ctx, storage.Query{Kind: s.Kind}) {
		s.is("a sequence", err, nil)
		s.must(s.order(r.Key.ID, s.inState(1)))
		seen++
	}
	s.same("how many records were listed while they were changed", seen, 5)
}

func listEnds(s *scene) {
	for i := range 5 {
		s.create(fmt.Sprint(i))
	}
	for _, err := range s.Store.List(s.ctx, storage.Query{Kind: s.Kind}) {
		s.is("a sequence", err, nil)
		break
	}
	s.must(s.order("0", s.inState(1))) // nothing is held open
	s.same("a list of a kind without records", len(collect(s, s.Store.List(s.ctx, storage.Query{Kind: "nobody's"}))), 0)
}

func listFails(s *scene) {
	s.create("a", emits(effect("e", "")), with(storage.Element{Name: "x", State: "new"}),
		func(c *storage.Change) { c.Lines = []storage.Line{{Cause: "test"}} })
	s.delivered(s.message("m", "a"))
	ctx, cancel := context.WithCancel(s.ctx)
	cancel()
	fails(s, "list", s.Store.List(ctx, storage.Query{Kind: s.Kind}))
	fails(s, "elements", s.Store.Elements(ctx, s.key("a"), storage.ElementQuery{}))
	fails(s, "messages", s.Store.Messages(ctx, storage.MessageQuery{}))
	fails(s, "effects", s.Store.Effects(ctx, storage.EffectQuery{}))
	fails(s, "history", s.Store.History(ctx, s.key("a"), 0))
	if _, err := s.Store.Count(ctx, s.Kind); !errors.Is(err, context.Canceled) {
		s.Errorf("count under an ended context answers %v; it must answer %v", err, context.Canceled)
	}
}

func historyAfter(s *scene) {
	line := func(c *storage.Change) { c.Lines = []storage.Line{{Cause: "one"}, {Cause: "two"}} }
	s.create("a", line)
	s.must(s.order("a", line))
	s.must(s.order("a", line))
	var got []string
	for _, l := range collect(s, s.Store.History(s.ctx, s.key("a"), 1)) {
		got = append(got, fmt.Sprintf("%d %d %s", l.Version, l.N, l.Cause))
	}
	s.same("the lines after version 1, by version and number", got, []string{"2 0 one", "2 1 two", "3 0 one", "3 1 two"})
	s.same("the history of an absent record", len(s.history("absent")), 0)
	full := storage.Line{
		Element: "x", From: "here", Event: "go", To: "there", Cause: "order", Operation: "op", Inputs: []byte{0, 1, 255},
	}
	s.create("b", func(c *storage.Change) { c.Lines = []storage.Line{full} })
	full.Version, full.At = 1, s.now()
	s.same("a line as it was given", s.history("b"), []storage.Line{full})
}

func historyEnds(s *scene) {
	s.create("a", func(c *storage.Change) { c.Lines = []storage.Line{{Cause: "one"}, {Cause: "two"}} })
	for _, after := range []uint64{1, 2, math.MaxInt32, math.MaxInt64, math.MaxInt64 + 1, math.MaxUint64} {
		got := collect(s, s.Store.History(s.ctx, s.key("a"), after))
		s.same(fmt.Sprintf("how many lines there are after version %d of a record at version 1", after), len(got), 0)
	}
}

func (s *scene) counted(demand, kind string, want map[string]int) {
	s.Helper()
	got, err := s.Store.Count(s.ctx, kind)
	s.is("count", err, nil)
	for state, n := range got {
		if n == 0 {
			delete(got, state)
		}
	}
	s.same(demand, got, want)
}

func counts(s *scene) {
	s.create("a")
	s.create("b", final)
	s.create("c", paused, s.inState(1))
	s.must(storage.Change{Key: s.keyOf(other, "d"), Record: storage.Record{State: "elsewhere"}})
	s.counted("records by state", s.Kind, map[string]int{s.States[0]: 2, s.States[1]: 1})
	s.counted("records of a kind that has none", "nobody's", map[string]int{})
}

func countFollows(s *scene) {
	s.create("a")
	s.create("b")
	s.must(s.order("a", s.inState(1)))
	s.must(s.order("b", s.inState(0)))
	s.counted("records by state after one moved", s.Kind, map[string]int{s.States[0]: 1, s.States[1]: 1})
	s.must(s.deletion("a"))
	s.counted("records by state after one was deleted", s.Kind, map[string]int{s.States[0]: 1})
	s.must(s.order("b", func(c *storage.Change) {
		c.Spawn = []storage.Spawn{{Record: storage.Record{Key: s.key("c"), State: s.States[2], Data: s.Data(0)}}}
	}))
	s.counted("records by state after one was spawned", s.Kind, map[string]int{s.States[0]: 1, s.States[2]: 1})
}

// fails demands that a sequence ends with the error of its context.
func fails[T any](s *scene, what string, seq iter.Seq2[T, error]) {
	s.Helper()
	n, last := 0, error(nil)
	for _, last = range seq {
		n++
	}
	if n != 1 || !errors.Is(last, context.Canceled) {
		s.Errorf("%s under an ended context yields %d times, at last %v; it must yield %v and end", what, n, last, context.Canceled)
	}
}

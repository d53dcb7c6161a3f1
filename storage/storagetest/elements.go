package storagetest

import (
	"fmt"
	"time"

	"github.com/reeve-go/reeve/storage"
)

func elements() group {
	return group{"elements", []testCase{
		{name: "every field comes back", run: elementComesBack},
		{name: "those not touched stay", run: untouchedStay},
		{name: "the tally counts them all", run: tallyCounts},
		{name: "the tally follows changes", run: tallyFollows},
		{name: "are found by name, group and state", run: elementQueries},
		{name: "those that are named are found after a name, and limited", run: elementsNamed},
	}}
}

func with(elements ...storage.Element) edit {
	return func(c *storage.Change) { c.Elements = append(c.Elements, elements...) }
}

func without(names ...string) edit {
	return func(c *storage.Change) { c.Gone = append(c.Gone, names...) }
}

func elementComesBack(s *scene) {
	given := storage.Element{
		Name: "x é", State: "new", Group: -2, Since: s.oddTime(-time.Hour), Due: s.oddTime(time.Hour), Data: []byte{0, 1, 255},
	}
	s.create("a", with(given))
	want := given
	want.Since, want.Due = storage.Time(given.Since), storage.Time(given.Due)
	s.same("the element as it was given, times to the microsecond", s.elementsOf("a", storage.ElementQuery{}), []storage.Element{want})
	s.must(s.order("a", with(storage.Element{Name: given.Name, State: "bare"})))
	s.same("an element that is given again, without most fields", s.elementsOf("a", storage.ElementQuery{}),
		[]storage.Element{{Name: given.Name, State: "bare"}})
}

func untouchedStay(s *scene) {
	x, y := storage.Element{Name: "x", State: "new"}, storage.Element{Name: "y", State: "new", Data: []byte("kept")}
	s.create("a", with(x, y))
	x.State = "moved"
	s.must(s.order("a", with(x)))
	s.same("elements after a change of one", s.elementsOf("a", storage.ElementQuery{}), []storage.Element{x, y})
	s.must(s.order("a"))
	s.same("elements after a change of none", s.elementsOf("a", storage.ElementQuery{}), []storage.Element{x, y})
}

func tallyCounts(s *scene) {
	s.create("a", with(
		storage.Element{Name: "1", State: "up", Group: 2}, storage.Element{Name: "2", State: "down", Group: 2},
		storage.Element{Name: "3", State: "up", Group: 1}, storage.Element{Name: "4", State: "up", Group: 2}))
	want := []storage.Tally{{Group: 1, State: "up", N: 1}, {Group: 2, State: "down", N: 1}, {Group: 2, State: "up", N: 2}}
	s.same("the tally by group and state, in that order", s.load("a").Tally, want)
	s.must(s.order("a", s.dueIn(0)))
	s.same("the tally in a claim", s.claimed("a due record", "a")[0].Tally, want)
}

func tallyFollows(s *scene) {
	s.create("a", with(storage.Element{Name: "1", State: "up"}, storage.Element{Name: "2", State: "up"}))
	s.must(s.order("a", with(storage.Element{Name: "1", State: "down"}, storage.Element{Name: "3", State: "up", Group: 1})))
	s.same("the tally after one moved and one came", s.load("a").Tally,
		[]storage.Tally{{State: "down", N: 1}, {State: "up", N: 1}, {Group: 1, State: "up", N: 1}})
	s.must(s.order("a", without("2", "2", "never was"), with(storage.Element{Name: "3", State: "up"})))
	s.same("the tally after one went and one changed its group", s.load("a").Tally,
		[]storage.Tally{{State: "down", N: 1}, {State: "up", N: 1}})
	s.must(s.order("a", without("1", "3")))
	s.same("the tally after all went", len(s.load("a").Tally), 0)
}

func elementQueries(s *scene) {
	var all []storage.Element
	for i := range 6 {
		all = append(all, storage.Element{Name: fmt.Sprint("e", i), Group: i % 2, State: []string{"up", "down", "lost"}[i%3]})
	}
	s.create("a", with(all...))
	for _, q := range []struct {
		what  string
		query storage.ElementQuery
		want  []int
	}{
		{"all", storage.ElementQuery{}, []int{0, 1, 2, 3, 4, 5}},
		{"by name", storage.ElementQuery{Names: []string{"e4", "e1", "e9"}}, []int{1, 4}},
		{"by group", storage.ElementQuery{Groups: []int{1}}, []int{1, 3, 5}},
		{"by state", storage.ElementQuery{States: []string{"up", "lost"}}, []int{0, 2, 3, 5}},
		{"by all of them", storage.ElementQuery{Names: []string{"e2", "e3"}, Groups: []int{0}, States: []string{"lost"}}, []int{2}},
		{"after a name, limited", storage.ElementQuery{After: "e1", Limit: 2}, []int{2, 3}},
	} {
		var want []storage.Element
		for _, i := range q.want {
			want = append(want, all[i])
		}
		s.same("elements "+q.what, s.elementsOf("a", q.query), want)
	}
	s.same("elements of an absent record", len(s.elementsOf("absent", storage.ElementQuery{})), 0)
}

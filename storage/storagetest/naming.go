package storagetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// What follows asks for things by several names, which a store may well look for one by one.

func claimNamedTwice(s *scene) {
	for i, id := range []string{"a", "b", "c"} {
		s.create(id, s.dueIn(time.Duration(i-3)*time.Second))
	}
	twice := storage.Claim{Names: []string{s.Kind, s.Kind}, Owner: owner, Limit: 2, TTL: ttl}
	held := s.claimOf(twice)
	s.same("up to two records of a kind that is named twice", idsOf(held), []string{"a", "b"})
	for _, r := range held {
		s.is("a change under a lease from such a claim", s.apply(turn(r))[0], nil)
	}
	s.same("the record that is left", idsOf(s.claimOf(twice)), []string{"c"})
}

// takeOf demands that a take of some names returns these effects, in this order.
func (s *scene) takeOf(names []string, limit int, ids ...string) []storage.Taken {
	s.Helper()
	got, err := s.Store.Take(s.ctx, storage.Claim{Names: names, Owner: owner, Limit: limit, TTL: ttl})
	s.is("take", err, nil)
	var is []string
	for _, e := range got {
		is = append(is, e.ID)
	}
	s.same(fmt.Sprintf("up to %d effects that are called any of %q", limit, names), is, ids)
	return got
}

func takeNamedTwice(s *scene) {
	s.create("a", emits(effect("1", ""), effect("2", ""), effect("3", "")))
	twice := []string{performed, performed}
	for _, taken := range s.takeOf(twice, 2, "1", "2") {
		s.same("how often it was taken", s.wanted(taken.ID).Attempt, 1)
		s.settled(settlement(taken, storage.EffectDone))
	}
	s.takeOf(twice, 2, "3")
}

func takeAcrossNames(s *scene) {
	called := func(id, name string) storage.Effect {
		e := effect(id, "")
		e.Name = name
		return e
	}
	s.create("b", emits(called("1", "z")))
	s.pass(time.Second)
	s.create("a", emits(called("2", "a"), called("3", "z"), called("4", "m"), called("5", "a"), called("6", "z")))
	s.takeOf([]string{"a", "z"}, 3, "1", "2", "3")
	s.takeOf([]string{"z", "a", "m"}, 2, "4", "5")
	s.takeOf([]string{"z", "a", "m"}, 9, "6")
}

func elementsNamed(s *scene) {
	const n = 250 // more than a page of most backends
	var all []storage.Element
	for i := range n {
		all = append(all, storage.Element{Name: fmt.Sprintf("e%03d", i), Group: i % 2, State: "new"})
	}
	s.create("a", with(all...))
	q := storage.ElementQuery{After: "e009", Names: []string{"nobody", "e100"}}
	for _, e := range slices.Backward(all[:n-1]) {
		q.Names = append(q.Names, e.Name)
	}
	s.same("elements that are named, after one of them", s.elementsOf("a", q), all[10:n-1])
	q.Limit = 180
	s.same("as many of them as a limit lets through", s.elementsOf("a", q), all[10:190])
	q.After, q.Groups, q.Limit = "e00x", []int{1}, 2
	s.same("two of a group, after a name that none has", s.elementsOf("a", q), []storage.Element{all[11], all[13]})
}

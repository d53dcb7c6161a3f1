package storagetest

import (
	"github.com/reeve-go/reeve/storage"
)

func effect(id, lane string) storage.Effect {
	return storage.Effect{ID: id, Key: "key of " + id, Name: performed, Lane: lane}
}

func emits(effects ...storage.Effect) edit {
	return func(c *storage.Change) { c.Emit = append(c.Emit, effects...) }
}

func cancels(operation, lane string) edit {
	return func(c *storage.Change) {
		c.Cancel = append(c.Cancel, storage.Cancel{Operation: operation, Lane: lane})
	}
}

// take takes up to limit effects.
func (s *scene) take(limit int) []storage.Taken {
	s.Helper()
	taken, err := s.Store.Take(s.ctx, storage.Claim{Names: []string{performed}, Owner: owner, Limit: limit, TTL: ttl})
	s.is("take", err, nil)
	return taken
}

// takenNow demands that a take returns these effects, and returns them in the order in which they are
// named.
func (s *scene) takenNow(demand string, ids ...string) []storage.Taken {
	s.Helper()
	got := s.take(100)
	inOrder(got, ids, func(e storage.Taken) string { return e.ID })
	var is []string
	for _, e := range got {
		is = append(is, e.ID)
	}
	s.same(demand+": a take must return these effects", is, ids)
	return got
}

func settlement(of storage.Taken, as storage.EffectStatus) storage.Settlement {
	return storage.Settlement{Lease: of.Lease, As: as}
}

func (s *scene) settle(settlements ...storage.Settlement) []error {
	s.Helper()
	answers, err := s.Store.Settle(s.ctx, settlements)
	s.is("settle", err, nil)
	if len(answers) != len(settlements) {
		s.Fatalf("settle gave %d answers to %d settlements; each has its own", len(answers), len(settlements))
	}
	return answers
}

// settled settles an attempt that the contract allows to.
func (s *scene) settled(st storage.Settlement) {
	s.Helper()
	s.is("a settlement that is right", s.settle(st)[0], nil)
}

// wanted returns an effect.
func (s *scene) wanted(id string) storage.Effect {
	s.Helper()
	for _, e := range collect(s, s.Store.Effects(s.ctx, storage.EffectQuery{})) {
		if e.ID == id {
			return e
		}
	}
	s.Fatalf("effect %q is gone", id)
	return storage.Effect{}
}

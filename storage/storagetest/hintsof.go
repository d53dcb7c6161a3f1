package storagetest

import (
	"slices"

	"github.com/reeve-go/reeve/storage"
)

// Each of these returns a call that makes something due, and does before what that needs.

func hintOfDelivery(s *scene, id string) func() {
	s.create(id)
	return func() { s.delivered(s.message("m", id)) }
}

func hintOfOrder(s *scene, id string) func() {
	s.create(id)
	order := s.order(id, s.dueIn(0))
	return func() { s.must(order) }
}

func hintOfSending(s *scene, id string) func() {
	s.create(id)
	c := s.creation("sender of "+id, sends(s.message("m", id)))
	return func() { s.must(c) }
}

func hintOfRedriving(s *scene, id string) func() {
	s.create("sender of "+id, sends(s.message("m", id)))
	dead := s.said("m", id)
	s.create(id)
	return func() {
		answers, err := s.Store.RedriveMessages(s.ctx, []uint64{dead.Seq})
		s.is("redrive", err, nil)
		s.is("redriving a dead message", answers[0], nil)
	}
}

func hintOfRelease(s *scene, id string) func() {
	s.create(id, s.dueIn(0))
	held := s.claim(100)
	at := slices.Index(idsOf(held), id)
	return func() { s.release(0, held[at].Lease) }
}

func hintOfOutcome(s *scene, id string) func() {
	st := settlement(s.emitted(id, effect(id, "")), storage.EffectDone)
	st.Outcome = &storage.Message{ID: "outcome", Name: "done"}
	return func() { s.settled(st) }
}

func hintOfEffect(s *scene, id string) func() {
	c := s.creation(id, emits(effect(id, "")))
	return func() { s.must(c) }
}

func hintOfReleasedEffect(s *scene, id string) func() {
	taken := s.emitted(id, effect(id, ""))
	return func() { s.release(0, taken.Lease) }
}

func hintOfRedrivenEffect(s *scene, id string) func() {
	s.settled(settlement(s.emitted(id, effect(id, "")), storage.EffectDead))
	return func() { s.is("redriving a dead effect", s.redrivenEffects(0, id)[0], nil) }
}

func hintOfLane(s *scene, id string) func() {
	first := s.emitted(id, effect("before "+id, "lane"), effect(id, "lane"))
	return func() { s.settled(settlement(first, storage.EffectDone)) }
}

// emitted creates a record with effects and takes the first of them.
func (s *scene) emitted(id string, effects ...storage.Effect) storage.Taken {
	s.Helper()
	s.create(id, emits(effects...))
	for _, e := range s.take(100) {
		if e.ID == effects[0].ID {
			return e
		}
	}
	s.Fatalf("effect %q cannot be taken; it was just emitted", effects[0].ID)
	return storage.Taken{}
}

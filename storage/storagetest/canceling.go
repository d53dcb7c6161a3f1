package storagetest

import (
	"github.com/reeve-go/reeve/storage"
)

func canceledNotTaken(s *scene) {
	s.create("a", emits(effect("e", "")))
	s.must(s.order("a", cancels("", "")))
	s.same("a canceled effect", s.wanted("e").Status, storage.EffectCanceled)
	s.takenNow("a canceled effect")
}

func cancelChooses(s *scene) {
	of := func(id, operation, lane string, keep bool) storage.Effect {
		e := effect(id, lane)
		e.Operation, e.Keep = operation, keep
		return e
	}
	all := emits(of("1", "op", "", false), of("2", "op", "lane", false), of("3", "other", "lane", false),
		of("4", "op", "lane", true), of("5", "op", "", true))
	s.create("bystander", emits(of("6", "op", "lane", false)))
	s.create("a", all)
	open := func(what string, want ...string) {
		s.Helper()
		var got []string
		for _, e := range collect(s, s.Store.Effects(s.ctx, storage.EffectQuery{Statuses: []storage.EffectStatus{storage.EffectPending}})) {
			got = append(got, e.ID)
		}
		s.same("effects that are left after canceling "+what, got, want)
	}
	s.must(s.order("a", cancels("nobody's", "")))
	open("an operation that has none", "6", "1", "2", "3", "4", "5")
	s.must(s.order("a", cancels("op", "")))
	open("an operation: those to keep stay", "6", "3", "4", "5")
	s.must(s.order("a", cancels("op", "lane")))
	open("an operation's lane: those to keep go", "6", "3", "5")
	s.must(s.order("a", cancels("", "lane")))
	open("a lane", "6", "5")
	s.must(s.order("a", cancels("", "")))
	open("everything", "6", "5")
}

func canceledRunning(s *scene) {
	s.create("a", emits(effect("e", "")))
	taken := s.takenNow("a new effect", "e")[0]
	s.must(s.order("a", cancels("", "")))
	s.same("an effect that was canceled while it ran", s.wanted("e").Status, storage.EffectCanceled)
	s.is("extending its lease", s.extend(taken.Lease)[0], storage.ErrCanceled)
	s.pass(2 * ttl)
	s.takenNow("an effect that was canceled while it ran")
}

func canceledOutcome(s *scene) {
	s.create("a", emits(effect("1", ""), effect("2", ""), effect("3", "")))
	taken := s.takenNow("new effects", "1", "2", "3")
	s.must(s.order("a", cancels("", "")))
	for i, as := range []storage.EffectStatus{storage.EffectDone, storage.EffectPending} {
		st := settlement(taken[i], as)
		st.Outcome = &storage.Message{ID: taken[i].ID, Name: "done"}
		s.settled(st)
		s.same("a canceled effect that was settled as "+as.String(), s.wanted(taken[i].ID).Status, storage.EffectCanceled)
		s.is("settling it twice", s.settle(st)[0], storage.ErrLeaseLost)
	}
	s.statuses("outcomes of canceled effects", "a", storage.MessageOpen, storage.MessageOpen)
	s.release(0, taken[2].Lease)
	s.same("a canceled effect that was released", s.wanted("3").Status, storage.EffectCanceled)
	s.takenNow("canceled effects")
}

func canceledReason(s *scene) {
	s.create("a", emits(effect("1", ""), effect("2", ""), effect("3", "")))
	for _, taken := range s.takenNow("new effects", "1", "2", "3") {
		failed := settlement(taken, storage.EffectPending)
		failed.Reason = "nobody answered"
		s.settled(failed)
	}
	running := s.take(2)
	s.must(s.order("a", cancels("", "")))
	of := func(what, id, want string) {
		s.Helper()
		s.same("the reason of a canceled effect "+what, s.wanted(id).Reason, want)
	}
	for _, id := range []string{"1", "2", "3"} {
		of("that had failed before", id, "nobody answered")
	}
	failed := settlement(running[0], storage.EffectPending)
	failed.Reason = "the line went dead"
	s.settled(failed)
	of("that has failed since", running[0].ID, failed.Reason)
	s.release(0, running[1].Lease)
	of("that was released since", running[1].ID, "nobody answered")
}

func endedNotCanceled(s *scene) {
	s.create("a", emits(effect("e", "")))
	s.settled(settlement(s.takenNow("a new effect", "e")[0], storage.EffectDone))
	s.must(s.order("a", cancels("", "")))
	s.same("an effect that was done before all were canceled", s.wanted("e").Status, storage.EffectDone)
}

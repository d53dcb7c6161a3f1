package storagetest

import (
	"time"

	"github.com/reeve-go/reeve/storage"
)

func settleDone(s *scene) {
	s.create("a", emits(effect("e", ""), effect("f", "")))
	taken := s.takenNow("new effects", "e", "f")
	done, dead := settlement(taken[0], storage.EffectDone), settlement(taken[1], storage.EffectDead)
	dead.Reason = "it cannot be done"
	s.settled(done)
	s.settled(dead)
	s.same("an effect that was performed", s.wanted("e").Status, storage.EffectDone)
	s.same("an effect that was given up", s.wanted("f").Status, storage.EffectDead)
	s.same("its reason", s.wanted("f").Reason, dead.Reason)
	s.same("when they can be taken", []time.Time{s.wanted("e").Due, s.wanted("f").Due}, make([]time.Time, 2))
	s.pass(2 * ttl)
	s.takenNow("effects that have ended")
	s.claimed("the record of effects without an outcome")
}

func settleRetry(s *scene) {
	s.create("a", emits(effect("e", "")))
	st := settlement(s.takenNow("a new effect", "e")[0], storage.EffectPending)
	st.Retry, st.Reason = time.Hour, "nobody answered"
	s.settled(st)
	got := s.wanted("e")
	s.same("an effect that is to be tried again", got.Status, storage.EffectPending)
	s.same("what went wrong", got.Reason, st.Reason)
	s.same("when it can be taken", got.Due, s.now().Add(time.Hour))
	s.pass(time.Hour - time.Microsecond)
	s.takenNow("an effect before its next try")
	s.pass(time.Microsecond)
	s.same("how often it was taken", s.takenNow("an effect to be tried again", "e")[0].Attempt, 2)
}

func retryDeadline(s *scene) {
	e := effect("e", "")
	e.Deadline = s.now().Add(time.Hour)
	s.create("a", emits(e))
	st := settlement(s.takenNow("a new effect", "e")[0], storage.EffectPending)
	st.Retry = 2 * time.Hour
	s.settled(st)
	s.same("when it can be taken", s.wanted("e").Due, e.Deadline)
	s.pass(time.Hour)
	s.release(2*time.Hour, s.takenNow("an effect at its deadline", "e")[0].Lease)
	s.takenNow("an effect that is released after its deadline", "e")
}

func outcomeDelivered(s *scene) {
	s.create("a", emits(effect("e", ""), effect("f", "")))
	taken := s.takenNow("new effects", "e", "f")
	st := settlement(taken[0], storage.EffectDone)
	st.Outcome = &storage.Message{
		ID: "outcome", To: s.key("elsewhere"), From: s.keyOf(other, "a"), Name: "done", Element: "x",
		Operation: "op", Step: "step", Body: []byte("it worked"),
	}
	s.settled(st)
	got, want := s.said("outcome", "a"), *st.Outcome
	want.To, want.Seq, want.At = s.key("a"), got.Seq, s.now()
	s.same("the outcome, delivered to the effect's record", got, want)
	retry := settlement(taken[1], storage.EffectPending)
	retry.Outcome = &storage.Message{ID: "progress", Name: "failing"}
	s.settled(retry)
	s.same("the outcome of an attempt that failed", s.said("progress", "a").Status, storage.MessageOpen)
}

func outcomeObeys(s *scene) {
	s.create("a", emits(effect("1", ""), effect("2", "")))
	s.create("b", final, emits(effect("3", "")))
	s.delivered(s.slotted("known", "a", "slot"))
	taken := s.takenNow("new effects", "1", "2", "3")
	for i, outcome := range []storage.Message{
		{ID: "known", Name: "done"}, {ID: "new", Name: "done", Slot: "slot"}, {ID: "late", Name: "done"},
	} {
		st := settlement(taken[i], storage.EffectDone)
		st.Outcome = &outcome
		s.settled(st)
	}
	s.statuses("an outcome whose id is known is left out, one with a slot replaces", "a", storage.MessageReplaced, storage.MessageOpen)
	s.statuses("an outcome for a final record", "b", storage.MessageStale)
}

func settleLost(s *scene) {
	s.create("a", emits(effect("e", "")))
	lost := s.takenNow("a new effect", "e")[0]
	s.pass(ttl)
	newest := s.takenNow("an effect whose lease has expired", "e")[0]
	st := settlement(lost, storage.EffectDone)
	st.Outcome = &storage.Message{ID: "outcome", Name: "done"}
	s.unchanged("a settlement by a lost lease", func() { s.is("its answer", s.settle(st)[0], storage.ErrLeaseLost) })
	s.is("extending a lost lease", s.extend(lost.Lease)[0], storage.ErrLeaseLost)
	s.unchanged("a release by a lost lease", func() { s.release(0, lost.Lease) })
	s.settled(settlement(newest, storage.EffectDone))
}

func settleEnded(s *scene) {
	s.create("a", emits(effect("e", "")))
	taken := s.takenNow("a new effect", "e")[0]
	st := settlement(taken, storage.EffectPending)
	st.Retry = time.Hour
	answers := s.settle(st, settlement(taken, storage.EffectDone))
	s.is("the first settlement of an attempt", answers[0], nil)
	s.is("the second settlement of an attempt", answers[1], storage.ErrLeaseLost)
	s.is("extending a lease that was settled", s.extend(taken.Lease)[0], storage.ErrLeaseLost)
	s.unchanged("a release of a lease that was settled", func() { s.release(0, taken.Lease) })
}

func settleExpired(s *scene) {
	s.create("a", emits(effect("e", "")))
	taken := s.takenNow("a new effect", "e")[0]
	s.pass(10 * ttl)
	s.is("a settlement by a lease that expired, but is still the newest", s.settle(settlement(taken, storage.EffectDone))[0], nil)
	s.same("the effect", s.wanted("e").Status, storage.EffectDone)
}

func settleAnswers(s *scene) {
	s.create("a", emits(effect("1", ""), effect("2", ""), effect("3", "")))
	s.create("b", emits(effect("4", "")))
	taken := s.takenNow("new effects", "1", "2", "3", "4")
	s.must(s.deletion("b"))
	broken := settlement(taken[1], storage.EffectRunning)
	lost := settlement(taken[2], storage.EffectDone)
	lost.Lease.Token--
	answers := s.settle(settlement(taken[0], storage.EffectDone), broken, lost, settlement(taken[3], storage.EffectDone))
	for i, want := range []error{nil, storage.ErrInvalid, storage.ErrLeaseLost, storage.ErrNotFound} {
		s.is("the answer to a settlement stands where it stood", answers[i], want)
	}
	s.is("extending the lease on an effect that is gone", s.extend(taken[3].Lease)[0], storage.ErrLeaseLost)
}

func extendEffect(s *scene) {
	s.create("a", emits(effect("e", "")))
	taken := s.takenNow("a new effect", "e")[0]
	for range 3 {
		s.pass(ttl - time.Second)
		s.is("extending a lease", s.extend(taken.Lease)[0], nil)
	}
	s.takenNow("an effect whose lease was extended")
	s.pass(ttl)
	s.takenNow("an effect whose extended lease has ended", "e")
}

func releaseEffect(s *scene) {
	s.create("a", emits(effect("e", "")))
	taken := s.takenNow("a new effect", "e")[0]
	s.release(time.Minute, taken.Lease)
	got := s.wanted("e")
	s.same("a released effect", got.Status, storage.EffectPending)
	s.same("how often it was taken, less the one that was not used", got.Attempt, 0)
	s.same("when it can be taken", got.Due, s.now().Add(time.Minute))
	s.is("settling a released effect", s.settle(settlement(taken, storage.EffectDone))[0], storage.ErrLeaseLost)
	s.pass(time.Minute)
	s.same("how often it was taken", s.takenNow("a released effect", "e")[0].Attempt, 1)
}

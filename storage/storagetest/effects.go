package storagetest

import (
	"time"

	"github.com/reeve-go/reeve/storage"
)

func effects() group {
	return group{"6 effects", []testCase{
		{name: "every field comes back", run: effectComesBack},
		{name: "an id is accepted once", run: emitOnce},
		{name: "an id of another record is refused", run: emitForeign},
		{name: "a take hides what it hands out", run: takeHides},
		{name: "the oldest first, and by name", run: takeOrder},
		{name: "are taken whatever their record does", run: takenAnyway},
		{name: "done is done", run: settleDone},
		{name: "tried again after a while", run: settleRetry},
		{name: "tried again at the latest at its deadline", run: retryDeadline},
		{name: "past its deadline it is handed out to be given up", run: takePastDeadline},
		{name: "the outcome is delivered", run: outcomeDelivered},
		{name: "the outcome obeys the rules for messages", run: outcomeObeys},
		{name: "a lost lease settles nothing", run: settleLost},
		{name: "an ended lease settles nothing", run: settleEnded},
		{name: "an expired lease that nobody took over still settles", run: settleExpired},
		{name: "each settlement has its own answer", run: settleAnswers},
		{name: "extending makes the lease last", run: extendEffect},
		{name: "releasing gives the attempt back", run: releaseEffect},
		{name: "a canceled effect is not taken", run: canceledNotTaken},
		{name: "cancel chooses by operation and lane", run: cancelChooses},
		{name: "an effect canceled while it runs is told so", run: canceledRunning},
		{name: "what a canceled effect brought about is not lost", run: canceledOutcome},
		{name: "an effect that has ended is not canceled", run: endedNotCanceled},
		{name: "a dead effect is tried again", run: redriveEffect},
		{name: "are found by record and status", run: effectQueries},
	}}
}

func effectComesBack(s *scene) {
	given := storage.Effect{
		ID: "id é", Key: "key", Lane: "lane", Name: performed, Element: "x", Operation: "op", Step: "step",
		Body: []byte{0, 1, 255}, Deadline: s.oddTime(time.Hour), Keep: true, Quiet: true,
	}
	before := s.create("a", emits(given))
	want := given
	want.From, want.Deadline, want.Due = before.Key, storage.Time(given.Deadline), s.now()
	got := s.wanted(given.ID)
	want.Seq = got.Seq
	s.same("the effect as it was given, its deadline to the microsecond", got, want)

	taken := s.takenNow("a new effect", given.ID)[0]
	want.Status, want.Attempt, want.Due = storage.EffectRunning, 1, taken.Due
	s.same("the effect as it was taken", taken.Effect, want)
	s.same("the time at which it was taken", taken.Now, s.now())
	s.same("its lease", taken.Lease, storage.Lease{Key: effectKey(given.ID), Owner: owner, Token: taken.Lease.Token, TTL: ttl})
}

func emitOnce(s *scene) {
	s.create("a", emits(effect("e", "")))
	before := s.wanted("e")
	other := effect("e", "lane")
	other.Body = []byte("another")
	s.must(s.order("a", emits(other)))
	s.same("an effect whose id the record emitted before", s.wanted("e"), before)
	s.settled(settlement(s.takenNow("an effect", "e")[0], storage.EffectDone))
	s.must(s.order("a", emits(other)))
	s.same("an effect that is done, emitted again", s.wanted("e").Status, storage.EffectDone)
	s.takenNow("an effect that is done, emitted again")
	s.must(s.order("a", emits(effect("f", ""), effect("f", ""))))
	s.takenNow("an effect that a change emits twice", "f")
}

func emitForeign(s *scene) {
	s.create("a", emits(effect("e", "")))
	s.create("b")
	s.refused(s.order("b", s.inState(1), emits(effect("e", ""))), storage.ErrExists)
}

func takeHides(s *scene) {
	s.create("a", emits(effect("e", "")))
	first := s.takenNow("a new effect", "e")[0]
	s.takenNow("an effect that was taken")
	s.pass(ttl - time.Microsecond)
	s.takenNow("an effect shortly before its lease ends")
	s.pass(time.Microsecond)
	again := s.takenNow("an effect whose lease has expired", "e")[0]
	s.same("how often it was taken", again.Attempt, 2)
	if again.Lease.Token <= first.Lease.Token {
		s.Errorf("the next lease has token %d after %d; it must be greater", again.Lease.Token, first.Lease.Token)
	}
}

func takeOrder(s *scene) {
	elsewhere := effect("elsewhere", "")
	elsewhere.Name = "something else"
	s.create("b", emits(effect("2", ""), elsewhere, effect("1", "")))
	s.pass(time.Second)
	s.create("a", emits(effect("0", "")))
	var ids []string
	for _, limit := range []int{1, 2} {
		got := s.take(limit)
		s.same("how many a take returns that is limited", len(got), limit)
		for _, e := range got {
			ids = append(ids, e.ID)
		}
	}
	s.same("effects by when they were due, then by number", ids, []string{"2", "1", "0"})
	got, err := s.Store.Take(s.ctx, storage.Claim{Names: []string{"something else"}, Owner: owner, Limit: 9, TTL: ttl})
	s.is("take", err, nil)
	s.same("how many effects have the other name", len(got), 1)
}

func takenAnyway(s *scene) {
	s.create("paused", paused, emits(effect("1", "")))
	s.create("final", final, emits(effect("2", "")))
	s.create("claimed", s.dueIn(0), emits(effect("3", "")))
	s.claimed("a due record", "claimed")
	s.takenNow("effects of records that get no turn", "1", "2", "3")
}

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

func takePastDeadline(s *scene) {
	e, behind := effect("e", ""), effect("behind", "lane")
	e.Deadline, behind.Deadline = s.now().Add(time.Second), s.now().Add(time.Second)
	s.create("a", emits(e, effect("first", "lane"), behind))
	s.settled(settlement(s.takenNow("new effects", "e", "first")[0], storage.EffectPending))
	s.pass(time.Second)
	s.takenNow("effects past their deadline, also behind another", "e", "behind")
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

func endedNotCanceled(s *scene) {
	s.create("a", emits(effect("e", "")))
	s.settled(settlement(s.takenNow("a new effect", "e")[0], storage.EffectDone))
	s.must(s.order("a", cancels("", "")))
	s.same("an effect that was done before all were canceled", s.wanted("e").Status, storage.EffectDone)
}

func (s *scene) redrivenEffects(deadline time.Duration, ids ...string) []error {
	s.Helper()
	answers, err := s.Store.RedriveEffects(s.ctx, ids, deadline)
	s.is("redrive", err, nil)
	if len(answers) != len(ids) {
		s.Fatalf("redrive gave %d answers to %d effects; each has its own", len(answers), len(ids))
	}
	return answers
}

func redriveEffect(s *scene) {
	e := effect("e", "")
	e.Deadline = s.now().Add(time.Second)
	s.create("a", emits(e, effect("f", ""), effect("pending", "")))
	for _, taken := range s.takenNow("new effects", "e", "f", "pending")[:2] {
		s.settled(settlement(taken, storage.EffectDead))
	}
	s.pass(time.Minute - time.Second)
	answers := s.redrivenEffects(time.Hour, "e", "pending", "absent")
	s.is("redriving a dead effect", answers[0], nil)
	s.is("redriving an effect that is not dead", answers[1], storage.ErrNotFound)
	s.is("redriving an unknown effect", answers[2], storage.ErrNotFound)
	s.redrivenEffects(0, "f")
	got := s.wanted("e")
	s.same("a redriven effect", got.Status, storage.EffectPending)
	s.same("how often it was taken", got.Attempt, 0)
	s.same("its deadline", got.Deadline, s.now().Add(time.Hour))
	s.same("the deadline of one redriven without", s.wanted("f").Deadline, time.Time{})
	s.takenNow("redriven effects", "e", "f")
}

func effectQueries(s *scene) {
	s.create("a", emits(effect("1", "")))
	s.create("b", emits(effect("2", "")))
	s.must(storage.Change{Key: s.keyOf(other, "a"), Record: storage.Record{State: "new"}, Emit: []storage.Effect{effect("3", "")}})
	s.must(s.order("a", emits(effect("4", ""), effect("5", ""))))
	s.settled(settlement(s.takenNow("new effects", "1", "2", "3", "4", "5")[3], storage.EffectDone))
	for _, q := range []struct {
		what  string
		query storage.EffectQuery
		want  []string
	}{
		{"of one record", storage.EffectQuery{From: s.key("a")}, []string{"1", "4", "5"}},
		{"of a kind", storage.EffectQuery{From: storage.Key{Kind: s.Kind}}, []string{"1", "2", "4", "5"}},
		{"of all", storage.EffectQuery{}, []string{"1", "2", "3", "4", "5"}},
		{"that run", storage.EffectQuery{From: s.key("a"), Statuses: []storage.EffectStatus{storage.EffectRunning}}, []string{"1", "5"}},
		{"after a number, limited", storage.EffectQuery{After: s.wanted("1").Seq, Limit: 2}, []string{"2", "3"}},
	} {
		var got []string
		for _, e := range collect(s, s.Store.Effects(s.ctx, q.query)) {
			got = append(got, e.ID)
		}
		s.same("effects "+q.what, got, q.want)
	}
}

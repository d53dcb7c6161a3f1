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
		{name: "the oldest first of several names", run: takeAcrossNames},
		{name: "a name that is given twice counts once", run: takeNamedTwice},
		{name: "one says who has it", run: ownerSaid},
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
		{name: "a canceled effect says what went wrong last", run: canceledReason},
		{name: "a dead effect is tried again", run: redriveEffect},
		{name: "are found by record and status", run: effectQueries},
	}}
}

func effectComesBack(s *scene) {
	given := storage.Effect{
		ID: "id é", Key: "key", Lane: "lane", Name: performed, Element: "x", Operation: "op", Step: "step",
		Body: []byte{0, 1, 255}, Deadline: s.oddTime(time.Hour), Keep: true, Quiet: true, Group: "blue",
	}
	before := s.create("a", emits(given))
	want := given
	want.From, want.Deadline, want.Due = before.Key, storage.Time(given.Deadline), s.now()
	got := s.wanted(given.ID)
	want.Seq = got.Seq
	s.same("the effect as it was given, its deadline to the microsecond", got, want)

	taken := s.takenNow("a new effect", given.ID)[0]
	want.Status, want.Attempt, want.Owner, want.Due = storage.EffectRunning, 1, owner, taken.Due
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

func ownerSaid(s *scene) {
	of := func(what, want string) { s.Helper(); s.same("the owner of an effect "+what, s.wanted("e").Owner, want) }
	s.create("a", emits(effect("e", "")))
	of("that was not taken", "")
	taken := s.takenNow("a new effect", "e")[0]
	of("that runs", owner)
	s.pass(ttl - time.Second)
	s.is("extending its lease", s.extend(taken.Lease)[0], nil)
	s.pass(ttl - time.Microsecond)
	of("whose lease was extended", owner)
	s.pass(time.Microsecond)
	of("whose lease has ended", "")
	again, err := s.Store.Take(s.ctx, storage.Claim{Names: []string{performed}, Owner: "another", Limit: 1, TTL: ttl})
	s.is("take", err, nil)
	of("that another has taken over", "another")
	retry := settlement(again[0], storage.EffectPending)
	s.settled(retry)
	of("that is to be tried again", "")
	s.takenNow("an effect to be tried again", "e")
	s.must(s.order("a", cancels("", "")))
	of("that was canceled while it runs", owner)
	s.pass(ttl)
	of("that was canceled long ago", "")
}

func takenAnyway(s *scene) {
	s.create("paused", paused, emits(effect("1", "")))
	s.create("final", final, emits(effect("2", "")))
	s.create("claimed", s.dueIn(0), emits(effect("3", "")))
	s.claimed("a due record", "claimed")
	s.takenNow("effects of records that get no turn", "1", "2", "3")
}

func takePastDeadline(s *scene) {
	e, behind := effect("e", ""), effect("behind", "lane")
	e.Deadline, behind.Deadline = s.now().Add(time.Second), s.now().Add(time.Second)
	s.create("a", emits(e, effect("first", "lane"), behind))
	s.settled(settlement(s.takenNow("new effects", "e", "first")[0], storage.EffectPending))
	s.pass(time.Second)
	s.takenNow("effects past their deadline, also behind another", "e", "behind")
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

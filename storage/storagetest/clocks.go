package storagetest

import (
	"time"

	"github.com/reeve-go/reeve/storage"
)

func clocks() group {
	return group{"7 time is the store's", []testCase{
		{name: "what the store sets is not taken from the caller", run: notFromCaller},
		{name: "it moves only by passing", run: timePasses},
		{name: "a call happens at one time", run: oneTime, real: true},
		{name: "times are kept to the microsecond", run: microseconds},
		{name: "times from now are kept to the microsecond", run: microsecondsFromNow},
	}}
}

func notFromCaller(s *scene) {
	s.create("a")
	const number = 1 << 40
	wrong := s.now().Add(-time.Hour)
	m := s.message("m", "a")
	m.Seq, m.At, m.Status, m.Reason = number, wrong, storage.MessageDead, "wrong"
	sent := m
	sent.ID = "sent"
	e := effect("e", "")
	e.From, e.Seq, e.Attempt, e.Due, e.Status, e.Reason = s.key("b"), number, 9, wrong, storage.EffectDone, "wrong"
	e.Owner = "wrong"
	s.delivered(m)
	s.must(s.order("a", emits(e), sends(sent), func(c *storage.Change) {
		c.Record.Key, c.Record.Version, c.Record.Fence = s.key("b"), 99, 99
		c.Lines = []storage.Line{{Version: 99, N: 9, At: wrong, Cause: "test"}}
	}))
	for _, id := range []string{"m", "sent"} {
		got := s.said(id, "a")
		want := s.message(id, "a")
		want.At, want.Seq = s.now(), got.Seq%number
		s.same("number, time and status of a message that came with others", got, want)
	}
	got := s.wanted("e")
	want := effect("e", "")
	want.From, want.Seq, want.Due = s.key("a"), got.Seq%number, s.now()
	s.same("sender, number and status of an effect that came with others", got, want)
	s.same("version, number and time of a line that came with others", s.history("a"),
		[]storage.Line{{Version: 2, At: s.now(), Cause: "test"}})
	r := s.load("a")
	s.same("version and fence of a record that came with others", []uint64{r.Version, uint64(r.Fence)}, []uint64{2, 0})
}

func timePasses(s *scene) {
	before := s.now()
	if before.IsZero() {
		s.Fatalf("the store's time is zero")
	}
	s.same("the store's time while none passes", s.now(), before)
	s.pass(time.Hour)
	s.same("the store's time an hour later", s.now(), before.Add(time.Hour))
}

func oneTime(s *scene) {
	s.create("a")
	body := make([]byte, 1<<16) // so that time passes during the call
	var messages []storage.Message
	for _, id := range []string{"1", "2", "3", "4", "5", "6", "7", "8"} {
		m := s.message(id, "a")
		m.Body = body
		messages = append(messages, m)
	}
	s.must(s.order("a", sends(messages...), func(c *storage.Change) {
		c.Record.Since, c.Lines = time.Time{}, []storage.Line{{Cause: "test"}}
	}))
	at := s.load("a").Since
	s.same("the time of a line, and when the state was entered", s.history("a")[0].At, at)
	for _, m := range messages {
		s.same("the time of a message, and when the state was entered", s.said(m.ID, "a").At, at)
	}
}

func microseconds(s *scene) {
	s.pass(time.Nanosecond * 1500)
	s.create("a", s.dueIn(999*time.Nanosecond))
	s.create("b")
	s.delivered(s.message("m", "b"))
	for what, t := range map[string]time.Time{
		"the store's time": s.now(), "a due time": s.load("a").Due, "the time of a message": s.said("m", "b").At,
	} {
		s.same(what+", which is kept to the microsecond", t, storage.Time(t))
	}
}

func microsecondsFromNow(s *scene) {
	const fine = time.Second + 1999*time.Nanosecond
	s.create("a", s.dueIn(0), emits(effect("dead", ""), effect("failed", ""), effect("released", "")))
	want := storage.Time(s.now().Add(fine))
	s.release(fine, s.claimed("a due record", "a")[0].Lease)
	taken := s.takenNow("new effects", "dead", "failed", "released")
	failed := settlement(taken[1], storage.EffectPending)
	failed.Retry = fine
	s.settled(settlement(taken[0], storage.EffectDead))
	s.settled(failed)
	s.release(fine, taken[2].Lease)
	s.is("redriving a dead effect", s.redrivenEffects(fine, "dead")[0], nil)
	for what, got := range map[string]time.Time{
		"when a record is due that was released":      s.load("a").Due,
		"when an effect can be taken that failed":     s.wanted("failed").Due,
		"when one can be taken that was released":     s.wanted("released").Due,
		"the deadline of an effect that was redriven": s.wanted("dead").Deadline,
	} {
		s.same(what, got, want)
	}
}

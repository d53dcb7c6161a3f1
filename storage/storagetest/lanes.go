package storagetest

import (
	"time"

	"github.com/reeve-go/reeve/storage"
)

func lanes() group {
	return group{"6 lanes", []testCase{
		{name: "one after another", run: oneAfterAnother},
		{name: "each on its own", run: lanesApart},
		{name: "a failed attempt keeps its place", run: retryKeepsPlace},
		{name: "a crashed attempt keeps its place", run: crashKeepsPlace},
		{name: "a canceled one makes room for the next", run: canceledMakesRoom},
		{name: "a dead one makes room for the next", run: deadMakesRoom},
		{name: "one canceled while it runs is waited for", run: canceledIsWaitedFor},
		{name: "one canceled while it runs is not waited for for ever", run: canceledExpires},
		{name: "each canceled while it runs is waited for", run: allCanceledAreWaitedFor},
		{name: "one taken past its deadline is not handed out when what it waited for ends", run: takenLateStaysTaken},
		{name: "a redriven one waits behind others", run: redrivenWaits},
		{name: "one given up behind others does not wake the next", run: expiredBehind},
	}}
}

func oneAfterAnother(s *scene) {
	s.create("a", emits(effect("1", "lane"), effect("2", "lane")))
	s.must(s.order("a", emits(effect("3", "lane"))))
	for _, id := range []string{"1", "2", "3"} {
		taken := s.takenNow("effects of one lane", id)[0]
		s.takenNow("effects of a lane in which one runs")
		s.pass(time.Second)
		s.settled(settlement(taken, storage.EffectDone))
	}
	s.must(s.order("a", emits(effect("4", "lane"))))
	s.takenNow("an effect of a lane that was empty", "4")
}

func lanesApart(s *scene) {
	s.create("a", emits(effect("1", "lane"), effect("2", "another"), effect("3", ""), effect("4", "")))
	s.create("b", emits(effect("5", "lane")))
	s.takenNow("effects of different lanes, of none, and of another record", "1", "2", "3", "4", "5")
}

func retryKeepsPlace(s *scene) {
	s.create("a", emits(effect("1", "lane"), effect("2", "lane")))
	st := settlement(s.takenNow("effects of one lane", "1")[0], storage.EffectPending)
	st.Retry = time.Minute
	s.settled(st)
	s.takenNow("effects of a lane whose first waits for its next try")
	s.pass(time.Minute)
	s.release(time.Minute, s.takenNow("effects of a lane whose first is due again", "1")[0].Lease)
	s.takenNow("effects of a lane whose first was released for a while")
	s.pass(time.Minute)
	s.takenNow("effects of a lane whose first is due again", "1")
}

func crashKeepsPlace(s *scene) {
	s.create("a", emits(effect("1", "lane"), effect("2", "lane")))
	s.takenNow("effects of one lane", "1")
	s.pass(ttl)
	again := s.takenNow("effects of a lane whose first has lost its lease", "1")[0]
	s.settled(settlement(again, storage.EffectDone))
	s.takenNow("effects of a lane whose first is done", "2")
}

func canceledMakesRoom(s *scene) {
	first := effect("1", "lane")
	first.Operation = "old"
	s.create("a", emits(first, effect("2", "lane")))
	s.must(s.order("a", cancels("old", "")))
	s.takenNow("effects of a lane whose first was canceled", "2")
}

func deadMakesRoom(s *scene) {
	s.create("a", emits(effect("1", "lane"), effect("2", "lane")))
	s.settled(settlement(s.takenNow("effects of one lane", "1")[0], storage.EffectDead))
	s.takenNow("effects of a lane whose first was given up", "2")
}

// replaced cancels an effect while it runs and emits another into its lane.
func (s *scene) replaced() (running storage.Taken) {
	s.Helper()
	s.create("a", emits(effect("old", "lane")))
	running = s.takenNow("a new effect", "old")[0]
	s.pass(time.Second)
	s.must(s.order("a", cancels("", ""), emits(effect("new", "lane"))))
	s.takenNow("an effect whose forerunner was canceled, but may still be running outside")
	return running
}

func canceledIsWaitedFor(s *scene) {
	running := s.replaced()
	s.settled(settlement(running, storage.EffectDone))
	next := s.takenNow("an effect whose canceled forerunner was settled", "new")[0]
	s.must(s.order("a", cancels("", ""), emits(effect("newest", "lane"))))
	s.release(0, next.Lease)
	s.takenNow("an effect whose canceled forerunner was released", "newest")
}

func canceledExpires(s *scene) {
	s.replaced()
	s.pass(ttl - time.Second - time.Microsecond)
	s.takenNow("an effect before the lease of its canceled forerunner ends")
	s.pass(time.Microsecond)
	s.takenNow("an effect when the lease of its canceled forerunner has ended", "new")
}

// Past its deadline an effect is handed out also behind others, so that two of a lane can run.
func allCanceledAreWaitedFor(s *scene) {
	kept, late := effect("2", "lane"), effect("3", "lane")
	kept.Keep, late.Deadline = true, s.now().Add(time.Second)
	s.create("a", emits(effect("1", "lane"), kept, late))
	s.takenNow("effects of one lane", "1")
	s.pass(time.Second)
	s.takenNow("an effect past its deadline", "3")
	s.must(s.order("a", cancels("", "")))
	s.pass(ttl - time.Second)
	s.takenNow("an effect when the lease of one of two canceled ones has ended")
	s.pass(time.Second)
	s.takenNow("an effect when the leases of both canceled ones have ended", "2")
}

// The first of a lane waits for a canceled effect that may still be running outside, but not for longer
// than its own deadline.
func takenLateStaysTaken(s *scene) {
	for _, end := range []struct {
		what string
		call func(storage.Taken)
	}{
		{"settled", func(canceled storage.Taken) { s.settled(settlement(canceled, storage.EffectDone)) }},
		{"released", func(canceled storage.Taken) { s.release(0, canceled.Lease) }},
	} {
		late := effect("late, "+end.what, end.what)
		late.Deadline = s.now().Add(time.Second)
		s.create(end.what, emits(effect("first, "+end.what, end.what)))
		canceled := s.takenNow("a new effect", "first, "+end.what)[0]
		s.must(s.order(end.what, cancels("", ""), emits(late)))
		s.takenNow("an effect whose forerunner was canceled, but may still be running outside")
		s.pass(time.Second)
		s.takenNow("an effect past its deadline", late.ID)
		end.call(canceled)
		s.takenNow("an effect that was taken past its deadline, before its canceled forerunner was " + end.what)
	}
}

func redrivenWaits(s *scene) {
	s.create("a", emits(effect("1", "lane"), effect("2", "lane"), effect("3", "lane")))
	s.settled(settlement(s.takenNow("effects of one lane", "1")[0], storage.EffectDead))
	running := s.takenNow("effects of a lane whose first was given up", "2")[0]
	s.redrivenEffects(0, "1")
	s.takenNow("a redriven effect while another of its lane runs")
	s.settled(settlement(running, storage.EffectDone))
	s.takenNow("effects of a lane to which its first came back", "1")
}

func expiredBehind(s *scene) {
	late := effect("2", "lane")
	late.Deadline = s.now().Add(time.Second)
	s.create("a", emits(effect("1", "lane"), late, effect("3", "lane")))
	first := s.takenNow("effects of one lane", "1")[0]
	s.pass(time.Second)
	s.settled(settlement(s.takenNow("an effect past its deadline", "2")[0], storage.EffectDead))
	s.takenNow("effects of a lane whose first still runs")
	s.settled(settlement(first, storage.EffectDone))
	s.takenNow("effects of a lane whose first is done", "3")
}

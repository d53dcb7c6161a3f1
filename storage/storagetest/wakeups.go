package storagetest

import (
	"time"

	"github.com/reeve-go/reeve/storage"
)

func wakeUps() group {
	return group{"4 no wake-up is lost", []testCase{
		{name: "delivering wakes", run: deliverWakes},
		{name: "sending wakes", run: sendWakes},
		{name: "an outcome wakes", run: outcomeWakes},
		{name: "a message during a turn is not lost", run: messageDuringTurn},
		{name: "applying leaves a record with an open message due", run: applyLeavesDue},
		{name: "releasing leaves a record with an open message due", run: releaseLeavesDue},
		{name: "a message that is not new wakes nobody", run: duplicateWakesNobody},
		{name: "paused records sleep until they are resumed", run: pausedSleeps},
		{name: "final records sleep for ever", run: finalSleeps},
		{name: "a change decides when its record is due", run: wishDecides},
		{name: "elements that a change does not touch count", run: untouchedElementsCount},
		{name: "releasing a paused record does not wake it", run: releasePaused},
		{name: "only NotBefore holds a turn up", run: notBefore},
	}}
}

func deliverWakes(s *scene) {
	s.create("idle")
	s.create("later", s.dueIn(time.Hour))
	s.delivered(s.message("m", "idle"), s.message("m", "later"))
	s.same("when a record with a message is due", s.load("later").Due, s.now())
	s.claimed("records that were said something", "idle", "later")
}

func sendWakes(s *scene) {
	s.create("a")
	s.create("b")
	s.must(s.order("a", sends(s.message("m", "b"), s.message("to myself", "a"))))
	s.claimed("records that a change sent something", "a", "b")
}

func outcomeWakes(s *scene) {
	s.create("a", emits(effect("e", "")))
	st := settlement(s.takenNow("an effect", "e")[0], storage.EffectDone)
	st.Outcome = &storage.Message{ID: "outcome", Name: "done"}
	s.settled(st)
	s.claimed("a record whose effect has an outcome", "a")
}

func messageDuringTurn(s *scene) {
	s.create("a", s.dueIn(0))
	s.delivered(s.message("1", "a"))
	held := s.claimed("a record with a message", "a")[0]
	s.delivered(s.message("2", "a"))
	s.claimed("a record with a message during its turn")
	s.must(turn(held, s.consumes("1", "a", storage.MessageConsumed)))
	s.claimed("a record that was said something during its turn, after it", "a")
}

func applyLeavesDue(s *scene) {
	s.create("a", s.dueIn(0))
	s.delivered(s.message("m", "a"))
	s.must(turn(s.claimed("a record with a message", "a")[0], s.dueIn(time.Hour)))
	s.claimed("a record whose turn left its message open", "a")
}

func releaseLeavesDue(s *scene) {
	s.create("a", s.dueIn(0))
	s.delivered(s.message("m", "a"))
	s.release(time.Hour, s.claimed("a record with a message", "a")[0].Lease)
	s.claimed("a released record with an open message", "a")
}

func duplicateWakesNobody(s *scene) {
	s.create("a", s.dueIn(0))
	s.create("b")
	s.delivered(s.message("m", "a"))
	s.must(turn(s.claimed("a record with a message", "a")[0], s.consumes("m", "a", storage.MessageConsumed)))
	s.deliver(s.message("m", "a"))
	s.must(s.order("b", sends(s.message("m", "a"))))
	s.claimed("a record that was said what it knows already")
}

func pausedSleeps(s *scene) {
	s.create("a", paused)
	s.delivered(s.message("m", "a"))
	s.claimed("a paused record with a message")
	s.statuses("the message to a paused record", "a", storage.MessageOpen)
	s.must(s.order("a", func(c *storage.Change) { c.Record.Status = storage.OK }))
	s.claimed("a record that was resumed and has a message", "a")
}

func finalSleeps(s *scene) {
	s.create("a", final, s.dueIn(0), with(storage.Element{Name: "x", State: "new", Due: s.now()}))
	s.delivered(s.message("m", "a"))
	s.create("b", sends(s.message("m2", "a")))
	s.claimed("a final record, whatever it is told")
	s.same("when a final record is due", s.load("a").Due, time.Time{})
}

func wishDecides(s *scene) {
	s.create("a", s.dueIn(0))
	s.must(turn(s.claimed("a due record", "a")[0], s.dueIn(time.Hour)))
	s.same("when the record is due", s.load("a").Due, s.now().Add(time.Hour))
	s.claimed("a record that wants to be due later")
	s.pass(time.Hour)
	s.must(turn(s.claimed("a record whose time has come", "a")[0]))
	s.same("when a record without any wish is due", s.load("a").Due, time.Time{})
	s.pass(1000 * time.Hour)
	s.claimed("a record without any wish")
}

func untouchedElementsCount(s *scene) {
	in := func(d time.Duration, name string) storage.Element {
		return storage.Element{Name: name, State: "new", Due: s.now().Add(d)}
	}
	s.create("a", with(in(time.Hour, "x"), in(time.Minute, "y")))
	s.must(s.order("a", s.dueIn(2*time.Hour)))
	s.same("the earliest of an element that was not touched", s.load("a").Due, s.now().Add(time.Minute))
	s.must(s.order("a", with(storage.Element{Name: "y", State: "new"})))
	s.same("the earliest after an element is due no more", s.load("a").Due, s.now().Add(time.Hour))
	s.must(s.order("a", without("x")))
	s.same("that of a record whose due elements went", s.load("a").Due, time.Time{})
	s.must(s.order("a", s.dueIn(time.Second), with(in(time.Minute, "y"))))
	s.same("the record's own wish, if it is earlier", s.load("a").Due, s.now().Add(time.Second))
}

func releasePaused(s *scene) {
	s.create("a", s.dueIn(0))
	held := s.claimed("a due record", "a")[0]
	s.must(s.order("a", paused))
	s.release(0, held.Lease)
	s.same("when a paused record is due after its release", s.load("a").Due, time.Time{})
	s.pass(ttl)
	s.claimed("a paused record")
}

// notBefore is how a record waits whose turn failed because of a message that stays open.
func notBefore(s *scene) {
	waits := func(d time.Duration) edit {
		until := s.now().Add(d)
		return func(c *storage.Change) { c.Record.NotBefore = until }
	}
	s.create("a", s.dueIn(0))
	s.delivered(s.message("1", "a"))
	s.must(turn(s.claimed("a record with a message", "a")[0], waits(time.Hour)))
	s.same("when a record that waits is due", s.load("a").Due, s.now().Add(time.Hour))
	s.delivered(s.message("2", "a"))
	s.claimed("a record that waits")
	s.pass(time.Hour)
	held := s.claimed("a record that has waited", "a")[0]
	if len(held.Messages) != 2 {
		s.Errorf("a record that has waited has %d open messages, it must have 2", len(held.Messages))
	}
	s.must(s.order("a", waits(time.Hour)))
	s.is("extending the lease on it", s.extend(held.Lease)[0], nil)
	s.pass(ttl)
	s.claimed("a record that an order made wait during its turn, when the lease has ended")
	s.release(0, held.Lease)
	s.claimed("a record that an order made wait during its turn")
	s.create("idle", waits(time.Hour))
	s.pass(2 * time.Hour)
	s.claimed("records after their wait: one has open messages, the other nothing", "a")
}

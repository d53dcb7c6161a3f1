package storagetest

import (
	"fmt"
	"math"
	"time"

	"github.com/reeve-go/reeve/storage"
)

func pruning() group {
	return group{"9 what has ended is pruned", []testCase{
		{name: "messages, by when they ended", run: pruneMessages},
		{name: "their ids are forgotten with them", run: pruneForgets},
		{name: "effects, by when they ended", run: pruneEffects},
		{name: "what is dead has a time of its own", run: pruneDead},
		{name: "lines, but not the newest of a record", run: pruneLines},
		{name: "nothing that has not ended", run: pruneNothingOpen},
		{name: "not before its time", run: pruneStrictly},
		{name: "no more than the limit at a time", run: pruneLimit},
		{name: "zero keeps for ever", run: pruneZero},
		{name: "what reaches back to before 1970 keeps everything", run: pruneFar},
	}}
}

func (s *scene) pruned(what string, r storage.Retention, want int) {
	s.Helper()
	got, err := s.Store.Prune(s.ctx, r, 1000)
	s.is("prune", err, nil)
	s.same(what+": so many rows must go", got, want)
}

func pruneMessages(s *scene) {
	s.create("a")
	s.create("b", final)
	s.delivered(s.message("open", "a"), s.message("consumed", "a"), s.slotted("replaced", "a", "s"), s.message("stale", "b"))
	s.pass(time.Hour)
	s.must(s.order("a", s.consumes("consumed", "a", storage.MessageConsumed)))
	s.delivered(s.slotted("open too", "a", "s"))
	s.pass(time.Hour)
	keep := storage.Retention{Messages: 90 * time.Minute}
	s.pruned("one that was stale two hours ago, of those ended an hour ago none", keep, 1)
	s.pass(time.Hour)
	s.pruned("those that ended two hours ago", keep, 2)
	s.statuses("what is left", "a", storage.MessageOpen, storage.MessageOpen)
}

func pruneForgets(s *scene) {
	s.create("a", emits(effect("e", "")))
	s.delivered(s.message("m", "a"))
	s.must(s.order("a", s.consumes("m", "a", storage.MessageConsumed), cancels("", "")))
	s.pass(time.Hour)
	s.pruned("a message and an effect", storage.Retention{Messages: time.Minute, Effects: time.Minute}, 2)
	s.is("a message whose id was forgotten", s.deliver(s.message("m", "a"))[0], nil)
	s.must(s.order("a", emits(effect("e", ""))))
	s.takenNow("an effect whose id was forgotten", "e")
}

func pruneEffects(s *scene) {
	s.create("a", emits(effect("done", ""), effect("canceled", ""), effect("pending", "")))
	for _, taken := range s.takenNow("new effects", "done", "canceled", "pending") {
		if taken.ID == "done" {
			s.settled(settlement(taken, storage.EffectDone))
		} else {
			s.release(0, taken.Lease)
		}
	}
	s.pass(time.Hour)
	s.must(s.order("a", cancels("", ""), emits(effect("new", ""))))
	s.pass(time.Hour)
	keep := storage.Retention{Effects: 90 * time.Minute}
	s.pruned("one that was done two hours ago", keep, 1)
	s.pass(time.Hour)
	s.pruned("those canceled two hours ago", keep, 2)
	s.takenNow("what is left", "new")
}

func pruneDead(s *scene) {
	s.create("a", emits(effect("dead", "")), sends(s.message("dead", "absent")))
	s.delivered(s.message("not understood", "a"))
	s.must(s.order("a", s.consumes("not understood", "a", storage.MessageDead)))
	s.settled(settlement(s.takenNow("a new effect", "dead")[0], storage.EffectDead))
	s.pass(time.Hour)
	s.pruned("dead messages and effects are not pruned with the others",
		storage.Retention{Messages: 1, Effects: 1, Lines: 1, Dead: 2 * time.Hour}, 0)
	s.pruned("two dead messages and a dead effect", storage.Retention{Dead: time.Minute}, 3)
}

func pruneLines(s *scene) {
	line := func(c *storage.Change) { c.Lines = []storage.Line{{Cause: "one"}, {Cause: "two"}} }
	s.create("a", line)
	s.create("gone", line)
	s.must(s.deletion("gone"))
	s.pass(time.Hour)
	s.must(s.order("a", line))
	s.pass(time.Hour)
	keep := storage.Retention{Lines: 90 * time.Minute}
	s.pruned("the lines of two hours ago, and all of a deleted record", keep, 5)
	s.same("the history of a deleted record", len(s.history("gone")), 0)
	s.pass(24 * time.Hour)
	s.pruned("the lines of a day ago, but the newest", keep, 1)
	got := s.history("a")
	s.same("what is left of the history", []string{fmt.Sprint(len(got)), got[0].Cause}, []string{"1", "two"})
	s.must(s.order("a", line))
	s.pruned("the line that is no longer the newest", keep, 1)
}

func pruneNothingOpen(s *scene) {
	s.create("a", emits(effect("running", ""), effect("pending", "lane")), with(storage.Element{Name: "x", State: "new"}))
	s.create("b", final)
	s.delivered(s.message("m", "a"))
	s.takenNow("new effects", "running", "pending")
	s.pass(1000 * time.Hour)
	s.unchanged("pruning what has not ended", func() {
		s.pruned("nothing has ended", storage.Retention{Messages: 1, Effects: 1, Dead: 1, Lines: 1}, 0)
	})
}

func pruneStrictly(s *scene) {
	s.create("a")
	s.delivered(s.message("m", "a"))
	s.must(s.order("a", s.consumes("m", "a", storage.MessageConsumed)))
	s.pass(time.Hour)
	s.pruned("what ended just as long ago as it is kept", storage.Retention{Messages: time.Hour}, 0)
	s.pass(time.Microsecond)
	s.pruned("what ended longer ago than it is kept", storage.Retention{Messages: time.Hour}, 1)
}

func pruneLimit(s *scene) {
	s.create("a", final)
	for i := range 7 {
		s.delivered(s.message(fmt.Sprint(i), "a"))
	}
	s.pass(time.Hour)
	for _, want := range []int{3, 3, 1, 0} {
		got, err := s.Store.Prune(s.ctx, storage.Retention{Messages: time.Minute}, 3)
		s.is("prune", err, nil)
		s.same("how many rows go of seven, three at a time", got, want)
	}
}

// ended makes something of each sort that ends at once.
func (s *scene) ended() {
	s.Helper()
	line := func(c *storage.Change) { c.Lines = []storage.Line{{Cause: "one"}, {Cause: "two"}} }
	s.create("a", line, final, emits(effect("e", "")), sends(s.message("dead", "absent")))
	s.delivered(s.message("stale", "a"))
	s.must(s.order("a", cancels("", "")))
}

func pruneZero(s *scene) {
	s.ended()
	s.pass(100000 * time.Hour)
	s.pruned("nothing has a time to be kept", storage.Retention{}, 0)
}

func pruneFar(s *scene) {
	s.ended()
	s.pass(time.Hour)
	since := s.now().Sub(time.Unix(0, 0))
	for _, keep := range []time.Duration{since, since + time.Microsecond, math.MaxInt64} {
		s.pruned(fmt.Sprintf("nothing is older than %v", keep),
			storage.Retention{Messages: keep, Effects: keep, Dead: keep, Lines: keep}, 0)
	}
}

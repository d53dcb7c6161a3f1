package scantest

import (
	"iter"
	"slices"

	"github.com/reeve-go/reeve/scan"
)

// withdraw takes messages back, if the queue can.
func (s *queueScene) withdraw(keys ...string) {
	s.Helper()
	q, ok := s.other.(scan.Withdrawer)
	if !ok {
		s.Skip("the queue is no scan.Withdrawer")
	}
	s.must("Withdraw", q.Withdraw(s.ctx, keys...))
}

func queueWithdraws(s *queueScene) {
	s.withdraw()
	s.withdraw("nothing")
	s.bury("it makes no sense", "dead")
	s.send("held", "free", "other")
	held := map[string]scan.Delivery{}
	for _, d := range s.some(s.queue, 3) {
		held[d.Message().Key] = d
	}
	for _, key := range []string{"free", "other"} {
		s.must("Retry", held[key].Retry(s.ctx, 0))
	}
	s.withdraw()
	s.withdraw("held", "free", "dead", "nothing")
	if !slices.Contains(s.Cannot, Fence) {
		s.refuses(held["held"])
	}
	s.must("Ack", s.one(s.queue, "other").Ack(s.ctx))
	s.pass(2 * s.Lease)
	s.none("of three messages two were withdrawn, and one acked")
	if !slices.Contains(s.Cannot, Resend) {
		s.send("held")
		s.one(s.other, "held")
	}
	s.dead("dead")
}

// waiting yields what the queue lists, if it can.
func (s *queueScene) waiting() iter.Seq[string] {
	s.Helper()
	q, ok := s.other.(scan.Lister)
	if !ok {
		s.Skip("the queue is no scan.Lister")
	}
	return func(yield func(string) bool) {
		for key, err := range q.Waiting(s.ctx) {
			if err != nil {
				s.Fatalf("Waiting: %v; it must succeed", err)
			}
			if !yield(key) {
				return
			}
		}
	}
}

// waits demands that these can be received.
func (s *queueScene) waits(want ...string) {
	s.Helper()
	got := slices.Sorted(s.waiting())
	if !slices.Equal(got, want) {
		s.Fatalf("Waiting lists %v; it must list %v, in any order", got, want)
	}
}

func queueLists(s *queueScene) {
	s.waits()
	s.bury("it makes no sense", "dead")
	s.send("a", "b", "c")
	s.waits("a", "b", "c")
	held := s.some(s.queue, 3)
	s.waits()
	for _, d := range held {
		switch d.Message().Key {
		case "a":
			s.must("Retry", d.Retry(s.ctx, 0))
		case "b":
			s.must("Ack", d.Ack(s.ctx))
		}
	}
	s.waits("a")
	s.pass(2 * s.Lease)
	s.waits("a", "c")
	if !slices.Contains(s.Cannot, Delay) {
		late := messageOf("late")
		late.Delay = 10 * s.Lease
		s.sendThese(late)
		s.waits("a", "c")
		s.pass(20 * s.Lease)
		s.waits("a", "c", "late")
		s.withdraw("late")
	}
	for range s.waiting() {
		break // it can be left
	}
	for key := range s.waiting() {
		s.withdraw(key)
	}
	s.waits()
}

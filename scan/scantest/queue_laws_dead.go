package scantest

import (
	"bytes"
	"slices"
	"time"

	"github.com/reeve-go/reeve/scan"
)

func queueBuries(s *queueScene) {
	s.send("a", "b")
	for _, d := range s.some(s.queue, 2) {
		if d.Message().Key == "a" {
			s.must("Bury", d.Bury(s.ctx, "it makes no sense"))
		}
	}
	s.pass(2 * s.Lease)
	s.one(s.other, "b")
	s.none("of two messages one was buried, and one handed out again")
}

// graveyard returns the queue as one whose dead can be seen.
func (s *queueScene) graveyard() scan.Graveyard {
	s.Helper()
	g, ok := s.other.(scan.Graveyard)
	if !ok {
		s.Skip("the queue is no scan.Graveyard")
	}
	return g
}

// bury buries the messages of keys, one after another.
func (s *queueScene) bury(reason string, keys ...string) {
	s.Helper()
	s.send(keys...)
	held := s.some(s.queue, len(keys))
	for _, key := range keys {
		i := slices.Index(keysOf(held), key)
		if i < 0 {
			s.Fatalf("received were %v; %q was sent", keysOf(held), key)
		}
		s.must("Bury", held[i].Bury(s.ctx, reason))
		s.pass(time.Millisecond)
	}
}

// dead demands that these keys are dead, in the order in which they were buried.
func (s *queueScene) dead(want ...string) (all []scan.DeadMessage) {
	s.Helper()
	var got []string
	for m, err := range s.graveyard().Dead(s.ctx) {
		if err != nil {
			s.Fatalf("Dead: %v; it must succeed", err)
		}
		all, got = append(all, m), append(got, m.Key)
	}
	if !slices.Equal(got, want) {
		s.Fatalf("Dead lists %v; it must list %v", got, want)
	}
	return all
}

func queueDead(s *queueScene) {
	s.graveyard()
	s.dead()
	const reason = "it makes no sense: \xff\x00 ünd more"
	s.bury(reason, "b", "c", "a")
	all := s.dead("b", "c", "a")
	for _, m := range all {
		if want := messageOf(m.Key); !bytes.Equal(m.Body, want.Body) {
			s.Errorf("of %q the body is %s; it must be %s", m.Key, shown(m.Body), shown(want.Body))
		}
		if !bytes.HasPrefix([]byte(m.Reason), []byte("it makes no sense: ")) {
			s.Errorf("of %q the reason is %q; it must be %q, as far as a text can be", m.Key, m.Reason, reason)
		}
		if !slices.Contains(s.Cannot, CountAttempts) && m.Attempts != 1 {
			s.Errorf("of %q the attempts are %d; it was handed out once", m.Key, m.Attempts)
		}
		if m.At.IsZero() {
			s.Errorf("of %q it is not said when it was buried", m.Key)
		}
	}
	for _, err := range s.graveyard().Dead(s.ctx) {
		s.must("Dead", err)
		break // a listing can be left
	}
	s.dead("b", "c", "a")
}

func queueRedrives(s *queueScene) {
	s.graveyard()
	s.bury("it makes no sense", "a", "b", "c", "d")
	s.send("alive")
	alive := s.one(s.queue, "alive")
	s.redrives(2, "c", "a", "alive", "unknown")
	s.dead("b", "d")
	got := keysOf(s.some(s.queue, 2))
	if slices.Sort(got); !slices.Equal(got, []string{"a", "c"}) {
		s.Fatalf("received were %v; redriven were a and c", got)
	}
	s.redrives(2)
	s.dead()
	for _, d := range s.some(s.other, 2) {
		s.must("Bury", d.Bury(s.ctx, "it makes no sense"))
		s.pass(time.Millisecond)
	}
	s.must("Ack of what was not redriven", alive.Ack(s.ctx))
	s.redrives(2)
	s.redrives(0)
}

func (s *queueScene) redrives(want int, keys ...string) {
	s.Helper()
	if n, err := s.graveyard().Redrive(s.ctx, keys...); n != want || err != nil {
		s.Fatalf("Redrive of %q returned %d and %v; it must redrive %d", keys, n, err, want)
	}
}

// stats demands that so many are in the queue.
func (s *queueScene) stats(ready, leased, delayed, dead int) scan.QueueStats {
	s.Helper()
	g, ok := s.other.(scan.Gauge)
	if !ok {
		s.Skip("the queue is no scan.Gauge")
	}
	got, err := g.Stats(s.ctx)
	if err != nil {
		s.Fatalf("Stats: %v; it must succeed", err)
	}
	want := scan.QueueStats{Ready: ready, Leased: leased, Delayed: delayed, Dead: dead, Oldest: got.Oldest}
	if got != want {
		s.Fatalf("Stats are %+v; they must be %+v", got, want)
	}
	return got
}

func queueCounts(s *queueScene) {
	s.stats(0, 0, 0, 0)
	s.send("a", "b", "c", "d")
	s.stats(4, 0, 0, 0)
	held := s.some(s.queue, 4)
	s.stats(0, 4, 0, 0)
	s.must("Bury", held[0].Bury(s.ctx, "it makes no sense"))
	s.must("Ack", held[1].Ack(s.ctx))
	s.must("Retry", held[2].Retry(s.ctx, 0))
	s.stats(1, 1, 0, 1)
	s.pass(2 * s.Lease)
	s.stats(2, 0, 0, 1)
	if !slices.Contains(s.Cannot, Delay) {
		late := messageOf("late")
		late.Delay = 10 * s.Lease
		s.sendThese(late)
		s.stats(2, 0, 1, 1)
		s.pass(20 * s.Lease)
		s.stats(3, 0, 0, 1)
	}
}

func queueAges(s *queueScene) {
	s.age(s.stats(0, 0, 0, 0).Oldest, 0, 0)
	s.send("a")
	s.pass(3 * s.Lease)
	s.send("b")
	s.age(s.stats(2, 0, 0, 0).Oldest, 5*s.Lease/2, 4*s.Lease)
	held := s.some(s.queue, 2)
	s.age(s.stats(0, 2, 0, 0).Oldest, 0, 0)
	s.must("Retry", held[0].Retry(s.ctx, 0))
	s.age(s.stats(1, 1, 0, 0).Oldest, 0, s.Lease/2)
}

func (s *queueScene) age(got, least, most time.Duration) {
	s.Helper()
	if got < least || got > most {
		s.Errorf("the oldest that is ready has been so for %v; it must be %v to %v", got, least, most)
	}
}

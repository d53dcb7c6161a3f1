package scantest

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/reeve-go/reeve/scan"
)

func queueEmpty(s *queueScene) { s.none("nothing was sent") }

func queueSent(s *queueScene) {
	s.must("Send of no messages", s.queue.Send(s.ctx))
	s.none("nothing was sent")
	s.send("job-7/1")
	d := s.one(s.other, "job-7/1")
	if n := d.Attempt(); n < 1 {
		s.Errorf("Attempt is %d; it counts from 1", n)
	}
}

func queueBodies(s *queueScene) {
	var all [256]byte
	for i := range all {
		all[i] = byte(i)
	}
	for key, body := range map[string][]byte{
		"all": all[:], "none": nil, "empty": {}, "zeros": make([]byte, 3), "text": []byte("päßwörd\n"), "invalid": []byte("\xff\xfe"),
		"large": bytes.Repeat([]byte("0123456\x00"), (s.Body+7)/8)[:s.Body],
	} {
		m := scan.Message{Key: key, Body: body}
		s.sendThese(m)
		d := s.some(s.other, 1)[0]
		s.is(d, m)
		s.must("Ack", d.Ack(s.ctx))
	}
}

func queueCopies(s *queueScene) {
	mine := messageOf("a")
	s.sendThese(mine)
	clear(mine.Body)
	d := s.one(s.queue, "a")
	clear(d.Message().Body)
	s.pass(2 * s.Lease)
	s.one(s.other, "a")
}

func queueTakesNoMore(s *queueScene) {
	s.send("a", "b", "c", "d", "e")
	got := append(s.receive(s.queue, 2), s.some(s.other, 3)...)
	for range 10 {
		got = append(got, s.receive(s.other, 10)...)
	}
	keys := keysOf(got)
	if slices.Sort(keys); !slices.Equal(keys, []string{"a", "b", "c", "d", "e"}) {
		s.Errorf("five messages were sent, and two asked for first; all in all %v were received", keys)
	}
}

func queueHides(s *queueScene) {
	s.send("a")
	s.one(s.queue, "a")
	s.pass(s.Lease / 2)
	s.none("half of its lease is left")
}

func queueComesAgain(s *queueScene) {
	s.send("a")
	s.one(s.queue, "a")
	s.pass(2 * s.Lease)
	s.one(s.other, "a")
	s.none("it was handed out again")
}

func queueExtends(s *queueScene) {
	s.send("a")
	d := s.one(s.queue, "a")
	for range 4 {
		s.pass(s.Lease / 2)
		s.must("Extend", d.Extend(s.ctx, s.Lease))
	}
	s.none("its lease was extended just now")
	s.must("Extend to three times as long", d.Extend(s.ctx, 3*s.Lease))
	s.pass(2 * s.Lease)
	s.none("its lease was extended by three times of what has passed two of")
	s.pass(2 * s.Lease)
	s.one(s.other, "a")
}

func queueExpires(s *queueScene) {
	s.send("a")
	d := s.one(s.queue, "a")
	s.expires(d, s.Lease)
	s.must("Extend to three times as long", d.Extend(s.ctx, 3*s.Lease))
	s.expires(d, 3*s.Lease)
}

// expires demands that a delivery does not last for longer than a lease that was given just now, and for some time.
func (s *queueScene) expires(d scan.Delivery, lease time.Duration) {
	s.Helper()
	now := time.Now()
	if at := d.Expires(); at.After(now.Add(lease)) || !at.After(now.Add(lease/2)) {
		s.Errorf("with a lease of %v Expires is %v from now; it must be that, or a little less", lease, at.Sub(now))
	}
}

func queueAcks(s *queueScene) {
	s.send("a", "b")
	for _, d := range s.some(s.queue, 2) {
		if d.Message().Key == "a" {
			s.must("Ack", d.Ack(s.ctx))
		}
	}
	s.pass(2 * s.Lease)
	s.one(s.other, "b")
	s.none("of two messages one was acked, and one handed out again")
}

func queueGivesBack(s *queueScene) {
	s.send("a")
	s.must("Retry", s.one(s.queue, "a").Retry(s.ctx, 0))
	s.must("Retry", s.one(s.other, "a").Retry(s.ctx, 0))
	s.one(s.queue, "a")
	s.none("it has just been handed out")
}

func queueRetriesLater(s *queueScene) {
	s.send("a")
	s.must("Retry after twice the lease", s.one(s.queue, "a").Retry(s.ctx, 2*s.Lease))
	s.none("it was given back for later")
	s.pass(3 * s.Lease / 2)
	s.none("it was given back for later")
	s.pass(s.Lease)
	s.one(s.other, "a")
}

func queueDelays(s *queueScene) {
	late := messageOf("late")
	late.Delay = s.Lease
	s.sendThese(late, messageOf("now"))
	s.must("Ack", s.one(s.other, "now").Ack(s.ctx))
	s.pass(s.Lease / 2)
	s.none("it was sent with a delay")
	s.pass(s.Lease)
	s.one(s.other, "late")
}

func queueAttempts(s *queueScene) {
	s.send("a")
	count := func(q scan.Queue, want int) scan.Delivery {
		s.Helper()
		d := s.one(q, "a")
		if got := d.Attempt(); got != want {
			s.Errorf("Attempt is %d; it must be %d", got, want)
		}
		return d
	}
	count(s.queue, 1)
	s.pass(2 * s.Lease)
	s.must("Extend", count(s.other, 2).Extend(s.ctx, s.Lease))
	s.pass(2 * s.Lease)
	s.must("Retry", count(s.queue, 3).Retry(s.ctx, 0))
	s.must("Retry", count(s.other, 4).Retry(s.ctx, 0))
	count(s.queue, 5)
	s.pass(2 * s.Lease)
	s.must("Ack", count(s.other, 6).Ack(s.ctx))
}

func queueOrders(s *queueScene) {
	want := []string{"d", "a", "c", "b", "f", "e"}
	for _, key := range want[:4] {
		s.send(key)
		s.pass(time.Millisecond)
	}
	s.send(want[4:]...)
	if got := keysOf(append(s.some(s.queue, 3), s.some(s.other, 3)...)); !slices.Equal(got, want) {
		s.Errorf("received were %v; they were sent as %v", got, want)
	}
}

func queueDeduplicates(s *queueScene) {
	s.send("a")
	s.send("a", "b", "b")
	again := messageOf("a")
	again.Delay = 10 * s.Lease
	s.sendThese(again)
	held := s.some(s.queue, 2)
	s.none("two keys were sent, and handed out")
	s.send("a")
	s.none("what is handed out is in the queue still")
	for _, d := range held {
		s.must("Retry", d.Retry(s.ctx, 0))
	}
	s.send("a", "b")
	for _, d := range s.some(s.other, 2) {
		s.must("Ack", d.Ack(s.ctx))
	}
	s.none("both keys were acked")
}

func queueResends(s *queueScene) {
	s.send("a")
	for range 2 {
		s.must("Ack", s.one(s.queue, "a").Ack(s.ctx))
		s.send("a")
	}
	for range 2 {
		s.must("Bury", s.one(s.queue, "a").Bury(s.ctx, "it makes no sense"))
		s.send("a")
	}
	s.must("Ack", s.one(s.other, "a").Ack(s.ctx))
	s.none("it was acked")
}

func queueFences(s *queueScene) {
	s.send("a")
	old := s.one(s.queue, "a")
	s.pass(2 * s.Lease)
	held := s.one(s.other, "a")
	s.refuses(old)
	s.none("another has it, whatever is tried by one who had it")
	s.must("Extend by who has it", held.Extend(s.ctx, s.Lease))
	s.must("Retry by who has it", held.Retry(s.ctx, 0))
	newest := s.one(s.queue, "a")
	s.refuses(old)
	s.refuses(held)
	s.must("Ack by who has it", newest.Ack(s.ctx))
	s.none("it was acked")
}

// refuses demands that nothing can be done by a delivery any more.
func (s *queueScene) refuses(d scan.Delivery) {
	s.Helper()
	s.lost("Extend by who has lost it", d.Extend(s.ctx, s.Lease))
	s.lost("Retry by who has lost it", d.Retry(s.ctx, 0))
	s.lost("Bury by who has lost it", d.Bury(s.ctx, "it makes no sense"))
	s.lost("Ack by who has lost it", d.Ack(s.ctx))
}

func queueEnds(s *queueScene) {
	s.send("acked", "buried", "given back")
	for _, d := range s.some(s.queue, 3) {
		switch d.Message().Key {
		case "acked":
			s.must("Ack", d.Ack(s.ctx))
		case "buried":
			s.must("Bury", d.Bury(s.ctx, "it makes no sense"))
		default:
			s.must("Retry", d.Retry(s.ctx, 0))
		}
		s.refuses(d)
	}
	s.one(s.other, "given back")
	s.none("two of three have ended, and one was handed out again")
}

// queueCancels has calls whose context ends, of which some fail and others need not.
func queueCancels(s *queueScene) {
	ctx, cancel := context.WithCancel(s.ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = s.queue.Receive(ctx, 1, s.Lease)
	}()
	s.wait(10 * time.Millisecond)
	canceled := time.Now()
	cancel()
	guard := time.NewTimer(time.Minute)
	defer guard.Stop()
	select {
	case <-ended:
	case <-guard.C:
		s.Fatalf("Receive has not returned a minute after its context ended")
	}
	if took := time.Since(canceled); s.Virtual && took > 0 {
		s.Errorf("Receive returned %v after its context ended; it must return at once", took)
	}
	s.send("a")
	got, err := s.queue.Receive(ctx, 1, s.Lease)
	if err == nil && len(got) == 0 {
		s.Errorf("Receive, whose context has ended, says that there is nothing; there is something, or it must say that it has not looked")
	}
	if err := s.queue.Send(ctx, messageOf("b")); err == nil {
		s.pass(2 * s.Lease)
		s.some(s.other, 2)
	}
}

func queueContenders(s *queueScene) {
	const contenders, messages = 6, 30
	var keys []string
	for i := range messages {
		keys = append(keys, fmt.Sprint("job-", i))
	}
	var mu sync.Mutex
	holder, acked := map[string]int{}, map[string]int{}
	var all sync.WaitGroup
	work := func(who int, q scan.Queue) error {
		for idle := 0; idle < 3; {
			got, err := q.Receive(s.ctx, 1+who%3, s.Lease)
			if err != nil {
				return fmt.Errorf("while others receive: Receive: %w", err)
			}
			if idle++; len(got) > 0 {
				idle = 0
			}
			for _, d := range got {
				key := d.Message().Key
				mu.Lock()
				if other, held := holder[key]; held {
					err = fmt.Errorf("contender %d has %q, and so has contender %d", other, key, who)
				}
				holder[key] = who
				mu.Unlock()
				if err != nil {
					return err
				}
			}
			s.wait(time.Millisecond)
			for _, d := range got {
				key := d.Message().Key
				mu.Lock() // from now on it may be handed out again, by a queue that does so
				delete(holder, key)
				acked[key]++
				mu.Unlock()
				if err := d.Ack(s.ctx); err != nil {
					return fmt.Errorf("while others receive: Ack: %w", err)
				}
			}
		}
		return nil
	}
	for i := range contenders {
		q := s.queue
		if i%2 == 1 {
			q = s.other
		}
		all.Go(func() {
			if err := work(i, q); err != nil {
				s.Error(err)
			}
		})
	}
	for some := range slices.Chunk(keys, 5) {
		s.send(some...)
	}
	all.Wait()
	for _, key := range keys {
		if acked[key] == 0 {
			s.Errorf("nobody has received %q", key)
		}
	}
}

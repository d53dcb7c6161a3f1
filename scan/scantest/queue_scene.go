package scantest

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/reeve-go/reeve/scan"
)

// A queueScene is what a law plays in: an empty queue, and short words for what is done to it. Where a word's call fails unexpectedly, the
// test ends.
type queueScene struct {
	testing.TB
	queueKit

	ctx          context.Context
	queue, other scan.Queue
	pass         func(time.Duration)
}

func (k queueKit) scene(t testing.TB) *queueScene {
	t.Helper()
	q := k.open(t)
	if q.Queue == nil {
		t.Fatal("scantest: the function that opens a queue has returned none")
	}
	s := &queueScene{TB: t, queueKit: k, ctx: t.Context(), queue: q.Queue, other: q.Other, pass: q.Pass}
	if s.other == nil {
		s.other = s.queue
	}
	if s.pass == nil {
		s.pass = s.wait
	}
	return s
}

// wait waits for a while, in a bubble for none.
func (s *queueScene) wait(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.ctx.Done():
	}
}

// messageOf returns the message that the tests send under a key.
func messageOf(key string) scan.Message {
	return scan.Message{Key: key, Body: []byte("the body of " + key)}
}

// send sends what the tests send under keys, in one call.
func (s *queueScene) send(keys ...string) {
	s.Helper()
	messages := make([]scan.Message, len(keys))
	for i, key := range keys {
		messages[i] = messageOf(key)
	}
	s.sendThese(messages...)
}

func (s *queueScene) sendThese(messages ...scan.Message) {
	s.Helper()
	if err := s.queue.Send(s.ctx, messages...); err != nil {
		s.Fatalf("Send of %d messages: %v; it must succeed", len(messages), err)
	}
}

func (s *queueScene) receive(q scan.Queue, most int) []scan.Delivery {
	s.Helper()
	got, err := q.Receive(s.ctx, most, s.Lease)
	if err != nil {
		s.Fatalf("Receive of at most %d: %v; it must succeed, also if there is nothing", most, err)
	}
	if len(got) > most {
		s.Fatalf("Receive of at most %d returned %d messages", most, len(got))
	}
	return got
}

// some receives, one after another, as many messages as there must be. A queue need not find each at the first look.
func (s *queueScene) some(q scan.Queue, n int) []scan.Delivery {
	s.Helper()
	var all []scan.Delivery
	for range n + 10 {
		if len(all) < n {
			all = append(all, s.receive(q, 1)...)
		}
	}
	if len(all) < n {
		s.Fatalf("Receive finds %v; it must find %d messages", keysOf(all), n)
	}
	return all
}

// one receives a message, which must be that of a key, as it was sent.
func (s *queueScene) one(q scan.Queue, key string) scan.Delivery {
	s.Helper()
	d := s.some(q, 1)[0]
	s.is(d, messageOf(key))
	return d
}

func (s *queueScene) is(d scan.Delivery, want scan.Message) {
	s.Helper()
	if got := d.Message(); got.Key != want.Key || !bytes.Equal(got.Body, want.Body) {
		s.Fatalf("received was %q with %s; it must be %q with %s", got.Key, shown(got.Body), want.Key, shown(want.Body))
	}
}

// none demands that nobody can receive anything.
func (s *queueScene) none(why string) {
	s.Helper()
	for _, q := range []scan.Queue{s.queue, s.other} {
		if got := s.receive(q, 10); len(got) > 0 {
			s.Fatalf("Receive returned %v; it must return nothing: %s", keysOf(got), why)
		}
	}
}

// must demands that something was done to a delivery.
func (s *queueScene) must(what string, err error) {
	s.Helper()
	if err != nil {
		s.Fatalf("%s: %v; it must succeed", what, err)
	}
}

// lost demands that something was refused, as the message is another's.
func (s *queueScene) lost(what string, err error) {
	s.Helper()
	if !errors.Is(err, scan.ErrLeaseLost) {
		s.Fatalf("%s: the error is %v; it must be ErrLeaseLost", what, err)
	}
}

func keysOf(all []scan.Delivery) []string {
	keys := make([]string, len(all))
	for i, d := range all {
		keys[i] = d.Message().Key
	}
	return keys
}

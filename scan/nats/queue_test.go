package nats_test

import (
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/nats"
	"github.com/reeve-go/reeve/scan/scantest"
)

// What a queue on JetStream can do, on a real server; the second program has a connection of its own.
func TestQueue(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir())
	keepsLaws(t, func(t testing.TB) jetstream.JetStream { return connect(t, s) }, nats.Options{Wait: moment})
}

// keepsLaws tests queues of two programs.
func keepsLaws(t *testing.T, connect func(testing.TB) jetstream.JetStream, o nats.Options) {
	t.Helper()
	scantest.TestQueue(t, func(t testing.TB) scantest.Queues {
		name, js, other := fresh(), connect(t), connect(t)
		c := newClock(t, js, name)
		return scantest.Queues{Queue: c.keeps(queue(t, js, name, o)), Other: c.keeps(queue(t, other, name, o)), Pass: c.pass}
	}, &scantest.QueueOptions{Body: 1<<20 - 16<<10, Cannot: []scantest.Ability{scantest.Count}})
}

// What is due more often than it may be tried is buried, and can be given another chance.
func TestTries(t *testing.T) {
	t.Parallel()
	q := queue(t, connect(t, serve(t, t.TempDir())), fresh(), nats.Options{Wait: moment, Tries: 2})
	send(t, q, scan.Message{Key: "a", Body: []byte("A")})
	for range 2 {
		ok(t, nats.Expire(t.Context(), receive(t, q, 1, time.Minute)[0]))
	}
	none(t, q)
	for m, err := range q.Dead(t.Context()) {
		if err != nil || m.Key != "a" || string(m.Body) != "A" || m.Attempts != 2 || m.At.IsZero() || m.Reason != "it was handed out 2 times; at most 2 are right" {
			t.Errorf("dead is %+v, %v", m, err)
		}
	}
	if n, err := q.Redrive(t.Context()); n != 1 || err != nil {
		t.Fatalf("%d were redriven, %v; want one", n, err)
	}
	if d := receive(t, q, 1, time.Minute)[0]; d.Attempt() != 1 {
		t.Errorf("what was redriven was handed out %d times; want 1", d.Attempt())
	}
}

// To be delivered too early is no attempt.
func TestDelayIsNoAttempt(t *testing.T) {
	t.Parallel()
	js, name := connect(t, serve(t, t.TempDir())), fresh()
	c := newClock(t, js, name)
	q := c.keeps(queue(t, js, name, nats.Options{Wait: moment, Tries: 2}))
	send(t, q, scan.Message{Key: "late", Delay: time.Hour})
	none(t, q)
	c.pass(time.Hour)
	for want := 1; want <= 2; want++ {
		d := receive(t, q, 1, time.Minute)[0]
		if d.Attempt() != want {
			t.Errorf("it was handed out %d times; want %d", d.Attempt(), want)
		}
		ok(t, d.Retry(t.Context(), 0))
	}
	none(t, q)
}

// What was withdrawn is in nobody's hands any more.
func TestWithdraw(t *testing.T) {
	t.Parallel()
	q := queue(t, connect(t, serve(t, t.TempDir())), fresh(), nats.Options{Wait: moment})
	send(t, q, scan.Message{Key: "held"}, scan.Message{Key: "dead"})
	all := receive(t, q, 2, time.Minute)
	held, dead := all[0], all[1]
	ok(t, dead.Bury(t.Context(), "it makes no sense"))
	send(t, q, scan.Message{Key: "ready"}, scan.Message{Key: "other"})
	ok(t, q.Withdraw(t.Context(), "held", "dead", "ready", "unknown", "", strings.Repeat("x", 2000)))
	lost(t, "Extend", held.Extend(t.Context(), time.Minute))
	lost(t, "Bury", held.Bury(t.Context(), "no"))
	if d := receive(t, q, 1, time.Minute)[0]; d.Message().Key != "other" {
		t.Errorf("%q was received; want the one that was not withdrawn", d.Message().Key)
	}
	none(t, q)
	has(t, q, scan.QueueStats{Leased: 1, Dead: 1})
	send(t, q, scan.Message{Key: "held"})
	ok(t, receive(t, q, 1, time.Minute)[0].Ack(t.Context()))
}

func TestStats(t *testing.T) {
	t.Parallel()
	q := queue(t, connect(t, serve(t, t.TempDir())), fresh(), nats.Options{Wait: moment})
	send(t, q, scan.Message{Key: "a"}, scan.Message{Key: "b"}, scan.Message{Key: "c"}, scan.Message{Key: "d"})
	held := receive(t, q, 3, time.Minute)
	ok(t, held[0].Ack(t.Context()))
	ok(t, held[1].Bury(t.Context(), "no"))
	<-time.After(20 * time.Millisecond)
	stats, err := q.Stats(t.Context())
	ok(t, err)
	if stats.Oldest < 20*time.Millisecond || stats.Oldest > time.Minute {
		t.Errorf("the oldest is so for %v; want 20 milliseconds or somewhat more", stats.Oldest)
	}
	has(t, q, scan.QueueStats{Ready: 1, Leased: 1, Dead: 1})
}

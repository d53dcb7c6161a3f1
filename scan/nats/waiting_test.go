package nats_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/nats"
)

// waits demands that these are listed.
func waits(t testing.TB, q *nats.Queue, want ...string) {
	t.Helper()
	var got []string
	for key, err := range q.Waiting(t.Context()) {
		ok(t, err)
		got = append(got, key)
	}
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Fatalf("listed are %q; want %q", got, want)
	}
}

// What waits is listed, and what is known to be kept back is not.
func TestWaiting(t *testing.T) {
	t.Parallel()
	q := queue(t, connect(t, serve(t, t.TempDir())), fresh(), nats.Options{Wait: moment})
	waits(t, q)
	for _, key := range []string{"acked", "back", "dead", "expired", "extended", "held", "later"} {
		send(t, q, scan.Message{Key: key})
	}
	send(t, q, scan.Message{Key: "delayed", Delay: time.Hour})
	waits(t, q, "acked", "back", "dead", "expired", "extended", "held", "later")
	for _, d := range receive(t, q, 7, time.Hour) {
		switch d.Message().Key {
		case "acked":
			ok(t, d.Ack(t.Context()))
		case "back":
			ok(t, d.Retry(t.Context(), 0))
		case "dead":
			ok(t, d.Bury(t.Context(), "no"))
		case "expired":
			ok(t, d.Extend(t.Context(), time.Millisecond))
		case "extended":
			ok(t, d.Extend(t.Context(), time.Hour))
		case "later":
			ok(t, d.Retry(t.Context(), time.Hour))
		}
	}
	waits(t, q, "back", "expired", "held") // nobody has said anything of the one that is held
	again := receive(t, q, 2, time.Hour)
	waits(t, q, "held")
	nats.Pass(q, 59*time.Minute)
	waits(t, q, "held")
	nats.Pass(q, 2*time.Minute)
	waits(t, q, "back", "delayed", "expired", "extended", "held", "later")
	ok(t, nats.Decide(t.Context(), again[0]))
	nats.Pass(q, -2*time.Minute)
	waits(t, q, again[0].Message().Key, "held") // who decided that may have ended
	ok(t, q.Withdraw(t.Context(), "held", "delayed", again[0].Message().Key))
	waits(t, q)
}

// A listing is of any length, and can be left.
func TestWaitingMany(t *testing.T) {
	t.Parallel()
	q := queue(t, connect(t, serve(t, t.TempDir())), fresh(), nats.Options{Wait: moment})
	var want []string
	for i := range 100 {
		want = append(want, fmt.Sprintf("%03d", i))
		send(t, q, scan.Message{Key: want[i]})
	}
	waits(t, q, want...)
	for _, err := range q.Waiting(t.Context()) {
		ok(t, err)
		break
	}
	for key, err := range q.Waiting(t.Context()) {
		ok(t, err)
		ok(t, q.Withdraw(t.Context(), key))
	}
	waits(t, q)
}

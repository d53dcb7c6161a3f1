package nats_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/nats"
)

// moment is how long a queue waits in tests. The server need not hand out at once what it has just taken.
const moment = 25 * time.Millisecond

var names atomic.Int64

// fresh returns a name that no other test has.
func fresh() string { return fmt.Sprint("q", names.Add(1)) }

func queue(t testing.TB, js jetstream.JetStream, name string, o nats.Options) *nats.Queue {
	t.Helper()
	q, err := nats.NewQueue(context.WithoutCancel(t.Context()), js, name, &o)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// oldest returns the stream of a queue, and the message that has been in it for longest.
func oldest(t testing.TB, js jetstream.JetStream, name string) (jetstream.Stream, *jetstream.RawStreamMsg) {
	t.Helper()
	s, err := js.Stream(t.Context(), name)
	ok(t, err)
	raw, err := s.GetMsg(t.Context(), 1, jetstream.WithGetMsgSubject(name+".todo.*"))
	ok(t, err)
	return s, raw
}

func send(t testing.TB, q scan.Queue, messages ...scan.Message) {
	t.Helper()
	if err := q.Send(t.Context(), messages...); err != nil {
		t.Fatal(err)
	}
}

// receive receives as many messages as there must be.
func receive(t testing.TB, q scan.Queue, n int, lease time.Duration) []scan.Delivery {
	t.Helper()
	var all []scan.Delivery
	for range 50 {
		if len(all) < n {
			got, err := q.Receive(t.Context(), n-len(all), lease)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, got...)
		}
	}
	if len(all) != n {
		t.Fatalf("%d messages were received; want %d", len(all), n)
	}
	return all
}

func none(t testing.TB, q scan.Queue) {
	t.Helper()
	if got, err := q.Receive(t.Context(), 1, time.Minute); len(got) != 0 || err != nil {
		t.Fatalf("%d messages were received, and the error is %v; want none", len(got), err)
	}
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// lost demands that something was refused, as the message is another's.
func lost(t testing.TB, what string, err error) {
	t.Helper()
	if !errors.Is(err, scan.ErrLeaseLost) {
		t.Errorf("%s by who has lost the message: the error is %v; want ErrLeaseLost", what, err)
	}
}

// eventually waits until something is so.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for range 12_000 {
		if is() {
			return
		}
		<-time.After(5 * time.Millisecond)
	}
	t.Fatalf("it is not so after a minute: %s", what)
}

func contextFor(t testing.TB, d time.Duration) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithTimeout(t.Context(), d)
}

// has demands that so many are in the queue. The server need not count at once what it has just removed.
func has(t testing.TB, q *nats.Queue, want scan.QueueStats) {
	t.Helper()
	eventually(t, fmt.Sprintf("in the queue are %+v", want), func() bool {
		got, err := q.Stats(t.Context())
		ok(t, err)
		got.Oldest = 0
		return got == want
	})
}

package nats_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/nats"
)

func TestQueueRefuses(t *testing.T) {
	t.Parallel()
	js := connect(t, serve(t, t.TempDir()))
	_, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "foreign", Subjects: []string{"foreign.>"}})
	ok(t, err)
	for name, c := range map[string]struct {
		js   jetstream.JetStream
		name string
		o    nats.Options
		says string
	}{
		"no server":    {nil, "q", nats.Options{}, "there is no JetStream; it needs one"},
		"no name":      {js, "", nats.Options{}, "1 to 64 letters"},
		"long name":    {js, strings.Repeat("x", 65), nats.Options{}, "1 to 64 letters"},
		"wild name":    {js, "a.*", nats.Options{}, "1 to 64 letters"},
		"tries":        {js, "q", nats.Options{Tries: -1}, "must not be negative"},
		"hidden":       {js, "q", nats.Options{Hidden: -1}, "a millisecond or more is right"},
		"replicas":     {js, "q", nats.Options{Replicas: 7}, "1 to 5 are right"},
		"foreign name": {js, "foreign", nats.Options{}, "is another's"},
	} {
		if _, err := nats.NewQueue(t.Context(), c.js, c.name, &c.o); err == nil || !strings.HasPrefix(err.Error(), "nats: queue ") || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: the error is %v; want %q in it", name, err, c.says)
		}
	}
	q := queue(t, js, fresh(), nats.Options{Wait: moment, MaxBytes: 5000, Storage: jetstream.MemoryStorage})
	for name, c := range map[string]struct {
		messages []scan.Message
		says     string
	}{
		"no key":     {[]scan.Message{{}}, "1 to 512 are right"},
		"long key":   {[]scan.Message{{Key: strings.Repeat("x", 513)}}, "1 to 512 are right"},
		"large body": {[]scan.Message{{Key: "a", Body: make([]byte, 1<<20)}}, "this server takes at most 1032192"},
		"full queue": {[]scan.Message{{Key: "b", Body: make([]byte, 4000)}, {Key: "c", Body: make([]byte, 4000)}}, `message "c": nats: nats: API error: code=503 err_code=10077 description=maximum bytes exceeded (there is no room for it; a stream, an account or a server with higher limits is right)`},
	} {
		if err := q.Send(t.Context(), c.messages...); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: the error is %v; want %q in it", name, err, c.says)
		}
	}
	if d := receive(t, q, 1, time.Minute)[0]; d.Message().Key != "b" {
		t.Errorf("received was %q; want the one that had room", d.Message().Key)
	}
	for _, c := range []struct {
		most  int
		lease time.Duration
	}{{0, time.Minute}, {1, 0}} {
		if _, err := q.Receive(t.Context(), c.most, c.lease); err == nil || !strings.Contains(err.Error(), "are right") {
			t.Errorf("Receive of %d for %v: the error is %v", c.most, c.lease, err)
		}
	}
}

// Keys are any bytes, and what a foreign program sends has its subject for a key.
func TestKeys(t *testing.T) {
	t.Parallel()
	js := connect(t, serve(t, t.TempDir()))
	name := fresh()
	q := queue(t, js, name, nats.Options{Wait: moment})
	keys := []string{"job-7/1", "a.b.*.>", " ", "\xff\x00\r\n", "ü", strings.Repeat("x", 512)}
	for _, key := range keys {
		send(t, q, scan.Message{Key: key}, scan.Message{Key: key})
	}
	_, err := js.Publish(t.Context(), name+".todo.!", nil)
	ok(t, err)
	for i, d := range receive(t, q, len(keys)+1, time.Minute) {
		if want := append(keys, "!")[i]; d.Message().Key != want {
			t.Errorf("the key is %q; want %q", d.Message().Key, want)
		}
		ok(t, d.Bury(t.Context(), "no"))
	}
	if n, err := q.Redrive(t.Context(), keys...); n != len(keys) || err != nil {
		t.Errorf("%d were redriven, %v; want %d", n, err, len(keys))
	}
}

// What a Receive asks for is never so much that the server cuts it off.
func TestLargeMessages(t *testing.T) {
	t.Parallel()
	q := queue(t, connect(t, serve(t, t.TempDir())), fresh(), nats.Options{Wait: moment, Storage: jetstream.MemoryStorage})
	const n = 40
	for i := range n {
		send(t, q, scan.Message{Key: fmt.Sprint(i), Body: make([]byte, 1<<20-16<<10)})
	}
	got := 0
	for got < n {
		some, err := q.Receive(t.Context(), n, time.Minute)
		if err != nil || len(some) == 0 || len(some) > 32 {
			t.Fatalf("after %d messages %d came with the error %v; want up to 32 at a time", got, len(some), err)
		}
		for _, d := range some {
			if got++; d.Attempt() != 1 {
				t.Errorf("%q was handed out %d times", d.Message().Key, d.Attempt())
			}
			ok(t, d.Ack(t.Context()))
		}
	}
}

// A queue whose server is gone says so, and does not say that there is nothing.
func TestServerGone(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir())
	q := queue(t, connect(t, s), fresh(), nats.Options{Wait: 50 * time.Millisecond})
	s.stop()
	if got, err := q.Receive(t.Context(), 1, time.Minute); err == nil {
		t.Errorf("Receive returned %d messages and no error", len(got))
	}
	ctx, cancel := contextFor(t, 50*time.Millisecond)
	defer cancel()
	if err := q.Send(ctx, scan.Message{Key: "a"}); err == nil {
		t.Error("Send succeeds")
	}
	if _, err := q.Stats(ctx); err == nil {
		t.Error("Stats succeed")
	}
	for _, err := range q.Dead(ctx) {
		if err == nil {
			t.Error("Dead yields something")
		}
	}
	if err := q.Withdraw(ctx, "a"); err == nil || errors.Is(err, scan.ErrLeaseLost) {
		t.Errorf("the error of Withdraw is %v", err)
	}
}

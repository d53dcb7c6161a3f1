package nats_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/nats"
)

// What is redriven while somebody buries it is not lost: he removes what waits when it is among the dead.
func TestRedriveOfWhatIsJustBuried(t *testing.T) {
	t.Parallel()
	js := connect(t, serve(t, t.TempDir()))
	name := fresh()
	q := queue(t, js, name, nats.Options{Wait: moment})
	send(t, q, scan.Message{Key: "a"})
	ok(t, nats.BuryHalf(t.Context(), receive(t, q, 1, time.Minute)[0]))
	if n, err := q.Redrive(t.Context()); n != 0 || err != nil {
		t.Errorf("%d were redriven, %v; want none", n, err)
	}
	todo, raw := oldest(t, js, name)
	ok(t, todo.DeleteMsg(t.Context(), raw.Sequence)) // as who buries it does next
	has(t, q, scan.QueueStats{Dead: 1})
	if n, err := q.Redrive(t.Context(), "a"); n != 1 || err != nil {
		t.Errorf("%d were redriven, %v; want one", n, err)
	}
	ok(t, receive(t, q, 1, time.Minute)[0].Ack(t.Context()))
}

// Every body can be buried for every reason.
func TestReasons(t *testing.T) {
	t.Parallel()
	q := queue(t, connect(t, serve(t, t.TempDir())), fresh(), nats.Options{Wait: moment, Storage: jetstream.MemoryStorage})
	for _, reason := range []string{"", strings.Repeat("\x01", 10_000), strings.Repeat("<", 10_000), "\xff\r\nReeve-Note: x", strings.Repeat("ü", 10_000)} {
		send(t, q, scan.Message{Key: strings.Repeat("k", 512), Body: make([]byte, 1<<20-16<<10)})
		ok(t, receive(t, q, 1, time.Minute)[0].Bury(t.Context(), reason))
		has(t, q, scan.QueueStats{Dead: 1})
	}
}

// Who redrives everything comes to an end, also if all is buried again as fast.
func TestRedriveEnds(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir())
	name := fresh()
	q, other := queue(t, connect(t, s), name, nats.Options{Wait: moment}), queue(t, connect(t, s), name, nats.Options{Wait: moment})
	const n = 50
	for i := range n {
		send(t, q, scan.Message{Key: fmt.Sprint(i)})
	}
	for _, d := range receive(t, q, n, time.Minute) {
		ok(t, d.Bury(t.Context(), "no"))
	}
	ctx, cancel := contextFor(t, time.Minute)
	buried := make(chan struct{})
	go func() {
		defer close(buried)
		for ctx.Err() == nil {
			got, _ := other.Receive(ctx, 10, time.Minute)
			for _, d := range got {
				_ = d.Bury(ctx, "no")
			}
		}
	}()
	got, err := q.Redrive(ctx)
	cancel()
	<-buried
	if got != n || err != nil {
		t.Errorf("%d were redriven, %v; %d were dead", got, err, n)
	}
}

// What was decided is known for as long as the message is hidden from who would see to it.
func TestEndIsKept(t *testing.T) {
	t.Parallel()
	js := connect(t, serve(t, t.TempDir()))
	name := fresh()
	q := queue(t, js, name, nats.Options{Wait: moment})
	send(t, q, scan.Message{Key: "a"})
	ok(t, receive(t, q, 1, time.Hour)[0].Ack(t.Context()))
	ledger, err := js.Stream(t.Context(), name+"_ledger")
	ok(t, err)
	raw, err := ledger.GetMsg(t.Context(), 1, jetstream.WithGetMsgSubject(name+".note.*"))
	ok(t, err)
	if lasts, err := time.ParseDuration(raw.Header.Get(jetstream.MsgTTLHeader)); err != nil || lasts < time.Hour {
		t.Errorf("it is kept for %v, %v; the lease was an hour", lasts, err)
	}
}

// Leases of any length are leases, if it is one.
func TestLeases(t *testing.T) {
	t.Parallel()
	q := queue(t, connect(t, serve(t, t.TempDir())), fresh(), nats.Options{Wait: moment, Tries: 3})
	for range 2 {
		send(t, q, scan.Message{Key: "a"})
		d := receive(t, q, 1, math.MaxInt64)[0]
		ok(t, nats.Expire(t.Context(), d))
		d = receive(t, q, 1, math.MaxInt64)[0]
		ok(t, d.Extend(t.Context(), math.MaxInt64))
		for _, lease := range []time.Duration{0, -1, math.MinInt64} {
			if err := d.Extend(t.Context(), lease); err == nil || errors.Is(err, scan.ErrLeaseLost) {
				t.Errorf("Extend for %v: the error is %v; it must say what is right", lease, err)
			}
		}
		none(t, q)
		if !d.Expires().After(time.Now().Add(time.Hour)) {
			t.Errorf("it is hidden until %v", d.Expires())
		}
		ok(t, d.Ack(t.Context()))
	}
}

package nats_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/nats"
)

// When the server was restarted, who has a message has it still, and all else is as it was.
func TestServerRestarted(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir())
	js := connect(t, s)
	q := queue(t, js, fresh(), nats.Options{Wait: 50 * time.Millisecond, Hidden: 100 * time.Millisecond})
	send(t, q, scan.Message{Key: "held"}, scan.Message{Key: "dead"}, scan.Message{Key: "again"}, scan.Message{Key: "ready"}, scan.Message{Key: "late", Delay: time.Hour})
	all := receive(t, q, 3, time.Minute)
	ok(t, all[1].Bury(t.Context(), "it makes no sense"))
	ok(t, nats.Expire(t.Context(), all[2]))
	again := receive(t, q, 2, time.Minute)
	s.restart(t, js, func() {
		ctx, cancel := contextFor(t, 50*time.Millisecond)
		defer cancel()
		if err := all[0].Ack(ctx); err == nil {
			t.Error("Ack succeeds while there is no server")
		}
	})
	<-time.After(150 * time.Millisecond) // longer than a message is hidden of which nobody has said for how long
	none(t, q)
	ok(t, all[0].Ack(t.Context()))
	lost(t, "Ack", all[2].Ack(t.Context()))
	for _, d := range again {
		if want := map[string]int{"again": 2, "ready": 1}[d.Message().Key]; d.Attempt() != want {
			t.Errorf("%q was handed out %d times; want %d", d.Message().Key, d.Attempt(), want)
		}
		ok(t, d.Extend(t.Context(), time.Minute))
		ok(t, d.Retry(t.Context(), 0))
	}
	for _, d := range receive(t, q, 2, time.Minute) {
		if want := map[string]int{"again": 3, "ready": 2}[d.Message().Key]; d.Attempt() != want {
			t.Errorf("%q was handed out %d times; want %d", d.Message().Key, d.Attempt(), want)
		}
	}
	for m, err := range q.Dead(t.Context()) {
		if err != nil || m.Key != "dead" || m.Reason != "it makes no sense" {
			t.Errorf("dead is %+v, %v", m, err)
		}
	}
}

// Who waits when the connection is lost hears of what comes when it is back.
func TestConnectionLost(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir())
	js := connect(t, s)
	name := fresh()
	here, there := queue(t, js, name, nats.Options{}), queue(t, connect(t, s), name, nats.Options{})
	got := make(chan []scan.Delivery, 1)
	go func() {
		some, err := here.Receive(t.Context(), 1, time.Minute)
		if err != nil {
			t.Error(err)
		}
		got <- some
	}()
	<-time.After(50 * time.Millisecond)
	before := js.Conn().Stats().Reconnects
	ok(t, js.Conn().ForceReconnect())
	eventually(t, "the connection is back", func() bool { return js.Conn().Stats().Reconnects > before })
	send(t, there, scan.Message{Key: "a"})
	some := <-got
	if len(some) != 1 {
		t.Fatalf("%d messages were received; want one", len(some))
	}
	ok(t, js.Conn().ForceReconnect())
	ok(t, some[0].Extend(t.Context(), time.Minute))
	ok(t, some[0].Ack(t.Context()))
	none(t, queue(t, js, name, nats.Options{Wait: moment}))
}

// What comes for one that waits no more is given back at once.
func TestCanceled(t *testing.T) {
	t.Parallel()
	js := connect(t, serve(t, t.TempDir()))
	name := fresh()
	here, there := queue(t, js, name, nats.Options{Wait: 300 * time.Millisecond}), queue(t, js, name, nats.Options{Wait: moment})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		var err error
		for err == nil {
			_, err = here.Receive(ctx, 1, time.Minute)
		}
		ended <- err
	}()
	eventually(t, "it waits", func() bool {
		c, err := js.Consumer(t.Context(), name, "workers")
		ok(t, err)
		return c.CachedInfo().NumWaiting > 0
	})
	cancel()
	send(t, there, scan.Message{Key: "a"})
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v; want that of the context", err)
	}
	receive(t, there, 1, time.Minute)
}

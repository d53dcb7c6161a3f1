package nats_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/nats"
)

// A clock has time pass for a queue on a real server, whose own goes on: leases are long, and when they have ended here the server is told to hide their
// messages no longer. So no machine is too slow.
type clock struct {
	testing.TB

	js     jetstream.JetStream
	name   string
	mu     sync.Mutex
	queues []*nats.Queue
	now    time.Duration
	until  map[string]time.Duration // when a message is hidden no longer, by its key
}

func newClock(t testing.TB, js jetstream.JetStream, name string) *clock {
	t.Helper()
	return &clock{TB: t, js: js, name: name, until: map[string]time.Duration{}}
}

// keeps has a queue go by the clock.
func (c *clock) keeps(q *nats.Queue) scan.Queue {
	c.queues = append(c.queues, q)
	return timed{q, c}
}

// hide notes for how long a message is hidden from now, and returns how much time has passed.
func (c *clock) hide(key string, d time.Duration) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.until[key] = c.now + d
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now += d
	for _, q := range c.queues {
		nats.Pass(q, d)
	}
	for key, until := range c.until {
		if until <= c.now {
			delete(c.until, key)
			c.release(key)
		}
	}
}

// release has the server hide a message no longer, whoever has it.
func (c *clock) release(key string) {
	c.Helper()
	s, err := c.js.Stream(c.Context(), c.name)
	ok(c, err)
	raw, err := s.GetLastMsgForSubject(c.Context(), c.name+".todo."+nats.Token(key))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return
	}
	ok(c, err)
	workers, err := s.Consumer(c.Context(), "workers")
	ok(c, err)
	ack := fmt.Sprintf("$JS.ACK.%s.workers.1.%d.%d.%d.0", c.name, raw.Sequence, workers.CachedInfo().Delivered.Consumer, raw.Time.UnixNano())
	_, err = c.js.Conn().RequestWithContext(c.Context(), ack, []byte("-NAK"))
	ok(c, err)
}

// A timed queue tells the clock what is hidden, and for how long.
type timed struct {
	*nats.Queue

	clock *clock
}

func (q timed) Send(ctx context.Context, messages ...scan.Message) error {
	late := make([]scan.Message, len(messages))
	for i, m := range messages {
		if late[i] = m; m.Delay > 0 {
			late[i].Delay += q.clock.hide(m.Key, m.Delay) // for the server nothing has passed
		}
	}
	return q.Queue.Send(ctx, late...)
}

func (q timed) Receive(ctx context.Context, most int, lease time.Duration) ([]scan.Delivery, error) {
	got, err := q.Queue.Receive(ctx, most, lease)
	for i, d := range got {
		q.clock.hide(d.Message().Key, lease)
		got[i] = timedDelivery{d, q.clock}
	}
	return got, err
}

type timedDelivery struct {
	scan.Delivery

	clock *clock
}

func (d timedDelivery) Extend(ctx context.Context, lease time.Duration) error {
	err := d.Delivery.Extend(ctx, lease)
	if err == nil {
		d.clock.hide(d.Message().Key, lease)
	}
	return err
}

func (d timedDelivery) Retry(ctx context.Context, after time.Duration) error {
	err := d.Delivery.Retry(ctx, after)
	if err == nil {
		d.clock.hide(d.Message().Key, after)
	}
	return err
}

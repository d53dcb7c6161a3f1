package main

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"sync/atomic"
	"time"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

// wakeUp notes the time from the delivery of a message to a resting node until its turn, while the
// supervisor has nothing else to do.
func wakeUp(took *notes) func(context.Context, *setup) (sides, error) {
	return func(ctx context.Context, s *setup) (sides, error) {
		store := memory.New(nil)
		ids, err := createNodes(ctx, store, home, nodeCount)
		if err != nil {
			return sides{}, err
		}
		var said time.Time
		ended := make(chan struct{}, 1)
		sup, err := supervise(store, func(*nodeTurn) error {
			took.add(float64(time.Since(said)))
			return nil
		}, &supervision.Options{Observer: &supervision.Observer{Turned: func(supervision.TurnEvent) { ended <- struct{}{} }}})
		if err != nil {
			return sides{}, err
		}
		ctx, stop := running(ctx, sup)
		s.closeAfter(stop)
		number := 0
		return sides{ours: func(n int) error {
			for range n {
				message := pings(number, ids[number%nodeCount:][:1])
				number++
				said = time.Now()
				if err := deliver(ctx, store, message); err != nil {
					return err
				}
				if err := wait(ctx, ended); err != nil {
					return err
				}
			}
			return nil
		}}, nil
	}
}

// wait waits until something has happened, but not for longer than a supervisor runs.
func wait(ctx context.Context, happened <-chan struct{}) error {
	select {
	case <-happened:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// isolation notes how long a thousand healthy nodes wait for their turns when all of them are told
// something at once: beside ten whose turns always fail and are always made again, and beside none.
func isolation(waited *notes) func(context.Context, *setup) (sides, error) {
	return func(ctx context.Context, _ *setup) (sides, error) {
		ours, err := newCrowd(ctx, nodeCount/100, waited)
		if err != nil {
			return sides{}, err
		}
		peer, err := newCrowd(ctx, 0, waited)
		if err != nil {
			return sides{}, err
		}
		work := func(c *crowd) func(int) error { return func(n int) error { return c.work(ctx, n) } }
		return sides{ours: work(ours), peer: work(peer)}, nil
	}
}

// A crowd is a store of nodes, some of which are poisoned: in state "error", with a message that no
// turn can consume.
type crowd struct {
	store   storage.Store
	healthy []string
	waited  *notes

	number int // of the next burst
	said   time.Time
	left   atomic.Int64 // of a burst, who has had no turn
	served chan struct{}
	warm   bool
}

func newCrowd(ctx context.Context, poisoned int, waited *notes) (*crowd, error) {
	c := &crowd{store: memory.New(nil), waited: waited, served: make(chan struct{}, 1)}
	var err error
	if c.healthy, err = createNodes(ctx, c.store, home, nodeCount); err != nil {
		return nil, err
	}
	bad, err := createNodes(ctx, c.store, "error", poisoned)
	if err != nil {
		return nil, err
	}
	return c, deliver(ctx, c.store, pings(0, bad))
}

// work delivers bursts of messages, each when the one before was served. The supervisor runs only
// meanwhile, so that it is not in the way of the other side. The first burst does not count, because
// the supervisor is just beginning.
func (c *crowd) work(ctx context.Context, n int) error {
	sup, err := supervise(c.store, c.decide, &supervision.Options{
		Poll:     time.Millisecond,
		Failures: math.MaxInt32,
		Backoff:  func(int) time.Duration { return 5 * time.Millisecond },
		Logger:   slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return err
	}
	ctx, stop := running(ctx, sup)
	c.warm = false
	for range 1 + n {
		if err := c.burst(ctx); err != nil {
			return errors.Join(err, stop())
		}
		c.warm = true
	}
	return stop()
}

func (c *crowd) burst(ctx context.Context) error {
	messages := pings(c.number, c.healthy)
	c.number++
	c.left.Store(nodeCount)
	c.said = time.Now()
	if err := deliver(ctx, c.store, messages); err != nil {
		return err
	}
	return wait(ctx, c.served)
}

var errPoisoned = errors.New("this node always fails")

func (c *crowd) decide(t *nodeTurn) error {
	if t.State == "error" {
		return errPoisoned
	}
	if c.warm {
		c.waited.add(float64(time.Since(c.said)))
	}
	if c.left.Add(-1) == 0 {
		c.served <- struct{}{}
	}
	return nil
}

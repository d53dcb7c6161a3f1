package nats

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/reeve-go/reeve/scan"
)

// A delivery is a message that the server has delivered, with what the ledger says of it.
type delivery struct {
	queue   *Queue
	msg     jetstream.Msg
	seq     uint64
	of      string // see idOf
	token   string // in the subject
	key     string
	id      string
	count   uint64 // how often the server has delivered it
	skipped uint64
	attempt int

	turn  chan struct{} // has an entry while something is done to it
	noted uint64        // its own note; zero: there is none, and must be none of anybody
	ends  bool          // its note says that it ends, so that it may be gone
	over  bool          // it is not this delivery's any more

	mu      sync.Mutex
	expires time.Time
}

func (d *delivery) Message() scan.Message { return scan.Message{Key: d.key, Body: d.msg.Data()} }

func (d *delivery) Attempt() int { return d.attempt }

func (d *delivery) Expires() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.expires
}

func (d *delivery) Extend(ctx context.Context, lease time.Duration) error {
	if lease < time.Millisecond {
		return d.failed(ctx, "extend", fmt.Errorf("the lease is to be %v; a millisecond or more is right", lease))
	}
	return d.do(ctx, "extend", func(ctx context.Context) error {
		asked := time.Now()
		if err := d.hold(ctx, lease); err != nil {
			return err
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		d.expires = asked.Add(min(lease, longest))
		return nil
	})
}

func (d *delivery) Ack(ctx context.Context) error {
	return d.do(ctx, "ack", func(ctx context.Context) error {
		n := d.note()
		n.End = acked
		return d.end(ctx, n)
	})
}

func (d *delivery) Bury(ctx context.Context, reason string) error {
	return d.do(ctx, "bury", func(ctx context.Context) error {
		n := d.note()
		n.End, n.Reason, n.Attempts, n.At = buried, clip(reason), d.attempt, d.queue.serverNow().UTC()
		n.Of = d.of
		return d.end(ctx, n)
	})
}

func (d *delivery) Retry(ctx context.Context, after time.Duration) error {
	return d.do(ctx, "retry", func(ctx context.Context) error {
		err := d.hold(ctx, after)
		d.over = d.over || err == nil
		return err
	})
}

// do does one thing after another, while the message may still be this delivery's.
func (d *delivery) do(ctx context.Context, what string, work func(ctx context.Context) error) error {
	ctx, cancel := d.queue.bounded(ctx)
	defer cancel()
	select {
	case d.turn <- struct{}{}:
		defer func() { <-d.turn }()
	case <-ctx.Done():
		return d.failed(ctx, what, context.Cause(ctx))
	}
	if d.over || time.Since(d.Expires()) > keep {
		return d.failed(ctx, what, scan.ErrLeaseLost)
	}
	return d.failed(ctx, what, work(ctx))
}

func (d *delivery) failed(ctx context.Context, what string, err error) error {
	return d.queue.failed(ctx, fmt.Sprintf("%s message %.100q", what, d.key), err)
}

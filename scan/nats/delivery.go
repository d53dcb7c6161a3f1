package nats

import (
	"context"
	"errors"
	"fmt"
	"strings"
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
		if err := d.sign(ctx, d.note(), lease); err != nil {
			return err
		}
		if err := d.hide(ctx, lease); err != nil {
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
		if err := d.sign(ctx, d.note(), after); err != nil {
			return err
		}
		err := d.hide(ctx, after)
		d.over = err == nil
		return err
	})
}

// end writes down the end of the message, and then sees to it. Who ends in between leaves that to whom the message is delivered next.
func (d *delivery) end(ctx context.Context, n note) error {
	if n.End == buried && !d.ends { // one that is gone is not to be among the dead
		if _, err := d.queue.todo.GetMsg(ctx, d.seq); err != nil {
			return lostIfGone(err)
		}
	}
	if err := d.sign(ctx, n, time.Until(d.Expires())); err != nil { // so long it is hidden from who would see to the rest
		return err
	}
	there, err := d.queue.complete(ctx, d.seq, n, d.token, d.msg.Data())
	if err == nil && !there && !d.ends {
		err = scan.ErrLeaseLost
	}
	d.ends = true
	d.over = err == nil
	return err
}

func lostIfGone(err error) error {
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return scan.ErrLeaseLost
	}
	return err
}

// sign writes a note, if nobody else has since this delivery did. When its own last one was written, but not heard of, it goes on from there.
func (d *delivery) sign(ctx context.Context, n note, lease time.Duration) error {
	for range 2 {
		seq, err := d.queue.write(ctx, d.of, n, d.noted, lease)
		if err == nil {
			d.noted = seq
			return nil
		}
		if !isConflict(err) {
			return err
		}
		last, err := d.queue.lastNote(ctx, d.of)
		if err != nil {
			return err
		}
		if last.By != d.id || last.seq == d.noted {
			break
		}
		d.noted, d.ends = last.seq, last.End != ""
	}
	d.over = true
	return scan.ErrLeaseLost
}

// note is what there is to say about who has it.
func (d *delivery) note() note { return note{By: d.id, Delivery: d.count, Skipped: d.skipped} }

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

// maxReason bounds the text of a reason, of which each byte can be six where it is kept.
const maxReason = 2 << 10

// clip returns what is kept of a reason, which comes from anywhere.
func clip(reason string) string {
	return strings.ToValidUTF8(reason[:min(len(reason), maxReason)], "")
}

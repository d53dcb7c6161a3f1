package nats

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/reeve-go/reeve/scan"
)

// claimAll makes deliveries of what was fetched. What cannot be had is another's, or comes again; it is an error if that is so for all.
func (q *Queue) claimAll(ctx context.Context, fetched []jetstream.Msg, lease time.Duration) ([]scan.Delivery, error) {
	ctx, cancel := q.bounded(ctx)
	defer cancel()
	claimed := make([]*delivery, len(fetched))
	errs := make([]error, len(fetched))
	var all sync.WaitGroup
	for i, msg := range fetched {
		all.Go(func() { claimed[i], errs[i] = q.claim(ctx, msg, lease) })
	}
	all.Wait()
	var out []scan.Delivery
	for _, d := range claimed {
		if d != nil {
			out = append(out, d)
		}
	}
	if len(out) > 0 {
		return out, nil
	}
	return nil, errors.Join(errs...)
}

// claim makes a delivery of a message; nil if it is not to be handed out.
func (q *Queue) claim(ctx context.Context, msg jetstream.Msg, lease time.Duration) (*delivery, error) {
	meta, err := msg.Metadata()
	if err != nil {
		return nil, err
	}
	token := strings.TrimPrefix(msg.Subject(), q.todoSubject(""))
	d := &delivery{
		queue: q, msg: msg, seq: meta.Sequence.Stream, of: idOf(meta.Sequence.Stream, meta.Timestamp), token: token, key: keyOf(token), id: rand.Text(), count: meta.NumDelivered, turn: make(chan struct{}, 1),
	}
	if delay := delayOf(msg.Headers()); delay > 0 {
		if wait := meta.Timestamp.Add(delay).Sub(q.serverNow()); wait > 0 {
			return nil, d.postpone(ctx, wait)
		}
	}
	asked := time.Now()
	if err := d.hide(ctx, lease); err != nil {
		return nil, err
	}
	d.expires = asked.Add(min(lease, longest))
	if mine, err := d.take(ctx, lease); err != nil || !mine {
		return nil, err
	}
	if d.attempt = int(d.count - d.skipped); q.o.Tries > 0 && d.attempt > q.o.Tries { //nolint:gosec // the server counts from one
		d.attempt--
		return nil, d.Bury(ctx, fmt.Sprintf("it was handed out %d times; at most %d are right", d.attempt, q.o.Tries))
	}
	return d, nil
}

// take writes down who has a message that others had before, and reports whether it is this delivery's. One whose end was decided
// is brought to it.
func (d *delivery) take(ctx context.Context, lease time.Duration) (bool, error) {
	if d.count == 1 {
		return true, nil
	}
	last, err := d.queue.lastNote(ctx, d.of)
	if err != nil {
		return false, err
	}
	if last.End != "" {
		_, err := d.queue.complete(ctx, d.seq, last, d.token, d.msg.Data())
		return false, err
	}
	if last.Delivery >= d.count { // it took so long that another has it
		return false, nil
	}
	d.skipped = last.Skipped
	d.noted, err = d.queue.write(ctx, d.of, d.note(), last.seq, lease)
	if isConflict(err) {
		return false, nil
	}
	return err == nil, err
}

// postpone hides a message that was sent for later, which is no attempt.
func (d *delivery) postpone(ctx context.Context, wait time.Duration) error {
	if err := d.hide(ctx, wait); err != nil {
		return err
	}
	last, err := d.queue.lastNote(ctx, d.of)
	if err != nil {
		return err
	}
	d.skipped = d.count
	if _, err = d.queue.write(ctx, d.of, d.note(), last.seq, wait); isConflict(err) {
		return nil
	}
	return err
}

// hide has the server keep the message from others for that long from now.
func (d *delivery) hide(ctx context.Context, lease time.Duration) error {
	nak := "-NAK"
	if lease = min(lease, longest); lease > 0 {
		nak = fmt.Sprintf(`-NAK {"delay":%d}`, lease.Nanoseconds())
	}
	_, err := d.queue.js.Conn().RequestWithContext(ctx, d.msg.Reply(), []byte(nak))
	return err
}

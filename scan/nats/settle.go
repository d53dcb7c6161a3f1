package nats

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/reeve-go/reeve/scan"
)

// hold writes down for how long the message is hidden from now, and has it so.
func (d *delivery) hold(ctx context.Context, lease time.Duration) error {
	err := d.there(ctx)
	if err == nil {
		err = d.sign(ctx, d.note(), lease)
	}
	if err == nil {
		err = d.hide(ctx, lease)
	}
	return err
}

// there looks whether the message is there still: the server says nothing if what it is to hide is not.
func (d *delivery) there(ctx context.Context) error {
	_, err := d.queue.todo.GetMsg(ctx, d.seq)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return scan.ErrLeaseLost
	}
	return err
}

// end writes down the end of the message, and then sees to it. Who ends in between leaves that to whom the message is delivered next.
func (d *delivery) end(ctx context.Context, n note) error {
	if n.End == buried && !d.ends { // one that is gone is not to be among the dead
		if err := d.there(ctx); err != nil {
			return err
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

// maxReason bounds the text of a reason, of which each byte can be six where it is kept.
const maxReason = 2 << 10

// clip returns what is kept of a reason, which comes from anywhere.
func clip(reason string) string {
	return strings.ToValidUTF8(reason[:min(len(reason), maxReason)], "")
}

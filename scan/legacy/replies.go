package legacy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/reeve-go/reeve/scan"
)

// How replies are taken from the agents' queue.
const (
	// replyBatch is how many are taken at once: each is an object to be read.
	replyBatch = 10
	// replyAgain is when one is tried again whose object could not be read.
	replyAgain = 30 * time.Second
)

// Replies returns the queue that a manager receives from: what existing agents found is in the blobs by then. A message is removed once the manager has it, and
// the object after that.
func (b *Bridge) Replies() scan.Queue { return replies{b} }

type replies struct{ *Bridge }

// Send is refused: existing agents reply to their own queue.
func (replies) Send(context.Context, ...scan.Message) error {
	return errors.New("legacy: replies are sent by existing agents only")
}

// Receive hands out replies in the manager's words. One that cannot be understood is handed out, too, without a body: it is buried with what was wrong.
func (r replies) Receive(ctx context.Context, most int, lease time.Duration) ([]scan.Delivery, error) {
	raw, err := r.place.Replies.Receive(ctx, min(most, replyBatch), lease)
	if err != nil {
		return nil, err
	}
	var out []scan.Delivery
	for n, d := range raw {
		if n > 0 { // the ones before took their time
			if err := d.Extend(ctx, lease); err != nil {
				continue // it comes again
			}
		}
		t, err := r.translate(ctx, d)
		if err != nil {
			return nil, fmt.Errorf("legacy: replies: %w", err)
		}
		if t != nil {
			out = append(out, t)
		}
	}
	return out, nil
}

// translate returns a reply in the manager's words; nil: the manager has nothing to do with it.
func (r replies) translate(ctx context.Context, d scan.Delivery) (scan.Delivery, error) {
	reply, err := DecodeReply(d.Message().Body)
	switch {
	case err != nil:
		return poison(d, err), nil
	case reply.Type.Control():
		r.options.Logger.Info("an agent has seen to a control request", "request", string(reply.Type), "agent", reply.ExtractorID)
		return nil, settled(d.Ack(ctx))
	}
	job, epoch, err := parseJobID(reply.JobID)
	if err != nil {
		return poison(d, err), nil
	}
	key, err := resultKey(reply.RequestID)
	if err != nil {
		return poison(d, err), nil
	}
	out := scan.Reply{V: scan.WireVersion, Agent: r.options.Name, Job: job, Epoch: epoch, Seq: 1, Last: true}
	content, err := readObject(ctx, r.place.Objects, key)
	switch {
	case errors.Is(err, ErrNoObject):
		// If the job has it already, this is a duplicate to it; if not, there is nothing to wait for.
		out.Error, out.Class = "the agent's result is not there: "+quote(key), scan.Trouble
	case err != nil:
		r.options.Logger.Error("a result could not be read; it is tried again", "key", key, "error", err)
		return nil, settled(d.Retry(ctx, replyAgain))
	default:
		object, err := DecodeReplyObject(content)
		switch {
		case err != nil:
			out.Error, out.Class = "the agent's result cannot be understood: "+err.Error(), scan.Trouble
		case object.JobID != reply.JobID:
			return poison(d, fmt.Errorf("its object %s is about job %s, and the reply about %s; one job is right", quote(key), quote(object.JobID), quote(reply.JobID))), nil
		default:
			if err := r.take(ctx, &out, &object); err != nil {
				r.options.Logger.Error("a result could not be stored; it is tried again", "key", key, "error", err)
				return nil, settled(d.Retry(ctx, replyAgain))
			}
		}
	}
	body, err := scan.EncodeReply(out)
	if err != nil {
		return poison(d, err), nil
	}
	return &delivery{Delivery: d, body: body, taken: func(ctx context.Context) {
		if err := r.place.Objects.Delete(ctx, key); err != nil {
			r.options.Logger.Error("an object that was taken could not be deleted; it is later", "key", key, "error", err)
		}
	}}, nil
}

// settled is the error of a message that was seen to; one whose lease is lost comes again.
func settled(err error) error {
	if errors.Is(err, scan.ErrLeaseLost) {
		return nil
	}
	return err
}

// A delivery is a reply in the manager's words. Before anything else its message is settled.
type delivery struct {
	scan.Delivery

	body []byte
	// why is what is wrong with the message, if something is.
	why string
	// taken is called when the manager has the reply.
	taken func(context.Context)
}

func poison(d scan.Delivery, err error) scan.Delivery {
	return &delivery{Delivery: d, why: err.Error()}
}

func (d *delivery) Message() scan.Message {
	return scan.Message{Key: d.Delivery.Message().Key, Body: d.body}
}

func (d *delivery) Ack(ctx context.Context) error {
	if err := d.Delivery.Ack(ctx); err != nil {
		return err
	}
	if d.taken != nil {
		d.taken(ctx)
	}
	return nil
}

func (d *delivery) Bury(ctx context.Context, reason string) error {
	if d.why != "" {
		reason = d.why
	}
	return d.Delivery.Bury(ctx, reason)
}

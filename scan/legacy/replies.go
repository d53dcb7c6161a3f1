package legacy

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/reeve-go/reeve/scan"
)

// How replies are taken from the agents' queue.
const (
	// replyBatch is how many are taken at once: each is an object to be read.
	replyBatch = 10
	// replyAgain is when one is tried again whose result could not be read or stored; later each time, up to mostAgain times that.
	replyAgain = 30 * time.Second
	mostAgain  = 20
)

// Replies returns the queue that a manager receives from: what existing agents found is in the blobs by then. A message is removed once the manager has it, and
// the object after that.
func (b *Bridge) Replies() scan.Queue { return replies{b} }

type replies struct{ *Bridge }

// Send is refused: existing agents reply to their own queue.
func (replies) Send(context.Context, ...scan.Message) error {
	return errors.New("legacy: replies are sent by existing agents only")
}

// Receive hands out replies in the manager's words. One that cannot be understood is handed out, too, without a body: it is buried with what was wrong. One whose
// result cannot be had now comes again, and holds up no other.
func (r replies) Receive(ctx context.Context, most int, lease time.Duration) ([]scan.Delivery, error) {
	raw, err := r.place.Replies.Receive(ctx, min(most, replyBatch), lease)
	if err != nil {
		return nil, err
	}
	var out []scan.Delivery
	for len(raw) > 0 {
		if t := r.translate(ctx, raw[0], lease/2); t != nil {
			out = append(out, t)
		}
		raw, out = hold(ctx, raw[1:], lease), hold(ctx, out, lease)
	}
	return out, nil
}

// hold returns those of the messages that are the bridge's while another one takes half of a lease. The others come again.
func hold(ctx context.Context, messages []scan.Delivery, lease time.Duration) []scan.Delivery {
	return slices.DeleteFunc(messages, func(d scan.Delivery) bool {
		return time.Until(d.Expires()) < lease*2/3 && d.Extend(ctx, lease) != nil
	})
}

// translate returns a reply in the manager's words; nil: there is nothing to hand out, at least not now. To read and to store a result takes at most so long.
func (r replies) translate(ctx context.Context, d scan.Delivery, most time.Duration) scan.Delivery {
	reply, err := DecodeReply(d.Message().Body)
	switch {
	case err != nil:
		return poison(d, err)
	case reply.Type.Control():
		r.options.Logger.Info("an agent has seen to a control request", "request", string(reply.Type), "agent", reply.ExtractorID)
		r.settled("control reply", d.Ack(ctx))
		return nil
	}
	key, err := resultKey(reply.RequestID)
	if err != nil {
		return poison(d, err)
	}
	timed, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	content, err := readObject(timed, r.place.Objects, key)
	gone := errors.Is(err, ErrNoObject)
	switch {
	case gone && reply.JobID == "":
		r.options.Logger.Warn("a reply is dropped: its result is not there, and it names no job; it may be a duplicate", "key", key)
		r.settled("reply", d.Ack(ctx))
		return nil
	case err != nil && !gone:
		return r.again(ctx, d, "read", key, err)
	}
	object, wrong := understand(key, content, gone)
	out, err := r.about(&reply, &object, wrong)
	if err != nil {
		return poison(d, err)
	}
	if wrong == "" {
		if err := r.take(timed, &out, &object); err != nil {
			return r.again(ctx, d, "store", key, err)
		}
	}
	body, err := scan.EncodeReply(out)
	if err != nil {
		return poison(d, err)
	}
	return &delivery{Delivery: d, body: body, taken: func(ctx context.Context) {
		if err := r.place.Objects.Delete(ctx, key); err != nil {
			r.options.Logger.Error("an object that was taken could not be deleted; it is later", "key", key, "error", err)
		}
	}}
}

// again gives a reply back whose result cannot be had now; there is nothing to hand out.
func (r replies) again(ctx context.Context, d scan.Delivery, what, key string, err error) scan.Delivery {
	if ctx.Err() == nil {
		r.options.Logger.Error("could not "+what+" a result; it is tried again", "key", key, "attempt", d.Attempt(), "error", err)
		r.settled("reply", d.Retry(ctx, time.Duration(min(d.Attempt(), mostAgain))*replyAgain))
	}
	return nil
}

// settled tells of a message that could not be settled: it comes again when its lease ends.
func (r replies) settled(what string, err error) {
	if err != nil && !errors.Is(err, scan.ErrLeaseLost) {
		r.options.Logger.Error("a "+what+" could not be settled; it comes again", "error", err)
	}
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

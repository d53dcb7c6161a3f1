package remote

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/reeve-go/reeve/scan"
)

// Requests are the queue of requests, as an agent has it.
type requests struct{ c *Client }

var _ scan.Queue = requests{}

// errNotHere is what an agent may not do at all.
var errNotHere = fmt.Errorf("remote: an agent only receives requests and sends replies: %w", errors.ErrUnsupported)

// Send implements [scan.Queue]. An agent asks nobody for anything.
func (q requests) Send(_ context.Context, messages ...scan.Message) error {
	if len(messages) == 0 {
		return nil
	}
	return errNotHere
}

// Receive implements [scan.Queue]. It returns at most eight messages.
func (q requests) Receive(ctx context.Context, max int, lease time.Duration) ([]scan.Delivery, error) {
	in := poll{Operation: rand.Text(), Most: min(max, mostReceived), Lease: min(lease, mostSpan)}
	var asked time.Time
	var out polled
	err := q.c.insist(ctx, "receive", func() error {
		asked, out = time.Now(), polled{}
		return q.c.post(ctx, in, &out, sending{path: []string{"receive"}, answer: mostReceived * 2 * scan.MaxBody, within: 2 * time.Minute})
	})
	if err == nil && len(out.Deliveries) > in.Most {
		err = errNoAnswer
	}
	if err != nil {
		return nil, err
	}
	return q.taken(asked.Add(out.Waited), out.Deliveries), nil
}

// taken returns the deliveries of an answer, which was given at that time at the earliest.
func (q requests) taken(answered time.Time, all []delivered) []scan.Delivery {
	out := make([]scan.Delivery, len(all))
	for i, d := range all {
		out[i] = &delivery{c: q.c, is: d, expires: answered.Add(d.Left)}
	}
	return out
}

// A delivery is a request that the agent holds.
type delivery struct {
	c  *Client
	is delivered

	mu      sync.Mutex
	expires time.Time
}

func (d *delivery) Message() scan.Message {
	return scan.Message{Key: d.is.Key, Body: bytes.Clone(d.is.Body)}
}

func (d *delivery) Attempt() int { return d.is.Attempt }

func (d *delivery) Expires() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.expires
}

func (d *delivery) Extend(ctx context.Context, lease time.Duration) error {
	var out settled
	asked, err := d.settle(ctx, "extend", settling{Lease: min(lease, mostSpan)}, &out)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.expires = asked.Add(out.Left)
	return nil
}

func (d *delivery) Ack(ctx context.Context) error {
	_, err := d.settle(ctx, "ack", settling{}, &settled{})
	return err
}

func (d *delivery) Retry(ctx context.Context, after time.Duration) error {
	_, err := d.settle(ctx, "retry", settling{After: max(0, min(after, mostSpan))}, &settled{})
	return err
}

func (d *delivery) Bury(ctx context.Context, reason string) error {
	_, err := d.settle(ctx, "bury", settling{Reason: reason}, &settled{})
	return err
}

// settle says what becomes of a delivery, and returns when the try that was answered began. What is not known there (any more) is lost.
func (d *delivery) settle(ctx context.Context, what string, in settling, out *settled) (asked time.Time, err error) {
	in.Operation = rand.Text()
	err = d.c.insist(ctx, what, func() error {
		asked = time.Now()
		return d.c.post(ctx, in, out, sending{path: []string{"deliveries", d.is.ID, what}})
	})
	if refused, ok := errors.AsType[*Error](err); ok && refused.Code == CodeNotFound {
		err = fmt.Errorf("%w: %w", scan.ErrLeaseLost, err)
	}
	return asked, err
}

// Replies are the queue of replies, as an agent has it.
type replies struct{ c *Client }

var _ scan.Queue = replies{}

// Send implements [scan.Queue].
func (q replies) Send(ctx context.Context, messages ...scan.Message) error {
	for _, m := range messages {
		s := sending{
			method: http.MethodPost, path: []string{"replies"}, body: m.Body,
			query: url.Values{"key": {m.Key}, "delay": {max(0, m.Delay).String()}},
		}
		if err := q.c.call(ctx, &nothing{}, s); err != nil {
			return err
		}
	}
	return nil
}

// Receive implements [scan.Queue]. An agent hears no other agents.
func (q replies) Receive(context.Context, int, time.Duration) ([]scan.Delivery, error) {
	return nil, errNotHere
}

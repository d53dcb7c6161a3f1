package aws

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/reeve-go/reeve/scan"
)

// A delivery is a message that was handed out. SQS says yes to who acks what another has by now, and does nothing. So a delivery goes by its own
// clock as well: after its lease, or what ended it, it asks for nothing any more.
type delivery struct {
	queue   *Queue
	parcel  parcel
	body    []byte
	handle  *string
	attempt int
	last    time.Time // when it cannot be hidden any longer

	mu      sync.Mutex
	expires time.Time
	ended   bool
}

func (d *delivery) Message() scan.Message { return scan.Message{Key: d.parcel.key, Body: d.body} }

func (d *delivery) Attempt() int { return d.attempt }

func (d *delivery) Expires() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.expires
}

// Extend implements [scan.Delivery]. Twelve hours after a message was handed out SQS hides it no longer, so [scan.Delivery.Expires] may say less
// than was asked for.
func (d *delivery) Extend(ctx context.Context, lease time.Duration) error {
	if lease <= 0 {
		return d.failed("extend", fmt.Errorf("the lease is to be %v; a positive time is right", lease))
	}
	return d.failed("extend", d.hide(ctx, lease))
}

// Ack implements [scan.Delivery]. Those that are acked at the same time go together, ten a request.
func (d *delivery) Ack(ctx context.Context) error {
	err := d.held()
	if err == nil {
		err = d.remove(ctx)
	}
	if err == nil {
		d.queue.discard(ctx, &d.parcel)
	}
	return d.failed("ack", err)
}

// Retry implements [scan.Delivery]. It comes earlier than was asked for if that is more than 12 hours after it was handed out.
func (d *delivery) Retry(ctx context.Context, after time.Duration) error {
	err := d.hide(ctx, max(after, 0))
	if err == nil {
		d.end()
	}
	return d.failed("retry", err)
}

// Bury implements [scan.Delivery]. It is sent to the dead first and then removed here, so that it is never nowhere; it may be in both places for a
// while.
func (d *delivery) Bury(ctx context.Context, reason string) error {
	err := d.held()
	if err == nil {
		err = d.queue.renew(ctx, &d.parcel)
	}
	if err == nil {
		err = d.queue.sendTo(ctx, d.queue.at.Dead, []types.SendMessageBatchRequestEntry{d.epitaph(reason)})[0]
	}
	if err == nil {
		err = d.remove(ctx)
	}
	return d.failed("bury", err)
}

// remove removes the message. When the lease ended before the answer came, another may have it: SQS would have said yes all the same.
func (d *delivery) remove(ctx context.Context) error {
	err := lost(d.queue.delete(ctx, d.handle))
	if err == nil {
		err = d.held()
	}
	if err == nil {
		d.end()
	}
	return err
}

// epitaph is the message among the dead.
func (d *delivery) epitaph(reason string) types.SendMessageBatchRequestEntry {
	all := d.parcel.attributes()
	if reason = attributeText(reason); reason != "" {
		all[reasonAttribute] = value(reason)
	}
	all[attemptsAttribute] = value(strconv.Itoa(d.attempt))
	all[atAttribute] = value(time.Now().UTC().Format(time.RFC3339Nano))
	return types.SendMessageBatchRequestEntry{MessageBody: &d.parcel.body, MessageAttributes: all}
}

// attributeText returns what SQS takes of a text, and not too much of it.
func attributeText(s string) string {
	s = strings.ToValidUTF8(s[:min(len(s), 2<<10)], "")
	return strings.Map(func(r rune) rune {
		if isText(string(r)) {
			return r
		}
		return -1
	}, s)
}

// held says whether the message is this delivery's still, as far as the clock can tell.
func (d *delivery) held() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ended {
		return fmt.Errorf("%w: it was settled", scan.ErrLeaseLost)
	}
	if !time.Now().Before(d.expires) {
		return fmt.Errorf("%w: it has ended", scan.ErrLeaseLost)
	}
	return nil
}

func (d *delivery) end() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ended = true
}

// hide has the message hidden for a while from now, and held for as long. When it is not known whether it is, the shorter time counts.
func (d *delivery) hide(ctx context.Context, lease time.Duration) error {
	if err := d.held(); err != nil {
		return err
	}
	asked := time.Now()
	lease = min(lease, d.last.Sub(asked).Truncate(time.Second))
	if lease < 0 {
		return fmt.Errorf("%w: SQS hides it no longer than %v", scan.ErrLeaseLost, mostHidden)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, err := d.queue.client.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{
		QueueUrl: &d.queue.at.URL, ReceiptHandle: d.handle, VisibilityTimeout: seconds(lease),
	})
	d.mu.Lock()
	defer d.mu.Unlock()
	if err == nil {
		d.expires = asked.Add(lease)
	} else {
		d.expires = earlier(d.expires, asked.Add(lease))
	}
	return lost(err)
}

func (d *delivery) failed(what string, err error) error {
	return d.queue.failed(fmt.Sprintf("%s message %.100q", what, d.parcel.key), err)
}

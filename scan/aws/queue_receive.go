package aws

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/reeve-go/reeve/scan"
)

// Receive implements [scan.Queue]. It asks for ten messages at a time, and goes on while as many come. They are hidden for a little longer than the
// lease says, by what a long poll can last; never for more than 12 hours. A message whose body is gone, or never was one, is buried.
//
// A context that ends ends the poll. What SQS was just handing out then comes again when its lease has ended.
func (q *Queue) Receive(ctx context.Context, max int, lease time.Duration) ([]scan.Delivery, error) {
	if max < 1 || lease <= 0 {
		return nil, q.failed("receive", fmt.Errorf("%d messages for %v; one or more, for a positive time, is right", max, lease))
	}
	var out []scan.Delivery
	hidden := min(min(lease, mostHidden)+q.o.Wait, mostHidden)
	for wait := q.o.Wait; ; wait = 0 {
		n := min(max-len(out), mostEntries)
		asked := time.Now()
		got, err := q.poll(ctx, q.at.URL, n, hidden, wait)
		if err != nil && len(out) == 0 {
			return nil, q.failed("receive", err)
		}
		arrived := time.Now()
		for i := range got {
			d := &delivery{queue: q, parcel: parcelOf(&got[i]), handle: got[i].ReceiptHandle, attempt: countOf(&got[i])}
			// Nobody knows when it was handed out: not before it was asked for, and it is hidden from then on.
			d.expires = earlier(asked.Add(hidden), arrived.Add(lease))
			d.last = asked.Add(mostHidden)
			ok, e := q.read(ctx, d)
			if ok {
				out = append(out, d)
			}
			err = errors.Join(err, e)
		}
		if err != nil || len(got) < n || len(out) == max {
			if len(out) > 0 {
				err = nil // it will be met again
			}
			return out, q.failed("receive", err)
		}
	}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// poll receives messages.
func (q *Queue) poll(ctx context.Context, url string, n int, hidden, wait time.Duration) ([]types.Message, error) {
	ctx, cancel := context.WithTimeout(ctx, wait+patience)
	defer cancel()
	got, err := q.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: &url, VisibilityTimeout: seconds(hidden), WaitTimeSeconds: seconds(wait),
		MaxNumberOfMessages:   int32(n), //nolint:gosec // it is ten at most
		MessageAttributeNames: []string{keyAttribute, encodingAttribute, reasonAttribute, attemptsAttribute, atAttribute},
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{
			types.MessageSystemAttributeNameApproximateReceiveCount, types.MessageSystemAttributeNameSentTimestamp,
		},
	})
	if err != nil {
		return nil, err
	}
	return got.Messages, nil
}

// countOf returns how often a message was handed out.
func countOf(m *types.Message) int {
	n, err := strconv.Atoi(m.Attributes[string(types.MessageSystemAttributeNameApproximateReceiveCount)])
	if err != nil {
		return 1
	}
	return max(n, 1)
}

// read reads the body of a message. If nobody can ever do that, the message is buried, and holds up no other; if it cannot be done now, it is left
// to its lease, and nobody waits for longer than that. It is false of both.
func (q *Queue) read(ctx context.Context, d *delivery) (ok bool, err error) {
	reading, cancel := context.WithDeadline(ctx, d.expires)
	defer cancel()
	d.body, err = q.body(reading, &d.parcel)
	if errors.Is(err, errUnreadable) {
		return false, d.Bury(ctx, err.Error())
	}
	if err != nil {
		return false, fmt.Errorf("the body of message %.100q: %w", d.parcel.key, err)
	}
	return true, nil
}

// sentAt returns when a message was sent.
func sentAt(m *types.Message) time.Time {
	ms, err := strconv.ParseInt(m.Attributes[string(types.MessageSystemAttributeNameSentTimestamp)], 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}

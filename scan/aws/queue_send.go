package aws

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/reeve-go/reeve/scan"
)

// Send implements [scan.Queue]: ten messages a request, as far as they are small. What SQS has no room for just now is sent again. The error names
// each message that was not sent. A key has 1 to 1024 bytes of UTF-8; SQS keeps messages back for 15 minutes at most.
func (q *Queue) Send(ctx context.Context, messages ...scan.Message) error {
	entries := make([]types.SendMessageBatchRequestEntry, len(messages))
	for i := range messages { // first, so that nothing is sent of what cannot be
		if err := q.sendable(&messages[i]); err != nil {
			return q.failed(fmt.Sprintf("send message %.100q", messages[i].Key), err)
		}
	}
	for i := range messages {
		m := &messages[i]
		p := pack(m.Key, m.Body)
		if len(p.body) > q.o.Inline {
			var err error
			if p, err = q.deposit(ctx, m.Key, m.Body); err != nil {
				return q.failed(fmt.Sprintf("keep the body of message %.100q", m.Key), err)
			}
		}
		entries[i] = types.SendMessageBatchRequestEntry{MessageBody: &p.body, MessageAttributes: p.attributes(), DelaySeconds: seconds(m.Delay)}
	}
	var all []error
	for i, err := range q.sendTo(ctx, q.at.URL, entries) {
		all = append(all, q.failed(fmt.Sprintf("send message %.100q", messages[i].Key), err))
	}
	return errors.Join(all...)
}

// sendable refuses what SQS would refuse, or keep back for less long than is wanted.
func (q *Queue) sendable(m *scan.Message) error {
	switch p := pack("", m.Body); {
	case m.Delay > mostDelayed:
		return fmt.Errorf("it is to be kept back for %v; SQS does so for %v at most", m.Delay, mostDelayed)
	case q.o.Bodies == nil && len(p.body) > q.o.Inline:
		return fmt.Errorf("its body has %d bytes as SQS would have it; at most %d are right without Bodies", len(p.body), q.o.Inline)
	case len(m.Body) > mostBody-1<<10:
		return fmt.Errorf("its body has %d bytes; at most %d are right", len(m.Body), mostBody-1<<10)
	}
	return checkKey(m.Key)
}

// sendTo sends messages in as few requests as they fit into, and returns what became of each.
func (q *Queue) sendTo(ctx context.Context, url string, entries []types.SendMessageBatchRequestEntry) []error {
	var out []error
	for len(entries) > 0 {
		n, size := 0, 0
		for n < min(len(entries), mostEntries) && (n == 0 || size+sizeOf(&entries[n]) <= mostRequest) {
			size += sizeOf(&entries[n])
			n++
		}
		some := entries[:n]
		entries = entries[n:]
		out = append(out, inBatch(ctx, n, func(ctx context.Context, of []int) (int, []types.BatchResultErrorEntry, error) {
			in := &sqs.SendMessageBatchInput{QueueUrl: &url}
			for _, i := range of {
				some[i].Id = idOf(i)
				in.Entries = append(in.Entries, some[i])
			}
			sent, err := q.client.SendMessageBatch(ctx, in)
			if err != nil {
				return 0, nil, err
			}
			return len(sent.Successful), sent.Failed, nil
		})...)
	}
	return out
}

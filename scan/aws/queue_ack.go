package aws

import (
	"context"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// acks are the messages that are to be deleted. While one request is under way, those that come are collected for the next one.
type acks struct {
	mu      sync.Mutex
	busy    bool
	waiting []*ack
}

type ack struct {
	handle *string
	done   chan error
}

// delete removes a message, together with others that are to be removed at the same time.
func (q *Queue) delete(ctx context.Context, handle *string) error {
	a := &ack{handle, make(chan error, 1)}
	q.acks.mu.Lock()
	q.acks.waiting = append(q.acks.waiting, a)
	first := !q.acks.busy
	q.acks.busy = true
	q.acks.mu.Unlock()
	if first { // others may come to wait for it, who have contexts of their own
		go q.deleteAll(context.WithoutCancel(ctx))
	}
	select {
	case err := <-a.done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// deleteAll removes what is to be removed, until there is nothing. Each of its requests ends when the queue's patience does.
func (q *Queue) deleteAll(ctx context.Context) {
	for {
		q.acks.mu.Lock()
		some := q.acks.waiting[:min(len(q.acks.waiting), mostEntries)]
		q.acks.waiting = q.acks.waiting[len(some):]
		q.acks.busy = len(some) > 0
		q.acks.mu.Unlock()
		if len(some) == 0 {
			return
		}
		handles := make([]*string, len(some))
		for i, a := range some {
			handles[i] = a.handle
		}
		for i, err := range q.remove(ctx, q.at.URL, handles) {
			some[i].done <- err
		}
	}
}

// remove deletes at most ten messages, and returns what became of each.
func (q *Queue) remove(ctx context.Context, url string, handles []*string) []error {
	return inBatch(ctx, len(handles), func(ctx context.Context, of []int) (int, []types.BatchResultErrorEntry, error) {
		in := &sqs.DeleteMessageBatchInput{QueueUrl: &url}
		for _, i := range of {
			in.Entries = append(in.Entries, types.DeleteMessageBatchRequestEntry{Id: idOf(i), ReceiptHandle: handles[i]})
		}
		out, err := q.client.DeleteMessageBatch(ctx, in)
		if err != nil {
			return 0, nil, err
		}
		return len(out.Successful), out.Failed, nil
	})
}

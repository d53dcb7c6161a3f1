package aws

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/reeve-go/reeve/scan"
)

// QueueOptions for [NewQueue]. Nil is the same as the zero value.
type QueueOptions struct {
	// Wait is how long a Receive waits at most when there is nothing, in whole seconds, at most 20. Default: 20 seconds. Negative: it does not
	// wait, unless the queue has a wait of its own, and may find nothing although there is something.
	Wait time.Duration
	// Bodies are where a body is kept that has more than Inline bytes as SQS would have it: the message says only where it is. They must be the same
	// for all programs that have the queue, and no manager's own, whose sweep would remove them: with a prefix of their own, for example. Nil: larger
	// bodies are refused.
	Bodies scan.Blobs
	// Inline is how many bytes a body in a message has at most. Default: 64 KiB, which is what SQS charges as one message, or 240 KiB without
	// Bodies, which every queue takes. At most 1,000 KiB, where the queue's MaximumMessageSize is 1 MiB.
	Inline int
	// Age is asked by Stats for how long the oldest message has waited, which SQS itself does not tell; CloudWatch does, as
	// ApproximateAgeOfOldestMessage. Nil: it is not known, and nothing is ever too old for [scan.Options.QueueAge].
	Age func(ctx context.Context) (time.Duration, error)
}

const (
	// mostHidden is for how long SQS hides a message at most, from when it was handed out.
	mostHidden = 12 * time.Hour
	// mostDelayed is for how long it keeps one back at most that was sent.
	mostDelayed = 15 * time.Minute
	// mostEntries is how many messages one request is about.
	mostEntries = 10
	// mostRequest is how many bytes the messages of one request have. New queues take four times as much.
	mostRequest = 256 << 10
	// mostInline leaves room for what else is said with a body.
	mostInline = 1000 << 10
	// mostBody is how many bytes a body has that is not in its message.
	mostBody = 16 << 20
	// patience is how long an answer may take, besides what was asked to be waited for.
	patience = 30 * time.Second
)

// A Queue is a [scan.Queue] on a standard queue of SQS, and a [scan.Gauge] and a [scan.Graveyard]. It is safe for concurrent use.
type Queue struct {
	client *sqs.Client
	at     QueueURLs
	name   string
	o      QueueOptions
	acks   acks
}

var (
	_ scan.Queue     = (*Queue)(nil)
	_ scan.Gauge     = (*Queue)(nil)
	_ scan.Graveyard = (*Queue)(nil)
)

// NewQueue returns the queue that is at these URLs, see [EnsureQueue] and [FindQueue].
func NewQueue(client *sqs.Client, at QueueURLs, o *QueueOptions) (*Queue, error) {
	q := &Queue{client: client, at: at, name: at.URL[strings.LastIndexByte(at.URL, '/')+1:]}
	if o != nil {
		q.o = *o
	}
	q.o.Wait = max(cmp.Or(q.o.Wait, 20*time.Second), 0)
	if q.o.Inline == 0 {
		if q.o.Inline = 240 << 10; q.o.Bodies != nil {
			q.o.Inline = 64 << 10
		}
	}
	if err := q.check(); err != nil {
		return nil, fmt.Errorf("aws: queue %.100q: %w", q.name, err)
	}
	return q, nil
}

func (q *Queue) check() error {
	switch {
	case q.client == nil:
		return errors.New("there is no client; it needs one")
	case q.at.URL == "" || q.at.Dead == "" || q.at.URL == q.at.Dead:
		return errors.New("two URLs are needed, that of the queue and that of another one for its dead messages")
	case strings.HasSuffix(q.at.URL, fifoSuffix) || strings.HasSuffix(q.at.Dead, fifoSuffix):
		return errFIFO
	case q.o.Wait > 20*time.Second || q.o.Wait%time.Second != 0:
		return fmt.Errorf("the Wait is %v; at most 20s, in whole seconds, is right", q.o.Wait)
	case q.o.Inline < 1 || q.o.Inline > mostInline:
		return fmt.Errorf("the Inline is %d bytes; 1 to %d are right", q.o.Inline, mostInline)
	}
	return nil
}

// failed says of an error what it is about.
func (q *Queue) failed(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("aws: queue %q: %s: %w", q.name, what, err)
}

// seconds returns a time in whole seconds, rather too many, as SQS counts.
func seconds(d time.Duration) int32 {
	return int32((min(max(d, 0), mostHidden) + time.Second - 1) / time.Second)
}

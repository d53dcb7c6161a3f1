package aws_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/aws"
	"github.com/reeve-go/reeve/scan/aws/awstest"
)

// What is throttled, fails or is cut off is repeated, by the client or by the queue, and nobody sees any of it.
func TestQueueFaults(t *testing.T) {
	t.Parallel()
	before := sometimes(4, awstest.Throttle, awstest.Fail, awstest.CutBefore, awstest.Partly)
	after := sometimes(4, awstest.CutAfter)
	testQueue(t, &awstest.Options{Shuffled: true, Fault: func(c awstest.Call) awstest.Fault {
		switch c.Action {
		case "DeleteMessageBatch", "GetQueueAttributes", "PutObject", "GetObject": // to do these twice is to do them once
			if f := after(c); f != awstest.None {
				return f
			}
		}
		return before(c)
	}}, cannot)
}

// inBubble runs a test in virtual time, with a cloud and a queue.
func inBubble(t *testing.T, c *awstest.Options, o *aws.QueueOptions, test func(r *rig, q *aws.Queue)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, c)
		test(r, r.queue(r.at(nil), o))
	})
}

// receive returns what there is, up to n.
func (r *rig) receive(q *aws.Queue, n int, lease time.Duration) []scan.Delivery {
	r.Helper()
	got, err := q.Receive(r.Context(), n, lease)
	r.ok(err)
	return got
}

func some(n int, body []byte) []scan.Message {
	out := make([]scan.Message, n)
	for i := range out {
		out[i] = scan.Message{Key: fmt.Sprint("job-", i), Body: body}
	}
	return out
}

// What a batch refuses by name is told by name; what it throttles is sent again, alone.
func TestSendInParts(t *testing.T) {
	t.Parallel()
	throttled := 0
	fault := func(c awstest.Call) awstest.Fault {
		if c.Action == "SendMessageBatch" && c.N <= 3 {
			throttled++
			return awstest.Partly
		}
		return awstest.None
	}
	inBubble(t, &awstest.Options{Fault: fault}, nil, func(r *rig, q *aws.Queue) {
		r.ok(q.Send(r.Context(), some(10, []byte("body"))...))
		if n := r.cloud.Calls()["SendMessageBatch"]; n != 4 {
			r.Errorf("10 messages, of which parts were throttled three times, took %d requests; four are right", n)
		}
		var keys []string
		for _, d := range r.receive(q, 100, time.Minute) {
			keys = append(keys, d.Message().Key)
		}
		if slices.Sort(keys); len(slices.Compact(keys)) != 10 {
			r.Errorf("received were %v; 10 keys were sent", keys)
		}
	})
}

func TestSendThrottledForever(t *testing.T) {
	t.Parallel()
	inBubble(t, &awstest.Options{Fault: func(awstest.Call) awstest.Fault { return awstest.Partly }}, nil, func(r *rig, q *aws.Queue) {
		err := q.Send(r.Context(), some(2, []byte("body"))...)
		if n := r.cloud.Calls()["SendMessageBatch"]; n != 6 {
			r.Errorf("it was tried %d times", n)
		}
		if err == nil || !strings.Contains(err.Error(), `"job-0"`) || strings.Contains(err.Error(), `"job-1"`) {
			r.Errorf("the first of two messages is always throttled; the error is %v, and must name it alone", err)
		}
	})
}

// breaks has the first request of an action go wrong.
func breaks(action string, f awstest.Fault) *awstest.Options {
	return &awstest.Options{Fault: func(c awstest.Call) awstest.Fault {
		if c.Action == action && c.N == 1 {
			return f
		}
		return awstest.None
	}}
}

// What was handed out to nobody comes again, when the lease that nobody has has ended.
func TestReceiveIsCutOff(t *testing.T) {
	t.Parallel()
	for _, f := range []awstest.Fault{awstest.CutAfter, awstest.CutAnswer} {
		inBubble(t, breaks("ReceiveMessage", f), nil, func(r *rig, q *aws.Queue) {
			r.ok(q.Send(r.Context(), some(1, []byte("body"))...))
			begun := time.Now()
			got, err := q.Receive(r.Context(), 1, time.Minute)
			if failed := f == awstest.CutAnswer; (err != nil) != failed || len(got) > 0 {
				r.Errorf("received were %d messages, with the error %v", len(got), err)
			}
			for len(r.receive(q, 1, time.Minute)) == 0 {
			}
			if took := time.Since(begun); took < time.Minute || took > 2*time.Minute {
				r.Errorf("what was lost on its way is received again after %v; it must be after its lease", took)
			}
		})
	}
}

// What may be there is sent again: by the client, or by who was told that it failed.
func TestSendIsCutOff(t *testing.T) {
	t.Parallel()
	for _, f := range []awstest.Fault{awstest.CutAfter, awstest.CutAnswer} {
		inBubble(t, breaks("SendMessageBatch", f), nil, func(r *rig, q *aws.Queue) {
			err := q.Send(r.Context(), some(1, []byte("body"))...)
			if f == awstest.CutAnswer {
				if err == nil {
					r.Errorf("Send succeeds, of which no answer came")
				}
				err = q.Send(r.Context(), some(1, []byte("body"))...)
			}
			r.ok(err)
			if n := len(r.receive(q, 10, time.Minute)); n != 2 {
				r.Errorf("received were %d messages; one was sent, and once more", n)
			}
		})
	}
}

// What is not known to be acked can be acked again.
func TestAckIsCutOff(t *testing.T) {
	t.Parallel()
	inBubble(t, breaks("DeleteMessageBatch", awstest.CutAnswer), nil, func(r *rig, q *aws.Queue) {
		r.ok(q.Send(r.Context(), some(1, []byte("body"))...))
		d := r.receive(q, 1, time.Minute)[0]
		if err := d.Ack(r.Context()); err == nil || errors.Is(err, scan.ErrLeaseLost) {
			r.Errorf("Ack returns %v; no answer came", err)
		}
		r.ok(d.Ack(r.Context()))
		if err := d.Ack(r.Context()); !errors.Is(err, scan.ErrLeaseLost) {
			r.Errorf("Ack returns %v of what was acked; it must be ErrLeaseLost", err)
		}
	})
}

// Who does not know whether a message is hidden for longer goes by the shorter time.
func TestExtendIsCutOff(t *testing.T) {
	t.Parallel()
	inBubble(t, breaks("ChangeMessageVisibility", awstest.CutAfter), nil, func(r *rig, _ *aws.Queue) {
		r.queues = sqs.NewFromConfig(r.cloud.Config(), func(o *sqs.Options) { o.Retryer = sdk.NopRetryer{} })
		q := r.queue(r.at(nil), nil)
		r.ok(q.Send(r.Context(), some(1, []byte("body"))...))
		d := r.receive(q, 1, 10*time.Minute)[0]
		if err := d.Extend(r.Context(), time.Minute); err == nil {
			r.Errorf("Extend succeeds, of which no answer came")
		}
		if left := time.Until(d.Expires()); left > time.Minute {
			r.Errorf("%v of the lease are left; it may have been shortened to a minute", left)
		}
	})
}

// Acks that come while another is under way go together.
func TestAcksGoTogether(t *testing.T) {
	t.Parallel()
	slow := func(c awstest.Call) awstest.Fault {
		if c.Action == "DeleteMessageBatch" {
			time.Sleep(time.Second)
		}
		return awstest.None
	}
	inBubble(t, &awstest.Options{Fault: slow}, nil, func(r *rig, q *aws.Queue) {
		r.ok(q.Send(r.Context(), some(31, []byte("body"))...))
		got := r.receive(q, 31, time.Minute)
		all := make(chan error)
		for _, d := range got {
			go func() { all <- d.Ack(r.Context()) }()
		}
		for range got {
			r.ok(<-all)
		}
		if n := r.cloud.Calls()["DeleteMessageBatch"]; len(got) != 31 || n != 4 {
			r.Errorf("%d messages were received, of 31, and acked in %d requests; one and three times ten are right", len(got), n)
		}
	})
}

// One who acks and does not wait does not take the others along.
func TestAckIsCanceled(t *testing.T) {
	t.Parallel()
	inBubble(t, nil, nil, func(r *rig, q *aws.Queue) {
		r.ok(q.Send(r.Context(), some(2, []byte("body"))...))
		got := r.receive(q, 2, time.Minute)
		ctx, cancel := context.WithCancel(r.Context())
		cancel()
		if err := got[0].Ack(ctx); err != nil && !errors.Is(err, context.Canceled) {
			r.Errorf("the error is %v; it must be that of the context", err)
		}
		r.ok(got[1].Ack(r.Context()))
	})
}

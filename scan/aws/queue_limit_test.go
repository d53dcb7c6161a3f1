package aws_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/aws"
	"github.com/reeve-go/reeve/scan/aws/awstest"
)

// A batch has ten messages, and no more bytes than any queue takes.
func TestBatchesFit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ messages, body, requests int }{{25, 10, 3}, {6, 60 << 10, 2}, {3, 200 << 10, 3}} {
		inBubble(t, nil, nil, func(r *rig, q *aws.Queue) {
			r.ok(q.Send(r.Context(), some(c.messages, bytes.Repeat([]byte("x"), c.body))...))
			if n := r.cloud.Calls()["SendMessageBatch"]; n != c.requests {
				r.Errorf("%d messages of %d bytes took %d requests; %d are right", c.messages, c.body, n, c.requests)
			}
			if n := len(r.receive(q, 100, time.Minute)); n != c.messages {
				r.Errorf("of %d messages %d were received", c.messages, n)
			}
		})
	}
}

// What SQS would refuse, or do otherwise, is refused before anything is sent.
func TestSendRefuses(t *testing.T) {
	t.Parallel()
	inBubble(t, nil, nil, func(r *rig, q *aws.Queue) {
		for name, m := range map[string]scan.Message{
			"no key":     {Body: []byte("x")},
			"odd key":    {Key: "a\x00", Body: []byte("x")},
			"long key":   {Key: strings.Repeat("x", 2000)},
			"long delay": {Key: "a", Delay: 16 * time.Minute},
			"large body": {Key: "a", Body: make([]byte, 200<<10)}, // 267 KiB in base64
		} {
			if err := q.Send(r.Context(), scan.Message{Key: "right"}, m); err == nil {
				r.Errorf("%s: it is sent; it must be refused", name)
			}
		}
		if n := r.cloud.Calls()["SendMessageBatch"]; n > 0 {
			r.Errorf("%d requests were sent", n)
		}
	})
}

// A lease ends after 12 hours, whatever is done to extend it, and says so before.
func TestTwelveHours(t *testing.T) {
	t.Parallel()
	inBubble(t, nil, nil, func(r *rig, q *aws.Queue) {
		r.ok(q.Send(r.Context(), some(1, nil)...))
		begun := time.Now()
		d := r.receive(q, 1, 20*time.Hour)[0]
		for _, lease := range []time.Duration{time.Hour, 11 * time.Hour, 10 * time.Hour, 20 * time.Hour} {
			if at := d.Expires(); at.After(begun.Add(12 * time.Hour)) {
				r.Errorf("it is said to be hidden for %v; 12 hours is the most", at.Sub(begun))
			}
			r.ok(d.Extend(r.Context(), lease))
			time.Sleep(lease / 4)
		}
		time.Sleep(time.Until(d.Expires()))
		if err := d.Extend(r.Context(), time.Hour); !errors.Is(err, scan.ErrLeaseLost) {
			r.Errorf("after 12 hours the error is %v; it must be ErrLeaseLost", err)
		}
		time.Sleep(12*time.Hour - time.Since(begun))
		if got := r.receive(q, 1, time.Minute); len(got) != 1 || got[0].Attempt() != 2 {
			r.Errorf("after 12 hours %d messages are received; it must be that one, again", len(got))
		}
	})
}

// A lease that is shorter than a poll lasts none the less.
func TestLeaseAfterLongPoll(t *testing.T) {
	t.Parallel()
	inBubble(t, nil, nil, func(r *rig, q *aws.Queue) {
		time.AfterFunc(19*time.Second, func() { _ = q.Send(context.Background(), some(1, nil)...) })
		d := r.receive(q, 1, 10*time.Second)[0]
		if left := time.Until(d.Expires()); left < 9*time.Second || left > 10*time.Second {
			r.Errorf("%v are left of a lease of ten seconds", left)
		}
		time.Sleep(time.Until(d.Expires()))
		if got := r.receive(r.queue(r.at(nil), &aws.QueueOptions{Wait: -1}), 1, time.Minute); len(got) > 0 {
			r.Errorf("when it says that its lease has ended, others have the message already: it must say so rather too early")
		}
	})
}

// What is handed out too often SQS moves by itself; it is found among the dead all the same.
func TestHandedOutTooOften(t *testing.T) {
	t.Parallel()
	inBubble(t, nil, nil, func(r *rig, _ *aws.Queue) {
		q := r.queue(r.at(&aws.EnsureOptions{Receives: 3}), nil)
		r.ok(q.Send(r.Context(), some(1, []byte("it kills"))...))
		for range 3 {
			if n := len(r.receive(q, 1, time.Minute)); n != 1 {
				r.Fatalf("%d messages are received; it must be that one", n)
			}
			time.Sleep(2 * time.Minute)
		}
		if got := r.receive(q, 1, time.Minute); len(got) > 0 {
			r.Errorf("it is received %d times", got[0].Attempt())
		}
		all := r.dead(q)
		if len(all) != 1 || all[0].Key != "job-0" || string(all[0].Body) != "it kills" || all[0].Attempts != 3 || all[0].Reason == "" || all[0].At.IsZero() {
			r.Fatalf("the dead are %+v", all)
		}
		if n, err := q.Redrive(r.Context()); n != 1 || err != nil {
			r.Errorf("Redrive returned %d and %v", n, err)
		}
		if got := r.receive(q, 1, time.Minute); len(got) != 1 || got[0].Attempt() != 1 {
			r.Errorf("what was redriven is received as %v", got)
		}
	})
}

func (r *rig) dead(q *aws.Queue) (all []scan.DeadMessage) {
	r.Helper()
	for m, err := range q.Dead(r.Context()) {
		r.ok(err)
		all = append(all, m)
	}
	return all
}

// More of the dead than one request shows, and more than can be looked at before they are shown to others again.
func TestManyDead(t *testing.T) {
	t.Parallel()
	slow := false
	fault := func(c awstest.Call) awstest.Fault {
		if slow && c.Action == "ReceiveMessage" {
			time.Sleep(25 * time.Second)
		}
		return awstest.None
	}
	inBubble(t, &awstest.Options{Fault: fault, Shuffled: true}, nil, func(r *rig, q *aws.Queue) {
		r.ok(q.Send(r.Context(), some(57, []byte("body"))...))
		for _, d := range r.receive(q, 57, time.Hour) {
			r.ok(d.Bury(r.Context(), "it makes no sense"))
			time.Sleep(time.Millisecond)
		}
		_, err := r.queues.ReceiveMessage(r.Context(), &sqs.ReceiveMessageInput{QueueUrl: sdk.String(r.at(nil).Dead), VisibilityTimeout: 1})
		r.ok(err)
		if got, err := q.Stats(r.Context()); got != (scan.QueueStats{Dead: 57}) || err != nil {
			r.Errorf("while somebody looks at the dead there are %+v, %v", got, err)
		}
		time.Sleep(2 * time.Second)
		all := r.dead(q)
		if len(all) != 57 || !slices.IsSortedFunc(all, func(a, b scan.DeadMessage) int { return a.At.Compare(b.At) }) {
			r.Errorf("of 57 dead %d are listed, or not in their order", len(all))
		}
		slow = true
		n := 0
		var last error
		for _, err := range q.Dead(r.Context()) {
			if last = err; err == nil {
				n++
			}
		}
		slow = false
		if n != 50 || last == nil {
			r.Errorf("in two minutes %d are listed, and it ends with the error %v", n, last)
		}
		if n, err := q.Redrive(r.Context()); n != 57 || err != nil {
			r.Errorf("Redrive returned %d and %v; 57 are dead", n, err)
		}
		time.Sleep(time.Hour)
		if got, err := q.Stats(r.Context()); got != (scan.QueueStats{Ready: 57}) || err != nil {
			r.Errorf("of 57 that were redriven there are %+v, %v", got, err)
		}
	})
}

// What the dead have no room for is not lost.
func TestBuryRefused(t *testing.T) {
	t.Parallel()
	inBubble(t, nil, nil, func(r *rig, q *aws.Queue) {
		at := r.at(nil)
		_, err := r.queues.SetQueueAttributes(r.Context(), &sqs.SetQueueAttributesInput{QueueUrl: &at.Dead, Attributes: map[string]string{"MaximumMessageSize": "1024"}})
		r.ok(err)
		r.ok(q.Send(r.Context(), some(1, make([]byte, 2000))...))
		if err := r.receive(q, 1, time.Minute)[0].Bury(r.Context(), "it makes no sense"); err == nil || errors.Is(err, scan.ErrLeaseLost) {
			r.Errorf("Bury returns %v; it must be what SQS says", err)
		}
		if n := r.cloud.Calls()["SendMessageBatch"]; n != 2 {
			r.Errorf("what can never be sent was sent again: there were %d requests, and two are right", n)
		}
		time.Sleep(2 * time.Minute)
		if n := len(r.receive(q, 1, time.Minute)); n != 1 {
			r.Errorf("%d messages are received; it must come again", n)
		}
	})
}

// What others sent is handed out, under the id that SQS gave it.
func TestForeignMessage(t *testing.T) {
	t.Parallel()
	inBubble(t, nil, nil, func(r *rig, q *aws.Queue) {
		at := r.at(nil)
		sent, err := r.queues.SendMessage(r.Context(), &sqs.SendMessageInput{QueueUrl: &at.URL, MessageBody: sdk.String(":request_type: :extract\n")})
		r.ok(err)
		d := r.receive(q, 1, time.Minute)[0]
		if m := d.Message(); m.Key != *sent.MessageId || string(m.Body) != ":request_type: :extract\n" {
			r.Errorf("received was %q with %q", m.Key, m.Body)
		}
		r.ok(d.Bury(r.Context(), "nobody knows it"))
		if all := r.dead(q); len(all) != 1 || all[0].Key != *sent.MessageId {
			r.Errorf("the dead are %+v", all)
		}
	})
}

// What the fake counts exactly is told exactly.
func TestStats(t *testing.T) {
	t.Parallel()
	inBubble(t, nil, nil, func(r *rig, q *aws.Queue) {
		r.ok(q.Send(r.Context(), append(some(5, nil), scan.Message{Key: "late", Delay: 15 * time.Minute})...))
		got := r.receive(q, 2, time.Minute)
		r.ok(got[0].Bury(r.Context(), "it makes no sense"))
		if got, err := q.Stats(r.Context()); got != (scan.QueueStats{Ready: 3, Leased: 1, Delayed: 1, Dead: 1}) || err != nil {
			r.Errorf("there are %+v, %v", got, err)
		}
	})
}

// Late is a connection on which answers take their time.
type late struct {
	http.RoundTripper

	by time.Duration
}

func (l late) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := l.RoundTripper.RoundTrip(r)
	time.Sleep(l.by)
	return answer, err
}

// A lease runs while its message is on its way.
func TestLateAnswer(t *testing.T) {
	t.Parallel()
	inBubble(t, nil, nil, func(r *rig, q *aws.Queue) {
		r.ok(q.Send(r.Context(), some(1, nil)...))
		at := r.at(nil)
		config := r.cloud.Config()
		client := config.HTTPClient.(*http.Client)
		config.HTTPClient = &http.Client{Transport: late{client.Transport, 40 * time.Second}}
		r.queues = sqs.NewFromConfig(config)
		begun := time.Now()
		got, err := r.queue(at, nil).Receive(r.Context(), 1, 30*time.Second)
		r.ok(err)
		if at := got[0].Expires().Sub(begun); at > 50*time.Second {
			r.Errorf("a lease of 30 seconds, with a poll of 20, ends %v after it was asked for", at)
		}
	})
}

// The age of the oldest comes from who knows it.
func TestAge(t *testing.T) {
	t.Parallel()
	age := func(context.Context) (time.Duration, error) { return 5 * time.Minute, nil }
	inBubble(t, nil, &aws.QueueOptions{Age: age}, func(r *rig, q *aws.Queue) {
		for _, want := range []scan.QueueStats{{}, {Ready: 1, Oldest: 5 * time.Minute}} {
			if got, err := q.Stats(r.Context()); got != want || err != nil {
				r.Errorf("Stats are %+v, %v; they must be %+v", got, err, want)
			}
			r.ok(q.Send(r.Context(), some(1, nil)...))
		}
	})
}

// Of a queue that has too much in flight nothing is received, and a poll waits.
func TestTooMuchInFlight(t *testing.T) {
	t.Parallel()
	inBubble(t, &awstest.Options{InFlight: 10}, nil, func(r *rig, q *aws.Queue) {
		r.ok(q.Send(r.Context(), some(20, nil)...))
		if n := len(r.receive(q, 20, time.Minute)); n != 10 {
			r.Errorf("%d messages are received; ten may be in flight", n)
		}
		if n := len(r.receive(q, 20, time.Minute)); n != 0 {
			r.Errorf("%d messages are received, while ten are in flight", n)
		}
		_, err := r.queue(r.at(nil), &aws.QueueOptions{Wait: -1}).Receive(r.Context(), 1, time.Minute)
		if _, over := errors.AsType[*types.OverLimit](err); !over {
			r.Errorf("without a wait the error is %v; it must be that of SQS", err)
		}
	})
}

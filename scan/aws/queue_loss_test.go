package aws_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/aws"
	"github.com/reeve-go/reeve/scan/aws/awstest"
)

// A message that another has by the time that SQS hears of the ack stays his, with its body.
func TestAckComesTooLate(t *testing.T) {
	t.Parallel()
	var slow atomic.Bool
	fault := func(c awstest.Call) awstest.Fault {
		if slow.Load() && c.Action == "DeleteMessageBatch" {
			time.Sleep(25 * time.Second)
		}
		return awstest.None
	}
	withBodies(t, &awstest.Options{Fault: fault}, func(r *rig, _ *aws.Queue, bodies *aws.Blobs) {
		q := r.queue(r.at(nil), &aws.QueueOptions{Bodies: bodies, Inline: 100, Wait: -1})
		r.ok(q.Send(r.Context(), some(1, large)...))
		first := r.receive(q, 1, 10*time.Second)[0]
		slow.Store(true)
		acked := make(chan error, 1)
		go func() { acked <- first.Ack(r.Context()) }()
		time.Sleep(15 * time.Second)
		held := r.receive(q, 1, time.Hour)
		if err := <-acked; !errors.Is(err, scan.ErrLeaseLost) {
			r.Errorf("Ack returns %v; another has the message, so it must be ErrLeaseLost", err)
		}
		slow.Store(false)
		r.ok(held[0].Retry(r.Context(), 0))
		if got := r.receive(q, 1, time.Minute); len(got) != 1 || !bytes.Equal(got[0].Message().Body, large) {
			r.Errorf("%d messages are received; it must be that one, with its body", len(got))
		}
	})
}

// A lease of any length is one.
func TestLongestLease(t *testing.T) {
	t.Parallel()
	inBubble(t, nil, nil, func(r *rig, q *aws.Queue) {
		r.ok(q.Send(r.Context(), some(1, nil)...))
		d := r.receive(q, 1, math.MaxInt64)[0]
		if n := len(r.receive(q, 1, time.Minute)); n > 0 {
			r.Errorf("%d messages are received, which another has", n)
		}
		r.ok(d.Extend(r.Context(), math.MaxInt64))
		r.ok(d.Ack(r.Context()))
	})
}

// stuck are blobs of which nobody ever answers.
type stuck struct{ scan.Blobs }

func (s stuck) Open(ctx context.Context, _ scan.Digest) (io.ReadCloser, error) {
	<-ctx.Done()
	return nil, context.Cause(ctx)
}

// Nobody waits for a body for longer than he would have it.
func TestBodyNeverComes(t *testing.T) {
	t.Parallel()
	withBodies(t, nil, func(r *rig, q *aws.Queue, bodies *aws.Blobs) {
		r.ok(q.Send(r.Context(), some(1, large)...))
		ctx, cancel := context.WithTimeout(r.Context(), time.Hour)
		defer cancel()
		if _, err := r.queue(r.at(nil), &aws.QueueOptions{Bodies: stuck{bodies}}).Receive(ctx, 1, time.Minute); err == nil || ctx.Err() != nil {
			r.Errorf("Receive ends with %v, when its context has ended with %v", err, ctx.Err())
		}
	})
}

// One body that cannot be renewed keeps no other message among the dead.
func TestRedriveWithoutBody(t *testing.T) {
	t.Parallel()
	withBodies(t, nil, func(r *rig, q *aws.Queue, bodies *aws.Blobs) {
		r.ok(q.Send(r.Context(), append(some(1, large), scan.Message{Key: "small", Body: []byte("x")})...))
		for _, d := range r.receive(q, 2, time.Minute) {
			r.ok(d.Bury(r.Context(), "it makes no sense"))
		}
		other := r.queue(r.at(nil), &aws.QueueOptions{Bodies: shut{bodies}})
		if n, err := other.Redrive(r.Context()); n != 1 || !errors.Is(err, errShut) || !strings.Contains(err.Error(), `"job-0"`) {
			r.Errorf("Redrive returned %d and %v; one could be sent, and the error must name the other", n, err)
		}
		if got := r.receive(q, 2, time.Minute); len(got) != 1 || got[0].Message().Key != "small" {
			r.Errorf("%d are received; it must be the small one", len(got))
		}
		time.Sleep(5 * time.Minute)
		if n, err := q.Redrive(r.Context(), "job-0"); n != 1 || err != nil {
			r.Errorf("Redrive returned %d and %v; one is dead still", n, err)
		}
	})
}

// What the dead say beside their bodies counts as well: it can be as large.
func TestDeadAreBounded(t *testing.T) {
	t.Parallel()
	inBubble(t, nil, nil, func(r *rig, q *aws.Queue) {
		at, text := r.at(nil), strings.Repeat("x", 1000<<10)
		const n = 70
		for range n {
			_, err := r.queues.SendMessage(r.Context(), &sqs.SendMessageInput{
				QueueUrl: &at.Dead, MessageBody: sdk.String("x"), MessageAttributes: map[string]types.MessageAttributeValue{
					"reeve.reason": {DataType: sdk.String("String"), StringValue: &text},
					"reeve.at":     {DataType: sdk.String("String"), StringValue: sdk.String("2026-01-01T00:00:00Z")},
				},
			})
			r.ok(err)
		}
		before := r.cloud.Calls()["ReceiveMessage"]
		var last error
		for _, last = range q.Dead(r.Context()) {
		}
		if calls := r.cloud.Calls()["ReceiveMessage"] - before; last == nil || calls != 7 {
			r.Errorf("68 MiB of the dead took %d requests, and end with %v; seven, and that there may be more, is right", calls, last)
		}
	})
}

// silent is a service that says yes to batches, and of none of their entries what became of it.
type silent struct{ http.RoundTripper }

func (s silent) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(r.Header.Get("X-Amz-Target"), "Batch") {
		return s.RoundTripper.RoundTrip(r)
	}
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}}, Request: r,
		Body: io.NopCloser(strings.NewReader(`{"Successful":[],"Failed":[]}`)),
	}, nil
}

// What the answer does not name was not done.
func TestSilentAnswer(t *testing.T) {
	t.Parallel()
	inBubble(t, nil, nil, func(r *rig, q *aws.Queue) {
		r.ok(q.Send(r.Context(), some(1, nil)...))
		at, config := r.at(nil), r.cloud.Config()
		config.HTTPClient = &http.Client{Transport: silent{config.HTTPClient.(*http.Client).Transport}}
		r.queues = sqs.NewFromConfig(config)
		other := r.queue(at, nil)
		if err := other.Send(r.Context(), some(2, []byte("x"))...); err == nil || !strings.Contains(err.Error(), `"job-1"`) {
			r.Errorf("Send returns %v; it must say that nobody knows of both", err)
		}
		if err := r.receive(other, 1, time.Minute)[0].Ack(r.Context()); err == nil || errors.Is(err, scan.ErrLeaseLost) {
			r.Errorf("Ack returns %v; it must say that nobody knows", err)
		}
	})
}

// A source that breaks off is not at its end, whatever its error has inside; nor is an answer of S3.
func TestBreaksOff(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	broken := fmt.Errorf("the connection broke: %w", io.EOF)
	for _, size := range []int{4, 300_000} {
		half := io.MultiReader(bytes.NewReader(make([]byte, size)), iotest.ErrReader(broken))
		if d, n, err := r.blobs(nil).Put(t.Context(), half); !errors.Is(err, broken) {
			t.Errorf("Put returned %s, %d and %v; want the error of the source", d, n, err)
		}
	}
	d, _, err := r.blobs(nil).Put(t.Context(), strings.NewReader("0123456789"))
	r.ok(err)
	config, breaks := r.cloud.Config(), 0
	config.HTTPClient = &http.Client{Transport: torn{config.HTTPClient.(*http.Client).Transport, broken, &breaks}}
	b, err := aws.NewBlobs(s3.NewFromConfig(config, awstest.PathStyle), bucket, nil)
	r.ok(err)
	body, err := b.Open(t.Context(), d)
	r.ok(err)
	if got, err := io.ReadAll(body); string(got) != "0123456789" || err != nil || breaks != 1 {
		t.Errorf("read was %q, %v, after %d breaks; want all of it after one", got, err, breaks)
	}
	r.ok(body.Close())
}

// torn is a connection whose first answer breaks after five bytes.
type torn struct {
	http.RoundTripper

	err    error
	breaks *int
}

func (s torn) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := s.RoundTripper.RoundTrip(r)
	if err == nil && *s.breaks == 0 {
		*s.breaks++
		answer.Body = struct {
			io.Reader
			io.Closer
		}{io.MultiReader(io.LimitReader(answer.Body, 5), iotest.ErrReader(s.err)), answer.Body}
	}
	return answer, err
}

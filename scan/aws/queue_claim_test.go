package aws_test

import (
	"bytes"
	"context"
	"errors"
	"io"
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

// withBodies runs a test in virtual time, with a queue whose bodies of more than 100 bytes are elsewhere.
func withBodies(t *testing.T, c *awstest.Options, test func(r *rig, q *aws.Queue, bodies *aws.Blobs)) {
	t.Helper()
	inBubble(t, c, nil, func(r *rig, _ *aws.Queue) {
		bodies := r.blobs(&aws.BlobsOptions{Prefix: "bodies/"})
		test(r, r.queue(r.at(nil), &aws.QueueOptions{Bodies: bodies, Inline: 100}), bodies)
	})
}

// kept demands that so many bodies are kept, of the bytes that their messages have.
func (r *rig) kept(bodies scan.Blobs, want int) (all []scan.Blob) {
	r.Helper()
	for b, err := range bodies.List(r.Context()) {
		r.ok(err)
		all = append(all, b)
	}
	if len(all) != want {
		r.Errorf("%d bodies are kept; %d are right", len(all), want)
	}
	return all
}

var large = bytes.Repeat([]byte("x\x00"), 500_000)

// A large body stays for as long as its message does, wherever that goes, and no longer. Two messages that say the same have a body each.
func TestBodies(t *testing.T) {
	t.Parallel()
	withBodies(t, nil, func(r *rig, q *aws.Queue, bodies *aws.Blobs) {
		is := func(d scan.Delivery) scan.Delivery {
			r.Helper()
			if !bytes.Equal(d.Message().Body, large) {
				r.Errorf("received were %d bytes that were not sent", len(d.Message().Body))
			}
			return d
		}
		r.ok(q.Send(r.Context(), append(some(2, large), scan.Message{Key: "small", Body: []byte("x")})...))
		r.kept(bodies, 2)
		got := r.receive(q, 3, time.Minute)
		for _, d := range got {
			if d.Message().Key == "small" {
				r.ok(d.Ack(r.Context()))
			}
		}
		r.kept(bodies, 2)
		time.Sleep(2 * time.Minute)
		got = r.receive(q, 3, time.Minute)
		r.ok(is(got[0]).Ack(r.Context()))
		r.kept(bodies, 1)
		r.ok(is(got[1]).Bury(r.Context(), "it makes no sense"))
		if all := r.dead(q); len(all) != 1 || !bytes.Equal(all[0].Body, large) {
			r.Errorf("%d are dead, without the body", len(all))
		}
		_, err := q.Redrive(r.Context())
		r.ok(err)
		r.ok(is(r.receive(q, 1, time.Minute)[0]).Ack(r.Context()))
		r.kept(bodies, 0)
	})
}

// A body is as young as the latest message that was sent with it, so that nothing is collected that is still wanted.
func TestCollect(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	withBodies(t, nil, func(r *rig, q *aws.Queue, bodies *aws.Blobs) {
		collect := func(want int) {
			r.Helper()
			if n, err := q.Collect(r.Context()); n != want || err != nil {
				r.Errorf("Collect returned %d and %v; it must be %d", n, err, want)
			}
		}
		r.ok(q.Send(r.Context(), some(2, large)...))
		time.Sleep(3 * day)
		r.ok(r.receive(q, 1, time.Minute)[0].Bury(r.Context(), "it makes no sense")) // the other one is forgotten a day later
		time.Sleep(12*day + time.Hour)
		collect(1)
		r.kept(bodies, 1)
		_, err := q.Redrive(r.Context())
		r.ok(err)
		time.Sleep(3 * day)
		collect(0)
		if d := r.receive(q, 1, time.Minute)[0]; !bytes.Equal(d.Message().Body, large) {
			r.Errorf("18 days old, the message has lost its body")
		}
	})
}

// What cannot be read holds up nothing else, and is found among the dead.
func TestUnreadable(t *testing.T) {
	t.Parallel()
	withBodies(t, nil, func(r *rig, q *aws.Queue, bodies *aws.Blobs) {
		at := r.at(nil)
		d, n, err := bodies.Put(r.Context(), strings.NewReader("of\nother bytes"))
		r.ok(err)
		digest, size := string(d), string(rune('0'+n%10))
		for encoding, body := range map[string]string{
			"base64": "no base64!", "rot13": "x", "bodies": `{"digest":"` + string(scan.DigestOf([]byte("gone"))) + `","size":4}`,
		} {
			r.sendRaw(at, encoding, body)
		}
		for _, body := range []string{
			"no claim", `{"digest":"../x","size":1}`, `{"digest":"` + digest + `","size":` + size + `}`,
			`{"digest":"` + digest + `","size":99999999999}`, strings.Repeat(" ", 2000),
		} {
			r.sendRaw(at, "bodies", body)
		}
		r.ok(q.Send(r.Context(), some(1, large)...))
		var keys []string
		for range 3 {
			for _, d := range r.receive(q, 10, time.Minute) {
				keys = append(keys, d.Message().Key)
			}
		}
		if len(keys) != 1 || keys[0] != "job-0" {
			r.Errorf("received were %v; of one message there is something to be read", keys)
		}
		all := r.dead(q)
		for _, m := range all {
			if !strings.Contains(m.Reason, "the message cannot be read") {
				r.Errorf("a message is dead, as %q", m.Reason)
			}
		}
		if len(all) != 8 {
			r.Errorf("%d are dead; eight cannot be read", len(all))
		}
	})
}

func (r *rig) sendRaw(at aws.QueueURLs, encoding, body string) {
	r.Helper()
	_, err := r.queues.SendMessage(r.Context(), &sqs.SendMessageInput{
		QueueUrl: &at.URL, MessageBody: &body,
		MessageAttributes: map[string]types.MessageAttributeValue{"reeve.encoding": {DataType: sdk.String("String"), StringValue: &encoding}},
	})
	r.ok(err)
}

// shut are blobs that cannot be reached.
type shut struct{ scan.Blobs }

var errShut = errors.New("nobody is there")

func (s shut) Open(context.Context, scan.Digest) (io.ReadCloser, error) { return nil, errShut }

// What cannot be read now is left to its lease, and the rest is handed out.
func TestBodiesCannotBeReached(t *testing.T) {
	t.Parallel()
	withBodies(t, nil, func(r *rig, q *aws.Queue, bodies *aws.Blobs) {
		r.ok(q.Send(r.Context(), some(1, large)...))
		other := r.queue(r.at(nil), &aws.QueueOptions{Bodies: shut{bodies}})
		if _, err := other.Receive(r.Context(), 1, time.Minute); !errors.Is(err, errShut) {
			r.Errorf("the error is %v; it must say why", err)
		}
		time.Sleep(2 * time.Minute)
		r.ok(q.Send(r.Context(), scan.Message{Key: "small"}))
		if got := r.receive(other, 2, time.Minute); len(got) != 1 || got[0].Message().Key != "small" {
			r.Errorf("%d are received; one can be read", len(got))
		}
		time.Sleep(2 * time.Minute)
		if n := len(r.receive(q, 2, time.Minute)); n != 2 || len(r.dead(q)) > 0 {
			r.Errorf("%d are received by one who can read them, and %v are dead", n, r.dead(q))
		}
	})
}

// A duplicate of what was acked has no body any more.
func TestDuplicateOfLarge(t *testing.T) {
	t.Parallel()
	withBodies(t, breaks("SendMessageBatch", awstest.CutAfter), func(r *rig, q *aws.Queue, _ *aws.Blobs) {
		r.ok(q.Send(r.Context(), some(1, large)...))
		r.ok(r.receive(q, 1, time.Minute)[0].Ack(r.Context()))
		if n := len(r.receive(q, 1, time.Minute)); n > 0 {
			r.Errorf("%d more are received", n)
		}
		if all := r.dead(q); len(all) != 1 || !strings.Contains(all[0].Reason, "acked before") {
			r.Errorf("the dead are %+v", all)
		}
	})
}

package aws_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/scan/aws"
)

// The names are those of the system whose idea it is.
func TestNames(t *testing.T) {
	t.Parallel()
	const guid = "0d6e0e8c-1b1e-4c5e-9d1b-3f1d9f0c5a77"
	got, err := aws.NamesOf(guid)
	want := aws.Names{Bucket: "smartstate-" + guid, Requests: "smartstate_extract_request-" + guid, Replies: "smartstate_extract_reply-" + guid}
	if got != want || err != nil {
		t.Errorf("the names are %+v, %v; want %+v", got, err, want)
	}
	for _, bad := range []string{"", "-a", "a-", "A", "a_b", "a.b", "../a", strings.Repeat("a", 41)} {
		if got, err := aws.NamesOf(bad); err == nil {
			t.Errorf("%q has the names %+v; it is no GUID", bad, got)
		}
	}
	if key, err := aws.ReplyKey("8f1c-id"); key != "extract/queue-reply/8f1c-id" || err != nil {
		t.Errorf("the key of a reply is %q, %v", key, err)
	}
	if key, err := aws.HeartbeatKey("i-0agent"); key != "extract/heartbeat/i-0agent" || err != nil {
		t.Errorf("the key of a heartbeat is %q, %v", key, err)
	}
	for _, bad := range []string{"", "..", "a/b", "a b", strings.Repeat("a", 101)} {
		if _, err := aws.ReplyKey(bad); err == nil {
			t.Errorf("%q is the end of a key; it must not be", bad)
		}
	}
}

// To ensure a queue twice is to ensure it once, and what was changed meanwhile is put right.
func TestEnsureQueue(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	attributes := func(url string) map[string]string {
		t.Helper()
		out, err := r.queues.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{
			QueueUrl: &url, AttributeNames: []types.QueueAttributeName{"RedrivePolicy", "MessageRetentionPeriod", "VisibilityTimeout"},
		})
		r.ok(err)
		return out.Attributes
	}
	at := r.at(nil)
	want := map[string]string{
		"RedrivePolicy":          `{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:requests-dead","maxReceiveCount":"50"}`,
		"MessageRetentionPeriod": "345600", "VisibilityTimeout": "30",
	}
	for range 2 {
		if diff := cmp.Diff(want, attributes(at.URL)); diff != "" {
			t.Errorf("the queue has other attributes (-want +got):\n%s", diff)
		}
		if kept := attributes(at.Dead)["MessageRetentionPeriod"]; kept != "1209600" {
			t.Errorf("the dead are kept for %s seconds; 14 days are right", kept)
		}
		_, err := r.queues.SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{
			QueueUrl: &at.URL, Attributes: map[string]string{"MessageRetentionPeriod": "60", "VisibilityTimeout": "77"},
		})
		r.ok(err)
		want["VisibilityTimeout"] = "77" // which nobody needs, and so is somebody's own
		if again := r.at(nil); again != at {
			t.Errorf("the queue is at %v, and was at %v", again, at)
		}
	}
	found, err := aws.FindQueue(t.Context(), r.queues, "requests")
	if found != at || err != nil {
		t.Errorf("the queue is found at %v, %v; it is at %v", found, err, at)
	}
	if found, err := aws.FindQueue(t.Context(), r.queues, "replies"); err == nil || !strings.HasSuffix(err.Error(), "(EnsureQueue makes it)") {
		t.Errorf("a queue that nobody made is found at %v: %v", found, err)
	}
	r.ok(aws.EnsureBucket(t.Context(), r.objects, bucket))
}

func TestEnsureQueueRefuses(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	for _, c := range []struct {
		name string
		o    aws.EnsureOptions
	}{
		{"", aws.EnsureOptions{}},
		{"a.fifo", aws.EnsureOptions{}},
		{"a b", aws.EnsureOptions{}},
		{strings.Repeat("a", 76), aws.EnsureOptions{}},
		{"a", aws.EnsureOptions{Receives: 1001}},
		{"a", aws.EnsureOptions{Receives: -1}},
		{"a", aws.EnsureOptions{Retention: time.Second}},
		{"a", aws.EnsureOptions{Retention: 15 * 24 * time.Hour}},
		{"a", aws.EnsureOptions{Retention: time.Hour + time.Millisecond}},
	} {
		if at, err := aws.EnsureQueue(t.Context(), r.queues, c.name, &c.o); err == nil {
			t.Errorf("a queue %q with %+v is at %v; it must be refused", c.name, c.o, at)
		}
	}
	if n := r.cloud.Calls()["CreateQueue"]; n > 0 {
		t.Errorf("%d queues were made", n)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	at := r.at(nil)
	for name, c := range map[string]struct {
		client *sqs.Client
		at     aws.QueueURLs
		o      aws.QueueOptions
	}{
		"no client": {nil, at, aws.QueueOptions{}}, "no URL": {r.queues, aws.QueueURLs{Dead: at.Dead}, aws.QueueOptions{}},
		"no dead": {r.queues, aws.QueueURLs{URL: at.URL}, aws.QueueOptions{}}, "one queue": {r.queues, aws.QueueURLs{URL: at.URL, Dead: at.URL}, aws.QueueOptions{}},
		"fifo": {r.queues, aws.QueueURLs{URL: at.URL + ".fifo", Dead: at.Dead}, aws.QueueOptions{}}, "wait": {r.queues, at, aws.QueueOptions{Wait: 21 * time.Second}},
		"part of a second": {r.queues, at, aws.QueueOptions{Wait: time.Millisecond}}, "inline": {r.queues, at, aws.QueueOptions{Inline: 1 << 20}},
	} {
		if _, err := aws.NewQueue(c.client, c.at, &c.o); err == nil {
			t.Errorf("%s: there is a queue; it must be refused", name)
		}
	}
	for name, o := range map[string]aws.BlobsOptions{"max": {Max: 6 << 30}, "negative": {Max: -1}, "prefix": {Prefix: strings.Repeat("x", 600)}} {
		if _, err := aws.NewBlobs(r.objects, bucket, &o); err == nil {
			t.Errorf("%s: there are blobs; they must be refused", name)
		}
	}
	if _, err := aws.NewBlobs(r.objects, "", nil); err == nil {
		t.Errorf("there are blobs in no bucket")
	}
}

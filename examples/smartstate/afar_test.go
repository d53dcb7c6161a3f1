package main

import (
	"bytes"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/aws"
	"github.com/reeve-go/reeve/scan/aws/awstest"
)

// From queues on SQS and blobs on S3 comes what comes from those of the store.
func TestAmazon(t *testing.T) {
	t.Parallel()
	long(t)
	inBeats(t, func(flags ...string) bool {
		r := reported(t, append(flags, "-aws", "-target", machine(t))...)
		if r == nil || !r.Killed {
			return false
		}
		checkFirst(t, r)
		if r.Blobs != 4 { // one a category that is not empty
			t.Errorf("%d blobs are kept; four are right", r.Blobs)
		}
		return true
	}, 70*time.Millisecond, 150*time.Millisecond, 500*time.Millisecond) // SQS counts whole seconds
}

// A message of any size takes its body along when it goes, and until then it is seen.
func TestLargeOnAmazon(t *testing.T) {
	t.Parallel()
	services := awstest.New(nil)
	t.Cleanup(services.Close)
	at := httptest.NewServer(services)
	t.Cleanup(at.Close)
	o := &orders{Folder: t.TempDir(), Amazon: at.URL, Beat: 20 * time.Millisecond}
	e, err := o.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.close)
	if _, ok := e.requests.(*aws.Queue); !ok {
		t.Errorf("the requests are %T", e.requests)
	}
	body := bytes.Repeat([]byte("large "), 100_000)
	if err := e.requests.Send(t.Context(), scan.Message{Key: "k", Body: body}); err != nil {
		t.Fatal(err)
	}
	there := func(want int) {
		t.Helper()
		if n, err := count(t.Context(), e.bodies); err != nil || n != want {
			t.Errorf("%d bodies are there (%v); %d are right", n, err, want)
		}
	}
	there(1)
	got, err := e.requests.Receive(t.Context(), 1, time.Minute)
	if err != nil || len(got) != 1 || !bytes.Equal(got[0].Message().Body, body) {
		t.Fatalf("received: %d messages (%v)", len(got), err)
	}
	if err := got[0].Ack(t.Context()); err != nil {
		t.Fatal(err)
	}
	there(0)
}

// Agents from afar find what others find, and one that is hostile gets nowhere.
func TestRemote(t *testing.T) {
	t.Parallel()
	long(t)
	inTime(t, func(flags ...string) bool {
		r := reported(t, append(flags, "-remote", "-target", machine(t))...)
		if r == nil || !r.Killed {
			return false
		}
		checkFirst(t, r)
		answers := map[string]int{}
		for _, a := range r.Hostile {
			answers[a.Answer]++
		}
		want := map[string]int{"": 1, "token_used": 1, "refused": 2, "forbidden": 5, "drop": 1, "not_found": 3, "invalid": 1, "too_large": 2, "digest": 1, "busy": 1}
		if diff := cmp.Diff(want, answers); diff != "" {
			t.Errorf("a hostile agent is answered (-want +got):\n%s\n%+v", diff, r.Hostile)
		}
		return true
	})
}

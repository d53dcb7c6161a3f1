package legacy_test

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/legacy"
	"github.com/reeve-go/reeve/scan/scantest"
	"github.com/reeve-go/reeve/storage/memory"
)

// The result is stored before the reply is handed out, the message goes when the reply was taken, and the object after that: whoever dies in between, somebody else finds
// all that he needs.
func TestOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		ok := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		raw, err := scan.NewStoreQueue(memory.New(nil), "replies", nil)
		ok(err)
		objects := &bucket{objects: map[string]string{}, at: map[string]time.Time{}}
		blobs := &scantest.MemoryBlobs{}
		bridge, err := legacy.NewBridge(legacy.Place{Requests: raw, Replies: raw, Objects: objects, Blobs: blobs}, &legacy.Options{Logger: slog.New(slog.DiscardHandler)})
		ok(err)
		content, err := legacy.EncodeReplyObject(legacy.ReplyObject{JobID: "job/7", Categories: map[string]string{"accounts": golden(t, "accounts.xml"), "registry": "?"}})
		ok(err)
		objects.put(legacy.ResultPrefix+"x", string(content))
		ok(raw.Send(ctx, scan.Message{Key: "x", Body: []byte("job_id: job/7\nrequest_id: x\nreply_type: extract\n")}))

		var first scan.Delivery
		for try := range 3 {
			got, err := bridge.Replies().Receive(ctx, 100, time.Minute)
			ok(err)
			if len(got) != 1 || got[0].Attempt() != try+1 {
				t.Fatalf("handed out are %v", got)
			}
			reply, err := scan.DecodeReply(got[0].Message().Body)
			ok(err)
			if reply.Job != "job" || reply.Epoch != 7 || !reply.Last || len(reply.Results) != 1 || reply.Results[0].Items != 5 {
				t.Fatalf("the reply is %+v", reply)
			}
			for _, err := range scan.Items(ctx, blobs, reply.Results[0]) {
				ok(err) // it is stored by now
			}
			if len(objects.results()) != 1 {
				t.Fatal("the object is gone before the reply was taken")
			}
			if try < 2 { // the program dies
				first = got[0]
				time.Sleep(2 * time.Minute)
				continue
			}
			if err := first.Ack(ctx); !errors.Is(err, scan.ErrLeaseLost) || len(objects.results()) != 1 {
				t.Fatalf("who lost the message has acked it: %v, and there is %q", err, objects.results())
			}
			ok(got[0].Ack(ctx))
		}
		if left := objects.results(); len(left) > 0 {
			t.Errorf("the objects %q are left", left)
		}
	})
}

// The queues go one way each, and a bridge needs all that it stands between.
func TestBridgeRefuses(t *testing.T) {
	t.Parallel()
	queue, err := scan.NewStoreQueue(memory.New(nil), "q", nil)
	if err != nil {
		t.Fatal(err)
	}
	place := legacy.Place{Requests: queue, Replies: queue, Objects: &bucket{}, Blobs: &scantest.MemoryBlobs{}}
	bridge, err := legacy.NewBridge(place, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := bridge.Requests().(scan.Gauge); !ok {
		t.Error("a queue that can be measured cannot any more")
	}
	_, errReceive := bridge.Requests().Receive(t.Context(), 1, time.Minute)
	_, errPlace := legacy.NewBridge(legacy.Place{}, nil)
	_, errTimes := legacy.NewBridge(place, &legacy.Options{Fresh: -1})
	_, errName := legacy.NewBridge(place, &legacy.Options{Name: "a\n"})
	_, errLong := legacy.NewBridge(place, &legacy.Options{Name: strings.Repeat("a", 300)}) // each reply would be poison
	for want, err := range map[string]error{
		"received by existing agents only": errReceive, "sent by existing agents only": bridge.Replies().Send(t.Context(), scan.Message{}),
		"one of them is nil": errPlace, "positive ones are right": errTimes, "without control characters": errName, "at most 100 are right": errLong,
		"scan: request: it is no JSON": bridge.Requests().Send(t.Context(), scan.Message{Body: []byte("x")}),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("it is %v, want … %s …", err, want)
		}
	}
}

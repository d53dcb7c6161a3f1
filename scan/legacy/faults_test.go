package legacy_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/legacy"
	"github.com/reeve-go/reeve/scan/scantest"
	"github.com/reeve-go/reeve/storage/memory"
)

// A desk is a bridge alone, whose replies the test receives.
type desk struct {
	raw     *scan.StoreQueue
	bucket  *bucket
	blobs   *scantest.MemoryBlobs
	replies scan.Queue
}

// atDesk has a test receive replies, in virtual time. Wrap puts something before what the bridge has.
func atDesk(t *testing.T, wrap func(p *legacy.Place), test func(t *testing.T, d *desk)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		raw, err := scan.NewStoreQueue(memory.New(nil), "replies", nil)
		if err != nil {
			t.Fatal(err)
		}
		d := &desk{raw: raw, bucket: &bucket{objects: map[string]string{}, at: map[string]time.Time{}}, blobs: &scantest.MemoryBlobs{}}
		place := legacy.Place{Requests: raw, Replies: raw, Objects: d.bucket, Blobs: d.blobs}
		wrap(&place)
		bridge, err := legacy.NewBridge(place, &legacy.Options{Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		d.replies = bridge.Replies()
		test(t, d)
	})
}

// reply puts an object of all categories, and sends its reply.
func (d *desk) reply(t *testing.T, id string) {
	t.Helper()
	o := legacy.ReplyObject{JobID: id + "/1", Categories: map[string]string{}}
	for _, c := range all {
		o.Categories[c] = golden(t, c+".xml")
	}
	content, err := legacy.EncodeReplyObject(o)
	if err != nil {
		t.Fatal(err)
	}
	d.bucket.put(legacy.ResultPrefix+id, string(content))
	d.send(t, id, "request_id: "+id+"\nreply_type: extract\n")
}

func (d *desk) send(t *testing.T, key, body string) {
	t.Helper()
	if err := d.raw.Send(t.Context(), scan.Message{Key: key, Body: []byte(body)}); err != nil {
		t.Fatal(err)
	}
}

// receive returns the next replies.
func (d *desk) receive(t *testing.T) []scan.Delivery {
	t.Helper()
	got, err := d.replies.Receive(t.Context(), 100, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// Failing blobs fail at one Put.
type failingBlobs struct {
	scan.Blobs

	puts, fails atomic.Int64
}

func (b *failingBlobs) Put(ctx context.Context, r io.Reader) (scan.Digest, int64, error) {
	if b.puts.Add(1) == b.fails.Load() {
		return "", 0, errors.New("no space left")
	}
	return b.Blobs.Put(ctx, r)
}

// What could not be stored is not said to have failed in the agent: the reply waits, with all that it has.
func TestBlobsFail(t *testing.T) {
	t.Parallel()
	for at := range int64(len(all)) {
		blobs := &failingBlobs{}
		blobs.fails.Store(at + 1)
		atDesk(t, func(p *legacy.Place) { blobs.Blobs, p.Blobs = p.Blobs, blobs }, func(t *testing.T, d *desk) {
			d.reply(t, "job")
			if got := d.receive(t); len(got) > 0 {
				t.Fatalf("at put %d: handed out is %s", at+1, got[0].Message().Body)
			}
			time.Sleep(time.Minute)
			got := d.receive(t)
			if len(got) != 1 {
				t.Fatalf("at put %d: handed out are %d", at+1, len(got))
			}
			reply, err := scan.DecodeReply(got[0].Message().Body)
			if err != nil || len(reply.Results) != len(all) {
				t.Fatalf("at put %d: the reply is %+v, %v", at+1, reply, err)
			}
			for _, r := range reply.Results {
				if r.Outcome != scan.OK {
					t.Errorf("at put %d: category %s is %s: %s", at+1, r.Category, r.Outcome, r.Error)
				}
			}
		})
	}
}

// Slow objects take their time to be read.
type slowObjects struct {
	*bucket

	takes time.Duration
	// hangs is the key whose object never comes.
	hangs string
	gets  atomic.Int64
}

func (o *slowObjects) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	o.gets.Add(1)
	if key == o.hangs {
		<-ctx.Done()
		return nil, context.Cause(ctx)
	}
	time.Sleep(o.takes)
	return o.bucket.Get(ctx, key)
}

// However long a batch takes, nobody else gets what is in it, and each object is read once.
func TestObjectsSlow(t *testing.T) {
	t.Parallel()
	slow := &slowObjects{takes: 25 * time.Second}
	atDesk(t, func(p *legacy.Place) { slow.bucket, p.Objects = p.Objects.(*bucket), slow }, func(t *testing.T, d *desk) {
		const jobs = 15
		for n := range jobs {
			d.reply(t, fmt.Sprint("job", n))
		}
		var done atomic.Int64
		var programs sync.WaitGroup
		for range 2 {
			programs.Go(func() {
				for done.Load() < jobs {
					got, err := d.replies.Receive(t.Context(), 100, time.Minute)
					for _, one := range got {
						err = errors.Join(err, one.Ack(t.Context()))
						done.Add(1)
					}
					if err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		programs.Wait()
		if n := slow.gets.Load(); n != jobs {
			t.Errorf("%d objects were read %d times", jobs, n)
		}
	})
}

// An object that never comes holds up no other, and is asked for again.
func TestObjectHangs(t *testing.T) {
	t.Parallel()
	slow := &slowObjects{hangs: legacy.ResultPrefix + "a"}
	atDesk(t, func(p *legacy.Place) { slow.bucket, p.Objects = p.Objects.(*bucket), slow }, func(t *testing.T, d *desk) {
		d.reply(t, "a")
		d.reply(t, "b")
		began := time.Now()
		got := d.receive(t)
		if len(got) != 1 || time.Since(began) > time.Minute {
			t.Fatalf("after %v handed out are %d", time.Since(began), len(got))
		}
		if err := got[0].Ack(t.Context()); err != nil {
			t.Fatal(err)
		}
		slow.hangs = ""
		time.Sleep(time.Minute)
		if got := d.receive(t); len(got) != 1 {
			t.Errorf("when it is there handed out are %d", len(got))
		}
	})
}

// A failing queue cannot settle the messages of a key.
type failingQueue struct {
	scan.Queue

	key string
}

func (q *failingQueue) Receive(ctx context.Context, most int, lease time.Duration) ([]scan.Delivery, error) {
	got, err := q.Queue.Receive(ctx, most, lease)
	for i, d := range got {
		if d.Message().Key == q.key {
			got[i] = failingDelivery{d}
		}
	}
	return got, err
}

type failingDelivery struct{ scan.Delivery }

func (failingDelivery) Ack(context.Context) error { return errors.New("slow down") }

// A message that cannot be settled comes again; those that came with it are handed out.
func TestSettleFails(t *testing.T) {
	t.Parallel()
	atDesk(t, func(p *legacy.Place) { p.Replies = &failingQueue{p.Replies, "control"} }, func(t *testing.T, d *desk) {
		d.reply(t, "a")
		d.send(t, "control", "reply_type: exit\nextractor_id: i-1\n")
		time.Sleep(time.Second)
		d.reply(t, "b")
		if got := d.receive(t); len(got) != 2 {
			t.Errorf("handed out are %d", len(got))
		}
	})
}

// Agents in use name no job in their replies, and no request in those to control requests: the object says what it is about.
func TestRepliesOfAgentsInUse(t *testing.T) {
	t.Parallel()
	atDesk(t, func(*legacy.Place) {}, func(t *testing.T, d *desk) {
		d.send(t, "control", "---\n:reply_type: :shutdown\n:extractor_id: i-0agent\n:request_id:\n")
		if got := d.receive(t); len(got) > 0 {
			t.Errorf("of a reply to a control request is handed out %s", got[0].Message().Body)
		}
		d.reply(t, "job")
		got := d.receive(t)
		if len(got) != 1 {
			t.Fatalf("handed out are %d", len(got))
		}
		if reply, err := scan.DecodeReply(got[0].Message().Body); err != nil || reply.Job != "job" || reply.Epoch != 1 || len(reply.Results) != len(all) {
			t.Errorf("the reply is %+v, %v", reply, err)
		}
		if err := got[0].Ack(t.Context()); err != nil {
			t.Fatal(err)
		}
		// A duplicate has no object any more, so that nobody knows what it is about; one that cannot be understood is kept.
		d.send(t, "again", "request_id: job\nreply_type: extract\n")
		d.bucket.put(legacy.ResultPrefix+"garbled", "a: [")
		d.send(t, "garbled", "request_id: garbled\nreply_type: extract\n")
		got = d.receive(t)
		if len(got) != 1 || got[0].Message().Key != "garbled" || got[0].Message().Body != nil {
			t.Fatalf("handed out are %v", got)
		}
		if err := got[0].Bury(t.Context(), "?"); err != nil {
			t.Fatal(err)
		}
		stats, err := d.raw.Stats(t.Context())
		if err != nil || stats.Ready+stats.Leased+stats.Delayed > 0 || stats.Dead != 1 {
			t.Errorf("in the queue are %+v, %v", stats, err)
		}
		for dead, err := range d.raw.Dead(t.Context()) {
			if err != nil || !strings.Contains(dead.Reason, "no YAML: ") || !strings.Contains(dead.Reason, "; and the reply names no job") {
				t.Errorf("it is buried because %s, %v", dead.Reason, err)
			}
		}
	})
}

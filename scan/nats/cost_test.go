package nats_test

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	natsio "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/nats"
)

// A toll counts what a program asks of a server, and gives it to keep.
type toll struct {
	testing.TB

	js   jetstream.JetStream
	conn *natsio.Conn // of sub
	sub  *natsio.Subscription
}

func newToll(t testing.TB, s *place) toll {
	t.Helper()
	conn := connect(t, s).Conn()
	sub, err := conn.SubscribeSync(">")
	ok(t, err)
	ok(t, sub.SetPendingLimits(-1, -1))
	ok(t, conn.Flush())
	return toll{t, connect(t, s), conn, sub}
}

type costs map[string]int

// is demands that something costs so much.
func (c toll) is(what string, want costs, does func()) {
	c.Helper()
	if diff := cmp.Diff(want, c.of(does)); diff != "" {
		c.Errorf("%s costs (-want +got):\n%s", what, diff)
	}
}

// of returns what something costs.
func (c toll) of(does func()) costs {
	c.Helper()
	c.all()
	does()
	got := costs{}
	for _, msg := range c.all() {
		if request := requestOf(msg); request != "" {
			got[request]++
		}
	}
	return got
}

// all returns what the server has had since it was asked last.
func (c toll) all() []*natsio.Msg {
	c.Helper()
	ok(c, c.js.Conn().Flush()) // so that all has gone to whoever is to have it
	ok(c, c.conn.Flush())
	n, _, err := c.sub.Pending()
	ok(c, err)
	all := make([]*natsio.Msg, n)
	for i := range all {
		all[i], err = c.sub.NextMsg(time.Minute)
		ok(c, err)
	}
	return all
}

// requestOf returns what a message asks; nothing if it is an answer, is handed out or is news. How often requests are looked for depends on how fast the server sees
// what was sent.
func requestOf(msg *natsio.Msg) string {
	parts := strings.Split(msg.Subject, ".")
	switch {
	case strings.HasPrefix(msg.Subject, "$JS.API.CONSUMER.MSG.NEXT."), strings.HasPrefix(msg.Subject, "$JS.EVENT."), strings.HasPrefix(msg.Subject, "_INBOX."), strings.HasPrefix(msg.Reply, "$JS.ACK."):
		return ""
	case strings.HasPrefix(msg.Subject, "$JS.API."):
		return strings.Join(parts[2:len(parts)-1], " ")
	case strings.HasPrefix(msg.Subject, "$JS.ACK."):
		return "nak"
	case strings.HasPrefix(msg.Subject, "$O."):
		return parts[2]
	}
	return parts[1]
}

// Neither a blob nor the beginning of a program costs more than it must, however many blobs there are.
func TestBlobsCost(t *testing.T) {
	t.Parallel()
	c := newToll(t, serve(t, t.TempDir()))
	bucket := fresh()
	begin := func() { blobs(t, c.js, bucket, nats.BlobsOptions{}) }
	c.is("a bucket", costs{"STREAM INFO": 1, "STREAM CREATE": 1}, begin)
	c.is("one that is empty", costs{"STREAM INFO": 1}, begin)
	b := blobs(t, c.js, bucket, nats.BlobsOptions{})
	const n = 20
	c.is("new blobs", costs{"C": n, "M": n}, func() {
		for i := range n {
			put(t, b, fmt.Append(nil, i))
		}
	})
	c.is("one that is there", costs{"C": 1, "M": 2, "STREAM MSG GET": 1, "STREAM PURGE": 1}, func() { put(t, b, []byte("0")) })
	c.is("to read it", costs{"STREAM MSG GET": 2}, func() {
		r, err := b.Open(t.Context(), scan.DigestOf([]byte("0")))
		ok(t, err)
		_, err = io.ReadAll(r)
		ok(t, err)
	})
	const programs = 8
	s, err := c.js.Stream(t.Context(), "OBJ_"+bucket)
	ok(t, err)
	for range 10 {
		ok(t, s.Purge(t.Context(), jetstream.WithPurgeSubject("$O."+bucket+".C.swept")))
		got := c.of(func() {
			var all sync.WaitGroup
			for range programs {
				all.Go(begin)
			}
			all.Wait()
		})
		if want := programs + n; got["STREAM MSG GET"] != want { // each looks for who has swept, and one reads all
			t.Fatalf("%d that begin at a time cost %v; want %d looks", programs, got, want)
		}
	}
	c.is("the next one", costs{"STREAM INFO": 1, "STREAM MSG GET": 1}, begin)
}

// What a queue costs is as the package says.
func TestQueueCost(t *testing.T) {
	t.Parallel()
	c := newToll(t, serve(t, t.TempDir()))
	q := queue(t, c.js, fresh(), nats.Options{})
	var d scan.Delivery
	get := func() { d = receive(t, q, 1, time.Minute)[0] }
	c.is("to send", costs{"todo": 1}, func() { send(t, q, scan.Message{Key: "a"}) })
	c.is("to receive", costs{"nak": 1}, get)
	c.is("to extend a lease", costs{"STREAM MSG GET": 1, "note": 1, "nak": 1}, func() { ok(t, d.Extend(t.Context(), time.Minute)) })
	ok(t, nats.Expire(t.Context(), d))
	c.is("to receive again", costs{"nak": 1, "STREAM MSG GET": 1, "note": 1}, get)
	c.is("to ack", costs{"note": 1, "STREAM MSG DELETE": 1}, func() { ok(t, d.Ack(t.Context())) })
}

// Who waits for long looks once for what there is, and then waits for what comes.
func TestIdleCost(t *testing.T) {
	t.Parallel()
	c := newToll(t, serve(t, t.TempDir()))
	q := queue(t, c.js, fresh(), nats.Options{Wait: 2100 * time.Millisecond})
	c.all()
	none(t, q)
	looks := 0
	for _, msg := range c.all() {
		if strings.Contains(msg.Subject, ".MSG.NEXT.") && bytes.Contains(msg.Data, []byte(`"no_wait":true`)) {
			looks++
		}
	}
	if looks != 1 {
		t.Errorf("there were %d looks at what there is; want 1", looks)
	}
}

// Who begins sweeps if nobody has for an hour, also when there is no room to say so.
func TestSweepHourly(t *testing.T) {
	t.Parallel()
	js := connect(t, serve(t, t.TempDir()))
	bucket := fresh()
	b := blobs(t, js, bucket, nats.BlobsOptions{MaxBytes: 10_000})
	nats.Age(b, 0)
	begin := func(later time.Duration, left int) {
		t.Helper()
		_, err := js.Publish(t.Context(), "$O."+bucket+".C.killed", make([]byte, 100))
		ok(t, err)
		ok(t, nats.Begin(t.Context(), b, later))
		if n := chunks(t, js, bucket) - 1; n != left { // one says when it was swept
			t.Fatalf("after %v there are %d chunks of what was killed; want %d", later, n, left)
		}
	}
	begin(0, 0)
	begin(59*time.Minute, 1)
	begin(61*time.Minute, 0)
	for size := 1000; size > 0; {
		if _, err := js.Publish(t.Context(), "$O."+bucket+".C.full", make([]byte, size)); err != nil {
			size /= 2
		}
	}
	ok(t, nats.Begin(t.Context(), b, 3*time.Hour))
	if n := chunks(t, js, bucket) - 1; n != 0 {
		t.Errorf("in a bucket that was full are %d chunks of what was killed; want none", n)
	}
}

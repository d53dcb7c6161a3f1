package nats_test

import (
	"context"
	"io/fs"
	"log/slog"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/nats"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

// A whole is a manager whose queues and blobs are on a server.
type whole struct {
	testing.TB

	js                jetstream.JetStream
	requests, replies *nats.Queue
	blobs             *nats.Blobs
	manager           *scan.Manager
	name              string
	begun             chan string   // has the agent that begins to scan
	gate              chan struct{} // is closed when scans may end
}

func newWhole(t testing.TB) *whole {
	t.Helper()
	s := serve(t, t.TempDir())
	w := &whole{TB: t, js: connect(t, s), name: fresh(), begun: make(chan string, 10), gate: make(chan struct{})}
	o := nats.Options{Wait: 100 * time.Millisecond}
	w.requests, w.replies = queue(t, w.js, w.name, o), queue(t, w.js, w.name+"-replies", o)
	w.blobs = blobs(t, w.js, w.name, nats.BlobsOptions{})
	quiet := slog.New(slog.DiscardHandler)
	var err error
	w.manager, err = scan.NewManager(memory.New(nil), w.requests, w.replies, w.blobs, &scan.Options{Logger: quiet})
	ok(t, err)
	supervisor, err := supervision.New(&supervision.Options{Logger: quiet})
	ok(t, err)
	ok(t, w.manager.Supervise(supervisor))
	w.runs(supervisor.Run)
	return w
}

// runs has something run until the test ends, or the function that it returns is called.
func (w *whole) runs(run func(ctx context.Context) error) (end func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(w.Context()))
	var running sync.WaitGroup
	running.Go(func() {
		if err := run(ctx); err != nil && ctx.Err() == nil {
			w.Error(err)
		}
	})
	end = func() {
		cancel()
		running.Wait()
	}
	w.Cleanup(end)
	return end
}

// agent has an agent work on a connection of its own.
func (w *whole) agent(id string, lease time.Duration) (end func()) {
	w.Helper()
	a, err := scan.NewAgent(id, scan.Workplace{
		Requests: w.requests, Replies: w.replies, Blobs: w.blobs, Desk: w.manager, Opener: openMap{}, Scanners: []scan.Scanner{gated{w, id}},
	}, &scan.AgentOptions{Lease: lease, Logger: slog.New(slog.DiscardHandler)})
	ok(w, err)
	return w.runs(a.Run)
}

// start starts a job that is given up when nothing was done about it for a while.
func (w *whole) start(progress time.Duration) {
	w.Helper()
	ok(w, w.manager.Start(w.Context(), "job", scan.Spec{
		Target: scan.Target{ID: "vm-1"}, Categories: []scan.Category{{Name: "a"}}, Clocks: scan.Clocks{Progress: progress},
	}))
}

// done waits until the job is done, and returns it.
func (w *whole) done() scan.Job {
	w.Helper()
	var j scan.Job
	eventually(w, "the job is done", func() bool {
		is, err := w.manager.Jobs.Get(w.Context(), "job")
		ok(w, err)
		j = is.Data
		return is.State == scan.JobDone
	})
	report, err := w.manager.Results(w.Context(), "job")
	if r, _ := report.Result("a"); err != nil || r.Outcome != scan.OK || r.Items != 1 {
		w.Fatalf("the report is %+v, %v; want one item", report, err)
	}
	return j
}

// naive receives the request as one does who knows nothing of the ledger, and is gone for longer than its lease. The function that it returns acks the
// request, and demands that it vanishes.
func (w *whole) naive() (ack func()) {
	w.Helper()
	consumer, err := w.js.Consumer(w.Context(), w.name, "workers")
	ok(w, err)
	msg, err := consumer.Next()
	ok(w, err)
	ok(w, msg.Nak())
	return func() {
		w.Helper()
		_, err := w.js.Conn().RequestWithContext(w.Context(), msg.Reply(), []byte("+ACK"))
		ok(w, err)
		eventually(w, "JetStream removes what a stale worker acks", func() bool {
			s, err := w.js.Stream(w.Context(), w.name)
			ok(w, err)
			return s.CachedInfo().State.Msgs == 0
		})
	}
}

// gated is a scanner that says that it begins, and ends when it may.
type gated struct {
	w  *whole
	id string
}

func (gated) Name() string         { return "gated" }
func (gated) Version() string      { return "1" }
func (gated) Categories() []string { return []string{"a"} }

func (g gated) Scan(ctx context.Context, _ scan.Input, emit scan.Emit) error {
	g.w.begun <- g.id
	select {
	case <-g.w.gate:
		return emit("one", 1)
	case <-ctx.Done():
		return ctx.Err()
	}
}

type openMap struct{}

func (openMap) Open(context.Context, scan.Target, map[string]provisioning.Known) (fs.FS, func() error, error) {
	return fstest.MapFS{"a": {Data: []byte("A"), ModTime: time.Now().Add(-time.Hour)}}, func() error { return nil }, nil
}

// once reports whether a result and a last word were applied, and nothing else: one after the other, or both in one reply if the agent was that slow.
func once(h scan.Heard) bool { return h == (scan.Heard{Applied: 1}) || h == (scan.Heard{Applied: 2}) }

// JetStream lets one whose lease has ended remove a message under who has it by now. The job gets its result all the same, once.
func TestVanishedUnderALiveWorker(t *testing.T) {
	t.Parallel()
	w := newWhole(t)
	w.start(time.Minute)
	ack := w.naive()
	w.agent("live", time.Minute)
	<-w.begun
	ack()
	close(w.gate)
	if j := w.done(); j.Epoch != 1 || !once(j.Heard) {
		t.Errorf("the job took %d epochs and heard %+v; want one, a result and a last word", j.Epoch, j.Heard)
	}
}

// If its worker ends, too, nobody knows of the request any more but the job: it asks again.
func TestVanishedWithItsWorker(t *testing.T) {
	t.Parallel()
	w := newWhole(t)
	w.start(time.Second)
	ack := w.naive()
	end := w.agent("first", time.Minute)
	<-w.begun
	ack()
	end()
	close(w.gate)
	w.agent("second", time.Minute)
	if j := w.done(); j.Epoch != 2 || !once(j.Heard) || j.Agent != "second" {
		t.Errorf("the job took %d epochs, was done by %q and heard %+v; want two, the second, and a result and a last word", j.Epoch, j.Agent, j.Heard)
	}
}

// A worker that was away for longer than its lease can neither settle the request nor have its result applied a second time.
func TestStaleWorker(t *testing.T) {
	t.Parallel()
	w := newWhole(t)
	w.start(time.Minute)
	stale := receive(t, w.requests, 1, 50*time.Millisecond)[0]
	w.agent("live", time.Minute)
	<-w.begun
	for what, err := range map[string]error{
		"Ack": stale.Ack(t.Context()), "Retry": stale.Retry(t.Context(), 0), "Bury": stale.Bury(t.Context(), "no"), "Extend": stale.Extend(t.Context(), time.Minute),
	} {
		lost(t, what, err)
	}
	close(w.gate)
	j := w.done()
	report, err := w.manager.Results(t.Context(), "job")
	ok(t, err)
	body, err := scan.EncodeReply(scan.Reply{V: scan.WireVersion, Agent: "stale", Job: "job", Epoch: 1, Seq: 1, Results: report.Results, Last: true})
	ok(t, err)
	send(t, w.replies, scan.Message{Key: "stale", Body: body})
	eventually(t, "the reply is taken from its queue", func() bool {
		stats, err := w.replies.Stats(t.Context())
		ok(t, err)
		return stats.Ready+stats.Leased == 0
	})
	after := w.done()
	if after.Heard.Applied != j.Heard.Applied || j.Epoch != 1 || !once(j.Heard) {
		t.Errorf("before the stale worker replied the job had heard %+v, and then %+v; want the same", j.Heard, after.Heard)
	}
	none(t, w.requests)
}

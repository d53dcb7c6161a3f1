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

func (gated) Name() string { return "gated" }

func (gated) Version() string { return "1" }

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

package scan_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"log/slog"
	"sync"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

// A hall is a launcher whose agents run in the test.
type hall struct {
	hire    func(token string) *scan.Agent
	mu      sync.Mutex
	ends    map[string]context.CancelFunc
	gone    map[string]bool
	running sync.WaitGroup
	most    int
}

func (h *hall) Launch(_ context.Context, token string, _ scan.AgentSpec) (scan.Instance, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, there := h.ends[token]; !there && !h.gone[token] {
		ctx, end := context.WithCancel(context.Background())
		h.ends[token] = end
		h.most = max(h.most, len(h.ends))
		h.running.Go(func() {
			_ = h.hire(token).Run(ctx)
		})
	}
	return scan.Instance{Token: token, ID: token, Gone: h.gone[token]}, nil
}

// agents returns how many there are, and how many there were at once.
func (h *hall) agents() (now, most int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.ends), h.most
}

func (h *hall) Terminate(_ context.Context, token string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if end, there := h.ends[token]; there {
		end()
		delete(h.ends, token)
	}
	h.gone[token] = true
	return nil
}

func (h *hall) List(context.Context) iter.Seq2[scan.Instance, error] {
	return func(yield func(scan.Instance, error) bool) {
		h.mu.Lock()
		defer h.mu.Unlock()
		for token := range h.ends {
			if !yield(scan.Instance{Token: token, ID: token}, nil) {
				return
			}
		}
	}
}

// slow is a scanner that takes a minute.
type slow struct{ fact }

func (s slow) Scan(ctx context.Context, in scan.Input, emit scan.Emit) error {
	for i := range 12 {
		select {
		case <-time.After(5 * time.Second):
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := emit(fmt.Sprint(i), i); err != nil {
			return err
		}
	}
	return s.fact.Scan(ctx, in, emit)
}

type openMap struct{}

func (openMap) Open(context.Context, scan.Target, map[string]provisioning.Known) (fs.FS, func() error, error) {
	old := time.Now().Add(-time.Hour)
	return fstest.MapFS{"a": {Data: []byte("A"), ModTime: old}, "b": {Data: []byte("B"), ModTime: old}}, func() error { return nil }, nil
}

// Everything together: jobs wait for their provider and for agents, of which no more are launched than there is work for, and in the end nothing is left.
func TestWhole(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &rig{T: t, store: memory.New(nil), blobs: &shelf{}}
		r.requests, r.replies = r.queue("requests"), r.queue("replies")
		h := &hall{ends: map[string]context.CancelFunc{}, gone: map[string]bool{}}
		fleet, err := scan.NewFleet(r.store, "hall", h, &scan.FleetOptions{Max: 5, Width: 2, Idle: 5 * time.Minute})
		r.ok(err)
		quiet := slog.New(slog.DiscardHandler)
		r.options = scan.Options{Fleet: fleet, Logger: quiet}
		r.manager, err = scan.NewManager(r.store, r.requests, r.replies, r.blobs, &r.options)
		r.ok(err)
		h.hire = func(token string) *scan.Agent {
			a, err := scan.NewAgent(token, scan.Workplace{
				Requests: r.requests, Replies: r.replies, Blobs: r.blobs, Desk: r.manager, Opener: openMap{},
				Scanners: []scan.Scanner{slow{fact{"a", "1"}}, fact{"b", "1"}},
			}, &scan.AgentOptions{Width: 2, Logger: quiet})
			r.ok(err)
			return a
		}
		s, err := supervision.New(&supervision.Options{Logger: quiet, Verify: true})
		r.ok(err)
		r.ok(fleet.Supervise(s))
		r.ok(r.manager.Supervise(s))
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.Run(ctx) }()

		r.ok(r.manager.Limit(ctx, "provider/x", 1))
		for i := range 6 {
			x := spec(fmt.Sprint("x", i))
			x.Permits = []scan.Permit{{Key: "provider/x"}}
			r.ok(r.manager.Start(ctx, x.Target.ID, x))
		}
		time.Sleep(3 * time.Minute)
		if _, most := h.agents(); most != 1 {
			r.Errorf("%d agents were launched for one job at a time", most)
		}
		for i := range 20 {
			y := spec(fmt.Sprint("y", i))
			r.ok(r.manager.Start(ctx, y.Target.ID, y))
		}
		time.Sleep(30 * time.Minute)
		for j, err := range r.manager.Jobs.List(ctx, nil) {
			r.ok(err)
			if j.State != scan.JobDone || j.Data.Epoch != 1 {
				e, _ := r.manager.Jobs.Explain(ctx, j.Key.ID)
				r.Errorf("a job is not done in one epoch:\n%s", e)
			}
		}
		report, err := r.manager.Results(ctx, "y3")
		r.ok(err)
		if a, _ := report.Result("a"); report.Outcome != scan.OK || a.Items != 13 {
			r.Errorf("the report is %+v", report)
		}
		if _, most := h.agents(); most < 3 || most > 5 {
			r.Errorf("%d agents were there at once", most)
		}
		time.Sleep(30 * time.Minute)
		if n, _ := h.agents(); n != 0 {
			r.Errorf("%d agents are left", n)
		}
		stats, err := r.requests.Stats(ctx)
		r.ok(err)
		held, waiting, err := r.manager.Seats(ctx)
		r.ok(err)
		if stats.Ready+stats.Leased+stats.Delayed+stats.Dead+len(held)+waiting > 0 {
			r.Errorf("in the queue are %+v, %v is held, %d wait", stats, held, waiting)
		}
		stop()
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
			r.Error(err)
		}
		h.running.Wait()
	})
}

type openImage struct{}

func (openImage) Open(context.Context, scan.Target, map[string]provisioning.Known) (fs.FS, func() error, error) {
	return image("12"), func() error { return nil }, nil
}

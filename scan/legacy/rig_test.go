package legacy_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/inspect"
	"github.com/reeve-go/reeve/scan/legacy"
	"github.com/reeve-go/reeve/scan/scantest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

// A bucket is objects in memory.
type bucket struct {
	mu      sync.Mutex
	objects map[string]string
	at      map[string]time.Time
	// down: nothing can be read.
	down bool
	// locked are the keys that cannot be deleted, and how long it takes to say so.
	locked map[string]time.Duration
}

func (b *bucket) put(key, content string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.objects[key], b.at[key] = content, time.Now()
}

func (b *bucket) Get(_ context.Context, key string) (io.ReadCloser, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	content, ok := b.objects[key]
	switch {
	case b.down:
		return nil, errors.New("slow down")
	case !ok:
		return nil, legacy.ErrNoObject
	}
	return io.NopCloser(strings.NewReader(content)), nil
}

func (b *bucket) Delete(ctx context.Context, key string) error {
	b.mu.Lock()
	takes, locked := b.locked[key]
	if !locked {
		delete(b.objects, key)
	}
	b.mu.Unlock()
	if locked {
		pause(ctx, takes)
		return errors.New("access denied")
	}
	return nil
}

func (b *bucket) List(_ context.Context, prefix string) iter.Seq2[legacy.Object, error] {
	return func(yield func(legacy.Object, error) bool) {
		b.mu.Lock()
		at := maps.Clone(b.at)
		maps.DeleteFunc(at, func(key string, _ time.Time) bool {
			_, ok := b.objects[key]
			return !ok || !strings.HasPrefix(key, prefix)
		})
		b.mu.Unlock()
		for key, modified := range at {
			if !yield(legacy.Object{Key: key, Modified: modified}, nil) {
				return
			}
		}
	}
}

// results returns the keys of the results that are there.
func (b *bucket) results() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.DeleteFunc(slices.Sorted(maps.Keys(b.objects)), func(key string) bool { return !strings.HasPrefix(key, legacy.ResultPrefix) })
}

// A rig is a manager and a bridge with everything around them, in virtual time.
type rig struct {
	tb

	store             storage.Store
	requests, replies *scan.StoreQueue
	bucket            *bucket
	blobs             *scantest.MemoryBlobs
	bridge            *legacy.Bridge
	manager           *scan.Manager
}

// A tb is what a test has, and a random one.
type tb interface {
	Helper()
	Error(args ...any)
	Errorf(format string, args ...any)
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	Context() context.Context
	Cleanup(f func())
}

func inRig(t *testing.T, test func(r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { withRig(t, nil, nil, test) })
}

// withRig runs a test with a rig. Wrap, if it is not nil, puts something between the bridge and what it has.
func withRig(t tb, o *legacy.Options, wrap func(p *legacy.Place), test func(r *rig)) {
	t.Helper()
	r := &rig{tb: t, store: memory.New(nil), blobs: &scantest.MemoryBlobs{}, bucket: &bucket{objects: map[string]string{}, at: map[string]time.Time{}}}
	var err error
	r.requests, err = scan.NewStoreQueue(r.store, "requests", nil)
	r.ok(err)
	r.replies, err = scan.NewStoreQueue(r.store, "replies", nil)
	r.ok(err)
	quiet := slog.New(slog.DiscardHandler)
	options := legacy.Options{Logger: quiet}
	if o != nil {
		options.Patience = o.Patience
	}
	place := legacy.Place{Requests: r.requests, Replies: r.replies, Objects: r.bucket, Blobs: r.blobs}
	if wrap != nil {
		wrap(&place)
	}
	r.bridge, err = legacy.NewBridge(place, &options)
	r.ok(err)
	r.manager, err = scan.NewManager(r.store, r.bridge.Requests(), r.bridge.Replies(), r.blobs, &scan.Options{Logger: quiet})
	r.ok(err)
	s, err := supervision.New(&supervision.Options{Logger: quiet, Verify: true})
	r.ok(err)
	r.ok(r.manager.Supervise(s))
	r.bridge.Supervise(s, r.store, r.manager)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	test(r)
	stop()
	if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
		r.Error(err)
	}
}

func (r *rig) ok(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

// start makes a job about a target.
func (r *rig) start(id string, categories ...string) {
	r.Helper()
	r.startWith(id, scan.Clocks{}, categories...)
}

func (r *rig) startWith(id string, clocks scan.Clocks, categories ...string) {
	r.Helper()
	spec := scan.Spec{Target: scan.Target{ID: "i-" + id}, Clocks: clocks}
	for _, c := range categories {
		spec.Categories = append(spec.Categories, scan.Category{Name: c})
	}
	r.ok(r.manager.Start(r.Context(), id, spec))
	time.Sleep(time.Second)
}

// is checks where a job is, and in which epoch.
func (r *rig) is(id string, state scan.JobState, epoch int) scan.Job {
	r.Helper()
	j, err := r.manager.Jobs.Get(r.Context(), id)
	r.ok(err)
	if j.State != state || j.Data.Epoch != epoch {
		e, _ := r.manager.Jobs.Explain(r.Context(), id)
		r.Errorf("job %s is %s in epoch %d, want %s in %d: %+v\n%s", id, j.State, j.Data.Epoch, state, epoch, j.Data, e)
	}
	return j.Data
}

// outcomes returns those of the categories of a job.
func (r *rig) outcomes(id string) map[string]scan.Outcome {
	r.Helper()
	report, err := r.manager.Results(r.Context(), id)
	r.ok(err)
	all := map[string]scan.Outcome{}
	for _, one := range report.Results {
		all[one.Category] = one.Outcome
	}
	return all
}

// heard returns what was heard in all.
func (r *rig) heard() scan.Heard {
	r.Helper()
	p, err := r.manager.Pool(r.Context())
	r.ok(err)
	return p.Heard
}

// An agent is an existing agent: it deletes a request first, works, puts the object, and then replies. Its heartbeat goes on beside that.
type agent struct {
	*rig

	id string
	// takes is how long a scan takes; found changes what was found before it is put; dies is asked at each step whether the agent dies there.
	takes time.Duration
	found func(o *legacy.ReplyObject)
	dies  func(step string) bool
	// again: when it has died it is there again after a minute. Terse: its replies name no job.
	again, terse bool
}

// run works until ctx ends, or the agent dies or is told to end.
func (a *agent) run(ctx context.Context) {
	ctx, die := context.WithCancel(ctx)
	defer die()
	go func() {
		for ctx.Err() == nil {
			a.bucket.put(legacy.HeartbeatPrefix+a.id, "--- 2026-01-01 00:00:00 Z\n")
			pause(ctx, 2*time.Minute)
		}
	}()
	for ctx.Err() == nil {
		got, err := a.requests.Receive(ctx, 1, 30*time.Second)
		if err != nil || len(got) == 0 {
			continue
		}
		if a.extract(ctx, got[0]) {
			return
		}
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// extract sees to one request; it reports whether the agent ends.
func (a *agent) extract(ctx context.Context, d scan.Delivery) (ends bool) {
	dies := func(step string) bool { return a.dies != nil && a.dies(step) }
	q, err := legacy.DecodeRequest(d.Message().Body)
	if err != nil {
		a.Error(err)
		return true
	}
	messageID := strings.ReplaceAll(d.Message().Key, "/", "-")
	_ = d.Ack(ctx)
	if q.Type.Control() {
		body, err := legacy.EncodeReply(legacy.Reply{Type: q.Type, ExtractorID: a.id, RequestID: messageID})
		a.ok(err)
		a.send(ctx, messageID, body)
		return true
	}
	if dies("deleted") {
		return true
	}
	pause(ctx, a.takes)
	o := legacy.ReplyObject{EC2ID: q.EC2ID, JobID: q.JobID, ExtractorID: a.id, Categories: map[string]string{}, Start: time.Now().Add(-a.takes), End: time.Now()}
	for _, c := range q.Categories {
		o.Categories[c] = a.scan(ctx, c)
	}
	if a.found != nil {
		a.found(&o)
	}
	content, err := legacy.EncodeReplyObject(o)
	a.ok(err)
	a.bucket.put(legacy.ResultPrefix+messageID, string(content))
	if dies("put") {
		return true
	}
	r := legacy.Reply{Type: legacy.Extract, JobID: q.JobID, RequestID: messageID}
	if a.terse {
		r.JobID = ""
	}
	body, err := legacy.EncodeReply(r)
	a.ok(err)
	a.send(ctx, messageID, body)
	if dies("replied") {
		a.send(ctx, messageID+" again", body)
	}
	return false
}

func (a *agent) send(ctx context.Context, id string, body []byte) {
	if err := a.replies.Send(ctx, scan.Message{Key: id, Body: body}); err != nil && ctx.Err() == nil {
		a.Error(err)
	}
}

// scan returns the document of a category of the test's target.
func (a *agent) scan(ctx context.Context, category string) string {
	blobs := &scantest.MemoryBlobs{}
	inspector, err := scan.NewInspector(blobs, inspect.All(), nil)
	a.ok(err)
	results, err := inspector.Inspect(context.WithoutCancel(ctx), target(), scan.Inspection{Target: "t", Categories: []scan.Category{{Name: category}}})
	a.ok(err)
	document, err := legacy.Document(category, scan.Items(context.WithoutCancel(ctx), blobs, results[0]))
	a.ok(err)
	return document
}

// hire has an agent work until the end of the test, or until fire is called.
func (r *rig) hire(a *agent) (fire func()) {
	a.rig = r
	if a.takes == 0 {
		a.takes = 5 * time.Minute
	}
	ctx, fire := context.WithCancel(r.Context())
	var done sync.WaitGroup
	done.Go(func() {
		a.run(ctx)
		for a.again && ctx.Err() == nil {
			pause(ctx, time.Minute)
			a.run(ctx)
		}
	})
	r.Cleanup(func() { fire(); done.Wait() })
	return fire
}

// tell sends a reply as it is.
func (r *rig) tell(key, body string) {
	r.Helper()
	r.ok(r.replies.Send(r.Context(), scan.Message{Key: key, Body: bytes.Clone([]byte(body))}))
	time.Sleep(5 * time.Second)
}

// dead returns why messages were buried in the queue of replies.
func (r *rig) dead() []string {
	r.Helper()
	var all []string
	for d, err := range r.replies.Dead(r.Context()) {
		r.ok(err)
		all = append(all, d.Reason)
	}
	return all
}

package scan_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"log/slog"
	"maps"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

// A rig is a manager with everything around it, in virtual time. Agents are played by the test.
type rig struct {
	*testing.T

	store    storage.Store
	requests *scan.StoreQueue
	replies  *scan.StoreQueue
	blobs    *shelf
	manager  *scan.Manager
	options  scan.Options
	rest     func() // ends the supervisor
}

// inRig runs a test with a manager that is supervised.
func inRig(t *testing.T, o scan.Options, test func(r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &rig{T: t, store: memory.New(nil), blobs: &shelf{}}
		r.requests, r.replies = r.queue("requests"), r.queue("replies")
		o.Logger = slog.New(slog.DiscardHandler)
		if b, ok := o.Mounter.(*workbench); ok {
			o.Provisioning = r.provisioningOn(b)
		}
		var err error
		r.manager, err = scan.NewManager(r.store, r.requests, r.replies, r.blobs, &o)
		r.ok(err)
		r.options = o
		r.supervise()
		test(r)
		r.rest()
	})
}

// supervise has the manager supervised.
func (r *rig) supervise() {
	s, err := supervision.New(&supervision.Options{Logger: r.options.Logger, Verify: true})
	r.ok(err)
	if r.options.Provisioning != nil {
		r.ok(r.options.Provisioning.Supervise(s))
	}
	r.ok(r.manager.Supervise(s))
	ctx, stop := context.WithCancel(r.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := s.Run(ctx); err != nil && ctx.Err() == nil {
			r.Error(err)
		}
	}()
	r.rest = func() {
		stop()
		<-done
	}
}

// outage has nobody supervise anything while something happens.
func (r *rig) outage(happens func()) {
	r.rest()
	happens()
	r.supervise()
}

func (r *rig) ok(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

func (r *rig) queue(name string) *scan.StoreQueue {
	q, err := scan.NewStoreQueue(r.store, name, nil)
	r.ok(err)
	return q
}

// spec is a job about categories "a" and "b" of a target.
func spec(target string) scan.Spec {
	return scan.Spec{Target: scan.Target{ID: target}, Categories: []scan.Category{{Name: "a"}, {Name: "b"}}}
}

// take returns the next request, as an agent has it.
func (r *rig) take() (scan.Request, scan.Delivery) {
	r.Helper()
	for range 100 {
		got, err := r.requests.Receive(r.Context(), 1, time.Minute)
		r.ok(err)
		if len(got) > 0 {
			request, err := scan.DecodeRequest(got[0].Message().Body)
			r.ok(err)
			return request, got[0]
		}
	}
	r.Fatal("no request comes")
	panic("unreachable")
}

// report says how far an agent is.
func (r *rig) report(p scan.Progress) scan.DirectiveKind {
	r.Helper()
	d, err := r.manager.Report(r.Context(), []scan.Progress{p})
	r.ok(err)
	synctest.Wait()
	time.Sleep(time.Second)
	return d[0].Do
}

// say sends a reply.
func (r *rig) say(reply scan.Reply) {
	r.Helper()
	reply.V = scan.WireVersion
	if reply.Seq == 0 {
		reply.Seq = 1
	}
	body, err := scan.EncodeReply(reply)
	r.ok(err)
	r.ok(r.replies.Send(r.Context(), scan.Message{Key: string(scan.DigestOf(body)) + time.Now().String(), Body: body}))
	time.Sleep(5 * time.Second)
}

// result makes a result with a blob.
func (r *rig) result(category, text string) scan.Result {
	text = `{"key":"k","value":"` + text + "\"}\n"
	d, _, err := r.blobs.Put(r.Context(), bytes.NewReader([]byte(text)))
	r.ok(err)
	return scan.Result{
		Category: category, Outcome: scan.OK, Address: scan.DigestOf([]byte(category + text)), Scanner: "test", Version: "1",
		Items: 1, Bytes: int64(len(text)), Digest: scan.DigestOf([]byte(text)), Blob: d,
	}
}

func (r *rig) job(id string) supervision.Record[scan.Job, scan.JobState] {
	r.Helper()
	j, err := r.manager.Jobs.Get(r.Context(), id)
	r.ok(err)
	return j
}

// is checks where a job is.
func (r *rig) is(id string, s scan.JobState) {
	r.Helper()
	if j := r.job(id); j.State != s {
		e, _ := r.manager.Jobs.Explain(r.Context(), id)
		r.Errorf("job %s is %s, want %s: %+v\n%s", id, j.State, s, j.Data, e)
	}
}

// A shelf is blobs in memory.
type shelf struct {
	mu    sync.Mutex
	blobs map[scan.Digest][]byte
	at    map[scan.Digest]time.Time
}

func (s *shelf) Put(_ context.Context, r io.Reader) (scan.Digest, int64, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return "", 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.blobs == nil {
		s.blobs, s.at = map[scan.Digest][]byte{}, map[scan.Digest]time.Time{}
	}
	d := scan.DigestOf(data)
	s.blobs[d], s.at[d] = data, time.Now()
	return d, int64(len(data)), nil
}

func (s *shelf) Open(_ context.Context, d scan.Digest) (io.ReadCloser, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	data, ok := s.blobs[d]
	if !ok {
		return nil, scan.ErrNoBlob
	}
	return io.NopCloser(bytes.NewReader(data)), nil
}

func (s *shelf) Delete(_ context.Context, d scan.Digest) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.blobs, d)
	return nil
}

func (s *shelf) List(context.Context) iter.Seq2[scan.Blob, error] {
	return func(yield func(scan.Blob, error) bool) {
		s.mu.Lock()
		blobs, at := maps.Clone(s.blobs), maps.Clone(s.at)
		s.mu.Unlock()
		for d, data := range blobs {
			if !yield(scan.Blob{Digest: d, Size: int64(len(data)), At: at[d]}, nil) {
				return
			}
		}
	}
}

var errTest = errors.New("as the test wants it")

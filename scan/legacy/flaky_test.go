package legacy_test

import (
	"context"
	"errors"
	"io"
	"iter"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/legacy"
	"github.com/reeve-go/reeve/supervision"
)

// A fault is what becomes of a call.
type fault int

const (
	works fault = iota
	// fails: nothing is done. Lies: it is done, and said to have failed.
	fails
	lies
)

var errFault = errors.New("a fault of the test")

// calls are those that the bridge makes.
var calls = []string{"send", "stats", "receive", "extend", "ack", "retry", "get", "delete", "list", "put"}

// Faults are those of the next calls of each sort; when they are used up all calls work.
type faults struct {
	mu   sync.Mutex
	next map[string][]fault
	// kept is how often an object may have been kept for that.
	kept int
}

func drawFaults(t *rapid.T) *faults {
	f := &faults{next: map[string][]fault{}}
	for _, c := range calls {
		f.next[c] = rapid.SliceOfN(rapid.SampledFrom([]fault{works, works, fails, lies}), 0, 6).Draw(t, c)
	}
	return f
}

func (f *faults) do(what string, call func() error) error {
	f.mu.Lock()
	is := works
	if left := f.next[what]; len(left) > 0 {
		is, f.next[what] = left[0], left[1:]
	}
	if is == fails && what == "delete" || is == lies && what == "ack" {
		f.kept++
	}
	f.mu.Unlock()
	if is == fails {
		return errFault
	}
	err := call()
	if is == lies && err == nil {
		err = errFault
	}
	return err
}

// flaky has all that a bridge has fail now and then.
func (f *faults) flaky(p *legacy.Place) {
	p.Requests, p.Replies = &flakyQueue{p.Requests.(*scan.StoreQueue), f}, &flakyQueue{p.Replies.(*scan.StoreQueue), f}
	p.Objects, p.Blobs = &flakyObjects{p.Objects, f}, &flakyBlobs{p.Blobs, f}
}

type flakyQueue struct {
	*scan.StoreQueue

	f *faults
}

func (q *flakyQueue) Send(ctx context.Context, messages ...scan.Message) error {
	return q.f.do("send", func() error { return q.StoreQueue.Send(ctx, messages...) })
}

func (q *flakyQueue) Stats(ctx context.Context) (s scan.QueueStats, err error) {
	err = q.f.do("stats", func() error { s, err = q.StoreQueue.Stats(ctx); return err })
	return s, err
}

func (q *flakyQueue) Receive(ctx context.Context, most int, lease time.Duration) (got []scan.Delivery, err error) {
	err = q.f.do("receive", func() error { got, err = q.StoreQueue.Receive(ctx, most, lease); return err })
	if err != nil {
		return nil, err
	}
	for i, d := range got {
		got[i] = &flakyDelivery{d, q.f}
	}
	return got, nil
}

type flakyDelivery struct {
	scan.Delivery

	f *faults
}

func (d *flakyDelivery) Extend(ctx context.Context, lease time.Duration) error {
	return d.f.do("extend", func() error { return d.Delivery.Extend(ctx, lease) })
}

func (d *flakyDelivery) Ack(ctx context.Context) error {
	return d.f.do("ack", func() error { return d.Delivery.Ack(ctx) })
}

func (d *flakyDelivery) Retry(ctx context.Context, after time.Duration) error {
	return d.f.do("retry", func() error { return d.Delivery.Retry(ctx, after) })
}

type flakyObjects struct {
	legacy.Objects

	f *faults
}

func (o *flakyObjects) Get(ctx context.Context, key string) (r io.ReadCloser, err error) {
	err = o.f.do("get", func() error { r, err = o.Objects.Get(ctx, key); return err })
	return r, err
}

func (o *flakyObjects) Delete(ctx context.Context, key string) error {
	return o.f.do("delete", func() error { return o.Objects.Delete(ctx, key) })
}

func (o *flakyObjects) List(ctx context.Context, prefix string) iter.Seq2[legacy.Object, error] {
	return func(yield func(legacy.Object, error) bool) {
		if err := o.f.do("list", func() error { return nil }); err != nil {
			yield(legacy.Object{}, err)
			return
		}
		o.Objects.List(ctx, prefix)(yield)
	}
}

type flakyBlobs struct {
	scan.Blobs

	f *faults
}

func (b *flakyBlobs) Put(ctx context.Context, r io.Reader) (d scan.Digest, n int64, err error) {
	err = b.f.do("put", func() error { d, n, err = b.Blobs.Put(ctx, r); return err })
	return d, n, err
}

// Whatever call of the bridge fails, or is said to have failed: no result is lost that an agent has put, so that each job is done in its first epoch; and nothing
// is left of it but objects that could not be deleted.
func TestFlaky(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes some seconds")
	}
	rapid.Check(t, func(t *rapid.T) {
		f := drawFaults(t)
		terse := rapid.Bool().Draw(t, "terse")
		rapid.SyncTest(t, func(t *rapid.T) {
			withRig(t, nil, f.flaky, func(r *rig) { flaky(r, f, terse) })
		})
	})
}

func flaky(r *rig, f *faults, terse bool) {
	r.hire(&agent{id: "i-agent", takes: time.Minute, terse: terse})
	r.startWith("job", scan.Clocks{Start: time.Hour, Progress: time.Hour}, "accounts", "system")
	_, err := r.manager.Jobs.Await(r.Context(), "job", func(j supervision.Record[scan.Job, scan.JobState]) bool { return j.State.Final() })
	r.ok(err)
	r.is("job", scan.JobDone, 1)
	want := map[string]scan.Outcome{"accounts": scan.OK, "system": scan.OK}
	if got := r.outcomes("job"); !maps.Equal(got, want) {
		r.Error(cmp.Diff(want, got))
	}
	for range 100 { // what fails again and again is tried again later each time
		time.Sleep(10 * time.Minute)
		if stats, left := r.left(); len(left) <= f.kept && stats == (scan.QueueStats{}) {
			return
		}
	}
	stats, left := r.left()
	r.Errorf("there are still the objects %q, %d may be, and in the queue are %+v: %q", left, f.kept, stats, r.dead())
}

// left returns what is in the queue of replies, and the results in the bucket.
func (r *rig) left() (scan.QueueStats, []string) {
	r.Helper()
	stats, err := r.replies.Stats(r.Context())
	r.ok(err)
	return stats, r.bucket.results()
}

package scan_test

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/scan"
)

// The outage of everything that supervises ends no job that goes on.
func TestOutage(t *testing.T) {
	t.Parallel()
	inRig(t, scan.Options{QueueAge: -1}, func(r *rig) {
		r.ok(r.manager.Limit(r.Context(), "one", 1))
		r.wants("one", scan.Permit{Key: "one"})
		r.take()
		r.report(scan.Progress{Agent: "x", Job: "one", Epoch: 1, Seq: 1})
		r.outage(func() {
			for seq := range 50 {
				_, err := r.manager.Report(r.Context(), []scan.Progress{{Agent: "x", Job: "one", Epoch: 1, Seq: seq + 2}})
				r.ok(err)
				time.Sleep(2 * time.Minute)
			}
		})
		r.report(scan.Progress{Agent: "x", Job: "one", Epoch: 1, Seq: 100})
		time.Sleep(time.Minute)
		r.is("one", scan.JobScanning)
		r.say(r.both("x", 1))
		r.is("one", scan.JobDone)
	})
}

// A limit that comes later counts what is given out already.
func TestLimitThatComesLater(t *testing.T) {
	t.Parallel()
	inRig(t, scan.Options{}, func(r *rig) {
		r.wants("a", scan.Permit{Key: "disk", Weight: 2})
		r.wants("b", scan.Permit{Key: "disk"})
		r.ok(r.manager.Limit(r.Context(), "disk", 3))
		r.wants("c", scan.Permit{Key: "disk"})
		r.is("c", scan.JobQueued)
		r.ends("b")
		r.is("c", scan.JobRequested)
		r.ok(r.manager.Unlimit(r.Context(), "disk"))
		r.wants("d", scan.Permit{Key: "disk"})
		r.is("d", scan.JobRequested)
		p, err := r.manager.Pool(r.Context())
		r.ok(err)
		if len(p.Used) > 0 {
			r.Errorf("what is counted is %v", p.Used)
		}
	})
}

// Texts that come from anywhere are cut, and stop no job.
func TestLongTexts(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 100_000) + "\x00"
	inMountedRig(t, scan.Options{}, func(r *rig, b *workbench) {
		b.ensure = func() (provisioning.Answer, error) { return provisioning.Answer{}, provisioning.Fatal(errLong(long)) }
		r.ok(r.manager.Start(r.Context(), "one", spec("vm")))
		time.Sleep(time.Minute)
		r.is("one", scan.JobFailed)
	})
	inRig(t, scan.Options{Save: func(context.Context, scan.Report) error { return errLong(long) }}, func(r *rig) {
		r.begun()
		r.say(r.both("x", 1))
		r.ok(r.manager.Cancel(r.Context(), "one", long))
		time.Sleep(time.Minute)
		r.is("one", scan.JobCanceled)
		if j := r.job("one").Data; len(j.Reason) > 1000 || len(j.Reason) < 900 {
			r.Errorf("the reason has %d bytes", len(j.Reason))
		}
	})
}

// An agent whose answers are lost says again that it begins, and is not taken for many.
func TestBeginSaidAgain(t *testing.T) {
	t.Parallel()
	inRig(t, scan.Options{}, func(r *rig) {
		r.begun()
		for range 8 {
			r.report(scan.Progress{Agent: "x", Job: "one", Epoch: 1, Seq: 1})
		}
		r.is("one", scan.JobScanning)
		if j := r.job("one").Data; len(j.Agents) != 1 || j.Epoch != 1 {
			r.Errorf("the job is %+v", j)
		}
	})
}

type errLong string

func (e errLong) Error() string { return string(e) }

// What a newer program wrote waits for one.
func TestNewerReplies(t *testing.T) {
	t.Parallel()
	inRig(t, scan.Options{}, func(r *rig) {
		r.begun()
		r.ok(r.replies.Send(r.Context(), scan.Message{Key: "newer", Body: []byte(`{"v":99,"job":"one","epoch":1}`)}))
		time.Sleep(time.Minute)
		if whys := r.dead(); len(whys) > 0 {
			r.Errorf("the dead replies are %q", whys)
		}
		time.Sleep(5 * time.Minute)
		if whys := r.dead(); len(whys) != 1 {
			r.Errorf("the dead replies are %q", whys)
		}
	})
}

// A fleet that has nobody yet launches at once as many as its jobs need, and no more than it may have.
func TestPoolWantsAllThatAreNeeded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ jobs, width, most, want int }{
		{jobs: 20, width: 25, most: 20, want: 1},
		{jobs: 450, width: 25, most: 20, want: 18},
		{jobs: 450, width: 25, most: 5, want: 5},
		{jobs: 1500, width: 25, most: 80, want: 32}, // a turn of the pool counts no more than 800
	} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			t.Parallel()
			inRig(t, scan.Options{QueueAge: -1}, func(r *rig) {
				l := &bureau{}
				r.hires(l, &scan.FleetOptions{Max: c.most, Width: c.width})
				jobs := make([]scan.NewJob, c.jobs)
				for i := range jobs {
					jobs[i] = scan.NewJob{ID: fmt.Sprint(i), Spec: spec(fmt.Sprint("vm-", i))}
				}
				answers, err := r.manager.StartAll(r.Context(), jobs)
				r.ok(err)
				for _, err := range answers {
					r.ok(err)
				}
				time.Sleep(30 * time.Second)
				if n := l.launched(); n != c.want {
					r.Errorf("%d agents are launched for %d jobs; %d are right", n, c.jobs, c.want)
				}
			})
		})
	}
}

// A bureau is a launcher whose agents take long to come.
type bureau struct {
	mu     sync.Mutex
	tokens []string
}

func (b *bureau) launched() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.tokens)
}

func (b *bureau) Launch(_ context.Context, token string, _ scan.AgentSpec) (scan.Instance, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tokens = append(b.tokens, token)
	return scan.Instance{Token: token, ID: token}, nil
}

func (b *bureau) Terminate(context.Context, string) error { return nil }

func (b *bureau) List(context.Context) iter.Seq2[scan.Instance, error] {
	return func(func(scan.Instance, error) bool) {}
}

// A line that is longer than a turn can look at, and of which nobody can have anything, has the pool rest all the same.
func TestPoolRests(t *testing.T) {
	t.Parallel()
	inRig(t, scan.Options{QueueAge: -1}, func(r *rig) {
		r.ok(r.manager.Limit(r.Context(), "host/*", 0))
		jobs := make([]scan.NewJob, 1500)
		for i := range jobs {
			jobs[i] = scan.NewJob{ID: fmt.Sprint(i), Spec: spec(fmt.Sprint("vm-", i))}
			jobs[i].Spec.Permits = []scan.Permit{{Key: fmt.Sprint("host/", i)}}
		}
		answers, err := r.manager.StartAll(r.Context(), jobs)
		r.ok(err)
		for _, err := range answers {
			r.ok(err)
		}
		time.Sleep(time.Minute)
		was, err := r.manager.Pools.Get(r.Context(), "pool")
		r.ok(err)
		time.Sleep(time.Minute)
		is, err := r.manager.Pools.Get(r.Context(), "pool")
		r.ok(err)
		if is.Version > was.Version+2 {
			r.Errorf("within a minute in which nothing happens the pool had %d turns", is.Version-was.Version)
		}
	})
}

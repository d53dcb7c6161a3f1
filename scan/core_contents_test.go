package scan_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/supervision"
)

const day = 24 * time.Hour

var abScanners = []scan.Scanner{fact{"a", "1"}, fact{"b", "1"}}

// ofImage is a job about a target whose content has a name.
func ofImage(target string) scan.Spec {
	s := spec(target)
	s.Target.Content = "image-7"
	return s
}

// imageReply is what agent x finds in the image.
func (r *rig) imageReply(job string) scan.Reply {
	r.Helper()
	inspector, err := scan.NewInspector(r.blobs, abScanners, nil)
	r.ok(err)
	reply, s := r.both("x", 1), ofImage("")
	reply.Job = job
	for i, address := range inspector.Addresses(s.Target, s.Categories) {
		reply.Results[i].Address = address
	}
	return reply
}

// done has an agent do a job.
func (r *rig) done(job string, s scan.Spec, reply scan.Reply) {
	r.Helper()
	r.ok(r.manager.Start(r.Context(), job, s))
	_, d := r.take()
	r.ok(d.Ack(r.Context()))
	reply.Job = job
	r.say(reply)
	r.is(job, scan.JobDone)
}

// What was found in content that has a name is used for 90 days, and then looked for again.
func TestCoreOldContents(t *testing.T) {
	t.Parallel()
	inRig(t, scan.Options{Scanners: abScanners, QueueAge: -1, Grace: -1}, func(r *rig) {
		r.done("one", ofImage("vm-1"), r.imageReply("one"))
		r.outage(func() { time.Sleep(89 * day) })
		r.ok(r.manager.Start(r.Context(), "two", ofImage("vm-2")))
		time.Sleep(time.Second)
		r.is("two", scan.JobDone)
		r.outage(func() { time.Sleep(2 * day) })
		time.Sleep(time.Minute)
		r.done("three", ofImage("vm-3"), r.imageReply("three"))
	})
}

// A job that nobody was asked for can be called off while the host takes its results over, and the host is told.
func TestCoreCallOffReused(t *testing.T) {
	t.Parallel()
	told := make(chan error, 10)
	host := func(ctx context.Context, report scan.Report) error {
		if report.Job == "two" {
			<-ctx.Done()
			told <- ctx.Err()
		}
		return ctx.Err()
	}
	inRig(t, scan.Options{Scanners: abScanners, QueueAge: -1, Grace: -1, Save: host}, func(r *rig) {
		r.done("one", ofImage("vm-1"), r.imageReply("one"))
		r.ok(r.manager.Start(r.Context(), "two", ofImage("vm-2")))
		time.Sleep(time.Second)
		r.is("two", scan.JobSaving)
		r.ok(r.manager.Cancel(r.Context(), "two", "enough"))
		time.Sleep(5 * time.Minute)
		r.is("two", scan.JobCanceled)
		if len(told) != 1 {
			r.Errorf("the host was told %d times", len(told))
		}
	})
}

// All that can be used again keeps its blobs: what is known of contents, what a job that waits knows, and what one has that goes on.
func TestCoreSweepKeeps(t *testing.T) {
	t.Parallel()
	host := func(ctx context.Context, report scan.Report) error {
		if report.Job == "slow" {
			<-ctx.Done()
		}
		return ctx.Err()
	}
	inRig(t, scan.Options{Scanners: abScanners, QueueAge: -1, Reports: 1, Grace: day, Save: host}, func(r *rig) {
		r.ok(r.manager.Limit(r.Context(), "no", 0))
		said := func(a, b string) scan.Reply {
			return scan.Reply{Agent: "x", Epoch: 1, Last: true, Results: []scan.Result{r.result("a", a), r.result("b", b)}}
		}
		image := r.imageReply("one")
		r.done("one", ofImage("vm-1"), image)
		other := said("A2", "B2")
		r.done("two", spec("vm-1"), other)
		waits := spec("vm-1")
		waits.Permits, waits.Clocks.Queue = []scan.Permit{{Key: "no"}}, 20*day
		r.ok(r.manager.Start(r.Context(), "waits", waits)) // it knows what job two found
		r.done("three", spec("vm-1"), said("A3", "B3"))
		slow := spec("vm-2")
		slow.Clocks.Total = 20 * day
		r.ok(r.manager.Start(r.Context(), "slow", slow))
		_, d := r.take()
		r.ok(d.Ack(r.Context()))
		saved := said("A4", "B4")
		saved.Job = "slow"
		r.say(saved)
		r.is("slow", scan.JobSaving)
		_, _, err := r.blobs.Put(r.Context(), bytes.NewReader([]byte("nobody's")))
		r.ok(err)
		r.outage(func() { time.Sleep(25 * time.Hour) })
		time.Sleep(time.Minute)
		if r.blobs.has(scan.DigestOf([]byte("nobody's"))) {
			r.Error("what nobody points at is there")
		}
		for what, reply := range map[string]scan.Reply{"contents": image, "a job that waits": other, "a job that goes on": saved} {
			for _, one := range reply.Results {
				if !r.blobs.has(one.Blob) {
					r.Errorf("a blob of %s is not there: category %s", what, one.Category)
				}
			}
		}
	})
}

func (s *shelf) has(d scan.Digest) bool {
	r, err := s.Open(context.Background(), d)
	return err == nil && r.Close() == nil
}

// spawn makes a job in the turn of another record.
func (r *rig) spawn(id string, s scan.Spec) {
	r.Helper()
	machine := fsm.MustCompile(fsm.Definition[string, string]{
		Name: "host", Initial: "asking",
		States: fsm.States[string, string]{"asking": {Mode: fsm.Active, After: time.Hour, Then: "end"}, "ended": {Mode: fsm.Final}},
		Table:  fsm.Table[string, string]{"asking": {"end": "ended"}},
	})
	hosts, err := supervision.NewKind[struct{}]("host", machine, r.store, nil)
	r.ok(err)
	supervisor, err := supervision.New(&supervision.Options{Logger: r.options.Logger})
	r.ok(err)
	supervision.Supervise(supervisor, hosts, func(t *supervision.Turn[struct{}, string, string]) error {
		return errors.Join(r.manager.Spawn(t, id, s), t.Fire("end"))
	})
	ctx, stop := context.WithCancel(r.Context())
	done := make(chan error)
	go func() { done <- supervisor.Run(ctx) }()
	r.ok(hosts.Create(r.Context(), "host", struct{}{}))
	time.Sleep(time.Second)
	stop()
	if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
		r.Error(err)
	}
}

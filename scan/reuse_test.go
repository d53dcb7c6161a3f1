package scan_test

import (
	"context"
	"errors"
	"testing"
	"testing/fstest"
	"time"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/supervision"
)

// A fact tells of one category, what the file of that name has.
type fact struct{ category, version string }

func (f fact) Name() string         { return "fact-" + f.category }
func (f fact) Version() string      { return f.version }
func (f fact) Categories() []string { return []string{f.category} }

func (f fact) Scan(_ context.Context, in scan.Input, emit scan.Emit) error {
	data, err := in.Tree.ReadFile(in.Category)
	if err != nil {
		return err
	}
	return emit("content", string(data))
}

// What was found in content that has a name is not looked for again, whatever target it is in, and no agent is asked.
func TestContentIsScannedOnce(t *testing.T) {
	t.Parallel()
	scanners := []scan.Scanner{fact{"a", "1"}, fact{"b", "1"}}
	inRig(t, scan.Options{Scanners: scanners}, func(r *rig) {
		s := spec("vm-1")
		s.Target.Content = "image-7"
		r.ok(r.manager.Start(r.Context(), "one", s))
		request, _ := r.take()
		inspector, err := scan.NewInspector(r.blobs, scanners, nil)
		r.ok(err)
		results, err := inspector.Inspect(r.Context(), fstest.MapFS{"a": {Data: []byte("A")}, "b": {Data: []byte("B")}}, scan.Inspection{
			Target: request.Target.ID, Content: request.Target.Content, Categories: request.Categories,
		})
		r.ok(err)
		r.say(scan.Reply{Agent: "x", Job: "one", Epoch: 1, Last: true, Results: results})
		r.is("one", scan.JobDone)

		s.Target.ID = "vm-2"
		r.ok(r.manager.Limit(r.Context(), "no", 0))
		s.Permits = []scan.Permit{{Key: "no"}} // it needs none
		r.ok(r.manager.Start(r.Context(), "two", s))
		time.Sleep(time.Second)
		r.is("two", scan.JobDone)
		report, err := r.manager.Results(r.Context(), "two")
		r.ok(err)
		for _, one := range report.Results {
			if !one.Reused || one.Items != 1 {
				r.Errorf("a result is %+v", one)
			}
		}
		s.Categories[0].Config = []byte(`{"other":true}`)
		r.ok(r.manager.Start(r.Context(), "three", s))
		time.Sleep(time.Second)
		r.is("three", scan.JobQueued)
		r.ok(r.manager.Unlimit(r.Context(), "no"))
		if request, _ := r.take(); request.Job == "three" && (len(request.Categories) != 1 || request.Categories[0].Name != "a") {
			r.Errorf("the request is %+v", request)
		}
		if err := r.manager.Start(r.Context(), "four", scan.Spec{Target: scan.Target{ID: "x"}, Categories: []scan.Category{{Name: "c"}}}); err == nil {
			r.Error("a job was made for which there is no scanner")
		}
		// A blob that is gone is not relied on.
		for b, err := range r.blobs.List(r.Context()) {
			r.ok(err)
			r.ok(r.blobs.Delete(r.Context(), b.Digest))
			break
		}
	})
}

// A host's record makes a job in its own turn, and is told when it has ended.
func TestOwnerIsTold(t *testing.T) {
	t.Parallel()
	machine := fsm.MustCompile(fsm.Definition[string, string]{
		Name: "owner", Initial: "waiting",
		States: fsm.States[string, string]{"waiting": {Mode: fsm.Active, After: time.Hour, Then: "give up"}, "told": {Mode: fsm.Resting}, "left": {Mode: fsm.Resting}},
		Table:  fsm.Table[string, string]{"waiting": {"end": "told", "give up": "left"}},
	})
	inRig(t, scan.Options{}, func(r *rig) {
		owners, err := supervision.NewKind[scan.JobEnded]("owner", machine, r.store, nil)
		r.ok(err)
		s, err := supervision.New(nil)
		r.ok(err)
		supervision.Supervise(s, owners, func(t *supervision.Turn[scan.JobEnded, string, string]) error {
			for _, m := range t.Messages {
				if e, ok := scan.Ended.Body(m); ok {
					*t.Data = e
					return t.Fire("end")
				}
			}
			of := spec("vm-1")
			of.Owner = t.Key
			return r.manager.Spawn(t, "one", of)
		})
		ctx, stop := context.WithCancel(r.Context())
		done := make(chan error)
		go func() { done <- s.Run(ctx) }()
		r.ok(owners.Create(r.Context(), "me", scan.JobEnded{}))
		r.take()
		r.say(r.both("x", 1))
		o, err := owners.Get(r.Context(), "me")
		r.ok(err)
		if o.State != "told" || o.Data.Job != "one" || o.Data.State != scan.JobDone || o.Data.Outcome != scan.OK {
			r.Errorf("the owner is %+v", o)
		}
		stop()
		if err := <-done; err != nil && r.Context().Err() == nil && !errors.Is(err, context.Canceled) {
			r.Error(err)
		}
	})
}

// A blob that nothing points at goes after its grace, others stay.
func TestSweep(t *testing.T) {
	t.Parallel()
	inRig(t, scan.Options{Reports: 1, Grace: 24 * time.Hour}, func(r *rig) {
		r.ok(r.begun().Ack(r.Context()))
		r.say(r.both("x", 1))
		r.is("one", scan.JobDone)
		stray := r.result("c", "nobody's").Blob
		first := r.result("a", "A").Blob
		r.outage(func() { time.Sleep(25 * time.Hour) })
		time.Sleep(time.Minute)
		if _, err := r.blobs.Open(r.Context(), stray); err == nil {
			r.Error("a blob that nothing points at is there")
		}
		if _, err := r.blobs.Open(r.Context(), first); err != nil {
			r.Errorf("a blob of a report is not there: %v", err)
		}
		r.ok(r.manager.Start(r.Context(), "two", spec("vm-1")))
		_, d := r.take()
		r.ok(d.Ack(r.Context()))
		reply := r.both("x", 1)
		reply.Job, reply.Results[0] = "two", r.result("a", "another")
		time.Sleep(time.Second)
		r.say(reply)
		r.is("two", scan.JobDone)
		r.outage(func() { time.Sleep(25 * time.Hour) })
		time.Sleep(time.Minute)
		if _, err := r.blobs.Open(r.Context(), first); err == nil {
			r.Error("a blob of a report that is not kept is there")
		}
		is, was, err := r.manager.Latest(r.Context(), "vm-1")
		r.ok(err)
		if is.Job != "two" || was.Job != "" {
			r.Errorf("the reports are %+v and %+v", is, was)
		}
	})
}

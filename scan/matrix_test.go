package scan_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/reeve-go/reeve/scan"
)

// A row of the failure matrix: what happens, and what has to become of it. The originals' outcomes are in the comments.
type row struct {
	name    string
	options scan.Options
	happens func(r *rig)
}

// both is a whole reply to a request.
func (r *rig) both(agent string, epoch int) scan.Reply {
	return scan.Reply{Agent: agent, Job: "one", Epoch: epoch, Last: true, Results: []scan.Result{r.result("a", "A"), r.result("b", "B")}}
}

// begun starts job one and has agent x begin on it.
func (r *rig) begun() scan.Delivery {
	r.Helper()
	r.ok(r.manager.Start(r.Context(), "one", spec("vm-1")))
	_, d := r.take()
	r.report(scan.Progress{Agent: "x", Job: "one", Epoch: 1, Seq: 1})
	r.is("one", scan.JobScanning)
	return d
}

// heard checks what job one has counted.
func (r *rig) heard(want scan.Heard) {
	r.Helper()
	if got := r.job("one").Data.Heard; got != want {
		r.Errorf("the job heard %+v, want %+v", got, want)
	}
}

// pool checks what was counted in all.
func (r *rig) pool(want scan.Heard) {
	r.Helper()
	p, err := r.manager.Pool(r.Context())
	r.ok(err)
	if p.Heard != want {
		r.Errorf("in all was heard %+v, want %+v", p.Heard, want)
	}
	if len(p.Used) > 0 {
		r.Errorf("permits are still given out: %v", p.Used)
	}
}

// dead returns the replies that were buried.
func (r *rig) dead() (whys []string) {
	for m, err := range r.replies.Dead(r.Context()) {
		r.ok(err)
		whys = append(whys, m.Reason)
	}
	return whys
}

// The failure matrix of the reply path, row by row.
func TestFailureMatrix(t *testing.T) {
	t.Parallel()
	adopt, keep := scan.Options{Late: scan.AdoptLate}, scan.Options{Late: scan.KeepLate}
	failing := 2
	stubborn := scan.Options{Save: func(context.Context, scan.Report) error {
		if failing--; failing >= 0 {
			return errTest
		}
		return nil
	}}
	for _, c := range []row{
		// Nothing, until the job is stuck in "aborting" for ever.
		{"the reply never comes", scan.Options{}, func(r *rig) {
			d := r.begun()
			r.ok(d.Ack(r.Context())) // as the originals' agents do, before they work
			time.Sleep(6 * time.Minute)
			request, _ := r.take()
			if request.Epoch != 2 {
				r.Errorf("the second request is %+v", request)
			}
			r.say(r.both("y", 2))
			r.is("one", scan.JobDone)
			r.heard(scan.Heard{Applied: 3})
		}},
		{"no agent ever replies", scan.Options{}, func(r *rig) {
			r.ok(r.manager.Start(r.Context(), "one", spec("vm-1")))
			for range 4 {
				_, d := r.take()
				r.ok(d.Ack(r.Context()))
				time.Sleep(20 * time.Minute)
			}
			r.is("one", scan.JobFailed)
			if j := r.job("one").Data; j.Class != scan.Lost || j.Epoch != 4 {
				r.Errorf("the job is %+v", j)
			}
			r.pool(scan.Heard{})
		}},
		// The message is deleted, because the object is gone.
		{"a reply comes twice", scan.Options{}, func(r *rig) {
			r.begun()
			first := scan.Reply{Agent: "x", Job: "one", Epoch: 1, Results: []scan.Result{r.result("a", "A")}}
			r.say(first)
			r.say(first)
			r.heard(scan.Heard{Applied: 1, Duplicate: 1})
			r.say(r.both("x", 1))
			r.is("one", scan.JobDone)
			r.pool(scan.Heard{Applied: 3, Duplicate: 2})
		}},
		// The second reply is illegal in the state that the job is in, which is logged.
		{"two agents work on one request", scan.Options{}, func(r *rig) {
			r.begun()
			r.report(scan.Progress{Agent: "y", Job: "one", Epoch: 1, Seq: 1})
			if do := r.report(scan.Progress{Agent: "x", Job: "one", Epoch: 1, Seq: 2}); do != scan.Drop {
				r.Errorf("the first agent is told to %s", do)
			}
			r.say(scan.Reply{Agent: "y", Job: "one", Epoch: 1, Results: []scan.Result{r.result("a", "y's")}})
			r.say(r.both("x", 1))
			r.is("one", scan.JobDone)
			report, err := r.manager.Results(r.Context(), "one")
			r.ok(err)
			if a, _ := report.Result("a"); a.Digest != r.result("a", "y's").Digest || report.State != scan.JobDone {
				r.Errorf("the second answer about a category was taken, or it goes on: %+v", report)
			}
		}},
		// The result is lost.
		{"the host fails while it takes the results over", stubborn, func(r *rig) {
			r.begun()
			r.say(r.both("x", 1))
			time.Sleep(time.Minute)
			r.is("one", scan.JobDone)
		}},
		// It is refused, and the job aborted all the same.
		{"a reply comes while the job stops", scan.Options{}, func(r *rig) {
			r.begun()
			r.ok(r.manager.Cancel(r.Context(), "one", "enough"))
			if do := r.report(scan.Progress{Agent: "x", Job: "one", Epoch: 1, Seq: 2}); do != scan.Cancel {
				r.Errorf("the agent is told to %s", do)
			}
			r.is("one", scan.JobStopping)
			r.say(scan.Reply{Agent: "x", Job: "one", Epoch: 1, Last: true, Error: "canceled", Class: scan.Canceled, Results: []scan.Result{r.result("a", "A")}})
			r.is("one", scan.JobCanceled)
			if j := r.job("one").Data; j.Reason != "enough" {
				r.Errorf("the job is %+v", j)
			}
			r.pool(scan.Heard{Applied: 2})
		}},
		{"all comes while the job stops, because its time is up, and is adopted", adopt, func(r *rig) {
			s := spec("vm-1")
			s.Clocks.Total = time.Minute
			r.ok(r.manager.Start(r.Context(), "one", s))
			r.take()
			r.report(scan.Progress{Agent: "x", Job: "one", Epoch: 1, Seq: 1})
			time.Sleep(time.Minute)
			r.is("one", scan.JobStopping)
			r.say(r.both("x", 1))
			r.is("one", scan.JobDone)
		}},
		// The history gets another row, and "after_scan" raises.
		{"a reply comes when the job has ended", scan.Options{}, func(r *rig) {
			r.begun()
			r.say(r.both("x", 1))
			before := r.job("one")
			r.say(r.both("x", 1))
			if after := r.job("one"); after.Version != before.Version {
				r.Errorf("the job moved: %+v", after)
			}
			r.pool(scan.Heard{Applied: 3, Stale: 1})
		}},
		{"a reply comes from an epoch that was given up, and is kept", keep, func(r *rig) {
			r.begun()
			time.Sleep(6 * time.Minute)
			r.take()
			r.say(r.both("x", 1))
			r.is("one", scan.JobRequested)
			r.heard(scan.Heard{Stale: 3})
			r.say(scan.Reply{Agent: "y", Job: "one", Epoch: 2, Last: true, Error: "gone", Class: scan.Fatal})
			r.is("one", scan.JobFailed)
			target, err := r.manager.Targets.Get(r.Context(), "vm-1")
			r.ok(err)
			if len(target.Data.Late) != 2 || len(target.Data.Known(scan.KeepLate)) != 0 || len(target.Data.Known(scan.AdoptLate)) != 2 {
				r.Errorf("what is known of the target is %+v", target.Data)
			}
		}},
		{"a reply comes when the job has failed, and is adopted", adopt, func(r *rig) {
			s := spec("vm-1")
			s.Tries = map[scan.Class]int{scan.Lost: 0}
			r.ok(r.manager.Start(r.Context(), "one", s))
			_, d := r.take()
			r.report(scan.Progress{Agent: "x", Job: "one", Epoch: 1, Seq: 1})
			r.ok(d.Ack(r.Context()))
			time.Sleep(20 * time.Minute)
			r.is("one", scan.JobFailed)
			r.say(r.both("x", 1))
			r.ok(r.manager.Start(r.Context(), "two", spec("vm-1")))
			if request, _ := r.take(); len(request.Known) != 2 {
				r.Errorf("the next request knows %+v", request.Known)
			}
		}},
		// It raises after the object was deleted.
		{"a reply is about no job", scan.Options{}, func(r *rig) {
			r.begun()
			stray := r.both("x", 1)
			stray.Job = "nobody"
			r.say(stray)
			r.say(r.both("x", 1))
			r.is("one", scan.JobDone)
			if whys := r.dead(); len(whys) != 1 || whys[0] != `there is no job "nobody"` {
				r.Errorf("the dead replies are %q", whys)
			}
			r.pool(scan.Heard{Applied: 3, Orphan: 1})
		}},
		// The job is untouched until its time is up.
		{"the target is gone", scan.Options{}, func(r *rig) {
			r.begun()
			r.say(scan.Reply{Agent: "x", Job: "one", Epoch: 1, Last: true, Error: "there is no such machine", Class: scan.Fatal})
			r.is("one", scan.JobFailed)
			if j := r.job("one").Data; j.Error != "there is no such machine" || j.Epoch != 1 {
				r.Errorf("the job is %+v", j)
			}
			r.pool(scan.Heard{Applied: 1})
		}},
		// The thread ends, and with it the replies of all providers.
		{"a reply cannot be understood", scan.Options{}, func(r *rig) {
			r.begun()
			for i, body := range []string{"", "---\n:job_id: 42", `{"v":1,"job":"one"}`} {
				r.ok(r.replies.Send(r.Context(), scan.Message{Key: fmt.Sprint("poison", i), Body: []byte(body)}))
			}
			r.say(r.both("x", 1))
			r.is("one", scan.JobDone)
			if whys := r.dead(); len(whys) != 3 {
				r.Errorf("the dead replies are %q", whys)
			}
			r.pool(scan.Heard{Applied: 3, Poison: 3})
		}},
		// At most one reply in ten seconds.
		{"many replies come at once", scan.Options{}, func(r *rig) {
			for i := range 300 {
				r.ok(r.manager.Start(r.Context(), fmt.Sprint("job", i), spec(fmt.Sprint("vm", i))))
			}
			time.Sleep(10 * time.Second)
			for i := range 300 {
				reply := r.both("x", 1)
				reply.V, reply.Seq, reply.Job = scan.WireVersion, 1, fmt.Sprint("job", i)
				body, err := scan.EncodeReply(reply)
				r.ok(err)
				r.ok(r.replies.Send(r.Context(), scan.Message{Key: fmt.Sprint(i), Body: body}))
			}
			time.Sleep(30 * time.Second)
			for i := range 300 {
				r.is(fmt.Sprint("job", i), scan.JobDone)
			}
		}},
		// Both write one folder, and the first deletes it.
		{"two jobs are about one target", scan.Options{}, func(r *rig) {
			r.ok(r.manager.Limit(r.Context(), "target/*", 1))
			s := spec("vm-1")
			s.Permits = []scan.Permit{{Key: "target/vm-1"}}
			r.ok(r.manager.Start(r.Context(), "one", s))
			time.Sleep(time.Second)
			r.ok(r.manager.Start(r.Context(), "two", s))
			time.Sleep(time.Second)
			r.is("two", scan.JobQueued)
			r.take()
			r.say(r.both("x", 1))
			r.is("one", scan.JobDone)
			r.is("two", scan.JobRequested)
		}},
		// It is left out, and the status is OK.
		{"one category fails", scan.Options{}, func(r *rig) {
			r.begun()
			r.say(scan.Reply{Agent: "x", Job: "one", Epoch: 1, Last: true, Results: []scan.Result{
				r.result("a", "A"), {Category: "b", Outcome: scan.Failed, Error: "no such format", Class: scan.Fatal},
			}})
			r.is("one", scan.JobDone)
			report, err := r.manager.Results(r.Context(), "one")
			r.ok(err)
			if b, _ := report.Result("b"); report.Outcome != scan.Partial || b.Outcome != scan.Failed {
				r.Errorf("the report is %+v", report)
			}
		}},
		{"one category fails at first", scan.Options{}, func(r *rig) {
			r.begun()
			r.say(scan.Reply{Agent: "x", Job: "one", Epoch: 1, Last: true, Results: []scan.Result{
				r.result("a", "A"), {Category: "b", Outcome: scan.Failed, Error: "the disk is busy", Class: scan.Trouble},
			}})
			request, _ := r.take()
			if request.Epoch != 2 || len(request.Categories) != 1 || request.Categories[0].Name != "b" {
				r.Errorf("the second request is %+v", request)
			}
			r.say(scan.Reply{Agent: "x", Job: "one", Epoch: 2, Last: true, Results: []scan.Result{r.result("b", "B")}})
			r.is("one", scan.JobDone)
		}},
		// A job that waits behind ten others has timed out before it starts.
		{"many jobs wait", scan.Options{}, func(r *rig) {
			r.ok(r.manager.Limit(r.Context(), "agents", 1))
			s := spec("vm-1")
			s.Permits = []scan.Permit{{Key: "agents"}}
			for i := range 30 {
				r.ok(r.manager.Start(r.Context(), fmt.Sprint("job", i), s))
				time.Sleep(time.Second)
			}
			for range 30 {
				request, d := r.take()
				time.Sleep(14 * time.Minute)
				reply := r.both("x", 1)
				reply.Job = request.Job
				r.say(reply)
				r.is(request.Job, scan.JobDone)
				r.ok(d.Ack(r.Context()))
			}
			r.pool(scan.Heard{Applied: 90})
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			inRig(t, c.options, c.happens)
		})
	}
}

package scan_test

import (
	"context"
	"testing"
	"time"

	"github.com/reeve-go/reeve/scan"
)

// A job goes from its permits to its report, and what it had is given back.
func TestJob(t *testing.T) {
	t.Parallel()
	var saved []scan.Report
	inRig(t, scan.Options{Save: func(_ context.Context, r scan.Report) error { saved = append(saved, r); return nil }}, func(r *rig) {
		r.ok(r.manager.Limit(r.Context(), "provider/*", 1))
		s := spec("vm-1")
		s.Permits = []scan.Permit{{Key: "provider/x"}}
		r.ok(r.manager.Start(r.Context(), "one", s))
		time.Sleep(time.Second)
		r.ok(r.manager.Start(r.Context(), "two", s))
		time.Sleep(time.Second)
		request, delivery := r.take()
		if request.Job != "one" || request.Epoch != 1 || len(request.Categories) != 2 {
			r.Errorf("the request is %+v", request)
		}
		r.is("one", scan.JobRequested)
		r.is("two", scan.JobQueued)
		if do := r.report(scan.Progress{Agent: "x", Job: "one", Epoch: 1, Seq: 1}); do != scan.Continue {
			r.Errorf("the agent is told to %s", do)
		}
		r.is("one", scan.JobScanning)
		r.say(scan.Reply{Agent: "x", Job: "one", Epoch: 1, Results: []scan.Result{r.result("a", "A")}})
		r.is("one", scan.JobScanning)
		r.say(scan.Reply{Agent: "x", Job: "one", Epoch: 1, Seq: 2, Results: []scan.Result{r.result("b", "B")}, Last: true})
		r.ok(delivery.Ack(r.Context()))
		r.is("one", scan.JobDone)
		if len(saved) != 1 || saved[0].Outcome != scan.OK || len(saved[0].Results) != 2 {
			r.Errorf("the host took over %+v", saved)
		}
		r.ok(r.manager.Start(r.Context(), "three", s))
		time.Sleep(time.Second)
		if request, _ := r.take(); request.Job != "two" || len(request.Known) != 0 {
			r.Errorf("the request is %+v", request)
		}
		p, err := r.manager.Pool(r.Context())
		r.ok(err)
		if p.Used["provider/x"] != 1 || p.Heard.Applied != 3 {
			r.Errorf("the pool is %+v", p)
		}
		waiting, err := r.manager.Waiting(r.Context())
		r.ok(err)
		if len(waiting) != 1 || waiting[0].Job != "three" || waiting[0].Why != "provider/x limit 1/1, position 1" {
			r.Errorf("what waits is %+v", waiting)
		}
		r.ok(r.manager.Cancel(r.Context(), "two", "enough of it"))
		r.is("two", scan.JobCanceled)
		if request, _ := r.take(); request.Job != "three" || len(request.Known) != 2 {
			r.Errorf("the request is %+v", request)
		}
	})
}

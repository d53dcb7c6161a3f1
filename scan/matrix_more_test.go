package scan_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/reeve-go/reeve/scan"
)

// What agents do beyond the failure matrix.
func TestOddAgents(t *testing.T) {
	t.Parallel()
	for _, c := range []row{
		{"the last reply comes before the first", scan.Options{}, func(r *rig) {
			r.begun()
			r.say(scan.Reply{Agent: "x", Job: "one", Epoch: 1, Seq: 2, Results: []scan.Result{r.result("b", "B")}, Last: true})
			r.is("one", scan.JobAdmitted)
			r.say(scan.Reply{Agent: "x", Job: "one", Epoch: 1, Results: []scan.Result{r.result("a", "A")}})
			r.is("one", scan.JobDone)
			if j := r.job("one").Data; j.Epoch != 1 {
				r.Errorf("it took %d epochs", j.Epoch)
			}
		}},
		{"a failure is told twice", scan.Options{}, func(r *rig) {
			r.begun()
			failed := scan.Reply{Agent: "x", Job: "one", Epoch: 1, Last: true, Results: []scan.Result{
				r.result("a", "A"), {Category: "b", Outcome: scan.Failed, Error: "the disk is busy", Class: scan.Trouble},
			}}
			r.say(failed)
			r.say(failed)
			if request, _ := r.take(); request.Epoch != 2 || len(request.Categories) != 1 {
				r.Errorf("the second request is %+v", request)
			}
		}},
		{"a target kills every agent", scan.Options{}, func(r *rig) {
			r.begun()
			for epoch := range 4 {
				for i := range 6 {
					r.report(scan.Progress{Agent: fmt.Sprint("x", i), Job: "one", Epoch: epoch + 1, Seq: 1})
					time.Sleep(time.Minute)
				}
				time.Sleep(time.Minute)
			}
			time.Sleep(15 * time.Minute)
			r.is("one", scan.JobFailed)
			if j := r.job("one").Data; j.Class != scan.Lost {
				r.Errorf("the job is %+v", j)
			}
		}},
		{"a slow target has more time", scan.Options{}, func(r *rig) {
			s := spec("vm-1")
			s.Target.Slower = 4
			r.ok(r.manager.Start(r.Context(), "one", s))
			request, _ := r.take()
			if request.Limits.Time != 2*time.Hour || request.Progress != 20*time.Minute {
				r.Errorf("the request is %+v", request)
			}
			time.Sleep(50 * time.Minute)
			r.is("one", scan.JobRequested)
		}},
		{"the agents cannot look into it, and say when to come again", scan.Options{}, func(r *rig) {
			r.begun()
			r.say(scan.Reply{Agent: "x", Job: "one", Epoch: 1, Last: true, Error: "busy", Class: scan.Trouble, RetryAfter: 20 * time.Minute})
			time.Sleep(19 * time.Minute)
			r.is("one", scan.JobAdmitted)
			time.Sleep(time.Minute)
			r.is("one", scan.JobRequested)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			inRig(t, c.options, c.happens)
		})
	}
}

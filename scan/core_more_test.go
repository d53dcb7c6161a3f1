package scan_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/storage/memory"
)

// begins has agents begin on job one, one after another.
func (r *rig) begins(epoch int, agents ...string) {
	r.Helper()
	for _, agent := range agents {
		r.report(scan.Progress{Agent: agent, Job: "one", Epoch: epoch, Seq: 1})
	}
}

// has checks which agent has job one, and in which epoch.
func (r *rig) has(agent string, epoch int) {
	r.Helper()
	if j := r.job("one").Data; j.Agent != agent || j.Epoch != epoch {
		r.Errorf("agent %q has epoch %d, want %q and %d", j.Agent, j.Epoch, agent, epoch)
	}
}

// outcome checks how a category of job one ended.
func (r *rig) outcome(category string, want scan.Outcome) {
	r.Helper()
	report, err := r.manager.Results(r.Context(), "one")
	r.ok(err)
	if got, _ := report.Result(category); got.Outcome != want {
		r.Errorf("category %s is %+v, want %s", category, got, want)
	}
}

// takes is a host that takes so long to take results over.
func takes(d time.Duration) func(context.Context, scan.Report) error {
	return func(ctx context.Context, _ scan.Report) error {
		select {
		case <-ctx.Done():
		case <-time.After(d):
		}
		return ctx.Err()
	}
}

const forEver = 1000 * day

// endsWell checks that job one has ended, or is about to, and that nothing went wrong.
func (r *rig) endsWell(s scan.JobState) {
	r.Helper()
	r.is("one", s)
	if j := r.job("one").Data; j.Error != "" {
		r.Errorf("the job is %+v", j)
	}
}

// failed is a result of a category that failed.
func failed(category string, c scan.Class) scan.Result {
	return scan.Result{Category: category, Outcome: scan.Failed, Error: "no such format", Class: c}
}

// Who has a job, and what counts of what is said about it.
func TestCoreAgents(t *testing.T) {
	t.Parallel()
	hanging := scan.Options{Save: takes(forEver)}
	for _, c := range []row{
		{"an epoch counts its own agents", scan.Options{}, func(r *rig) {
			r.begun()
			r.begins(1, "a", "b", "c", "d")
			r.has("d", 1)
			r.begins(1, "e")
			r.has("", 2)
			r.begins(2, "f")
			r.has("f", 2)
		}},
		{"an agent that has lost the job does not get it back", scan.Options{}, func(r *rig) {
			r.begun()
			r.begins(1, "y")
			r.report(scan.Progress{Agent: "x", Job: "one", Epoch: 1, Seq: 2})
			r.has("y", 1)
			r.report(scan.Progress{Agent: "z", Job: "one", Epoch: 1, Seq: 3}) // that it began was lost
			r.has("z", 1)
			r.begins(1, "w")
			r.report(scan.Progress{Agent: "z", Job: "one", Epoch: 1, Seq: 4})
			r.has("w", 1)
		}},
		{"another agent's last word is not the job's", scan.Options{}, func(r *rig) {
			r.begun()
			r.say(scan.Reply{Agent: "y", Job: "one", Epoch: 1, Last: true, Error: "gone", Class: scan.Fatal})
			r.is("one", scan.JobScanning)
			r.has("x", 1)
		}},
		{"an epoch that is yet to come is not this one", scan.Options{}, func(r *rig) {
			r.begun()
			r.say(r.both("x", 2))
			r.heard(scan.Heard{Stale: 3})
			r.is("one", scan.JobScanning)
		}},
		{"progress after a result changes nothing", scan.Options{}, func(r *rig) {
			r.begun()
			r.say(scan.Reply{Agent: "x", Job: "one", Epoch: 1, Results: []scan.Result{r.result("a", "A")}})
			r.report(scan.Progress{Agent: "x", Job: "one", Epoch: 1, Seq: 2, Category: "a", Items: 99})
			for el, err := range r.manager.Categories(r.Context(), "one") {
				r.ok(err)
				if el.Name == "a" && el.Data.Items != 1 {
					r.Errorf("category a is %+v", el.Data)
				}
			}
		}},
		{"a result is progress", scan.Options{}, func(r *rig) {
			r.begun()
			time.Sleep(4 * time.Minute)
			r.say(scan.Reply{Agent: "x", Job: "one", Epoch: 1, Results: []scan.Result{r.result("a", "A")}})
			time.Sleep(4 * time.Minute)
			r.has("x", 1)
		}},
		{"a reply comes again while the host takes the results over", hanging, func(r *rig) {
			r.begun()
			r.say(r.both("x", 1))
			r.is("one", scan.JobSaving)
			r.say(r.both("x", 1))
			r.heard(scan.Heard{Applied: 3, Duplicate: 3})
		}},
		{"an agent cannot put a job off for ever", scan.Options{}, func(r *rig) {
			r.begun()
			r.say(scan.Reply{Agent: "x", Job: "one", Epoch: 1, Last: true, Error: "busy", Class: scan.Trouble, RetryAfter: 100 * time.Hour})
			time.Sleep(31 * time.Minute)
			r.has("", 2)
		}},
		{"each further try waits longer", scan.Options{}, func(r *rig) {
			s := spec("vm-1")
			s.Tries = map[scan.Class]int{scan.Trouble: 3}
			r.ok(r.manager.Start(r.Context(), "one", s))
			for i, want := range []time.Duration{10, 20, 40} {
				r.take()
				r.say(scan.Reply{Agent: "x", Job: "one", Epoch: i + 1, Last: true, Error: "busy", Class: scan.Trouble})
				if j := r.job("one"); j.Data.Next.Sub(j.Since).Round(time.Second) != want*time.Second {
					r.Errorf("after failure %d it waits until %v, since %v", i+1, j.Data.Next, j.Since)
				}
			}
		}},
		{"the request of an agent that is lost is withdrawn", scan.Options{}, func(r *rig) {
			r.begun()
			time.Sleep(6 * time.Minute)
			r.has("", 2)
			if stats, err := r.requests.Stats(r.Context()); err != nil || stats.Ready+stats.Leased != 1 {
				r.Errorf("in the queue are %+v, %v", stats, err)
			}
		}},
		{"the request of an agent that is told to stop is its own", scan.Options{}, func(r *rig) {
			d := r.begun()
			r.ok(r.manager.Cancel(r.Context(), "one", "enough"))
			time.Sleep(time.Second)
			r.ok(d.Ack(r.Context()))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			inRig(t, c.options, c.happens)
		})
	}
}

// How a job ends that does not get all it asked for.
func TestCoreEnds(t *testing.T) {
	t.Parallel()
	for _, c := range []row{
		{"a category that failed for good is not tried again", scan.Options{}, func(r *rig) {
			r.begun()
			r.say(scan.Reply{Agent: "x", Job: "one", Epoch: 1, Last: true, Results: []scan.Result{r.result("a", "A"), failed("b", scan.Fatal)}})
			r.is("one", scan.JobDone)
			if j := r.job("one").Data; j.Error != "" || len(j.Failures) > 0 {
				r.Errorf("the job is %+v", j)
			}
		}},
		{"all categories failed for good", scan.Options{}, func(r *rig) {
			r.begun()
			r.say(scan.Reply{Agent: "x", Job: "one", Epoch: 1, Last: true, Results: []scan.Result{failed("a", scan.Fatal), failed("b", scan.Fatal)}})
			r.is("one", scan.JobFailed)
			if j := r.job("one").Data; j.Error != "nothing was found: a: no such format; b: no such format" || j.Class != scan.Fatal {
				r.Errorf("the job is %+v", j)
			}
		}},
		{"what was found before it failed is kept", scan.Options{}, func(r *rig) {
			r.begun()
			r.say(scan.Reply{Agent: "x", Job: "one", Epoch: 1, Results: []scan.Result{r.result("a", "A")}})
			r.say(scan.Reply{Agent: "x", Job: "one", Epoch: 1, Seq: 2, Last: true, Error: "gone", Class: scan.Fatal})
			r.is("one", scan.JobDone)
			r.outcome("b", scan.Skipped)
		}},
		{"what was begun before it failed has failed", scan.Options{}, func(r *rig) {
			r.begun()
			r.say(scan.Reply{Agent: "x", Job: "one", Epoch: 1, Results: []scan.Result{r.result("a", "A")}})
			r.report(scan.Progress{Agent: "x", Job: "one", Epoch: 1, Seq: 2, Category: "b"})
			r.say(scan.Reply{Agent: "x", Job: "one", Epoch: 1, Seq: 2, Last: true, Error: "gone", Class: scan.Fatal})
			r.is("one", scan.JobDone)
			r.outcome("b", scan.Failed)
		}},
		{"its time is up, and nothing is adopted", scan.Options{}, func(r *rig) {
			r.overdue()
			r.say(r.both("x", 1))
			r.is("one", scan.JobFailed)
			r.outcome("b", scan.OK)
		}},
		{"its time is up, and then it is called off", scan.Options{Late: scan.AdoptLate}, func(r *rig) {
			r.overdue()
			r.ok(r.manager.Cancel(r.Context(), "one", strings.Repeat("enough", 10_000)))
			r.say(r.both("x", 1))
			r.is("one", scan.JobCanceled)
			if why := r.job("one").Data.Reason; len(why) > 1000 {
				r.Errorf("the reason has %d bytes", len(why))
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			inRig(t, c.options, c.happens)
		})
	}
}

// overdue has the time of job one come to its end while agent x works on it.
func (r *rig) overdue() {
	r.Helper()
	s := spec("vm-1")
	s.Clocks.Total = time.Minute
	r.ok(r.manager.Start(r.Context(), "one", s))
	r.take()
	r.begins(1, "x")
	time.Sleep(time.Minute)
	r.is("one", scan.JobStopping)
}

// A job that only waits for its host keeps its permits.
func TestCoreKeepsPermits(t *testing.T) {
	t.Parallel()
	inRig(t, scan.Options{QueueAge: -1, Save: takes(100 * time.Minute)}, func(r *rig) {
		r.ok(r.manager.Limit(r.Context(), "one", 1))
		r.wants("a", scan.Permit{Key: "one"})
		r.wants("b", scan.Permit{Key: "one"})
		reply := r.both("x", 1)
		reply.Job = "a"
		r.say(reply)
		time.Sleep(90 * time.Minute)
		r.is("a", scan.JobSaving)
		r.is("b", scan.JobQueued)
		time.Sleep(11 * time.Minute)
		r.is("a", scan.JobDone)
		r.is("b", scan.JobRequested)
	})
}

// What is attached slowly takes from the time in which an agent has to begin.
func TestCoreStartClock(t *testing.T) {
	t.Parallel()
	inMountedRig(t, scan.Options{}, func(r *rig, b *workbench) {
		there := time.Now().Add(10 * time.Minute)
		b.ensure = func() (provisioning.Answer, error) {
			if time.Now().Before(there) {
				return provisioning.Answer{State: provisioning.InProgress, Again: time.Minute}, nil
			}
			return provisioning.Answer{}, nil
		}
		r.ok(r.manager.Start(r.Context(), "one", spec("vm-1")))
		time.Sleep(14 * time.Minute)
		r.has("", 1)
		time.Sleep(2 * time.Minute)
		r.has("", 2)
	})
}

// An agent that does not stop, and what cannot be released, together have no more than the time that there is to clean up.
func TestCoreCleanupClock(t *testing.T) {
	t.Parallel()
	inMountedRig(t, scan.Options{}, func(r *rig, b *workbench) {
		b.release = func() (provisioning.Answer, error) {
			return provisioning.Answer{State: provisioning.InProgress, Again: time.Minute}, nil
		}
		r.begun()
		r.ok(r.manager.Cancel(r.Context(), "one", "enough"))
		time.Sleep(7 * time.Minute)
		r.is("one", scan.JobStopping)
		time.Sleep(time.Minute)
		r.is("one", scan.JobCleaning)
		time.Sleep(8 * time.Minute)
		r.is("one", scan.JobCanceled)
	})
}

// With a fleet each job waits for a place of an agent, beside its other permits.
func TestCoreFleetPermit(t *testing.T) {
	t.Parallel()
	fleet, err := scan.NewFleet(memory.New(nil), "f", struct{ scan.Launcher }{}, nil) // nobody supervises it
	if err != nil {
		t.Fatal(err)
	}
	inRig(t, scan.Options{Fleet: fleet}, func(r *rig) {
		r.wants("a")
		r.is("a", scan.JobQueued)
		w, err := r.manager.Waiting(r.Context())
		r.ok(err)
		if len(w) != 1 || w[0].Key != "fleet/f" {
			r.Errorf("those that wait are %+v", w)
		}
	})
}

// A job that says nothing more loses its permits, also if it never did.
func TestCoreSilentJob(t *testing.T) {
	t.Parallel()
	inRig(t, scan.Options{QueueAge: -1}, func(r *rig) {
		r.ok(r.manager.Limit(r.Context(), "one", 1))
		r.wants("a", scan.Permit{Key: "one"})
		r.ok(r.manager.Jobs.Pause(r.Context(), "a", "for the test"))
		r.wants("b", scan.Permit{Key: "one"})
		time.Sleep(2 * time.Hour)
		r.is("b", scan.JobRequested)
	})
}

// Once a job has waited for long, others leave it what it could have, and are told so.
func TestCorePatience(t *testing.T) {
	t.Parallel()
	inRig(t, scan.Options{QueueAge: -1}, func(r *rig) {
		x, y := scan.Permit{Key: "x"}, scan.Permit{Key: "y"}
		r.ok(r.manager.Limit(r.Context(), "x", 1))
		r.ok(r.manager.Limit(r.Context(), "y", 1))
		r.wants("a", x)
		r.wants("both", x, y)
		r.wants("early", y)
		r.is("early", scan.JobRequested)
		time.Sleep(11 * time.Minute)
		r.ends("early")
		r.wants("late", y)
		r.is("late", scan.JobQueued)
		if w := r.waiting(); len(w) != 2 || w[1] != "late: y limit 0/1, position 1" {
			r.Errorf("those that wait are %q", w)
		}
		r.ends("a")
		r.is("both", scan.JobRequested)
	})
}

// The pool stays shut for as long as the oldest request waits.
func TestCoreBackpressureLasts(t *testing.T) {
	t.Parallel()
	inRig(t, scan.Options{QueueAge: time.Minute}, func(r *rig) {
		r.wants("a")
		time.Sleep(2 * time.Minute)
		r.wants("b")
		time.Sleep(7 * time.Minute)
		r.is("b", scan.JobQueued)
	})
}

// An agent that takes a request over is told what others have found.
func TestCoreHave(t *testing.T) {
	t.Parallel()
	inRig(t, scan.Options{}, func(r *rig) {
		r.begun()
		r.say(scan.Reply{Agent: "x", Job: "one", Epoch: 1, Results: []scan.Result{r.result("a", "A")}})
		for seq, want := range [][]string{{"a"}, nil} {
			d, err := r.manager.Report(r.Context(), []scan.Progress{{Agent: "y", Job: "one", Epoch: 1, Seq: seq + 1}})
			r.ok(err)
			if d[0].Do != scan.Continue || !slices.Equal(d[0].Have, want) {
				r.Errorf("report %d is answered with %+v, want %v", seq+1, d[0], want)
			}
			time.Sleep(time.Second)
		}
	})
}

// What does not fit into the record of a target loses its problems, and then its age.
func TestCoreLargeReports(t *testing.T) {
	t.Parallel()
	inRig(t, scan.Options{QueueAge: -1}, func(r *rig) {
		met := func(job string, n int) {
			r.ok(r.manager.Start(r.Context(), job, spec("vm-1")))
			_, d := r.take()
			r.ok(d.Ack(r.Context()))
			reply := r.both("x", 1)
			a := &reply.Results[0]
			a.Outcome, a.Address, a.Met = scan.Partial, "", n
			a.Problems = slices.Repeat([]scan.Problem{{Path: strings.Repeat("p", 200), Text: strings.Repeat("t", 200)}}, n)
			reply.Job = job
			r.say(reply)
			r.is(job, scan.JobDone)
			time.Sleep(time.Second)
		}
		for _, job := range []string{"1", "2", "3", "4", "5", "6"} {
			met(job, 550)
		}
		target, err := r.manager.Targets.Get(r.Context(), "vm-1")
		r.ok(err)
		if n := len(target.Data.Reports); n != 3 || target.Data.Reports[n-1].Job != "6" || len(target.Data.Reports[n-1].Results[0].Problems) != 550 {
			r.Errorf("there are %d reports, and the target is %s: %s", n, target.Status, target.Reason)
		}
		if known := target.Data.Known(scan.DropLate); len(known) != 1 || known[0].Category != "b" {
			r.Errorf("what is known is %+v", known)
		}
		met("7", 900)
		is, was, err := r.manager.Latest(r.Context(), "vm-1")
		r.ok(err)
		if is.Job != "7" || was.Job != "6" || is.State != scan.JobDone || len(is.Results[0].Problems) != 0 || is.Results[0].Met != 900 {
			r.Errorf("the last report is %+v", is)
		}
	})
}

// An agent that looked into some content cannot say what is in another; and what was found is not used once it is gone, or too old.
func TestCoreContent(t *testing.T) {
	t.Parallel()
	scanners := []scan.Scanner{fact{"a", "1"}, fact{"b", "1"}}
	inRig(t, scan.Options{Scanners: scanners, QueueAge: -1, Grace: -1}, func(r *rig) {
		inspector, err := scan.NewInspector(r.blobs, scanners, nil)
		r.ok(err)
		asked, said := spec("vm-1"), spec("vm-1")
		look := func(job, content, as string) {
			r.Helper()
			asked.Target.Content, said.Target.Content = content, as
			r.ok(r.manager.Start(r.Context(), job, asked))
			request, d := r.take()
			if request.Job != job {
				r.Errorf("the request is for job %s, want %s", request.Job, job)
			}
			r.ok(d.Ack(r.Context()))
			reply := r.both("x", 1)
			reply.Job = job
			for i, address := range inspector.Addresses(said.Target, said.Categories) {
				reply.Results[i].Address = address
			}
			r.say(reply)
			r.is(job, scan.JobDone)
		}
		look("one", "image-7", "image-9")
		look("two", "image-9", "image-9")
		r.ok(r.manager.Start(r.Context(), "three", asked))
		time.Sleep(time.Second)
		r.is("three", scan.JobDone)
		r.ok(r.blobs.Delete(r.Context(), r.result("a", "A").Blob))
		r.ok(r.manager.Start(r.Context(), "four", asked))
		if request, _ := r.take(); request.Job != "four" || len(request.Categories) != 1 || request.Categories[0].Name != "a" {
			r.Errorf("the request is %+v", request)
		}
	})
}

// The blobs of what came late stay; those that nothing points at stay for a while.
func TestCoreSweep(t *testing.T) {
	t.Parallel()
	inRig(t, scan.Options{QueueAge: -1, Late: scan.KeepLate, Grace: 24 * time.Hour}, func(r *rig) {
		r.begun()
		reply, stray := r.both("x", 1), r.result("c", "nobody's").Blob
		r.say(scan.Reply{Agent: "x", Job: "one", Epoch: 1, Last: true, Error: "gone", Class: scan.Fatal})
		r.is("one", scan.JobFailed)
		r.say(reply)
		for _, c := range []struct {
			after time.Duration
			want  int
		}{{23 * time.Hour, 0}, {2 * time.Hour, 1}} {
			time.Sleep(c.after)
			if n, err := r.manager.Sweep(r.Context()); n != c.want || err != nil {
				r.Errorf("%d blobs were removed, want %d: %v", n, c.want, err)
			}
		}
		for _, d := range []scan.Digest{reply.Results[0].Blob, reply.Results[1].Blob} {
			if _, err := r.blobs.Open(r.Context(), d); err != nil {
				r.Errorf("a blob of a late reply: %v", err)
			}
		}
		if _, err := r.blobs.Open(r.Context(), stray); err == nil {
			r.Error("a blob that nothing points at is there")
		}
	})
}

// What came late is known if it is newer than all reports, and adopted.
func TestCoreKnown(t *testing.T) {
	t.Parallel()
	at := func(hour int) time.Time { return time.Date(2026, 1, 1, hour, 0, 0, 0, time.UTC) }
	results := func(version string) []scan.Result {
		return []scan.Result{{Category: "a", Address: "x", Version: version}, {Category: "b", Version: version}}
	}
	for _, c := range []struct {
		late int
		want string
	}{{1, "reported"}, {3, "late"}} {
		r := scan.TargetRecord{
			Reports: []scan.Report{{At: at(0), Results: results("old")}, {At: at(2), Results: results("reported")}},
			Late:    []scan.LateReply{{At: at(c.late), Results: results("late")}},
		}
		if known := r.Known(scan.AdoptLate); len(known) != 1 || known[0].Version != c.want {
			t.Errorf("what is known with a reply of %d o'clock is %+v, want what is %s", c.late, known, c.want)
		}
		if known := r.Known(scan.KeepLate); len(known) != 1 || known[0].Version != "reported" {
			t.Errorf("what is known is %+v", known)
		}
	}
}

// That an agent has no room for what it finds is not counted as trouble with the target: another one is asked at once, and the reason is kept.
func TestCoreAgentWithoutRoom(t *testing.T) {
	t.Parallel()
	inRig(t, scan.Options{}, func(r *rig) {
		r.begun()
		why := "there is no room"
		r.say(scan.Reply{
			Agent: "x", Job: "one", Epoch: 1, Results: []scan.Result{{Category: "a", Outcome: scan.Failed, Error: why, Class: scan.Lost}, r.result("b", "B")},
			Last: true, Error: why, Class: scan.Lost,
		})
		request, _ := r.take()
		if j := r.job("one").Data; request.Epoch != 2 || len(request.Categories) != 1 || j.Failures[scan.Lost] != 1 || j.Failures[scan.Trouble] != 0 || j.Error != why {
			r.Errorf("the request is %+v of the job %+v", request, j)
		}
		r.report(scan.Progress{Agent: "y", Job: "one", Epoch: 2, Seq: 1})
		r.say(scan.Reply{Agent: "y", Job: "one", Epoch: 2, Results: []scan.Result{r.result("a", "A")}, Last: true})
		r.is("one", scan.JobDone)
	})
}

package scan_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/storage"
)

// wants starts a job that needs permits.
func (r *rig) wants(id string, permits ...scan.Permit) {
	r.Helper()
	s := spec("vm-" + id)
	s.Permits = permits
	r.ok(r.manager.Start(r.Context(), id, s))
	time.Sleep(time.Second)
}

// ends has an agent end a job.
func (r *rig) ends(id string) {
	r.Helper()
	reply := r.both("x", 1)
	reply.Job = id
	r.say(reply)
	r.is(id, scan.JobDone)
}

func (r *rig) waiting() (whys []string) {
	r.Helper()
	all, err := r.manager.Waiting(r.Context())
	r.ok(err)
	for _, w := range all {
		whys = append(whys, w.Job+": "+w.Why)
	}
	return whys
}

// Permits are given out in order, all that a job asks for at once, and whoever waits is told for what.
func TestPermits(t *testing.T) {
	t.Parallel()
	inRig(t, scan.Options{}, func(r *rig) {
		r.ok(r.manager.Limit(r.Context(), "provider/*", 2))
		r.ok(r.manager.Limit(r.Context(), "provider/small", 0))
		r.ok(r.manager.Limit(r.Context(), "global", 3))
		global := scan.Permit{Key: "global"}
		r.wants("a", global, scan.Permit{Key: "provider/x"})
		r.wants("b", global, scan.Permit{Key: "provider/x"})
		r.wants("c", global, scan.Permit{Key: "provider/x"}) // its provider has no more
		r.wants("d", global, scan.Permit{Key: "provider/small"})
		r.wants("e", global, scan.Permit{Key: "provider/y"}) // overtakes c and d
		r.wants("f", global, scan.Permit{Key: "provider/z"}) // there is no more of all
		r.wants("g", scan.Permit{Key: "host/unlimited"})
		for id, s := range map[string]scan.JobState{
			"a": scan.JobRequested, "b": scan.JobRequested, "c": scan.JobQueued, "d": scan.JobQueued, "e": scan.JobRequested,
			"f": scan.JobQueued, "g": scan.JobRequested,
		} {
			r.is(id, s)
		}
		want := "[c: global limit 3/3, position 1 d: global limit 3/3, position 2 f: global limit 3/3, position 3]"
		if got := fmt.Sprint(r.waiting()); got != want {
			r.Errorf("those that wait are\n%s, want\n%s", got, want)
		}
		e, err := r.manager.Jobs.Explain(r.Context(), "f")
		r.ok(err)
		if !containsLine(e, "it waits for its permits: global limit 3/3, position 3") {
			r.Errorf("it is explained by\n%s", e)
		}
		r.ends("e")
		r.is("f", scan.JobRequested)
		r.ends("a")
		r.is("c", scan.JobRequested)
		r.ok(r.manager.Limit(r.Context(), "provider/small", 1))
		r.ends("b")
		r.is("d", scan.JobRequested)
		if w := r.waiting(); len(w) > 0 {
			r.Errorf("those that wait are %v", w)
		}
	})
}

func containsLine(e fmt.Stringer, line string) bool {
	return slices.ContainsFunc(strings.Split(e.String(), "\n"), func(l string) bool { return strings.TrimSpace(l) == line })
}

// A heavy job is not overtaken for ever by light ones, and one that can never run keeps nobody from it.
func TestHeavyJobs(t *testing.T) {
	t.Parallel()
	inRig(t, scan.Options{}, func(r *rig) {
		r.ok(r.manager.Limit(r.Context(), "disk", 4))
		r.wants("huge", scan.Permit{Key: "disk", Weight: 5})
		r.wants("a", scan.Permit{Key: "disk", Weight: 2})
		r.wants("heavy", scan.Permit{Key: "disk", Weight: 4})
		r.wants("b", scan.Permit{Key: "disk", Weight: 2})
		r.is("a", scan.JobRequested)
		r.is("heavy", scan.JobQueued)
		r.is("b", scan.JobQueued) // there would be room, but heavy is older
		r.ends("a")
		r.is("heavy", scan.JobRequested)
		r.ends("heavy")
		r.is("b", scan.JobRequested)
		if got := fmt.Sprint(r.waiting()); got != "[huge: disk limit 2/4, position 1; it needs 5, which there never is]" {
			r.Errorf("those that wait are %s", got)
		}
	})
}

// Jobs of a lower number come first.
func TestPriority(t *testing.T) {
	t.Parallel()
	inRig(t, scan.Options{}, func(r *rig) {
		r.ok(r.manager.Limit(r.Context(), "one", 1))
		for i, priority := range []int{5, 5, 9, 0} {
			s := spec("vm")
			s.Priority, s.Permits = priority, []scan.Permit{{Key: "one"}}
			r.ok(r.manager.Start(r.Context(), fmt.Sprint(i), s))
			time.Sleep(time.Second)
		}
		for _, next := range []string{"0", "3", "1", "2"} {
			r.is(next, scan.JobRequested)
			r.ends(next)
		}
	})
}

// A job that waits for too long ends; one that has its permits, and says nothing more, loses them.
func TestPermitsAreNotKeptForEver(t *testing.T) {
	t.Parallel()
	inRig(t, scan.Options{QueueAge: -1}, func(r *rig) {
		r.ok(r.manager.Limit(r.Context(), "one", 1))
		r.wants("a", scan.Permit{Key: "one"})
		r.wants("b", scan.Permit{Key: "one"})
		r.take()
		// It goes on for longer than permits are given out for, so it asks to keep them.
		for seq := range 60 {
			if do := r.report(scan.Progress{Agent: "x", Job: "a", Epoch: 1, Seq: seq + 1}); do != scan.Continue {
				r.Fatalf("the agent is told to %s", do)
			}
			time.Sleep(3 * time.Minute)
		}
		r.is("a", scan.JobScanning)
		r.is("b", scan.JobQueued)
		// Nobody gives it turns any more.
		r.ok(r.manager.Jobs.Pause(r.Context(), "a", "for the test"))
		time.Sleep(61 * time.Minute)
		r.is("b", scan.JobRequested)
		r.ok(r.manager.Jobs.Resume(r.Context(), "a"))
		time.Sleep(20 * time.Minute)
		r.is("a", scan.JobFailed)

		s := spec("vm")
		s.Permits, s.Clocks.Queue = []scan.Permit{{Key: "none"}}, time.Hour
		r.ok(r.manager.Limit(r.Context(), "none", 0))
		r.ok(r.manager.Start(r.Context(), "c", s))
		time.Sleep(61 * time.Minute)
		r.is("c", scan.JobFailed)
		if j := r.job("c").Data; j.Class != scan.Overdue || j.Error != "it waited 1h0m0s for its permits" {
			r.Errorf("it is %+v", j)
		}
		if w := r.waiting(); len(w) > 0 {
			r.Errorf("those that wait are %v", w)
		}
	})
}

// While agents do not keep up nothing is given out.
func TestBackpressure(t *testing.T) {
	t.Parallel()
	inRig(t, scan.Options{QueueAge: time.Minute}, func(r *rig) {
		r.wants("a")
		time.Sleep(2 * time.Minute)
		r.wants("b")
		r.is("b", scan.JobQueued)
		if w := r.waiting(); len(w) != 1 || w[0][:len("b: agents do not keep up")] != "b: agents do not keep up" {
			r.Errorf("those that wait are %v", w)
		}
		e, err := r.manager.Pools.Explain(r.Context(), "pool")
		if r.ok(err); e.State != string(scan.PoolShut) || !strings.Contains(e.String(), "agents do not keep up: the oldest request has waited for 2m") {
			r.Errorf("it says\n%s", e)
		}
		_, d := r.take()
		r.ok(d.Ack(r.Context()))
		time.Sleep(time.Minute)
		r.is("b", scan.JobRequested)
	})
}

// A pool that is paused gives nothing out, and jobs that have their permits go on.
func TestPausedPool(t *testing.T) {
	t.Parallel()
	inRig(t, scan.Options{QueueAge: -1}, func(r *rig) {
		r.ok(r.manager.Limit(r.Context(), "provider/*", 1))
		a := spec("vm-a")
		a.Permits, a.Clocks.Start = []scan.Permit{{Key: "provider/x"}}, 4*time.Hour
		r.ok(r.manager.Start(r.Context(), "a", a))
		time.Sleep(time.Second)
		r.ok(r.manager.Pools.Pause(r.Context(), "pool", "the provider is away"))
		r.wants("b", scan.Permit{Key: "provider/y"})
		time.Sleep(3 * time.Hour)
		r.is("b", scan.JobQueued)
		r.ok(r.manager.Pools.Resume(r.Context(), "pool"))
		time.Sleep(time.Second)
		r.is("a", scan.JobRequested)
		r.is("b", scan.JobRequested)
		r.wants("c", scan.Permit{Key: "provider/x"})
		e, err := r.manager.Pools.Explain(r.Context(), "pool")
		if r.ok(err); !containsLine(e, "provider/x limit 1/1") || !containsLine(e, "provider/y limit 1/1") {
			r.Errorf("it says\n%s", e)
		}
		r.ok(r.manager.Pools.Pause(r.Context(), "pool", "the provider is away"))
		if got := fmt.Sprint(r.waiting()); got != "[c: the pool is paused: the provider is away, position 1]" {
			r.Errorf("those that wait are %s", got)
		}
	})
}

// A request that nobody waits for any more, and that no agent takes, does not shut the pool for ever.
func TestStaleRequestsAreWithdrawn(t *testing.T) {
	t.Parallel()
	inRig(t, scan.Options{QueueAge: time.Minute}, func(r *rig) {
		r.wants("a")
		r.ok(r.manager.Cancel(r.Context(), "a", "enough"))
		r.wants("b")
		stats, err := r.requests.Stats(r.Context())
		r.ok(err)
		if stats.Ready+stats.Leased != 1 {
			r.Errorf("in the queue are %+v", stats)
		}
		if request, _ := r.take(); request.Job != "b" {
			r.Errorf("the request is %+v", request)
		}
	})
}

// A long line of jobs that cannot begin keeps nobody from what is free.
func TestLongLine(t *testing.T) {
	t.Parallel()
	inRig(t, scan.Options{}, func(r *rig) {
		r.ok(r.manager.Limit(r.Context(), "busy", 0))
		jobs := make([]scan.NewJob, 500)
		for i := range jobs {
			jobs[i] = scan.NewJob{ID: fmt.Sprint("busy", i), Spec: spec("vm")}
			jobs[i].Permits = []scan.Permit{{Key: "busy"}, {Key: fmt.Sprint("host/", i%3)}}
		}
		_, err := r.manager.StartAll(r.Context(), jobs)
		r.ok(err)
		time.Sleep(time.Second)
		for i := range jobs { // each wants something that no other wants
			jobs[i].ID, jobs[i].Permits = fmt.Sprint("own", i), []scan.Permit{{Key: "none"}, {Key: fmt.Sprint("target/", i)}}
		}
		r.ok(r.manager.Limit(r.Context(), "none", 0))
		r.ok(r.manager.Limit(r.Context(), "target/*", 1))
		for range 4 {
			_, err = r.manager.StartAll(r.Context(), jobs)
			r.ok(err)
			for i := range jobs {
				jobs[i].ID += "x"
			}
		}
		r.wants("free", scan.Permit{Key: "host/0"})
		time.Sleep(time.Minute)
		r.is("free", scan.JobRequested)
		r.ok(r.manager.Limit(r.Context(), "busy", 450))
		time.Sleep(10 * time.Second)
		if w := r.waiting(); len(w) != 50+4*500 {
			r.Errorf("%d wait", len(w))
		}
	})
}

// An agent that takes a request over is not sent away because the one before it is not forgotten yet.
func TestTakeover(t *testing.T) {
	t.Parallel()
	inRig(t, scan.Options{}, func(r *rig) {
		r.begun()
		both := []scan.Progress{{Agent: "y", Job: "one", Epoch: 1, Seq: 1}}
		for seq := range 3 {
			both[0].Seq = seq + 1
			d, err := r.manager.Report(r.Context(), both)
			r.ok(err)
			if d[0].Do != scan.Continue {
				r.Errorf("the agent is told to %s: %s", d[0].Do, d[0].Why)
			}
		}
		time.Sleep(time.Second)
		if j := r.job("one").Data; j.Agent != "y" {
			r.Errorf("agent %q has it", j.Agent)
		}
		if do := r.report(scan.Progress{Agent: "x", Job: "one", Epoch: 1, Seq: 2}); do != scan.Drop {
			r.Errorf("the agent before it is told to %s", do)
		}
		odd := []scan.Progress{{Agent: "z\x00", Job: "one", Epoch: 1, Seq: 1}, {Agent: "y", Job: "one", Epoch: 1, Seq: 4}}
		d, err := r.manager.Report(r.Context(), odd)
		r.ok(err)
		if d[0].Do != scan.Drop || d[1].Do != scan.Continue {
			r.Errorf("they are told to %+v", d)
		}
	})
}

// What is wrong with a job is said when it is made.
func TestJobsThatAreRefused(t *testing.T) {
	t.Parallel()
	inRig(t, scan.Options{}, func(r *rig) {
		for _, c := range []struct {
			want   string
			change func(s *scan.Spec)
		}{
			{`the target's id is ""; a text of 1 to 512 bytes without control characters is right`, func(s *scan.Spec) { s.Target.ID = "" }},
			{`target "vm" is -1 times slower; 0, or a number from 0.01 to 1000 is right`, func(s *scan.Spec) { s.Target.Slower = -1 }},
			{`target "vm" is 1e-14 times slower; 0, or a number from 0.01 to 1000 is right`, func(s *scan.Spec) { s.Target.Slower = 1e-14 }},
			{`the ref of target "vm" has 20002 bytes, or is no JSON; at most 16384 are right`, func(s *scan.Spec) { s.Target.Ref = []byte(`"` + strings.Repeat("x", 20000) + `"`) }},
			{`the owner is "/me"; the key of a record is right, or none`, func(s *scan.Spec) { s.Owner.ID = "me" }},
			{"there are 0 categories; 1 to 100 are right", func(s *scan.Spec) { s.Categories = nil }},
			{`category "a" is asked for twice; once is right`, func(s *scan.Spec) { s.Categories[1].Name = "a" }},
			{`the config of category "b" is no JSON`, func(s *scan.Spec) { s.Categories[1].Config = []byte("{") }},
			{`permit "x" is asked for twice; once is right`, func(s *scan.Spec) { s.Permits = []scan.Permit{{Key: "x"}, {Key: "x"}} }},
			{`permit "x" weighs -1; a positive number of at most 1000000000 is right`, func(s *scan.Spec) { s.Permits = []scan.Permit{{Key: "x", Weight: -1}} }},
			{`permit "x" weighs 9223372036854775807; a positive number of at most 1000000000 is right`, func(s *scan.Spec) { s.Permits = []scan.Permit{{Key: "x", Weight: math.MaxInt}} }},
			{"the priority is 10; 0 to 9 are right", func(s *scan.Spec) { s.Priority = 10 }},
			{`there are to be 1 tries after errors of class "fatal"; 0 to 100 after "trouble" or "lost" are right`, func(s *scan.Spec) { s.Tries = map[scan.Class]int{scan.Fatal: 1} }},
			{"the total clock is -1ns; a time of up to 720h0m0s is right", func(s *scan.Spec) { s.Clocks.Total = -1 }},
		} {
			s := spec("vm")
			c.change(&s)
			err := r.manager.Start(r.Context(), "one", s)
			if want := `scan: invalid: job "one": ` + c.want; err == nil || err.Error() != want || !errors.Is(err, storage.ErrInvalid) {
				r.Errorf("the error is\n%v, want\n%s", err, want)
			}
		}
		answers, err := r.manager.StartAll(r.Context(), []scan.NewJob{{ID: "a", Spec: spec("vm")}, {ID: "", Spec: spec("vm")}, {ID: "a", Spec: spec("vm")}, {ID: "b", Spec: spec("vm")}})
		if err != nil || answers[0] != nil || !errors.Is(answers[1], storage.ErrInvalid) || !errors.Is(answers[2], storage.ErrExists) || answers[3] != nil {
			r.Errorf("the answers are %v, %v", answers, err)
		}
		for key, n := range map[string]int{"": 1, "a": -1, "a*": 1, "*/a": 1, "a/*/*": 1, "a\n": 1, "a\xff": 1, "fleet/f": 1, "fleet/*": 1} {
			if err := r.manager.Limit(r.Context(), key, n); err == nil {
				r.Errorf("a limit of %d for %q was taken", n, key)
			}
		}
	})
}

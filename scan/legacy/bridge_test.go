package legacy_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/legacy"
)

var all = []string{"accounts", "services", "software", "system"}

// An existing agent scans a target for a manager, longer than the progress clock runs.
func TestBridge(t *testing.T) {
	t.Parallel()
	inRig(t, func(r *rig) {
		r.hire(&agent{id: "i-agent", takes: 20 * time.Minute})
		r.start("job", all...)
		time.Sleep(2 * time.Minute)
		r.is("job", scan.JobScanning, 1)
		time.Sleep(25 * time.Minute)
		r.is("job", scan.JobDone, 1)
		want := map[string]scan.Outcome{"accounts": scan.OK, "services": scan.OK, "software": scan.OK, "system": scan.OK}
		if d := cmp.Diff(want, r.outcomes("job")); d != "" {
			r.Error(d)
		}
		report, err := r.manager.Results(r.Context(), "job")
		r.ok(err)
		accounts, _ := report.Result("accounts")
		var keys []string
		for item, err := range scan.Items(r.Context(), r.blobs, accounts) {
			r.ok(err)
			keys = append(keys, item.Key)
		}
		if d := cmp.Diff([]string{"group/adm", "group/ann", "group/root", "user/ann", "user/root"}, keys); d != "" {
			r.Error(d)
		}
		if accounts.Scanner != "legacy/accounts" || accounts.Address != "" {
			r.Errorf("the result is %+v", accounts)
		}
		stats, err := r.replies.Stats(r.Context())
		r.ok(err)
		if left := r.bucket.results(); len(left)+stats.Ready+stats.Leased+stats.Delayed+stats.Dead > 0 {
			r.Errorf("there are still the objects %q and messages %+v", left, stats)
		}
	})
}

// One agent works on one request after the other: those in its queue have not begun, and are not lost while they wait.
func TestBridgeSerial(t *testing.T) {
	t.Parallel()
	inRig(t, func(r *rig) {
		r.hire(&agent{id: "i-agent", takes: 4 * time.Minute})
		for _, id := range []string{"a", "b", "c"} {
			r.start(id, "system")
		}
		time.Sleep(2 * time.Minute)
		r.is("a", scan.JobScanning, 1)
		r.is("b", scan.JobRequested, 1)
		r.is("c", scan.JobRequested, 1)
		time.Sleep(15 * time.Minute)
		for _, id := range []string{"a", "b", "c"} {
			r.is(id, scan.JobDone, 1)
		}
	})
}

// The agent dies when it has deleted the request: its heartbeat grows old, and another agent gets the next epoch.
func TestAgentDies(t *testing.T) {
	t.Parallel()
	inRig(t, func(r *rig) {
		r.hire(&agent{id: "i-dies", dies: func(step string) bool { return step == "deleted" }})
		r.start("job", all...)
		time.Sleep(2 * time.Minute)
		r.is("job", scan.JobScanning, 1)
		time.Sleep(10 * time.Minute)
		r.is("job", scan.JobRequested, 2)
		r.hire(&agent{id: "i-lives"})
		time.Sleep(7 * time.Minute)
		r.is("job", scan.JobDone, 2)
	})
}

// The agent hangs, and its heartbeat goes on: patience ends.
func TestAgentHangs(t *testing.T) {
	t.Parallel()
	inRig(t, func(r *rig) {
		hung := true
		r.hire(&agent{id: "i-hangs", takes: time.Hour, dies: func(step string) bool { return hung && step == "put" }})
		r.start("job", all...)
		time.Sleep(50 * time.Minute)
		r.is("job", scan.JobScanning, 1)
		time.Sleep(6 * time.Minute)
		hung = false
		j := r.is("job", scan.JobRequested, 2)
		if !strings.Contains(j.Error, "got no further for 5m0s") {
			r.Errorf("the error is %q", j.Error)
		}
	})
}

// A reply that comes twice is applied once, whether its object is still there or not, and whichever comes first.
func TestReplyTwice(t *testing.T) {
	t.Parallel()
	inRig(t, func(r *rig) {
		r.hire(&agent{id: "i-agent"})
		r.start("job", "system")
		time.Sleep(6 * time.Minute)
		j := r.is("job", scan.JobDone, 1)
		if j.Heard != (scan.Heard{Applied: 2}) {
			r.Errorf("the job heard %+v", j.Heard)
		}
		r.tell("again", "job_id: job/1\nrequest_id: job-1\nreply_type: extract\n")
		r.is("job", scan.JobDone, 1)
		if h := r.heard(); h.Applied != 2 || h.Stale+h.Duplicate != 1 || h.Poison+h.Orphan != 0 {
			r.Errorf("in all it is %+v", h)
		}
		if d := r.dead(); d != nil {
			r.Errorf("buried are %q", d)
		}
	})
}

// A reply of an epoch that was given up is stale, and harms neither the job nor its result.
func TestReplyLate(t *testing.T) {
	t.Parallel()
	inRig(t, func(r *rig) {
		slow := true
		r.hire(&agent{id: "i-slow", takes: time.Hour, found: func(*legacy.ReplyObject) { slow = false }})
		r.start("job", "system")
		time.Sleep(57 * time.Minute)
		r.is("job", scan.JobRequested, 2)
		fire := r.hire(&agent{id: "i-fast", takes: time.Minute})
		time.Sleep(2 * time.Minute)
		r.is("job", scan.JobDone, 2)
		fire()
		time.Sleep(5 * time.Minute)
		if slow {
			r.Fatal("the slow agent has not replied")
		}
		r.is("job", scan.JobDone, 2)
		if h := r.heard(); h.Stale == 0 || h.Poison+h.Orphan > 0 {
			r.Errorf("in all it is %+v", h)
		}
		if left := r.bucket.results(); len(left) > 0 {
			r.Errorf("the objects %q are left", left)
		}
	})
}

// A category that the agent leaves out has failed; it is asked for again, alone, and said to have failed in the end.
func TestCategoryLeftOut(t *testing.T) {
	t.Parallel()
	inRig(t, func(r *rig) {
		var asked [][]string
		r.hire(&agent{id: "i-agent", takes: time.Minute, found: func(o *legacy.ReplyObject) {
			var names []string
			for _, c := range all {
				if _, ok := o.Categories[c]; ok {
					names = append(names, c)
				}
			}
			asked = append(asked, names)
			delete(o.Categories, "software")
			if _, ok := o.Categories["services"]; ok {
				o.Categories["services"] = "<miq><services/></miq>"
			}
			if len(asked) == 1 {
				o.Categories["system"] = "<miq><system>"
			}
		}})
		r.start("job", all...)
		time.Sleep(time.Hour)
		r.is("job", scan.JobDone, 3)
		want := map[string]scan.Outcome{"accounts": scan.OK, "services": scan.Empty, "software": scan.Failed, "system": scan.OK}
		if d := cmp.Diff(want, r.outcomes("job")); d != "" {
			r.Error(d)
		}
		if d := cmp.Diff([][]string{all, {"software", "system"}, {"software"}}, asked); d != "" {
			r.Error(d)
		}
		report, err := r.manager.Results(r.Context(), "job")
		r.ok(err)
		if s, _ := report.Result("software"); !strings.Contains(s.Error, "left the category out") {
			r.Errorf("the error of the category is %q", s.Error)
		}
	})
}

// An agent that failed altogether says why, and so does the job.
func TestAgentFails(t *testing.T) {
	t.Parallel()
	inRig(t, func(r *rig) {
		r.hire(&agent{id: "i-agent", takes: time.Minute, found: func(o *legacy.ReplyObject) {
			o.Categories, o.Error = nil, "Unable to mount the root volume"
		}})
		r.start("job", all...)
		time.Sleep(time.Hour)
		j := r.is("job", scan.JobFailed, 3)
		if j.Error != "agent i-agent: Unable to mount the root volume" {
			r.Errorf("the error is %q", j.Error)
		}
	})
}

// What nobody can understand stops nothing: it is set aside, with what was wrong with it.
func TestPoison(t *testing.T) {
	t.Parallel()
	inRig(t, func(r *rig) {
		r.bucket.put(legacy.ResultPrefix+"stolen", "reply_type: extract\njob_id: job/1\n")
		for key, body := range map[string]string{
			"a": "- no mapping", "b": `{"v":1,"agent":"a","job":"job","epoch":1,"seq":1,"last":true}`,
			"c": "job_id: 42\nrequest_id: x\nreply_type: extract\n", "d": "job_id: job/1\nrequest_id: ../heartbeat/x\nreply_type: extract\n",
			"e": "job_id: job/2\nrequest_id: stolen\nreply_type: extract\n", "f": "job_id: nobody/1\nrequest_id: x\nreply_type: extract\n",
			"g": "job_id: job/01\nrequest_id: x\nreply_type: extract\n",
		} {
			r.tell(key, body)
		}
		r.hire(&agent{id: "i-agent"})
		r.start("job", all...)
		time.Sleep(6 * time.Minute)
		r.is("job", scan.JobDone, 1)
		if h := r.heard(); h.Poison != 6 || h.Orphan != 1 {
			r.Errorf("in all it is %+v", h)
		}
		dead := strings.Join(r.dead(), "\n")
		for _, want := range []string{
			"all of it: it is a list; a mapping is right", "reply_type: it is \"\"", `job_id: it is "42"; JOB/EPOCH is right`, `request_id: it is "../heartbeat/x"`,
			`is about job "job/1", and the reply about "job/2"`, `there is no job "nobody"`, `job_id: it is "job/01"`,
		} {
			if !strings.Contains(dead, want) {
				r.Errorf("nothing was buried because %s, but\n%s", want, dead)
			}
		}
	})
}

// What is said of a job that nobody knows is not stored: nothing would ever point at it.
func TestOrphan(t *testing.T) {
	t.Parallel()
	inRig(t, func(r *rig) {
		object, err := legacy.EncodeReplyObject(legacy.ReplyObject{JobID: "nobody/1", Categories: map[string]string{"system": golden(t, "system.xml")}})
		r.ok(err)
		r.bucket.put(legacy.ResultPrefix+"x", string(object))
		r.tell("1", "request_id: x\nreply_type: extract\n")
		for blob, err := range r.blobs.List(r.Context()) {
			t.Errorf("there is the blob %v, %v", blob, err)
		}
		if h := r.heard(); h.Orphan != 1 {
			t.Errorf("in all it is %+v", h)
		}
		if dead := r.dead(); len(dead) != 1 || len(r.bucket.results()) != 1 {
			t.Errorf("buried are %q, and there are the objects %q", dead, r.bucket.results())
		}
	})
}

// An object that is broken or gone is known at once, and not when a time is up.
func TestObjectBroken(t *testing.T) {
	t.Parallel()
	inRig(t, func(r *rig) {
		r.start("job", "system")
		r.bucket.put(legacy.ResultPrefix+"x", "a: [")
		r.tell("1", "job_id: job/1\nrequest_id: x\nreply_type: extract\n")
		if j := r.is("job", scan.JobAdmitted, 1); !strings.Contains(j.Error, "the agent's result cannot be understood: legacy: reply object: it is no YAML") {
			r.Errorf("the error is %q", j.Error)
		}
		time.Sleep(time.Minute)
		r.is("job", scan.JobRequested, 2)
		r.tell("2", "job_id: job/2\nrequest_id: y\nreply_type: extract\n")
		if j := r.is("job", scan.JobAdmitted, 2); !strings.Contains(j.Error, `the agent's result is not there: "extract/queue-reply/y"`) {
			r.Errorf("the error is %q", j.Error)
		}
	})
}

// When objects cannot be read for a while, replies wait; the pump goes on.
func TestBucketDown(t *testing.T) {
	t.Parallel()
	inRig(t, func(r *rig) {
		r.bucket.down = true
		r.hire(&agent{id: "i-agent", takes: time.Minute})
		r.start("job", "system")
		time.Sleep(3 * time.Minute)
		r.is("job", scan.JobScanning, 1)
		r.bucket.mu.Lock()
		r.bucket.down = false
		r.bucket.mu.Unlock()
		time.Sleep(time.Minute)
		r.is("job", scan.JobDone, 1)
	})
}

// A reply to a control request is about no job, and is consumed.
func TestControl(t *testing.T) {
	t.Parallel()
	inRig(t, func(r *rig) {
		r.hire(&agent{id: "i-agent"})
		r.ok(r.bridge.Control(r.Context(), legacy.Shutdown, "i-agent"))
		time.Sleep(time.Minute)
		stats, err := r.replies.Stats(r.Context())
		r.ok(err)
		if h := r.heard(); stats.Ready+stats.Leased+stats.Delayed+stats.Dead > 0 || h != (scan.Heard{}) {
			r.Errorf("in the queue are %+v, heard was %+v", stats, h)
		}
		if err := r.bridge.Control(r.Context(), legacy.Extract, "i-agent"); err == nil {
			r.Error("an extraction was asked for as a control request")
		}
	})
}

// What the agents cannot be asked fails at once.
func TestCannotBeAsked(t *testing.T) {
	t.Parallel()
	inRig(t, func(r *rig) {
		r.start("job", "files")
		time.Sleep(time.Hour)
		if j := r.is("job", scan.JobFailed, 3); !strings.Contains(j.Error, `the agents tell nothing of category "files"`) {
			r.Errorf("the error is %q", j.Error)
		}
	})
}

// A job that is called off ends, though the agent cannot be told, and what it finds all the same is nobody's.
func TestCancel(t *testing.T) {
	t.Parallel()
	inRig(t, func(r *rig) {
		r.hire(&agent{id: "i-agent", takes: 20 * time.Minute})
		r.start("job", all...)
		time.Sleep(time.Minute)
		r.ok(r.manager.Cancel(r.Context(), "job", "not wanted"))
		time.Sleep(30 * time.Minute)
		r.is("job", scan.JobCanceled, 1)
		if left := r.bucket.results(); len(left) > 0 || len(r.dead()) > 0 {
			r.Errorf("the objects %q are left, and messages are buried: %q", left, r.dead())
		}
	})
}

// Objects that nobody asks for any more are deleted in the end. That it cannot be done, or takes long, holds up nothing else.
func TestLeftovers(t *testing.T) {
	t.Parallel()
	inRig(t, func(r *rig) {
		r.bucket.put(legacy.ResultPrefix+"new", "")
		r.bucket.mu.Lock()
		for key, days := range map[string]time.Duration{
			legacy.ResultPrefix + "old": 16, legacy.ResultPrefix + "kept": 16, legacy.ResultPrefix + "young": 14, "extract/logs/old": 16,
		} {
			r.bucket.objects[key], r.bucket.at[key] = "", time.Now().Add(-days*24*time.Hour)
		}
		r.bucket.locked = map[string]time.Duration{legacy.ResultPrefix + "kept": 20 * time.Minute}
		r.bucket.mu.Unlock()
		r.hire(&agent{id: "i-agent", takes: 20 * time.Minute})
		r.start("job", "system")
		time.Sleep(21 * time.Minute)
		r.is("job", scan.JobDone, 1)
		time.Sleep(time.Hour)
		r.bucket.mu.Lock()
		defer r.bucket.mu.Unlock()
		delete(r.bucket.objects, legacy.HeartbeatPrefix+"i-agent")
		want := []string{"extract/logs/old", legacy.ResultPrefix + "kept", legacy.ResultPrefix + "new", legacy.ResultPrefix + "young"}
		if d := cmp.Diff(want, slices.Sorted(maps.Keys(r.bucket.objects))); d != "" {
			t.Errorf("the objects are %q\n%s", r.bucket.objects, d)
		}
	})
}

// A job that ended before it had any results is not said to be well.
func TestSummaryOfNothing(t *testing.T) {
	t.Parallel()
	scanned, synced := legacy.SummaryOf(scan.Report{Job: "job"})
	if s := scanned.Scan; s.Status != "Error" || s.Code != legacy.StatusNothing || s.Message == "OK" || len(synced.Sync.Documents) > 0 {
		t.Errorf("it is said %+v, %+v", s, synced.Sync)
	}
}

// A lagging queue does not count what was sent within the last 45 seconds, as those of the field do.
type laggingQueue struct {
	*scan.StoreQueue

	sent time.Time
}

func (q *laggingQueue) Send(ctx context.Context, messages ...scan.Message) error {
	q.sent = time.Now()
	return q.StoreQueue.Send(ctx, messages...)
}

func (q *laggingQueue) Stats(ctx context.Context) (scan.QueueStats, error) {
	if time.Since(q.sent) < 45*time.Second {
		return scan.QueueStats{}, nil
	}
	return q.StoreQueue.Stats(ctx)
}

// A request that the queue does not count yet is not taken for one that an agent has.
func TestStatsLag(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lag := func(p *legacy.Place) { p.Requests = &laggingQueue{StoreQueue: p.Requests.(*scan.StoreQueue)} }
		withRig(t, nil, lag, func(r *rig) {
			for n := range 6 {
				r.bucket.put(legacy.HeartbeatPrefix+"i-agent", "")
				if n == 0 {
					r.start("job", "system")
				}
				time.Sleep(time.Minute)
			}
			r.is("job", scan.JobRequested, 1)
		})
	})
}

package legacy_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/legacy"
	"github.com/reeve-go/reeve/supervision"
)

// The fates of a request with an agent.
var fates = []string{"well", "deleted", "put", "replied", "slow", "leaves out", "fails", "garbles"}

// Whatever becomes of the agents: every job ends, nothing is applied twice, and what is said to be there is there, as it was found.
func TestSimulate(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes some seconds")
	}
	rapid.Check(t, func(t *rapid.T) {
		drawn := rapid.SliceOfN(rapid.SampledFrom(fates), 0, 4).Draw(t, "fates")
		jobs, agents := rapid.IntRange(1, 2).Draw(t, "jobs"), rapid.IntRange(1, 2).Draw(t, "agents")
		rapid.SyncTest(t, func(t *rapid.T) {
			withRig(t, &legacy.Options{Patience: 5 * time.Minute}, nil, func(r *rig) { simulate(r, drawn, jobs, agents) })
		})
	})
}

func simulate(r *rig, drawn []string, jobs, agents int) {
	var orphans atomic.Int64
	next := func() string { // by one agent at a time, as the rig's requests come one after the other
		r.bucket.mu.Lock()
		defer r.bucket.mu.Unlock()
		if len(drawn) == 0 {
			return "well"
		}
		fate := drawn[0]
		drawn = drawn[1:]
		return fate
	}
	for n := range agents {
		r.hireAgain(fmt.Sprint("i-", n), next, func() { orphans.Add(1) })
	}
	for n := range jobs {
		r.startWith(fmt.Sprint("job", n), scan.Clocks{Progress: 2 * time.Minute, Start: 20 * time.Minute}, "accounts", "system")
	}
	for n := range jobs {
		id := fmt.Sprint("job", n)
		j, err := r.manager.Jobs.Await(r.Context(), id, func(j supervision.Record[scan.Job, scan.JobState]) bool { return j.State.Final() })
		r.ok(err)
		if h := j.Data.Heard; h.Applied > 3*j.Data.Epoch || h.Orphan+h.Poison > 0 {
			r.Errorf("in %d epochs %s heard %+v", j.Data.Epoch, id, h)
		}
		report, err := r.manager.Results(r.Context(), id)
		r.ok(err)
		for _, one := range report.Results {
			if one.Outcome != scan.OK {
				if one.Error == "" {
					r.Errorf("%s: category %s is %s, and nobody knows why", id, one.Category, one.Outcome)
				}
				continue
			}
			items := 0
			for _, err := range scan.Items(r.Context(), r.blobs, one) {
				r.ok(err)
				items++
			}
			if want := map[string]int{"accounts": 5, "system": 2}[one.Category]; items != want {
				r.Errorf("%s: category %s has %d items, want %d", id, one.Category, items, want)
			}
		}
		if j.State == scan.JobDone && len(report.Results) != 2 {
			r.Errorf("%s: the results are %+v", id, report.Results)
		}
	}
	time.Sleep(15 * time.Minute) // what is late comes, too
	stats, err := r.replies.Stats(r.Context())
	r.ok(err)
	if left := r.bucket.results(); int64(len(left)) > orphans.Load() || stats.Ready+stats.Leased+stats.Delayed+stats.Dead > 0 {
		r.Errorf("there are the objects %q, %d agents died when they had put one, and in the queue are %+v", left, orphans.Load(), stats)
	}
}

// hireAgain has agents work one after the other: when one dies, the next comes.
func (r *rig) hireAgain(id string, next func() string, orphan func()) {
	var fate string
	a := &agent{id: id, takes: time.Minute, terse: id == "i-1"}
	a.dies = func(step string) bool {
		if step == "deleted" {
			fate = next()
			a.takes = time.Minute
			if fate == "slow" {
				a.takes = 9 * time.Minute
			}
		}
		if step == "put" && fate == "put" {
			orphan()
		}
		return step == fate
	}
	a.found = func(o *legacy.ReplyObject) {
		switch fate {
		case "leaves out":
			delete(o.Categories, "system")
		case "fails":
			o.Categories, o.Error = nil, "no volume"
		case "garbles":
			o.Categories["accounts"] = "<miq>"
		}
	}
	a.again = true
	r.hire(a)
}

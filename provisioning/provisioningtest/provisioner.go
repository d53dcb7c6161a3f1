package provisioningtest

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/provisioning"
)

// A Harness says how [TestProvisioner] gets at a provisioner.
type Harness struct {
	// New makes a provisioner for one test, and cleans up with t.Cleanup. What is outside may be shared
	// by all tests: no key is used twice. Required.
	New func(t testing.TB) Subject
	// Call sets what is asked for, for the ith of many resources: the Type, Config, After and Callback of
	// a call. All else is set already. It is called for each call, must say the same each time, and may
	// be called by several goroutines at once. Nil: nothing is set.
	Call func(i int, c *provisioning.Call)
	// Virtual: the provisioner waits by the process's clock alone, and asks no other process. So tests
	// run in a bubble of testing/synctest, where waiting takes no time.
	Virtual bool
	// Patience is how long it may take to make a resource or to release one, however often calls fail
	// meanwhile. Zero: a day if Virtual, else half a minute.
	Patience time.Duration
}

// A Subject is a provisioner, with what there is to look behind it. What is nil is not tested.
type Subject struct {
	// Provisioner is what is tested. Whether it is a Poller, Finder, Planner or Renewer is found out. Required.
	Provisioner provisioning.Provisioner
	// Open returns another provisioner on the same outside, as another program has it, or this one after
	// it was started again.
	Open func() provisioning.Provisioner
	// Count says how many resources there are outside under a key, also those that are not ready.
	Count func(ctx context.Context, key string) (int, error)
	// Occupy makes something of somebody else's where the call would make its resource. It returns what
	// says whether that is still there.
	Occupy func(ctx context.Context, c provisioning.Call) (there func() (bool, error), err error)
	// Outcome waits for what is told by callback of a call that was answered with InProgress, and returns
	// it as Poll would. It is needed where the provisioner is no Poller, and its answer does not say when
	// to call again.
	Outcome func(ctx context.Context, c provisioning.Call) (provisioning.Answer, error)
	// Fenced: a call of Ensure whose fence is older than that of a release makes nothing, however late it
	// comes.
	Fenced bool
}

// TestProvisioner tests a provisioner: each law is a subtest of its own, which says what is demanded
// where it is broken. The last subtest makes random calls; -rapid.checks says how many sequences of them.
// Unless the harness is Virtual it ends when Patience has passed.
//
//nolint:tparallel // whether it is parallel to others is its caller's to say
func TestProvisioner(t *testing.T, h Harness) {
	t.Helper()
	if h.New == nil {
		t.Fatal("provisioningtest: the harness has no New; a function that makes a provisioner is needed")
	}
	for _, l := range laws() {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			h.inTime(t, func(t *testing.T) { l.try(h.open(t, t)) })
		})
	}
	t.Run("random calls", func(t *testing.T) {
		t.Parallel()
		h.random(t)
	})
}

// random makes random calls; if they take time, only as long as there is patience, or something was found
// that is wrong.
func (h *Harness) random(t *testing.T) {
	t.Helper()
	begun, wrong := time.Now(), false
	play := func(rt *rapid.T) {
		defer func() { wrong = wrong || rt.Failed() }()
		s := h.open(t, rt)
		if wrong || h.Virtual || time.Since(begun) < s.harness.Patience {
			s.random(rt)
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		if h.Virtual {
			rapid.SyncTest(rt, play)
		} else {
			play(rt)
		}
	})
}

// A law is one thing that is demanded of provisioners.
type law struct {
	name string
	try  func(*scene)
}

func laws() []law {
	return slices.Concat(ensureLaws(), releaseLaws(), lookLaws(), cancelLaws())
}

// inTime runs a test where time passes by waiting, if it is to pass so.
func (h *Harness) inTime(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	if h.Virtual {
		synctest.Test(t, test)
		return
	}
	test(t)
}

// open makes a scene that reports to r.
func (h *Harness) open(t testing.TB, r rapid.TB) *scene {
	t.Helper()
	s := &scene{TB: r, Subject: h.New(t), harness: *h, things: new(atomic.Int64)}
	if s.Provisioner == nil {
		s.failf("the harness's New made no provisioner")
	}
	if s.harness.Patience == 0 {
		s.harness.Patience = 30 * time.Second
		if h.Virtual {
			s.harness.Patience = 24 * time.Hour
		}
	}
	return s
}

package connector_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reeve-go/reeve/examples/transfer/connector"
	"github.com/reeve-go/reeve/examples/transfer/edc"
	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/supervision"
)

const (
	beginning = "INITIAL PROVISIONING PROVISIONED "
	ending    = " DEPROVISIONING DEPROVISIONED"
)

func TestComplete(t *testing.T) {
	t.Parallel()
	estate(t, func(r *rig) {
		r.begin("t")
		r.await(edc.Consumer, "t", edc.Started)
		if left := len(r.world.there); left != 3 {
			r.Errorf("%d resources are there; 3 are needed", left)
		}
		r.fire(edc.Consumer, "t", edc.ToCompleting)
		for _, role := range []edc.Role{edc.Consumer, edc.Provider} {
			r.await(role, "t", edc.Deprovisioned)
		}
		for role, want := range map[edc.Role]string{
			edc.Consumer: beginning + "REQUESTING REQUESTED STARTED COMPLETING COMPLETED" + ending,
			edc.Provider: beginning + "STARTING STARTED COMPLETED" + ending,
		} {
			if got := r.path(role, "t"); got != want {
				r.Errorf("the %s went by\n%s, want\n%s", role, got, want)
			}
		}
		if left := r.world.left(); left != "map[]" {
			r.Errorf("is left: %s", left)
		}
	})
}

func TestSuspendAndResume(t *testing.T) {
	t.Parallel()
	estate(t, func(r *rig) {
		r.begin("t")
		r.await(edc.Consumer, "t", edc.Started)
		for _, by := range []edc.Role{edc.Consumer, edc.Provider} {
			r.fire(by, "t", edc.ToSuspending)
			r.await(edc.Consumer, "t", edc.Suspended)
			r.await(edc.Provider, "t", edc.Suspended)
			r.fire(by, "t", edc.ToResuming)
			r.await(edc.Consumer, "t", edc.Started)
			r.await(edc.Provider, "t", edc.Started)
		}
		for role, want := range map[edc.Role]string{
			edc.Consumer: "STARTED SUSPENDING SUSPENDED RESUMING RESUMED STARTED SUSPENDED STARTED",
			edc.Provider: "STARTED SUSPENDED STARTING STARTED SUSPENDING SUSPENDED RESUMING STARTED",
		} {
			if got := r.path(role, "t"); !strings.HasSuffix(got, want) {
				r.Errorf("the %s went by\n%s, want at the end\n%s", role, got, want)
			}
		}
		if n := r.flows.Load(); n != 2 {
			r.Errorf("the flow was opened %d times; once for each stay in STARTING is right, which are 2", n)
		}
	})
}

// Whenever a transfer is called off, by whichever side, both end, and nothing is left.
func TestCalledOffAtAnyTime(t *testing.T) {
	t.Parallel()
	for _, role := range []edc.Role{edc.Consumer, edc.Provider} {
		t.Run(string(role), func(t *testing.T) {
			t.Parallel()
			estate(t, func(r *rig) { calledOffAtAnyTime(r, role) })
		})
	}
}

func calledOffAtAnyTime(r *rig, role edc.Role) {
	const step = 50 * time.Millisecond
	states := map[edc.State]int{}
	for i := range 120 {
		id := time.Duration(i * int(step)).String()
		r.begin(id)
		time.Sleep(time.Duration(i) * step)
		got, err := r.Transfers[role].Get(r.Context(), id)
		if err != nil {
			got.State = "" // the provider has not been asked yet
		}
		if got.State == edc.Started && i%2 == 0 && role == edc.Consumer {
			r.fire(role, id, edc.ToSuspending)
			r.await(role, id, edc.Suspended)
			r.fire(role, id, edc.ToResuming)
			got.State = edc.Resuming
		}
		states[got.State]++
		called := edc.Consumer
		if got.State != "" {
			called = role
		}
		r.fire(called, id, edc.ToTerminating)
		r.await(edc.Consumer, id, edc.Deprovisioned)
		if _, err := r.Transfers[edc.Provider].Get(r.Context(), id); err == nil {
			r.await(edc.Provider, id, edc.Deprovisioned)
		}
		if left := r.world.left(); left != "map[]" {
			r.Fatalf("after %s was called off in %s is left: %s", id, got.State, left)
		}
	}
	r.Logf("called off in %v", states)
	if len(states) < 3 {
		r.Errorf("it was called off in %v; more states are right", states)
	}
}

// What cannot be provisioned ends both sides, and what was provisioned before is released.
func TestFails(t *testing.T) {
	t.Parallel()
	estate(t, func(r *rig) {
		r.world.fails["staging"] = provisioning.Fatal(errors.New("the quota is used up"))
		r.begin("t")
		consumer, provider := r.await(edc.Consumer, "t", edc.Deprovisioned), r.await(edc.Provider, "t", edc.Deprovisioned)
		const why = `resource "staging": the quota is used up`
		if provider.Error != why || consumer.Reason != why {
			r.Errorf("the consumer knows %q and the provider %q; %q is right", consumer.Reason, provider.Error, why)
		}
		if left := r.world.left(); left != "map[]" {
			r.Errorf("is left: %s", left)
		}
	})
}

func TestDataFlowDoesNotOpen(t *testing.T) {
	t.Parallel()
	estate(t, func(r *rig) {
		r.opens = supervision.Permanent(errors.New("the bucket is locked"))
		r.begin("t")
		consumer, provider := r.await(edc.Consumer, "t", edc.Deprovisioned), r.await(edc.Provider, "t", edc.Deprovisioned)
		if !strings.Contains(provider.Error, "the bucket is locked") || consumer.Reason != provider.Error {
			r.Errorf("the consumer knows %q, and the provider %q", consumer.Reason, provider.Error)
		}
		synctest.Wait()
		if got := r.log.String(); strings.Count(got, "an effect is given up") != strings.Count(got, "\n") {
			r.Errorf("the log says more than that:\n%s", got)
		}
		r.log.Reset()
	})
}

// What cannot be released is not deprovisioned, until somebody tries it again or gives it up.
func TestReleaseFails(t *testing.T) {
	t.Parallel()
	estate(t, func(r *rig) {
		held := provisioning.Fatal(errors.New("it is held"))
		r.world.holds["destination"] = held
		for _, id := range []string{"retried", "abandoned"} {
			r.begin(id)
			r.await(edc.Consumer, id, edc.Started)
			r.fire(edc.Consumer, id, edc.ToCompleting)
			if got := r.await(edc.Consumer, id, edc.DeprovisioningFailed); got.Error != `resource "destination": it is held` {
				r.Errorf("%s has the error %q", id, got.Error)
			}
			r.await(edc.Provider, id, edc.Deprovisioned)
		}
		r.world.mu.Lock()
		delete(r.world.holds, "destination")
		r.world.mu.Unlock()
		if err := r.Manager.Retry(r.Context(), connector.RequestOf(edc.Consumer, "retried"), "destination"); err != nil {
			r.Fatal(err)
		}
		r.await(edc.Consumer, "retried", edc.Deprovisioned)
		if err := r.Manager.Abandon(r.Context(), connector.RequestOf(edc.Consumer, "abandoned"), "destination", "others care"); err != nil {
			r.Fatal(err)
		}
		r.await(edc.Consumer, "abandoned", edc.Deprovisioned)
		if left := len(r.world.there); left != 1 {
			r.Errorf("%d resources are left; the abandoned one is right", left)
		}
	})
}

// What the original forbids, and what it forgot.
func TestOrders(t *testing.T) {
	t.Parallel()
	estate(t, func(r *rig) {
		r.begin("t")
		for _, e := range []edc.Event{edc.ToResuming, edc.ToSuspending, edc.ToCompleting, edc.ToDeprovisioning} {
			if err := r.Transfers[edc.Consumer].Fire(r.Context(), "t", e, nil); !errors.Is(err, fsm.ErrNotPermitted) {
				r.Errorf("%s at the beginning: %v", e, err)
			}
		}
		r.fire(edc.Consumer, "t", edc.ToTerminating)
		r.await(edc.Consumer, "t", edc.Deprovisioned)
		if err := r.Transfers[edc.Consumer].Fire(r.Context(), "t", edc.ToResuming, nil); !errors.Is(err, fsm.ErrNotPermitted) {
			r.Errorf("resumed after the end: %v", err)
		}
	})
}

package provisioning

import (
	"errors"
	"testing"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// To try again what failed at its gate does not open the gate, nor does it leave out what comes before.
func TestRetryKeepsGateAndOrder(t *testing.T) {
	t.Parallel()
	estate(t, Options{Gate: time.Hour, OnFailure: Hold}, TypeOptions{Within: 5 * time.Hour}, func(r *rig) {
		r.plain.say("ensure a", line{answer: Answer{State: InProgress, Again: 3 * time.Hour}}, line{})
		r.request("r", Spec{ID: "a", Type: "plain"}, Spec{ID: "b", Type: "plain", After: []string{"a"}, Gated: true})
		r.pass(61 * time.Minute)
		r.want("r", "failed: a requested, b failed")
		r.do(r.manager.Retry(r.Context(), "r", "b"))
		r.pass(time.Second)
		r.want("r", "provisioning-requested: a requested, b planned")
		if rec, _ := r.manager.Requests.Get(r.Context(), "r"); rec.Data.Error != "" {
			t.Errorf("its error is %q", rec.Data.Error)
		}
		r.pass(59 * time.Minute) // it has its time at the gate anew
		r.do(r.manager.Approve(r.Context(), "r", "b"))
		r.pass(time.Second)
		r.want("r", "provisioning-requested: a requested, b planned")
		r.pass(3 * time.Hour)
		r.want("r", "provisioned: a present, b present")
	})
}

// What was asked for and is to be tried again, and waits for what comes before it, is released if it is terminated then.
func TestTerminateWhatIsToBeTriedAgain(t *testing.T) {
	t.Parallel()
	estate(t, Options{OnFailure: Hold}, TypeOptions{Look: time.Hour}, func(r *rig) {
		r.seen.say("find a", line{answer: Answer{State: Missing}})
		r.seen.say("ensure a", line{}, line{answer: Answer{State: InProgress, Again: 30 * time.Minute}})
		r.plain.say("ensure b", line{err: Fatal(errQuota)}, line{})
		r.request("r", Spec{ID: "a", Type: "seen"}, Spec{ID: "b", Type: "plain", After: []string{"a"}})
		r.pass(61 * time.Minute)
		r.want("r", "failed: a present, b failed")
		r.do(r.manager.Repair(r.Context(), "r", "a"))
		r.do(r.manager.Retry(r.Context(), "r", "b"))
		r.pass(time.Second)
		r.want("r", "provisioning-requested: a requested, b planned")
		if n := r.plain.count("ensure b"); n != 1 {
			t.Errorf("b was asked for %d times while a was not there", n)
		}
		r.do(r.manager.TerminateRequest(r.Context(), "r", "enough"))
		r.pass(time.Minute)
		r.want("r", "deprovisioned: a absent, b absent")
		if r.plain.count("release b") != 1 {
			t.Errorf("got the calls %v", r.plain.called())
		}
	})
}

// While it is waited whether a resource stays away there is nothing to be tried sooner.
func TestRetryDoesNotShortenGrace(t *testing.T) {
	t.Parallel()
	estate(t, Options{}, TypeOptions{Grace: time.Hour}, func(r *rig) {
		r.seen.say("ensure a", line{err: errAway})
		r.seen.say("find a", line{answer: Answer{State: Missing}})
		r.request("r", Spec{ID: "a", Type: "seen"})
		r.pass(time.Second)
		r.do(r.manager.TerminateRequest(r.Context(), "r", "enough"))
		r.pass(time.Minute)
		r.want("r", "deprovisioning: a releasing")
		if err := r.manager.Retry(r.Context(), "r", "a"); !errors.Is(err, storage.ErrInvalid) {
			t.Errorf("got %v", err)
		}
		r.pass(30 * time.Minute)
		r.want("r", "deprovisioning: a releasing")
		r.pass(time.Hour)
		r.want("r", "deprovisioned: a absent")
	})
}

// What waits is called about at once, twice is once, and what is under way or there is left alone.
func TestRetryOfWhatWaits(t *testing.T) {
	t.Parallel()
	estate(t, Options{}, TypeOptions{}, func(r *rig) {
		r.plain.say("ensure a", line{err: Retry(30*time.Minute, errAway)}, line{takes: time.Second})
		r.plain.say("ensure b", line{answer: Answer{State: InProgress}}, line{})
		r.request("r", Spec{ID: "a", Type: "plain"}, Spec{ID: "b", Type: "plain"})
		r.pass(10 * time.Second)
		r.want("r", "provisioning: a ensuring, b requested")
		r.do(r.manager.Retry(r.Context(), "r", "a"))
		r.do(r.manager.Retry(r.Context(), "r", "b"))
		for _, name := range []string{"a", "b"} {
			if err := r.manager.Retry(r.Context(), "r", name); !errors.Is(err, storage.ErrInvalid) {
				t.Errorf("%s is tried twice: %v", name, err)
			}
		}
		r.pass(2 * time.Second)
		r.want("r", "provisioned: a present, b present")
		if a, b := r.plain.count("ensure a"), r.plain.count("ensure b"); a != 2 || b != 2 {
			t.Errorf("got the calls %v", r.plain.called())
		}
		for _, name := range []string{"a", "c"} {
			if err := r.manager.Retry(r.Context(), "r", name); err == nil {
				t.Errorf("%s is tried again", name)
			}
		}
	})
}

package provisioning

import (
	"slices"
	"testing"
	"time"
)

// Progress that is told while a resource is asked for again leaves that call, and when it is asked for next, as they are.
func TestProgressDuringAnotherCall(t *testing.T) {
	t.Parallel()
	estate(t, Options{}, TypeOptions{}, func(r *rig) {
		var call Call
		progress := func(id string) {
			r.accept("a", call.Operation, call.Callback.Token.Reveal(), said{ID: id, Answer: Answer{State: InProgress}}, callbackAccepted)
		}
		r.plain.say("ensure a", line{answer: Answer{State: InProgress, Again: time.Minute}, through: func(c Call) { call = c }}, line{takes: 30 * time.Second})
		r.request("r", Spec{ID: "a", Type: "plain"})
		r.pass(10 * time.Second)
		progress("1")
		r.pass(51 * time.Second)
		if n := r.plain.count("ensure a"); n != 2 {
			t.Fatalf("it was asked for %d times; 2 are right", n)
		}
		progress("2")
		r.pass(31 * time.Second)
		r.want("r", "provisioned: a present")
	})
}

// Only failures in a row count, and what went well ends them and what is said of them.
func TestFailuresInARow(t *testing.T) {
	t.Parallel()
	estate(t, Options{}, TypeOptions{Attempts: 2}, func(r *rig) {
		failed, waits := line{err: Retry(0, errAway)}, line{answer: Answer{State: InProgress, Again: time.Minute}}
		r.plain.say("ensure a", failed, waits, failed, waits, failed, line{})
		r.request("r", Spec{ID: "a", Type: "plain"})
		r.pass(5 * time.Minute)
		r.want("r", "provisioned: a present")
		if got := r.resource("r", "a").Error; got != "" {
			t.Errorf("its error is still %q", got)
		}
	})
}

// Who terminates what is being ended already changes nothing, not even the reason.
func TestTerminateTwice(t *testing.T) {
	t.Parallel()
	estate(t, Options{}, TypeOptions{}, func(r *rig) {
		r.plain.say("release a", line{answer: Answer{State: InProgress, Again: time.Minute}}, line{})
		r.request("r", Spec{ID: "a", Type: "plain"})
		r.pass(time.Second)
		for _, reason := range []string{"first", "second"} {
			r.do(r.manager.TerminateRequest(r.Context(), "r", reason))
			r.pass(time.Second)
		}
		r.pass(2 * time.Minute)
		r.do(r.manager.TerminateRequest(r.Context(), "r", "third"))
		r.pass(time.Second)
		r.want("r", "deprovisioned: a absent")
		if rec, _ := r.manager.Requests.Get(r.Context(), "r"); rec.Data.Reason != "first" || r.plain.count("release a") != 2 {
			t.Errorf("got the reason %q and the calls %v", rec.Data.Reason, r.plain.called())
		}
	})
}

// A callback that ends an operation calls off the call that is under way: what comes next does not wait for it.
func TestCallbackEndsTheCall(t *testing.T) {
	t.Parallel()
	estate(t, Options{}, TypeOptions{}, func(r *rig) {
		var call Call
		r.plain.say("ensure a", line{takes: 50 * time.Second, through: func(c Call) { call = c }})
		r.request("r", Spec{ID: "a", Type: "plain"})
		r.pass(time.Second)
		r.accept("a", call.Operation, call.Callback.Token.Reveal(), said{ID: "1"}, callbackAccepted)
		r.pass(time.Second)
		r.do(r.manager.TerminateRequest(r.Context(), "r", "enough"))
		r.pass(10 * time.Second)
		r.want("r", "deprovisioned: a absent")
		if got := r.plain.called(); !slices.Equal(got, []string{"ensure a", "release a"}) {
			t.Errorf("got the calls %v", got)
		}
	})
}

// Where it is looked whether a resource stays away, it does not matter how it was heard that it is gone.
func TestGraceAfterCallback(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		line line
	}{
		{"while somebody outside releases it", line{answer: Answer{State: InProgress, Again: 10 * time.Hour}}},
		{"while nobody knows", line{err: errAway}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			estate(t, Options{}, TypeOptions{Grace: time.Hour, Attempts: 3}, func(r *rig) {
				var call Call
				c.line.through = func(c Call) { call = c }
				r.seen.say("ensure a", line{err: errAway})
				r.seen.say("release a", c.line, line{})
				r.seen.say("find a", line{}, line{answer: Answer{State: Missing}})
				r.request("r", Spec{ID: "a", Type: "seen"})
				r.pass(time.Second)
				r.do(r.manager.TerminateRequest(r.Context(), "r", "enough"))
				r.pass(time.Second)
				r.accept("a", call.Operation, call.Callback.Token.Reveal(), said{ID: "1"}, callbackAccepted)
				r.pass(time.Second)
				r.want("r", "deprovisioning: a releasing")
				r.pass(time.Hour)
				r.want("r", "deprovisioned: a absent")
				if got := r.seen.called(); !slices.Equal(got, []string{"ensure a", "release a", "find a", "release a"}) {
					t.Errorf("got the calls %v", got)
				}
			})
		})
	}
}

// What a Poller says. That it has failed and nothing is left has the call made again; that the Poller could not be asked says
// nothing, however often.
func TestPollerSays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		polls []line
		after time.Duration
		want  string
		calls []string
	}{
		{"retry", []line{{err: Retry(0, errAway)}}, 45 * time.Second, "provisioned: a present", []string{"ensure a", "poll a", "ensure a"}},
		{"nothing", []line{{err: errAway}, {err: errAway}, {err: errAway}, {}}, 75 * time.Second, "provisioned: a present", []string{"ensure a", "poll a", "poll a", "poll a", "poll a"}},
		{"fatal", []line{{err: Fatal(errQuota)}}, 35 * time.Second, "deprovisioned: a absent", []string{"ensure a", "poll a", "release a"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			estate(t, Options{}, TypeOptions{Attempts: 2}, func(r *rig) {
				r.seen.say("ensure a", line{answer: Answer{State: InProgress}}, line{})
				r.seen.say("poll a", c.polls...)
				r.request("r", Spec{ID: "a", Type: "seen"})
				r.pass(c.after)
				r.want("r", c.want)
				if got := r.seen.called(); !slices.Equal(got, c.calls) {
					t.Errorf("got the calls %v; %v are right", got, c.calls)
				}
			})
		})
	}
}

// The same of a release.
func TestPollerSaysOfRelease(t *testing.T) {
	t.Parallel()
	estate(t, Options{}, TypeOptions{Attempts: 2}, func(r *rig) {
		r.seen.say("release a", line{answer: Answer{State: InProgress}}, line{})
		r.seen.say("poll a", line{err: Retry(0, errAway)})
		r.request("r", Spec{ID: "a", Type: "seen"})
		r.pass(time.Second)
		r.do(r.manager.TerminateRequest(r.Context(), "r", "enough"))
		r.pass(35 * time.Second)
		r.want("r", "deprovisioning: a releasing")
		r.pass(10 * time.Second)
		r.want("r", "deprovisioned: a absent")
		if got := r.seen.called(); !slices.Equal(got, []string{"ensure a", "release a", "poll a", "release a"}) {
			t.Errorf("got the calls %v", got)
		}
	})
}

// A look whether a resource stays away may fail: it is made again, and nothing else.
func TestGraceAndFailedLook(t *testing.T) {
	t.Parallel()
	estate(t, Options{}, TypeOptions{Grace: time.Hour}, func(r *rig) {
		r.seen.say("ensure a", line{err: errAway})
		r.seen.say("find a", line{err: errAway}, line{answer: Answer{State: Missing}})
		r.request("r", Spec{ID: "a", Type: "seen"})
		r.pass(time.Second)
		r.do(r.manager.TerminateRequest(r.Context(), "r", "enough"))
		r.pass(2 * time.Hour)
		r.want("r", "deprovisioned: a absent")
		if got := r.seen.called(); !slices.Equal(got, []string{"ensure a", "release a", "find a", "find a"}) {
			t.Errorf("got the calls %v", got)
		}
	})
}

// A call that does not end in time may take effect later still: after the release it is looked for.
func TestGraceAfterTheDeadline(t *testing.T) {
	t.Parallel()
	estate(t, Options{}, TypeOptions{Grace: time.Hour, Within: 10 * time.Minute}, func(r *rig) {
		r.seen.deaf = true
		r.seen.say("ensure a", line{takes: 12 * time.Minute})
		r.seen.say("find a", line{answer: Answer{State: Missing}})
		r.request("r", Spec{ID: "a", Type: "seen"})
		r.pass(15 * time.Minute)
		r.want("r", "deprovisioning: a releasing")
		r.pass(2 * time.Hour)
		r.want("r", "deprovisioned: a absent")
		if got := r.seen.called(); !slices.Equal(got, []string{"ensure a", "release a", "find a"}) {
			t.Errorf("got the calls %v", got)
		}
	})
}

package provisioning

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// Calls that are called off say nothing about their provisioner.
func TestBreakerAndTermination(t *testing.T) {
	t.Parallel()
	estate(t, Options{}, TypeOptions{Breaker: Breaker{Failures: 3, Cool: time.Hour}}, func(r *rig) {
		var specs []Spec
		for i := range 6 {
			specs = append(specs, Spec{ID: fmt.Sprint("a", i), Type: "plain"})
			r.plain.say("ensure "+specs[i].ID, line{takes: 50 * time.Second})
		}
		r.request("r", specs...)
		r.pass(time.Second)
		r.do(r.manager.TerminateRequest(r.Context(), "r", "enough"))
		r.pass(10 * time.Second)
		r.want("r", "deprovisioned: a0 absent, a1 absent, a2 absent, a3 absent, a4 absent, a5 absent")
	})
}

// Calls that take too long do.
func TestBreakerAndTimeouts(t *testing.T) {
	t.Parallel()
	estate(t, Options{}, TypeOptions{Timeout: time.Second, Breaker: Breaker{Failures: 3, Cool: time.Hour}, Within: 10 * time.Hour}, func(r *rig) {
		r.plain.say("ensure a", line{takes: time.Minute})
		r.request("r", Spec{ID: "a", Type: "plain"})
		r.pass(59 * time.Minute)
		if n := r.plain.count("ensure a"); n != 3 {
			t.Errorf("%d calls were made; then it is stopped, so 3 are right", n)
		}
		steps, err := r.manager.Plan(r.Context(), "r")
		if err != nil || len(steps) != 1 || steps[0].Do != Wait || steps[0].At.IsZero() {
			t.Errorf("got %v, %v", steps, err)
		}
	})
}

// Whatever call is under way when a request is terminated, its resource is released after it, and it changes nothing any more.
func TestTerminateDuringEachCall(t *testing.T) {
	t.Parallel()
	long := func(l line) line { l.takes = 50 * time.Second; return l }
	for _, c := range []struct {
		call  string
		lines map[string][]line
		of    TypeOptions
		at    time.Duration
	}{
		{"ensure", map[string][]line{"ensure a": {long(line{answer: Answer{Handle: "h"}})}}, TypeOptions{}, time.Second},
		{"poll", map[string][]line{"ensure a": {{answer: Answer{State: InProgress}}}, "poll a": {long(line{})}}, TypeOptions{}, 31 * time.Second},
		{"find, unknown", map[string][]line{"ensure a": {{err: errAway}}, "find a": {long(line{})}}, TypeOptions{}, 11 * time.Second},
		{"find, for drift", map[string][]line{"find a": {long(line{answer: Answer{State: Missing}})}}, TypeOptions{Look: time.Minute}, 61 * time.Second},
		{"renew", map[string][]line{
			"ensure a": {{answerNow: func() Answer {
				return Answer{Secrets: Secrets{"key": {Value: []byte("swordfish"), Expires: time.Now().Add(2 * time.Hour)}}}
			}}},
			"renew a": {long(line{answer: Answer{Secrets: Secrets{"key": {Value: []byte("lobster")}}}})},
		}, TypeOptions{}, time.Hour + time.Second},
	} {
		for _, heeds := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, heeds its context %v", c.call, heeds), func(t *testing.T) {
				t.Parallel()
				estate(t, Options{}, c.of, func(r *rig) {
					r.seen.deaf = !heeds
					for call, lines := range c.lines {
						r.seen.say(call, lines...)
					}
					r.request("r", Spec{ID: "a", Type: "seen"})
					r.pass(c.at)
					before := r.seen.called()
					verb, _, _ := strings.Cut(c.call, ",")
					if before[len(before)-1] != verb+" a" {
						t.Fatalf("got the calls %v", before)
					}
					r.do(r.manager.TerminateRequest(r.Context(), "r", "enough"))
					r.pass(2 * time.Minute)
					r.want("r", "deprovisioned: a absent")
					if got := r.seen.called(); !slices.Equal(got, append(before, "release a")) {
						t.Errorf("got the calls %v", got)
					}
					r.do(func() error { _, err := r.manager.Sweep(r.Context()); return err }())
					if r.secrets() != 0 {
						t.Error("its secrets are in the vault")
					}
				})
			})
		}
	}
}

// An operation ends at its deadline, also if its call does not, and nobody is left who makes it.
func TestDeadlineWithoutPerformers(t *testing.T) {
	t.Parallel()
	estate(t, Options{OnFailure: Hold}, TypeOptions{Within: 10 * time.Minute, Caps: supervision.Caps{Process: 1}}, func(r *rig) {
		r.plain.deaf = true
		r.plain.say("ensure a", line{takes: 24 * time.Hour})
		r.request("r", Spec{ID: "a", Type: "plain"})
		r.pass(time.Second)
		r.request("s", Spec{ID: "b", Type: "plain"})
		r.pass(9 * time.Minute)
		r.want("r", "provisioning: a ensuring")
		r.want("s", "provisioning: b ensuring")
		r.pass(4 * time.Minute)
		r.want("r", "failed: a failed")
		r.want("s", "failed: b failed")
		if r.plain.count("ensure b") != 0 {
			t.Error("more calls are made at once than the caps allow")
		}
		r.pass(24 * time.Hour)
		r.want("r", "failed: a failed")
	})
}

// Calls that wait for their turn under a cap were not made, and count as no failure.
func TestCapsAreNoFailures(t *testing.T) {
	t.Parallel()
	estate(t, Options{}, TypeOptions{Attempts: 2, Caps: supervision.Caps{Process: 1}}, func(r *rig) {
		var specs []Spec
		for i := range 20 {
			specs = append(specs, Spec{ID: fmt.Sprint("a", i), Type: "plain"})
			r.plain.say("ensure "+specs[i].ID, line{takes: 50 * time.Second})
		}
		r.request("r", specs...)
		r.pass(20 * time.Minute)
		if got := r.states("r"); !strings.HasPrefix(got, "provisioned") {
			t.Errorf("got %s", got)
		}
		if n := len(r.plain.called()); n != 20 {
			t.Errorf("%d calls were made; 20 are right", n)
		}
	})
}

// Orders that make no sense are refused, and change nothing.
func TestOrdersThatAreRefused(t *testing.T) {
	t.Parallel()
	estate(t, Options{}, TypeOptions{}, func(r *rig) {
		r.plain.say("ensure c", line{answer: Answer{State: InProgress}})
		r.request("r", Spec{ID: "a", Type: "plain"}, Spec{ID: "b", Type: "plain", Gated: true}, Spec{ID: "c", Type: "plain"})
		r.pass(time.Second)
		states := "provisioning-requested: a present, b planned, c requested"
		m, ctx := r.manager, r.Context()
		for what, err := range map[string]error{
			"approve what has no gate":       m.Approve(ctx, "r", "a"),
			"retry what waits at its gate":   m.Retry(ctx, "r", "b"),
			"retry what is there":            m.Retry(ctx, "r", "a"),
			"abandon what is wanted":         m.Abandon(ctx, "r", "c", "nobody knows"),
			"repair what is there":           m.Repair(ctx, "r", "a"),
			"repair what is being made":      m.Repair(ctx, "r", "c"),
			"repair what was not asked for":  m.Repair(ctx, "r", "b"),
			"approve what is not there":      m.Approve(ctx, "r", "x"),
			"approve in another request":     m.Approve(ctx, "s", "a"),
			"terminate what is not there":    m.TerminateRequest(ctx, "s", "enough"),
			"make what is there":             m.CreateRequest(ctx, "r"),
			"plan what is not there":         func() error { _, err := m.Plan(ctx, "s"); return err }(),
			"ask for a resource of no name":  m.Retry(ctx, "r", ""),
			"retry a resource of no request": m.Retry(ctx, "", "a"),
		} {
			if err == nil {
				t.Errorf("to %s is accepted", what)
			} else if !errors.Is(err, storage.ErrInvalid) && !errors.Is(err, storage.ErrNotFound) && !errors.Is(err, storage.ErrExists) {
				t.Errorf("to %s is %v", what, err)
			}
		}
		r.pass(time.Second)
		r.want("r", states)
		r.do(m.Approve(ctx, "r", "b"))
		if err := m.Approve(ctx, "r", "b"); !errors.Is(err, storage.ErrInvalid) {
			t.Errorf("it is approved twice: %v", err)
		}
		r.plain.say("release a", line{err: Fatal(errClosed)})
		r.do(m.TerminateRequest(ctx, "r", "enough"))
		r.pass(time.Second)
		r.want("r", "failed: a release-failed, b absent, c absent")
		for what, err := range map[string]error{
			"abandon what is gone":  m.Abandon(ctx, "r", "b", "nobody knows"),
			"retry what is gone":    m.Retry(ctx, "r", "b"),
			"repair what is gone":   m.Repair(ctx, "r", "b"),
			"approve what is gone":  m.Approve(ctx, "r", "b"),
			"abandon for no reason": m.Abandon(ctx, "r", "a", ""),
		} {
			if refused := new(fsm.TransitionError); !errors.Is(err, storage.ErrInvalid) && !errors.As(err, &refused) {
				t.Errorf("to %s is %v", what, err)
			}
		}
	})
}

// A resource is abandoned while a call about it is under way: what that says is not heard any more.
func TestAbandonDuringTheCall(t *testing.T) {
	t.Parallel()
	estate(t, Options{}, TypeOptions{}, func(r *rig) {
		var call Call
		r.plain.deaf = true
		r.plain.say("release a", line{takes: 50 * time.Second, through: func(c Call) { call = c }})
		r.request("r", Spec{ID: "a", Type: "plain"}, Spec{ID: "b", Type: "plain"})
		r.plain.say("release b", line{answer: Answer{State: InProgress, Again: 30 * time.Minute}}, line{})
		r.pass(time.Second)
		r.do(r.manager.TerminateRequest(r.Context(), "r", "enough"))
		r.pass(time.Second)
		r.do(r.manager.Abandon(r.Context(), "r", "a", "it burnt down"))
		r.accept("a", call.Operation, call.Callback.Token.Reveal(), said{ID: "1"}, callbackFinished)
		r.pass(10 * time.Minute)
		r.want("r", "deprovisioning-requested: a abandoned, b release-requested")
		r.pass(time.Hour)
		r.want("r", "deprovisioned: a abandoned, b absent")
		if r.plain.count("release a") != 1 {
			t.Errorf("got the calls %v", r.plain.called())
		}
	})
}

// What was found to be gone is repaired while a look at it is under way; what that finds is about another generation.
func TestRepairDuringALook(t *testing.T) {
	t.Parallel()
	estate(t, Options{}, TypeOptions{Look: time.Hour}, func(r *rig) {
		r.seen.deaf = true
		r.seen.say("find a", line{answer: Answer{State: Missing}}, line{takes: 50 * time.Second, answer: Answer{State: Missing}}, line{})
		r.seen.say("ensure a", line{answer: Answer{Handle: "h-1"}}, line{answer: Answer{Handle: "h-2"}})
		r.request("r", Spec{ID: "a", Type: "seen"})
		r.pass(2*time.Hour + 10*time.Second)
		if r.seen.count("find a") != 2 {
			t.Fatalf("got the calls %v", r.seen.called())
		}
		r.do(r.manager.Repair(r.Context(), "r", "a"))
		if err := r.manager.Repair(r.Context(), "r", "a"); !errors.Is(err, storage.ErrInvalid) {
			t.Errorf("it is repaired twice: %v", err)
		}
		r.pass(2 * time.Minute)
		r.want("r", "provisioned: a present")
		if got := r.resource("r", "a"); got.Generation != 2 || got.Handle != "h-2" || got.Drift != "" {
			t.Errorf("got %+v", got)
		}
	})
}

// A request is terminated in the commit that makes it.
func TestRequestAndTerminateAtOnce(t *testing.T) {
	t.Parallel()
	estate(t, Options{}, TypeOptions{}, func(r *rig) {
		houses, err := supervision.NewKind[house]("house", houseMachine, r.store, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.do(houses.Create(r.Context(), "h", house{}))
		r.do(houses.Change(r.Context(), "h", func(t *supervision.Turn[house, stage, move]) error {
			r.manager.Terminate(t, "r", "changed my mind")
			return r.manager.Request(t, "r", t.Key, Spec{ID: "a", Type: "plain"})
		}))
		r.pass(time.Second)
		r.want("r", "deprovisioned: a absent")
		if len(r.plain.called()) > 0 {
			t.Errorf("got the calls %v", r.plain.called())
		}
	})
}

// A vault that fails while a resource is released keeps the resource from being called gone.
func TestReleaseAndClosedVault(t *testing.T) {
	t.Parallel()
	vault := &closedVault{}
	estate(t, Options{Vault: vault}, TypeOptions{}, func(r *rig) {
		r.plain.say("ensure a", line{answer: Answer{Secrets: Secrets{"key": {Value: []byte("swordfish")}}}})
		r.request("r", Spec{ID: "a", Type: "plain"})
		r.pass(time.Second)
		vault.closed.Store(true)
		r.do(r.manager.TerminateRequest(r.Context(), "r", "enough"))
		r.pass(5 * time.Second)
		r.want("r", "deprovisioning: a unknown")
		vault.closed.Store(false)
		r.pass(30 * time.Second)
		r.want("r", "deprovisioned: a absent")
		if _, err := vault.Get(context.Background(), SecretKey{"r", "a", 1}); !errors.Is(err, ErrNoSecret) {
			t.Errorf("got %v", err)
		}
	})
}

// Without a vault there are no secrets.
func TestSecretsWithoutVault(t *testing.T) {
	t.Parallel()
	estate(t, Options{}, TypeOptions{}, func(r *rig) {
		r.manager.options.Vault = nil
		r.plain.say("ensure a", line{answer: Answer{Secrets: Secrets{"key": {Value: []byte("swordfish")}}}})
		r.request("r", Spec{ID: "a", Type: "plain"})
		r.pass(time.Minute)
		r.want("r", "deprovisioned: a absent")
		if rec, _ := r.manager.Requests.Get(r.Context(), "r"); !strings.Contains(rec.Data.Error, "set Options.Vault") {
			t.Errorf("got %q", rec.Data.Error)
		}
	})
}

package provisioning

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/reeve-go/reeve/storage"
)

func TestDependencies(t *testing.T) {
	t.Parallel()
	estate(t, Options{}, TypeOptions{}, func(r *rig) {
		var known map[string]Known
		r.plain.say("ensure net", line{answer: Answer{Handle: "net-1", Attributes: map[string]string{"cidr": "10.0.0.0/8"}}, takes: time.Second})
		r.plain.say("ensure disk", line{takes: 3 * time.Second})
		r.plain.say("ensure vm", line{takes: time.Second, through: func(c Call) { known = c.After }})
		r.request("r",
			Spec{ID: "vm", Type: "plain", After: []string{"net", "disk"}}, Spec{ID: "dns", Type: "plain", After: []string{"vm"}},
			Spec{ID: "net", Type: "plain"}, Spec{ID: "disk", Type: "plain"})
		r.pass(2 * time.Second)
		r.want("r", "provisioning: disk ensuring, dns planned, net present, vm planned")
		r.pass(10 * time.Second)
		r.want("r", "provisioned: disk present, dns present, net present, vm present")
		if known["net"].Handle != "net-1" || known["net"].Attributes["cidr"] != "10.0.0.0/8" || len(known) != 2 {
			t.Errorf("vm was told of %v", known)
		}
		r.plain.say("release disk", line{answer: Answer{State: InProgress, Again: 5 * time.Second}}, line{})
		r.plain.say("release vm", line{takes: time.Second})
		r.do(r.manager.TerminateRequest(t.Context(), "r", "enough"))
		r.pass(500 * time.Millisecond)
		r.want("r", "deprovisioning: disk present, dns absent, net present, vm releasing")
		r.pass(2 * time.Second)
		r.want("r", "deprovisioning-requested: disk release-requested, dns absent, net absent, vm absent")
		r.pass(5 * time.Second)
		r.want("r", "deprovisioned: disk absent, dns absent, net absent, vm absent")
		releases := slices.DeleteFunc(r.plain.called(), func(c string) bool { return strings.HasPrefix(c, "ensure") })
		if got := releases[:2]; !slices.Equal(got, []string{"release dns", "release vm"}) {
			t.Errorf("got the releases %v", releases)
		}
	})
}

func TestSpecsThatAreRefused(t *testing.T) {
	t.Parallel()
	estate(t, Options{}, TypeOptions{}, func(r *rig) {
		for _, c := range []struct {
			specs []Spec
			text  string
		}{
			{[]Spec{{ID: "a", Type: "castle"}}, `resource "a" is of type "castle", for which no provisioner is registered; those are: plain, seen`},
			{[]Spec{{ID: "", Type: "plain"}}, `the id of resource 0 is ""`},
			{[]Spec{{ID: "a", Type: "plain"}, {ID: "a", Type: "plain"}}, `two resources have the id "a"`},
			{[]Spec{{ID: "a", Type: "plain", After: []string{"b"}}}, `resource "a" comes after "b", which the request does not have`},
			{[]Spec{{ID: "a", Type: "plain", After: []string{"a"}}}, `in a ring: a after a`},
			{[]Spec{{ID: "x", Type: "plain", After: []string{"a"}}, {ID: "a", Type: "plain", After: []string{"b"}}, {ID: "b", Type: "plain", After: []string{"c"}}, {ID: "c", Type: "plain", After: []string{"a"}}}, `in a ring: a after b after c after a`},
			{[]Spec{{ID: "a", Type: "plain", Config: func() {}}}, `the config of resource "a" cannot be written`},
			{[]Spec{{ID: "a", Type: "plain", After: slices.Repeat([]string{"b"}, MaxAfter+1)}}, `resource "a" comes after 33 others; at most 32 are right`},
			{[]Spec{{ID: "a", Type: "plain", Config: strings.Repeat("x", MaxSpec)}}, `resource "a" has 262172 bytes`},
			{make([]Spec, MaxResources+1), `10001 resources; at most 10000 are right`},
		} {
			err := r.manager.CreateRequest(t.Context(), "r", c.specs...)
			refused := errors.Is(err, storage.ErrInvalid) || errors.Is(err, storage.ErrTooLarge)
			if !refused || !strings.Contains(fmt.Sprint(err), c.text) {
				t.Errorf("got %v; %q is right", err, c.text)
			}
		}
		if _, err := r.manager.Requests.Get(t.Context(), "r"); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("got %v", err)
		}
	})
}

func TestEmptyRequest(t *testing.T) {
	t.Parallel()
	estate(t, Options{}, TypeOptions{}, func(r *rig) {
		r.request("r")
		r.pass(time.Second)
		r.want("r", "provisioned: ")
		r.do(r.manager.TerminateRequest(t.Context(), "r", "enough"))
		r.pass(time.Second)
		r.want("r", "deprovisioned: ")
	})
}

// A resource that is terminated while it is being made is released once the call has ended, and not before.
func TestTerminateWhileEnsuring(t *testing.T) {
	t.Parallel()
	estate(t, Options{}, TypeOptions{}, func(r *rig) {
		var under []string
		r.plain.say("ensure a", line{takes: 40 * time.Second, through: func(Call) { under = append(under, "ensure") }})
		r.plain.say("release a", line{through: func(Call) { under = append(under, "release") }})
		r.request("r", Spec{ID: "a", Type: "plain"}, Spec{ID: "b", Type: "plain", After: []string{"a"}})
		r.pass(time.Second)
		r.do(r.manager.TerminateRequest(t.Context(), "r", "changed my mind"))
		r.pass(time.Minute)
		r.want("r", "deprovisioned: a absent, b absent")
		if !slices.Equal(under, []string{"ensure", "release"}) || r.plain.count("ensure b")+r.plain.count("release b") > 0 {
			t.Errorf("got %v, calls %v", under, r.plain.called())
		}
		rec, err := r.manager.Requests.Get(t.Context(), "r")
		if err != nil || rec.Data.Reason != "changed my mind" || rec.Data.Error != "" {
			t.Errorf("got %+v, %v", rec.Data, err)
		}
	})
}

// A lost answer is found out where there is a Finder, and adopted.
func TestUnknownIsFoundOut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		found line
		want  string
		calls []string
	}{
		{line{answer: Answer{Handle: "h-7"}}, "provisioned: a present", []string{"ensure a", "find a"}},
		{line{answer: Answer{State: Missing}}, "provisioned: a present", []string{"ensure a", "find a", "ensure a"}},
		{line{answer: Answer{State: InProgress, Again: time.Hour}}, "provisioning-requested: a requested", []string{"ensure a", "find a"}},
		{line{err: errAway}, "provisioning: a unknown", []string{"ensure a", "find a", "find a"}},
	} {
		estate(t, Options{}, TypeOptions{}, func(r *rig) {
			r.seen.say("ensure a", line{err: errAway}, line{})
			r.seen.say("find a", c.found)
			r.request("r", Spec{ID: "a", Type: "seen"})
			r.pass(time.Second)
			r.want("r", "provisioning: a unknown")
			r.pass(20 * time.Second)
			r.want("r", c.want)
			if got := r.seen.called(); !slices.Equal(got, c.calls) {
				t.Errorf("got the calls %v; %v are right", got, c.calls)
			}
		})
	}
}

func TestPolling(t *testing.T) {
	t.Parallel()
	estate(t, Options{}, TypeOptions{Poll: time.Minute}, func(r *rig) {
		r.seen.say("ensure a", line{answer: Answer{State: InProgress}})
		r.seen.say("poll a", line{answer: Answer{State: InProgress, Again: 5 * time.Minute, Progress: "half of it"}}, line{err: errAway}, line{answer: Answer{Handle: "h"}})
		r.request("r", Spec{ID: "a", Type: "seen"})
		r.pass(61 * time.Second)
		if got := r.seen.count("poll a"); got != 1 || r.resource("r", "a").Op.Progress != "half of it" {
			t.Errorf("it was polled %d times", got)
		}
		r.pass(5 * time.Minute)
		if got := r.seen.count("poll a"); got != 2 {
			t.Errorf("it was polled %d times", got)
		}
		r.want("r", "provisioning-requested: a requested")
		r.pass(time.Minute)
		r.want("r", "provisioned: a present")
	})
}

// Without a Poller and with a time to ask again, Ensure is called again with the same key.
func TestEnsureAgain(t *testing.T) {
	t.Parallel()
	estate(t, Options{}, TypeOptions{}, func(r *rig) {
		var keys []string
		note := func(c Call) { keys = append(keys, c.Key) }
		r.plain.say("ensure a", line{answer: Answer{State: InProgress, Again: time.Minute}, through: note}, line{through: note})
		r.request("r", Spec{ID: "a", Type: "plain"})
		r.pass(90 * time.Second)
		r.want("r", "provisioned: a present")
		if len(keys) != 2 || keys[0] != keys[1] {
			t.Errorf("got the keys %v", keys)
		}
	})
}

func TestDeadline(t *testing.T) {
	t.Parallel()
	t.Run("nobody calls back", func(t *testing.T) {
		t.Parallel()
		estate(t, Options{}, TypeOptions{Within: 10 * time.Minute}, func(r *rig) {
			r.plain.say("ensure a", line{answer: Answer{State: InProgress}})
			r.request("r", Spec{ID: "a", Type: "plain"})
			r.pass(9 * time.Minute)
			r.want("r", "provisioning-requested: a requested")
			r.pass(2 * time.Minute)
			r.want("r", "deprovisioned: a absent")
			rec, _ := r.manager.Requests.Get(t.Context(), "r")
			if rec.Data.Error != `resource "a": its time is up` || r.plain.count("release a") != 1 {
				t.Errorf("got %+v, calls %v", rec.Data, r.plain.called())
			}
		})
	})
	t.Run("a last look", func(t *testing.T) {
		t.Parallel()
		estate(t, Options{}, TypeOptions{Within: 10 * time.Minute, Poll: time.Hour}, func(r *rig) {
			r.seen.say("ensure a", line{answer: Answer{State: InProgress}})
			r.request("r", Spec{ID: "a", Type: "seen"})
			r.pass(11 * time.Minute)
			r.want("r", "provisioned: a present")
		})
	})
	t.Run("a release", func(t *testing.T) {
		t.Parallel()
		estate(t, Options{}, TypeOptions{ReleaseWithin: 10 * time.Minute}, func(r *rig) {
			r.plain.say("release a", line{answer: Answer{State: InProgress}})
			r.request("r", Spec{ID: "a", Type: "plain"})
			r.pass(time.Second)
			r.do(r.manager.TerminateRequest(t.Context(), "r", "enough"))
			r.pass(11 * time.Minute)
			r.want("r", "failed: a release-failed")
		})
	})
	t.Run("the answer's own", func(t *testing.T) {
		t.Parallel()
		estate(t, Options{OnFailure: Hold}, TypeOptions{}, func(r *rig) {
			r.plain.say("ensure a", line{answer: Answer{State: InProgress, Within: time.Minute}})
			r.request("r", Spec{ID: "a", Type: "plain"})
			r.pass(2 * time.Minute)
			r.want("r", "failed: a failed")
		})
	})
}

func TestAttempts(t *testing.T) {
	t.Parallel()
	estate(t, Options{OnFailure: Hold}, TypeOptions{Attempts: 3}, func(r *rig) {
		r.plain.say("ensure a", line{err: errAway})
		r.plain.say("ensure b", line{err: Retry(time.Minute, errAway)})
		r.request("r", Spec{ID: "a", Type: "plain"}, Spec{ID: "b", Type: "plain"})
		r.pass(50 * time.Second)
		r.want("r", "failed: a failed, b ensuring")
		r.pass(10 * time.Minute)
		r.want("r", "failed: a failed, b failed")
		if a, b := r.plain.count("ensure a"), r.plain.count("ensure b"); a != 3 || b != 3 {
			t.Errorf("got %d and %d calls; 3 each are right", a, b)
		}
		if got := r.resource("r", "a").Error; got != "given up after 3 failed calls: the cloud is away" {
			t.Errorf("got %q", got)
		}
	})
}

func TestReleaseThatFailsIsNoEnd(t *testing.T) {
	t.Parallel()
	estate(t, Options{}, TypeOptions{}, func(r *rig) {
		r.plain.say("release a", line{err: Fatal(errClosed)})
		r.request("r", Spec{ID: "a", Type: "plain"}, Spec{ID: "b", Type: "plain", After: []string{"a"}})
		r.pass(time.Second)
		r.do(r.manager.TerminateRequest(t.Context(), "r", "enough"))
		r.pass(time.Minute)
		r.want("r", "failed: a release-failed, b absent")
		r.do(r.manager.Retry(t.Context(), "r", "a"))
		r.pass(time.Minute)
		r.want("r", "failed: a release-failed, b absent")
		if err := r.manager.Abandon(t.Context(), "r", "a", ""); !errors.Is(err, storage.ErrInvalid) {
			t.Errorf("got %v", err)
		}
		r.do(r.manager.Abandon(t.Context(), "r", "a", "the data center burnt down"))
		r.pass(time.Second)
		r.want("r", "deprovisioned: a abandoned, b absent")
		if got := r.resource("r", "a").Abandoned; got != "the data center burnt down" {
			t.Errorf("got %q", got)
		}
	})
}

func TestConflictIsNotReleased(t *testing.T) {
	t.Parallel()
	estate(t, Options{}, TypeOptions{}, func(r *rig) {
		r.plain.say("ensure a", line{err: Conflict(errTaken)})
		r.request("r", Spec{ID: "a", Type: "plain"}, Spec{ID: "b", Type: "plain"})
		r.pass(time.Minute)
		r.want("r", "deprovisioned: a absent, b absent")
		if r.plain.count("release a") != 0 || r.plain.count("release b") != 1 {
			t.Errorf("got the calls %v", r.plain.called())
		}
	})
}

func TestRetryOfWhatFailed(t *testing.T) {
	t.Parallel()
	estate(t, Options{OnFailure: Hold}, TypeOptions{}, func(r *rig) {
		var keys, operations []string
		note := func(c Call) { keys, operations = append(keys, c.Key), append(operations, c.Operation) }
		r.plain.say("ensure a", line{err: Fatal(errQuota), through: note}, line{through: note})
		r.request("r", Spec{ID: "a", Type: "plain"}, Spec{ID: "b", Type: "plain", After: []string{"a"}})
		r.pass(time.Minute)
		r.want("r", "failed: a failed, b planned")
		r.do(r.manager.Retry(t.Context(), "r", "a"))
		r.pass(time.Second)
		r.want("r", "provisioned: a present, b present")
		if rec, _ := r.manager.Requests.Get(t.Context(), "r"); rec.Data.Error != "" {
			t.Errorf("got the error %q", rec.Data.Error)
		}
		if len(keys) != 2 || keys[0] != keys[1] || operations[0] == operations[1] {
			t.Errorf("got the keys %v and operations %v; one key and two operations are right", keys, operations)
		}
		if err := r.manager.Retry(t.Context(), "r", "a"); !errors.Is(err, storage.ErrInvalid) {
			t.Errorf("got %v", err)
		}
	})
}

func TestGate(t *testing.T) {
	t.Parallel()
	estate(t, Options{Gate: time.Hour}, TypeOptions{}, func(r *rig) {
		for _, id := range []string{"r", "s"} {
			r.request(id, Spec{ID: "a", Type: "plain"}, Spec{ID: "b", Type: "plain", Gated: true})
		}
		r.pass(time.Minute)
		r.want("r", "provisioning: a present, b planned")
		r.do(r.manager.Approve(t.Context(), "r", "b"))
		r.pass(time.Second)
		r.want("r", "provisioned: a present, b present")
		r.pass(time.Hour)
		r.want("s", "deprovisioned: a absent, b absent")
	})
}

func TestPause(t *testing.T) {
	t.Parallel()
	estate(t, Options{}, TypeOptions{}, func(r *rig) {
		r.do(r.manager.Requests.PauseAll(t.Context(), "a freeze"))
		r.pass(5 * time.Second)
		r.request("r", Spec{ID: "a", Type: "plain"})
		r.pass(time.Hour)
		r.want("r", "provisioning: a planned")
		r.do(r.manager.Requests.ResumeAll(t.Context()))
		r.pass(5 * time.Second)
		r.want("r", "provisioned: a present")
	})
}

func TestDriftAndRepair(t *testing.T) {
	t.Parallel()
	estate(t, Options{}, TypeOptions{Look: time.Hour}, func(r *rig) {
		var keys []string
		r.seen.say("ensure a", line{answer: Answer{Attributes: map[string]string{"size": "5"}}, through: func(c Call) { keys = append(keys, c.Key) }})
		r.seen.say("find a", line{answer: Answer{Attributes: map[string]string{"size": "5"}}}, line{answer: Answer{Attributes: map[string]string{"size": "7"}}}, line{err: errAway}, line{answer: Answer{State: Missing}})
		r.request("r", Spec{ID: "a", Type: "seen"})
		for i, want := range []string{"", `its size is "7" instead of "5"`, `its size is "7" instead of "5"`, "it is gone"} {
			r.pass(time.Hour + 2*time.Second)
			if i == 3 {
				r.pass(11 * time.Second) // the look before failed
			}
			if got := r.resource("r", "a").Drift; got != want {
				t.Errorf("look %d: got %q; %q is right", i, got, want)
			}
			r.want("r", "provisioned: a present")
		}
		r.do(r.manager.Repair(t.Context(), "r", "a"))
		r.pass(time.Second)
		r.want("r", "provisioned: a present")
		if got := r.resource("r", "a"); len(keys) != 2 || keys[0] == keys[1] || got.Generation != 2 || got.Drift != "" {
			t.Errorf("got the keys %v, %+v", keys, got)
		}
	})
}

func TestSecretsAreRenewed(t *testing.T) {
	t.Parallel()
	estate(t, Options{}, TypeOptions{}, func(r *rig) {
		give := func(value string) line {
			return line{answer: Answer{Secrets: Secrets{"key": {Value: []byte(value), Expires: time.Now().Add(24 * time.Hour)}}}}
		}
		r.seen.say("ensure a", give("one"))
		r.seen.say("renew a", line{err: errAway}, line{answer: Answer{Secrets: Secrets{"key": {Value: []byte("two")}}}})
		r.request("r", Spec{ID: "a", Type: "seen"})
		r.pass(22 * time.Hour)
		if r.seen.count("renew a") != 0 {
			t.Error("they were renewed too early")
		}
		r.pass(90 * time.Minute)
		r.want("r", "provisioned: a present")
		got, err := r.vault.Get(t.Context(), *r.resource("r", "a").Secrets)
		if err != nil || string(got["key"].Value) != "two" || r.seen.count("renew a") != 2 {
			t.Errorf("got %s, %v, calls %v", got["key"].Value, err, r.seen.called())
		}
	})
}

// A call that was given up may make the resource after it was released. Where there is a Finder it is looked for.
func TestGrace(t *testing.T) {
	t.Parallel()
	estate(t, Options{}, TypeOptions{Grace: time.Hour}, func(r *rig) {
		r.seen.say("ensure a", line{err: errAway})
		r.seen.say("find a", line{answer: Answer{State: Done}}, line{answer: Answer{State: Missing}})
		r.request("r", Spec{ID: "a", Type: "seen"})
		r.pass(time.Second)
		r.do(r.manager.TerminateRequest(t.Context(), "r", "enough"))
		r.pass(time.Minute)
		r.want("r", "deprovisioning: a releasing")
		r.pass(time.Hour)
		r.want("r", "deprovisioned: a absent")
		if got := r.seen.called(); !slices.Equal(got, []string{"ensure a", "release a", "find a", "release a"}) {
			t.Errorf("got the calls %v", got)
		}
	})
}

func TestBreaker(t *testing.T) {
	t.Parallel()
	estate(t, Options{}, TypeOptions{Attempts: 100, Breaker: Breaker{Failures: 5, Cool: 10 * time.Minute}, Within: 5 * time.Hour}, func(r *rig) {
		var specs []Spec
		for i := range 20 {
			name := fmt.Sprint("a", i)
			specs = append(specs, Spec{ID: name, Type: "plain"})
			r.plain.say("ensure "+name, line{err: errAway})
		}
		r.request("r", specs...)
		r.pass(9 * time.Minute)
		if got := len(r.plain.called()); got > 20 {
			t.Errorf("%d calls were made while it was stopped", got)
		}
		before := len(r.plain.called())
		r.pass(time.Hour)
		if got := len(r.plain.called()) - before; got == 0 || got > 7 {
			t.Errorf("%d calls were made in an hour; one each ten minutes is right", got)
		}
		for i := range 20 {
			name := fmt.Sprint("a", i)
			if op := r.resource("r", name).Op; op.Attempts > 10 {
				t.Errorf("%s has %d attempts", name, op.Attempts)
			}
		}
	})
}

func TestPlan(t *testing.T) {
	t.Parallel()
	estate(t, Options{}, TypeOptions{}, func(r *rig) {
		r.plain.say("ensure a", line{answer: Answer{State: InProgress}})
		specs := []Spec{{ID: "a", Type: "plain"}, {ID: "b", Type: "plain", After: []string{"a"}}, {ID: "c", Type: "plain", Gated: true}}
		steps, err := r.manager.Preview(t.Context(), specs...)
		if err != nil || len(steps) != 3 || steps[0].Do != Ensure || steps[1].Do != Wait || steps[2].Do != Wait {
			t.Errorf("got %v, %v", steps, err)
		}
		r.request("r", specs...)
		r.pass(time.Second)
		steps, err = r.manager.Plan(t.Context(), "r")
		if err != nil || len(steps) != 3 || steps[0].Do != Wait || steps[0].Key == "" || !steps[0].At.Equal(steps[0].Until) || steps[1].Why != `it comes after "a", which is not there yet` {
			t.Errorf("got %v, %v", steps, err)
		}
		e, err := r.manager.Requests.Explain(t.Context(), "r")
		if err != nil || len(e.Notes) != 3 || !strings.Contains(e.Notes[0], "somebody outside works on it, and will call back") {
			t.Errorf("got %q, %v", e.Notes, err)
		}
	})
}

// Somebody says that he has made what was released already: it is released again.
func TestLateSuccess(t *testing.T) {
	t.Parallel()
	estate(t, Options{}, TypeOptions{}, func(r *rig) {
		var calls []Call
		note := func(c Call) { calls = append(calls, c) }
		r.plain.say("ensure a", line{answer: Answer{State: InProgress}, through: note})
		r.plain.say("release a", line{through: note})
		r.plain.say("release b", line{answer: Answer{State: InProgress}})
		r.request("r", Spec{ID: "a", Type: "plain"}, Spec{ID: "b", Type: "plain"})
		r.pass(time.Second)
		r.do(r.manager.TerminateRequest(t.Context(), "r", "enough"))
		r.pass(time.Second)
		r.want("r", "deprovisioning-requested: a absent, b release-requested")
		late := said{ID: "late", Answer: Answer{Handle: "h-9", Secrets: Secrets{"key": {Value: []byte("swordfish")}}}}
		for range 2 {
			status, err := r.manager.accept(t.Context(), "r", "a", calls[0].Operation, calls[0].Callback.Token.Reveal(), late)
			if status != callbackSuperseded || err != nil {
				t.Errorf("got %v, %v", status, err)
			}
			r.pass(time.Second)
		}
		r.want("r", "deprovisioning-requested: a absent, b release-requested")
		if len(calls) != 3 || calls[2].Goal != Absent || calls[2].Key != calls[0].Key || calls[2].Handle != "h-9" || r.secrets() != 0 {
			t.Errorf("got the calls %v, %d secrets", r.plain.called(), r.secrets())
		}
	})
}

// Many resources, all of which come after one, and tell more in all than a message can hold.
func TestManyResources(t *testing.T) {
	t.Parallel()
	estate(t, Options{}, TypeOptions{}, func(r *rig) {
		specs := make([]Spec, 1500)
		tell := Answer{Attributes: map[string]string{"address": strings.Repeat("x", 1000)}}
		for i := range specs {
			specs[i] = Spec{ID: fmt.Sprint("x", i), Type: "plain"}
			if i > 0 {
				specs[i].After = []string{"x0"}
			}
			r.plain.say("ensure "+specs[i].ID, line{answer: tell})
		}
		r.request("r", specs...)
		r.pass(5 * time.Minute)
		if rec, err := r.manager.Requests.Get(t.Context(), "r"); err != nil || rec.State != Provisioned || rec.Failures > 0 {
			t.Fatalf("got %+v, %v", rec, err)
		}
		r.do(r.manager.TerminateRequest(t.Context(), "r", "enough"))
		r.pass(5 * time.Minute)
		if rec, err := r.manager.Requests.Get(t.Context(), "r"); err != nil || rec.State != Deprovisioned || rec.Failures > 0 {
			t.Fatalf("got %+v, %v", rec, err)
		}
	})
}

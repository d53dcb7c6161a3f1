package provisioning

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// That somebody works on it, said again or late, does not keep a resource from being asked for again.
func TestLateProgress(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		failed error
		state  string
	}{
		{"after it has failed", Retry(0, errAway), "provisioning: a ensuring"},
		{"after nobody knew", errAway, "provisioning: a unknown"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			estate(t, Options{}, TypeOptions{}, func(r *rig) {
				var call Call
				r.plain.say("ensure a", line{err: c.failed, through: func(c Call) { call = c }}, line{})
				r.request("r", Spec{ID: "a", Type: "plain"})
				r.pass(time.Second)
				r.want("r", c.state)
				r.accept("a", call.Operation, call.Callback.Token.Reveal(), said{ID: "1", Answer: Answer{State: InProgress, Handle: "h-1", Progress: "half of it"}}, callbackAccepted)
				r.pass(time.Second)
				r.want("r", c.state)
				if got := r.resource("r", "a"); got.Handle != "h-1" || got.Op.Progress != "half of it" {
					t.Errorf("got %+v", got)
				}
				r.pass(10 * time.Second)
				r.want("r", "provisioned: a present")
			})
		})
	}
}

// Progress puts off the deadline of nothing, and shortens it if it says so.
func TestProgressWhileWaiting(t *testing.T) {
	t.Parallel()
	estate(t, Options{OnFailure: Hold}, TypeOptions{Within: time.Hour}, func(r *rig) {
		var call Call
		r.plain.say("ensure a", line{answer: Answer{State: InProgress}, through: func(c Call) { call = c }})
		r.request("r", Spec{ID: "a", Type: "plain"})
		r.pass(50 * time.Minute)
		say := func(id string, a Answer) {
			a.State = InProgress
			r.accept("a", call.Operation, call.Callback.Token.Reveal(), said{ID: id, Answer: a}, callbackAccepted)
			r.pass(time.Second)
		}
		say("1", Answer{Within: time.Hour})
		if got := r.resource("r", "a").Op; !got.Deadline.Equal(got.Began.Add(time.Hour)) {
			t.Errorf("its deadline is %v after it was begun", got.Deadline.Sub(got.Began))
		}
		say("2", Answer{Within: 2 * time.Minute, Again: time.Minute})
		r.pass(30 * time.Second)
		r.want("r", "provisioning-requested: a requested")
		r.pass(31 * time.Second)
		if r.plain.count("ensure a") != 2 {
			t.Errorf("got the calls %v", r.plain.called())
		}
		r.pass(time.Minute)
		r.want("r", "failed: a failed")
	})
}

// A callback while the call itself is under way. That it is done counts at once; that somebody works on it does not.
func TestCallbackDuringTheCall(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		said said
		soon string
		then string
	}{
		{"done", said{ID: "1", Answer: Answer{Handle: "h-1"}}, "provisioned: a present", "provisioned: a present"},
		{"in progress", said{ID: "1", Answer: Answer{State: InProgress}}, "provisioning: a ensuring", "provisioned: a present"},
		{"failed", said{ID: "1", Err: Fatal(errQuota)}, "deprovisioning: a releasing", "deprovisioned: a absent"},
		{"to be tried again", said{ID: "1", Err: Retry(0, errAway)}, "provisioning: a ensuring", "provisioned: a present"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			estate(t, Options{}, TypeOptions{}, func(r *rig) {
				var call Call
				r.plain.say("ensure a", line{takes: 30 * time.Second, through: func(c Call) { call = c }}, line{})
				r.plain.say("release a", line{takes: 2 * time.Second})
				r.request("r", Spec{ID: "a", Type: "plain"})
				r.pass(time.Second)
				r.accept("a", call.Operation, call.Callback.Token.Reveal(), c.said, callbackAccepted)
				r.pass(time.Second)
				r.want("r", c.soon)
				r.pass(time.Minute)
				r.want("r", c.then)
			})
		})
	}
}

// What is said of an operation that is over is answered as it is, also when it is said again, and if it was accepted
// once it is accepted again; in no case does it change a resource or the vault.
func TestCallbacksAboutWhatIsOver(t *testing.T) {
	t.Parallel()
	estate(t, Options{}, TypeOptions{}, func(r *rig) {
		calls := map[string]Call{}
		note := func(c Call) { calls[string(c.Goal)] = c }
		secrets := Secrets{"key": {Value: []byte("swordfish")}}
		r.plain.say("ensure a", line{answer: Answer{State: InProgress}, through: note})
		r.plain.say("release a", line{answer: Answer{State: InProgress}, through: note})
		r.request("r", Spec{ID: "a", Type: "plain"})
		r.pass(time.Second)
		call := func(g Goal, s said, want callbackStatus) {
			t.Helper()
			c := calls[string(g)]
			r.accept("a", c.Operation, c.Callback.Token.Reveal(), s, want)
			r.pass(time.Second)
		}
		done := said{ID: "done", Answer: Answer{Handle: "h-1", Secrets: secrets}}
		call(Present, done, callbackAccepted)
		r.want("r", "provisioned: a present")
		call(Present, said{ID: "failed", Err: Fatal(errQuota)}, callbackFinished)
		call(Present, said{ID: "progress", Answer: Answer{State: InProgress}}, callbackFinished)
		call(Present, done, callbackAccepted)
		r.want("r", "provisioned: a present")
		r.do(r.manager.TerminateRequest(r.Context(), "r", "enough"))
		r.pass(time.Second)
		call(Absent, said{ID: "gone"}, callbackAccepted)
		r.want("r", "deprovisioned: a absent")
		call(Absent, said{ID: "gone"}, callbackAccepted)
		call(Absent, said{ID: "not gone", Err: Fatal(errClosed)}, callbackFinished)
		call(Present, done, callbackAccepted)
		r.want("r", "deprovisioned: a absent")
		if r.secrets() != 0 {
			t.Error("its secrets are in the vault again")
		}
		r.accept("a", calls["present"].Operation, calls["absent"].Callback.Token.Reveal(), done, callbackUnknown)
		r.accept("b", calls["present"].Operation, calls["present"].Callback.Token.Reveal(), done, callbackUnknown)
	})
}

// Who says after the deadline that a resource was made tells its name, by which it is released.
func TestMadeAfterTheDeadline(t *testing.T) {
	t.Parallel()
	estate(t, Options{}, TypeOptions{Within: time.Minute}, func(r *rig) {
		var call Call
		var handles []string
		note := func(c Call) { handles = append(handles, c.Handle) }
		r.plain.say("ensure a", line{answer: Answer{State: InProgress}, through: func(c Call) { call = c }})
		r.plain.say("release a", line{err: Retry(0, errClosed), through: note}, line{through: note})
		r.request("r", Spec{ID: "a", Type: "plain"})
		r.pass(65 * time.Second)
		r.want("r", "deprovisioning: a releasing")
		late := said{ID: "1", Answer: Answer{Handle: "h-1", Secrets: Secrets{"key": {Value: []byte("swordfish")}}}}
		for range 2 {
			r.accept("a", call.Operation, call.Callback.Token.Reveal(), late, callbackFinished)
			r.pass(time.Second)
		}
		if r.secrets() != 0 {
			t.Error("the vault has secrets of what is not wanted")
		}
		r.pass(20 * time.Second)
		r.want("r", "deprovisioned: a absent")
		if len(handles) != 2 || handles[1] != "h-1" {
			t.Errorf("it was released by the names %q", handles)
		}
	})
}

// A closedVault keeps and removes nothing while it is closed.
type closedVault struct {
	MemoryVault
	closed atomic.Bool
}

func (v *closedVault) Put(ctx context.Context, key SecretKey, s Secrets) error {
	if v.closed.Load() {
		return errClosed
	}
	return v.MemoryVault.Put(ctx, key, s)
}

func (v *closedVault) Delete(ctx context.Context, key SecretKey) error {
	if v.closed.Load() {
		return errClosed
	}
	return v.MemoryVault.Delete(ctx, key)
}

// A callback whose secrets cannot be kept is not accepted, so that it comes again.
func TestCallbackAndClosedVault(t *testing.T) {
	t.Parallel()
	vault := &closedVault{}
	vault.closed.Store(true)
	estate(t, Options{Vault: vault}, TypeOptions{}, func(r *rig) {
		var call Call
		r.plain.say("ensure a", line{answer: Answer{State: InProgress}, through: func(c Call) { call = c }})
		r.request("r", Spec{ID: "a", Type: "plain"})
		r.pass(time.Second)
		done := said{ID: "1", Answer: Answer{Secrets: Secrets{"key": {Value: []byte("swordfish")}}}}
		if _, err := r.manager.accept(r.Context(), "r", "a", call.Operation, call.Callback.Token.Reveal(), done); !errors.Is(err, errClosed) {
			t.Errorf("got %v", err)
		}
		r.pass(time.Minute)
		r.want("r", "provisioning-requested: a requested")
		vault.closed.Store(false)
		r.accept("a", call.Operation, call.Callback.Token.Reveal(), done, callbackAccepted)
		r.pass(time.Second)
		r.want("r", "provisioned: a present")
		if _, err := vault.Get(r.Context(), *r.resource("r", "a").Secrets); err != nil {
			t.Error(err)
		}
	})
}

// A program that does not know a type loses nothing of what comes from outside: one that does takes it down later.
func TestOutcomesForAnUnknownType(t *testing.T) {
	t.Parallel()
	estate(t, Options{}, TypeOptions{}, func(r *rig) {
		var call Call
		r.plain.say("ensure a", line{answer: Answer{State: InProgress}, through: func(c Call) { call = c }})
		r.request("r", Spec{ID: "a", Type: "plain"})
		r.pass(time.Second)
		r.accept("a", call.Operation, call.Callback.Token.Reveal(), said{ID: "1", Answer: Answer{Handle: "h-1"}}, callbackAccepted)
		r.stop()
		known := r.manager
		r.types = []string{"seen"}
		r.start(Options{}, TypeOptions{})
		r.pass(2 * time.Hour)
		rec, err := r.manager.Requests.Get(r.Context(), "r")
		if err != nil || rec.Status != storage.Quarantined {
			t.Errorf("got %v, %v", rec.Status, err)
		}
		r.stop()
		r.types = nil
		r.start(Options{}, TypeOptions{})
		r.do(known.Requests.Retry(r.Context(), "r"))
		r.pass(time.Second)
		r.want("r", "provisioned: a present")
		if got := r.resource("r", "a").Handle; got != "h-1" {
			t.Errorf("got the handle %q", got)
		}
	})
}

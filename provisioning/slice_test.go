package provisioning

import (
	"slices"
	"testing"
	"time"
)

// One resource whose provisioner answers later by callback: from the request to its end.
func TestOneResourceByCallback(t *testing.T) {
	t.Parallel()
	estate(t, Options{}, TypeOptions{}, func(r *rig) {
		var calls []Call
		note := func(c Call) { calls = append(calls, c) }
		r.plain.say("ensure a", line{answer: Answer{State: InProgress, Handle: "h-1"}, through: note})
		r.plain.say("release a", line{answer: Answer{State: InProgress}, through: note})
		r.request("r", Spec{ID: "a", Type: "plain", Config: map[string]int{"size": 5}})
		r.pass(time.Second)
		r.want("r", "provisioning-requested: a requested")
		c := calls[0]
		if c.Key == "" || c.Operation == "" || c.Goal != Present || c.Attempt != 1 || string(c.Config) != `{"size":5}` {
			t.Errorf("got the call %+v", c)
		}
		if c.Callback.URL != "https://control.example.com/callbacks/r/a/"+c.Operation {
			t.Errorf("got the callback %s", c.Callback.URL)
		}
		answer := said{ID: "1", Answer: Answer{Attributes: map[string]string{"address": "10.0.0.5"}, Secrets: Secrets{"password": {Value: []byte("swordfish")}}}}
		for range 2 {
			if status, err := r.manager.accept(t.Context(), "r", "a", c.Operation, c.Callback.Token.Reveal(), answer); status != callbackAccepted || err != nil {
				t.Errorf("got %v, %v", status, err)
			}
		}
		r.pass(time.Second)
		r.want("r", "provisioned: a present")
		if got := r.resource("r", "a"); got.Handle != "h-1" || got.Attributes["address"] != "10.0.0.5" || got.Secrets == nil || r.secrets() != 1 {
			t.Errorf("got %+v", got)
		}
		r.do(r.manager.TerminateRequest(t.Context(), "r", "not needed"))
		r.pass(time.Second)
		r.want("r", "deprovisioning-requested: a release-requested")
		if calls[1].Key != c.Key || calls[1].Handle != "h-1" || calls[1].Goal != Absent || calls[1].Operation == c.Operation {
			t.Errorf("got the call %+v", calls[1])
		}
		if status, err := r.manager.accept(t.Context(), "r", "a", calls[1].Operation, calls[1].Callback.Token.Reveal(), said{ID: "2"}); status != callbackAccepted || err != nil {
			t.Errorf("got %v, %v", status, err)
		}
		r.pass(time.Second)
		r.want("r", "deprovisioned: a absent")
		if r.secrets() != 0 {
			t.Error("its secrets are still in the vault")
		}
		if got := r.plain.called(); !slices.Equal(got, []string{"ensure a", "release a"}) {
			t.Errorf("got the calls %v", got)
		}
	})
}

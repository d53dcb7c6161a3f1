package provisioning

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

type (
	stage string
	move  string
	// A house is a host's own record, which owns a request.
	house struct{ Told []Changed }
)

var houseMachine = fsm.MustCompile(fsm.Definition[stage, move]{
	Name: "house", Initial: "new",
	States: fsm.States[stage, move]{"new": {Mode: fsm.Active}, "built": {Mode: fsm.Resting}, "gone": {Mode: fsm.Final}},
	Table:  fsm.Table[stage, move]{"new": {"build": "built", "end": "gone"}, "built": {"end": "gone"}},
	Waivers: []fsm.Waiver[stage, move]{
		{Code: fsm.NoTimeout, State: "new", Reason: "its request has one"},
	},
})

// The owner asks in its own turn, and is told in the commits in which the status changes.
func TestOwnerIsTold(t *testing.T) {
	t.Parallel()
	estate(t, Options{}, TypeOptions{}, func(r *rig) {
		r.stop()
		houses, err := supervision.NewKind[house]("house", houseMachine, r.store, nil)
		if err != nil {
			t.Fatal(err)
		}
		decide := func(t *supervision.Turn[house, stage, move]) error {
			if t.State == "new" && len(t.Messages) == 0 {
				return r.manager.Request(t, "r", t.Key, Spec{ID: "a", Type: "plain"}, Spec{ID: "b", Type: "plain"})
			}
			for _, m := range t.Messages {
				c, ok := StatusChanged.Body(m)
				if !ok {
					continue
				}
				t.Data.Told = append(t.Data.Told, c)
				if c.Status == Provisioned {
					r.manager.Terminate(t, "r", "only a test")
					return t.Fire("build")
				}
				if c.Status == Deprovisioned {
					return t.Fire("end")
				}
			}
			return nil
		}
		r.with = func(s *supervision.Supervisor) { supervision.Supervise(s, houses, decide) }
		r.start(Options{}, TypeOptions{})
		r.plain.say("ensure a", line{err: Retry(0, errAway)}, line{answer: Answer{Handle: "h-a"}})
		r.plain.say("ensure b", line{answer: Answer{State: InProgress, Again: 30 * time.Second}}, line{answer: Answer{Attributes: map[string]string{"x": "y"}}})
		if err := houses.Create(t.Context(), "h", house{}); err != nil {
			t.Fatal(err)
		}
		r.pass(2 * time.Minute)
		h, err := houses.Get(t.Context(), "h")
		if err != nil || h.State != "gone" {
			t.Fatalf("got %+v, %v; %s", h, err, r.log)
		}
		var got []Status
		for _, c := range h.Data.Told {
			got = append(got, c.Status)
		}
		if want := []Status{ProvisioningRequested, Provisioned, Deprovisioning, Deprovisioned}; !slices.Equal(got[len(got)-4:], want) {
			t.Errorf("was told %v; %v at the end is right", got, want)
		}
		if c := h.Data.Told[len(got)-3]; c.Resources["a"].Handle != "h-a" || c.Resources["b"].Attributes["x"] != "y" || c.Was != ProvisioningRequested {
			t.Errorf("was told %+v", c)
		}
		if c := h.Data.Told[len(got)-1]; c.Reason != "only a test" || c.Goal != Absent || c.Error != "" {
			t.Errorf("was told %+v", c)
		}
	})
}

// What a look finds is the owner's to know.
func TestOwnerIsToldOfDrift(t *testing.T) {
	t.Parallel()
	estate(t, Options{}, TypeOptions{}, func(r *rig) {
		r.stop()
		houses, err := supervision.NewKind[house]("house", houseMachine, r.store, nil)
		if err != nil {
			t.Fatal(err)
		}
		var told []Drift
		r.with = func(s *supervision.Supervisor) {
			supervision.Supervise(s, houses, func(t *supervision.Turn[house, stage, move]) error {
				for _, m := range t.Messages {
					if d, ok := Drifted.Body(m); ok {
						told = append(told, d)
					}
				}
				if t.State == "new" {
					return errors.Join(r.manager.Request(t, "r", t.Key, Spec{ID: "a", Type: "seen"}), t.Fire("build"))
				}
				return nil
			})
		}
		r.start(Options{}, TypeOptions{Look: time.Hour})
		r.seen.say("find a", line{}, line{answer: Answer{State: Missing}}, line{answer: Answer{State: Missing}}, line{})
		if err := houses.Create(t.Context(), "h", house{}); err != nil {
			t.Fatal(err)
		}
		r.pass(4*time.Hour + time.Minute)
		if want := []Drift{{"r", "a", "it is gone"}, {"r", "a", ""}}; !slices.Equal(told, want) {
			t.Errorf("was told %v; %v is right", told, want)
		}
	})
}

// A request that cannot be made is the owner's to deal with: nothing is made, and the turn may go on.
func TestOwnerIsRefused(t *testing.T) {
	t.Parallel()
	estate(t, Options{}, TypeOptions{}, func(r *rig) {
		houses, err := supervision.NewKind[house]("house", houseMachine, r.store, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.do(houses.Create(t.Context(), "h", house{}))
		err = houses.Fire(t.Context(), "h", "build", func(t *supervision.Turn[house, stage, move]) error {
			if err := r.manager.Request(t, "r", storage.Key{}, Spec{ID: "a", Type: "castle"}); err == nil {
				r.Error("it was accepted")
			}
			return nil
		})
		r.do(err)
		if _, err := r.manager.Requests.Get(t.Context(), "r"); err == nil {
			t.Error("there is a request")
		}
	})
}

package refresh_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/reeve-go/reeve/refresh"
)

func TestSteps(t *testing.T) {
	t.Parallel()
	var done []string
	var fails error
	step := func(name string, after ...string) refresh.Step {
		return refresh.Step{Name: name, After: after, Do: func(_ context.Context, s refresh.Saving) error {
			done = append(done, name)
			if n := countedIn(t, s.Plan, "zones").Inserts; int(s.Number) == 1 && n != 1 {
				t.Errorf("step %q sees a plan that creates %d zones", name, n)
			}
			if name == "second" {
				return fails
			}
			return nil
		}}
	}
	r := newRig(t, func(b *refresh.Builder) *refresh.Collection[zone] {
		refresh.AddStep(b, step("third", "first", "second"))
		refresh.AddStep(b, step("first"))
		refresh.AddStep(b, step("second", "first"))
		return refresh.Add[zone](b, "zones", nil)
	}, tableOf("zones", "manager*", "ref*"))
	parse := func(zones *refresh.Collection[zone]) { zones.Build(zone{"a"}) }
	order := []string{"first", "second", "third"}
	r.once(parse)
	r.once(parse) // it changes nothing, and they are done
	if !slices.Equal(done, slices.Concat(order, order)) {
		t.Errorf("the steps are done in the order %v", done)
	}

	// A plan that is applied does them, too. If one fails, nothing is saved.
	open, err := r.persister.Open(t.Context(), "one", nil)
	if err != nil {
		t.Fatal(err)
	}
	parse(open.Inventory)
	open.Inventory.Build(zone{"b"})
	plan, err := open.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	done, fails = nil, errors.New("broken")
	if err := r.persister.Apply(t.Context(), plan, 0); !errors.Is(err, fails) || !strings.Contains(err.Error(), `refresh: step "second" of manager "one": broken`) {
		t.Errorf("the error is %v", err)
	}
	r.holds("zones", `ref="a"`)
	fails = nil
	if err := r.persister.Apply(t.Context(), plan, 0); err != nil {
		t.Error(err)
	}
	r.holds("zones", `ref="a"`, `ref="b"`)
	if want := []string{"first", "second", "first", "second", "third"}; !slices.Equal(done, want) {
		t.Errorf("the steps are done in the order %v; %v is right", done, want)
	}
}

func TestSteps_refused(t *testing.T) {
	t.Parallel()
	do := func(context.Context, refresh.Saving) error { return nil }
	for _, of := range []struct {
		steps []refresh.Step
		words string
	}{
		{[]refresh.Step{{Do: do}}, "a step has no name"},
		{[]refresh.Step{{Name: "a"}}, `step "a" does nothing`},
		{[]refresh.Step{{Name: "a", Do: do}, {Name: "a", Do: do}}, `there are two steps "a"`},
		{[]refresh.Step{{Name: "a", After: []string{"zones"}, Do: do}}, `step "a" is after "zones", which is no step`},
		{[]refresh.Step{{Name: "a", After: []string{"b"}, Do: do}, {Name: "b", After: []string{"c"}, Do: do}, {Name: "c", After: []string{"b"}, Do: do}}, `the steps b → c → b are each after the next`},
	} {
		_, err := refresh.NewPersister(func(b *refresh.Builder) *refresh.Collection[zone] {
			for _, s := range of.steps {
				refresh.AddStep(b, s)
			}
			return refresh.Add[zone](b, "zones", nil)
		}, newNeedy(t).in, nil)
		if err == nil || !strings.Contains(err.Error(), of.words) {
			t.Errorf("the error is %v; it must say %s", err, of.words)
		}
	}
}

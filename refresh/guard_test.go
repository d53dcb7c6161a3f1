package refresh_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/refresh"
)

func hosts(n int) cloud {
	c := cloud{hosts: map[string]string{}}
	for i := range n {
		c.hosts[fmt.Sprint(i)] = "host"
	}
	return c
}

func TestGuard(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		guard        refresh.Guard
		before, most int // of so many hosts so many may go
	}{
		{refresh.Guard{}, 10, 10},
		{refresh.Guard{}, 40, 20},
		{refresh.Guard{}, 100, 50},
		{refresh.Guard{Share: 1}, 100, 100},
		{refresh.Guard{Share: 0.1}, 100, 20},
		{refresh.Guard{Share: 0.1, Rows: 3}, 100, 10},
		{refresh.Guard{Share: 0.1, Rows: 3}, 10, 3},
		{refresh.Guard{Share: 0.1, Rows: -1}, 10, 1},
		{refresh.Guard{Share: -1, Rows: 3}, 100, 3},
		{refresh.Guard{Share: -1, Rows: -1}, 100, 0},
	} {
		for _, gone := range []int{c.most, c.most + 1} {
			if gone > c.before {
				continue
			}
			t.Run(fmt.Sprintf("%+v, %d of %d", c.guard, gone, c.before), func(t *testing.T) {
				t.Parallel()
				p := persister(t, &refresh.PersisterOptions{Guard: c.guard})
				saveTargets(t, p, nil, hosts(c.before).full)
				r, err := p.Open(t.Context(), "one", nil)
				target(t, err)
				hosts(c.before - gone).full(r.Inventory)
				plan, err := r.Save(t.Context(), 0)
				var guarded *refresh.GuardError
				if refused := errors.As(err, &guarded); refused != (gone > c.most) || !refused && err != nil {
					t.Fatalf("the error is %v; %d may go", err, c.most)
				}
				if guarded == nil {
					return
				}
				want := fmt.Sprintf(`refresh: the plan for manager "one" removes %d of the %d rows of collection "hosts", where %d may go`, gone, c.before, c.most)
				if guarded.Plan != plan || !strings.Contains(err.Error(), want) {
					t.Errorf("the error is %v, with plan %p of %p; it has to say %s", err, guarded.Plan, plan, want)
				}
			})
		}
	}
}

func TestGuardedPlanIsAppliedWhenItIsAllowed(t *testing.T) {
	t.Parallel()
	in := inventory(t)
	p, err := refresh.NewPersister(declare, in, &refresh.PersisterOptions{Guard: refresh.Guard{Share: -1, Rows: -1}})
	target(t, err)
	saveTargets(t, p, nil, twoVMs.full)
	before := dump(t, in)

	r, err := p.Open(t.Context(), "one", nil)
	target(t, err)
	hosts(1).full(r.Inventory) // and no VMs at all
	plan, err := r.Save(t.Context(), 0)
	if err == nil || !strings.Contains(err.Error(), `"hosts", where 0 may go, and 2 of the 2 rows of collection "vms"`) {
		t.Errorf("the error is %v; it has to name all collections", err)
	}
	var written bytes.Buffer
	target(t, plan.WriteJSON(&written))
	plan, err = refresh.ReadPlan(&written, 0) // also elsewhere
	target(t, err)
	var guarded *refresh.GuardError
	if err := p.Apply(t.Context(), plan, 0); !errors.As(err, &guarded) {
		t.Errorf("the error of Apply is %v; a GuardError is right", err)
	}
	if d := cmp.Diff(before, dump(t, in)); d != "" {
		t.Errorf("what was refused was written:\n%s", d)
	}
	if err := plan.Allow("disk"); err == nil || !strings.Contains(err.Error(), `no collection "disk"`) {
		t.Errorf("the error of Allow is %v", err)
	}
	target(t, plan.Allow("vms"))
	if err := p.Apply(t.Context(), plan, 0); !errors.As(err, &guarded) || strings.Contains(err.Error(), `"vms"`) {
		t.Errorf("the error of Apply is %v; VMs are allowed", err)
	}
	target(t, plan.Allow())
	target(t, p.Apply(t.Context(), plan, 0))
	if now := dump(t, in); len(now["vms"])+len(now["disks"]) > 0 || len(now["hosts"]) != 1 {
		t.Errorf("the rows are %v; one host is right", now)
	}
}

func TestGuardOfACollection(t *testing.T) {
	t.Parallel()
	strict := &refresh.Guard{Share: -1, Rows: -1}
	p, err := refresh.NewPersister(func(b *refresh.Builder) *estate {
		return &estate{
			Hosts: refresh.Add[Host](b, "hosts", nil),
			VMs:   refresh.Add[VM](b, "vms", &refresh.CollectionOptions{Guard: strict}),
			Disks: refresh.Add[Disk](b, "disks", &refresh.CollectionOptions{ChildOf: []string{"vm_id"}}),
		}
	}, inventory(t), nil)
	target(t, err)
	saveTargets(t, p, nil, twoVMs.full)
	r, err := p.Open(t.Context(), "one", nil)
	target(t, err)
	cloud{}.full(r.Inventory)
	_, err = r.Save(t.Context(), 0)
	if err == nil || !strings.Contains(err.Error(), `"vms"`) || strings.Contains(err.Error(), `"hosts"`) {
		t.Errorf("the error is %v; only VMs are guarded", err)
	}
	// What is named may go.
	e, err := p.Inventory()
	target(t, err)
	var targets refresh.Targets
	target(t, e.VMs.Target(&targets, VM{Ref: "1"}))
	if plan := saveTargets(t, p, &targets, func(*estate) {}); plan.Collections[1].Deletes != 1 {
		t.Errorf("a targeted refresh plans\n%s", planText(t, plan))
	}
}

func TestGuardThatIsNone(t *testing.T) {
	t.Parallel()
	for _, share := range []float64{1.5, math.NaN()} {
		_, err := refresh.NewPersister(declare, inventory(t), &refresh.PersisterOptions{Guard: refresh.Guard{Share: share}})
		if err == nil || !strings.Contains(err.Error(), "from 0 to 1 is right") {
			t.Errorf("a share of %g: the error is %v", share, err)
		}
		_, err = refresh.NewPersister(func(b *refresh.Builder) any {
			return refresh.Add[Host](b, "hosts", &refresh.CollectionOptions{Guard: &refresh.Guard{Share: share}})
		}, inventory(t), nil)
		if err == nil || !strings.Contains(err.Error(), `collection "hosts"`) || !strings.Contains(err.Error(), "from 0 to 1 is right") {
			t.Errorf("a share of %g of a collection: the error is %v", share, err)
		}
	}
}

package refresh_test

import (
	"testing"

	"github.com/reeve-go/reeve/refresh"
)

type (
	machine struct {
		Ref    string               `reeve:"ref,key"`
		UUID   string               `reeve:"uuid,index=by_uuid"`
		Serial string               `reeve:"serial,index=by_serial"`
		Above  refresh.Ref[machine] `reeve:"above_id"`
	}
	part struct {
		Machine refresh.Ref[machine] `reeve:"machine_id,key"`
		Name    string               `reeve:"name,key"`
	}
	machines struct {
		Machines *refresh.Collection[machine]
		Parts    *refresh.Collection[part]
	}
)

func newMachines(t *testing.T) *rig[*machines] {
	t.Helper()
	return newRig(t, func(b *refresh.Builder) *machines {
		return &machines{
			refresh.Add[machine](b, "machines", &refresh.CollectionOptions{Archive: "archived", Reconnect: []string{"by_uuid", "by_serial"}}),
			refresh.Add[part](b, "parts", &refresh.CollectionOptions{ChildOf: []string{"machine_id"}, Archive: "archived"}),
		}
	}, tableOf("machines", "manager*", "ref*", "uuid", "serial", "above_id→machines", "archived:time"), tableOf("parts", "machine_id→machines*", "name*", "archived:time"))
}

func TestArchive(t *testing.T) {
	t.Parallel()
	r := newMachines(t)
	full := func(in *machines) {
		a := in.Machines.Build(machine{Ref: "a"})
		in.Machines.Build(machine{Ref: "b", Above: a})
		in.Parts.Build(part{a, "p"})
	}
	r.save(full)
	less := func(in *machines) { in.Machines.Build(machine{Ref: "b", Above: in.Machines.LazyFind("a")}) }
	plan := r.once(less)
	says(t, plan, `machines: 1 updated, 1 archived`, `parts: 1 archived`, `unresolved machines.above_id → machines(ref="a")`)
	if plan := r.once(less); !plan.Empty() {
		t.Errorf("what is archived is archived again:\n%s", planText(t, plan))
	}
	plan = r.once(full)
	says(t, plan, `machines: 2 updated, 1 revived`, `parts: 1 updated, 1 revived`)
	r.holds("machines", `ref="a", serial="", uuid=""`, `ref="b", above_id=(ref="a"), serial="", uuid=""`)
	r.holds("parts", `machine_id=(ref="a") name="p"`)
}

func TestReconnect(t *testing.T) {
	t.Parallel()
	r := newMachines(t)
	r.save(func(in *machines) {
		a := in.Machines.Build(machine{Ref: "a", UUID: "u1", Serial: "s1"})
		in.Parts.Build(part{a, "p"})
		in.Machines.Build(machine{Ref: "b", UUID: "u2", Serial: "s2"})
		in.Machines.Build(machine{Ref: "c", UUID: "same", Serial: "s3"})
		in.Machines.Build(machine{Ref: "d", UUID: "same", Serial: "s4"})
		in.Machines.Build(machine{Ref: "e", UUID: "u5", Serial: "s5"})
	})
	before := countedIn(t, r.once(func(in *machines) { in.Machines.Complete(); in.Parts.Complete() }), "machines")
	if before.Archives != 5 {
		t.Fatalf("%s; 5 archived is right", before)
	}
	plan := r.save(func(in *machines) {
		a := in.Machines.Build(machine{Ref: "a2", UUID: "u1", Serial: "other"}) // by the first index
		in.Parts.Build(part{a, "p"})                                            // what belonged to it comes back with it
		in.Machines.Build(machine{Ref: "b2", UUID: "other", Serial: "s2"})      // by the second
		in.Machines.Build(machine{Ref: "x", UUID: "same", Serial: "none"})      // two have it: a new row
		in.Machines.Build(machine{Ref: "e", UUID: "u5", Serial: "s5"})          // by its key, so that y is new
		in.Machines.Build(machine{Ref: "y", UUID: "u5", Serial: "none"})
		in.Machines.Build(machine{Ref: "z1", UUID: "none", Serial: "s4", Above: a}) // two bring it: both are new
		in.Machines.Build(machine{Ref: "z2", UUID: "none", Serial: "s4"})
	})
	says(t, plan, `machines: 4 created, 3 updated, 3 revived`, `parts: 1 updated, 1 revived`, `unresolved machines.uuid → machines(uuid="same"), archived`)
	n := 0
	for c, err := range plan.Changes() {
		if err != nil {
			t.Fatal(err)
		}
		if c.Collection == "machines" && c.Kind == refresh.Update && c.ID.Int() <= 2 {
			n++
		}
	}
	if n != 2 {
		t.Errorf("%d of the two rows that were there before are updated:\n%s", n, planText(t, plan))
	}
	r.holds("parts", `machine_id=(ref="a2") name="p"`)
}

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

// A row that came back by one index is not there for another one.
func TestReconnect_once(t *testing.T) {
	t.Parallel()
	r := newMachines(t)
	r.save(func(in *machines) { in.Machines.Build(machine{Ref: "a", UUID: "u", Serial: "s"}) })
	r.once(func(in *machines) { in.Machines.Complete() })
	plan := r.save(func(in *machines) {
		in.Machines.Build(machine{Ref: "by uuid", UUID: "u", Serial: "none"})
		in.Machines.Build(machine{Ref: "by serial", UUID: "none", Serial: "s"})
	})
	says(t, plan, "machines: 1 created, 1 updated, 1 revived")
	r.holds("machines", `ref="by serial", serial="s", uuid="none"`, `ref="by uuid", serial="none", uuid="u"`)
}

// What another manager has archived does not come back to this one.
func TestReconnect_ofAnotherManager(t *testing.T) {
	t.Parallel()
	r := newMachines(t)
	as := func(manager string, parse func(*machines)) {
		t.Helper()
		open, err := r.persister.Open(t.Context(), manager, nil)
		target(t, err)
		parse(open.Inventory)
		_, err = open.Save(t.Context(), 0)
		target(t, err)
	}
	as("two", func(in *machines) { in.Machines.Build(machine{Ref: "a", UUID: "u"}) })
	as("two", func(in *machines) { in.Machines.Complete() })
	says(t, r.once(func(in *machines) { in.Machines.Build(machine{Ref: "b", UUID: "u"}) }), "machines: 1 created")
}

// Where rows are not created, or not updated, none comes back under another key. One that is refused does not keep another
// from it.
func TestReconnect_refused(t *testing.T) {
	t.Parallel()
	for mode, want := range map[refresh.Mode]string{
		refresh.UpdateOnly: "machines: 2 missing", refresh.CreateOnly: "machines: 2 created", refresh.Keep: "machines: 1 created, 1 updated, 1 revived, 1 refused",
	} {
		r := newMachines(t)
		r.save(func(in *machines) { in.Machines.Build(machine{Ref: "a", UUID: "u"}) })
		r.once(func(in *machines) { in.Machines.Complete() })
		type under struct {
			Ref   string               `reeve:"ref,key"`
			UUID  string               `reeve:"uuid,index=by_uuid"`
			Above refresh.Ref[machine] `reeve:"above_id,key,null"`
		}
		type both struct {
			rows  *refresh.Collection[under]
			above *refresh.Collection[machine]
		}
		p, err := refresh.NewPersister(func(b *refresh.Builder) both {
			above := refresh.Add[machine](b, "above", &refresh.CollectionOptions{Table: "machines", Mode: refresh.ReadOnly})
			return both{refresh.Add[under](b, "machines", &refresh.CollectionOptions{Mode: mode, Archive: "archived", Reconnect: []string{"by_uuid"}}), above}
		}, r.in, nil)
		target(t, err)
		open, err := p.Open(t.Context(), "one", nil)
		target(t, err)
		open.Inventory.rows.Build(under{Ref: "new", UUID: "u"})
		open.Inventory.rows.Build(under{Ref: "other", UUID: "other"})
		if mode == refresh.Keep {
			open.Inventory.rows.Build(under{Ref: "refused", UUID: "u", Above: open.Inventory.above.LazyFind("nowhere")})
		}
		plan, err := open.Save(t.Context(), 0)
		target(t, err)
		says(t, plan, want)
	}
}

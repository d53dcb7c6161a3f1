package refresh_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/storage"
)

// createdIn returns the ids of the rows that a plan creates, by collection and key.
func createdIn(t testing.TB, p *refresh.Plan) map[string]storage.Value {
	t.Helper()
	ids := map[string]storage.Value{}
	for c, err := range p.Changes() {
		target(t, err)
		if c.Kind == refresh.Insert {
			ids[c.Collection+" "+c.Key] = c.ID
		}
	}
	return ids
}

// storedIn returns the ids of the rows of a table, by its name and a column that is their key.
func storedIn(t testing.TB, in storage.Inventory, table, key string) map[string]storage.Value {
	t.Helper()
	view, err := in.View(t.Context())
	target(t, err)
	ids := map[string]storage.Value{}
	for row, err := range view.Rows(t.Context(), storage.RowQuery{Table: table, Columns: []storage.Column{{Name: "id"}, {Name: key}}}) {
		target(t, err)
		ids[fmt.Sprintf("%s %s=%s", table, key, row[1])] = row[0]
	}
	target(t, view.Close())
	return ids
}

// The ids of rows that are created are known when they are saved, and not before.
func TestCreatedIDs(t *testing.T) {
	t.Parallel()
	for _, spilled := range []bool{false, true} {
		for _, applied := range []bool{false, true} {
			in := inventory(t)
			o := refresh.PersisterOptions{}
			if spilled {
				o.Memory = 1
			}
			p, err := refresh.NewPersister(declare, in, &o)
			target(t, err)
			parse := func(e *estate) {
				for i := range 100 {
					e.Hosts.Build(Host{Ref: fmt.Sprint("h", i)})
					e.VMs.Build(VM{Ref: fmt.Sprint("vm", i), Host: e.Hosts.LazyFind(fmt.Sprint("h", 99-i))})
				}
			}
			saveTargets(t, p, nil, func(e *estate) { e.Hosts.Build(Host{Ref: "h7"}) })
			r, err := p.Open(t.Context(), "one", nil)
			target(t, err)
			parse(r.Inventory)
			plan, err := r.Plan(t.Context())
			target(t, err)
			for row, id := range createdIn(t, plan) {
				if !id.IsNull() {
					t.Errorf("row %s has id %s, and nothing is saved", row, id)
				}
			}
			if applied {
				var text bytes.Buffer
				target(t, plan.WriteJSON(&text))
				plan, err = refresh.ReadPlan(&text, o.Memory)
				target(t, err)
				target(t, p.Apply(t.Context(), plan, 0))
			} else {
				plan, err = r.Save(t.Context(), 0)
				target(t, err)
			}
			got := createdIn(t, plan)
			if len(got) != 199 {
				t.Fatalf("%d of 199 rows are created", len(got))
			}
			for _, table := range []string{"hosts", "vms"} {
				for row, id := range storedIn(t, in, table, "ref") {
					if is, created := got[row]; created && is != id {
						t.Errorf("row %s has id %s, and the plan says %s", row, id, is)
					}
				}
			}

			// They are part of the plan as JSON.
			var text bytes.Buffer
			target(t, plan.WriteJSON(&text))
			again, err := refresh.ReadPlan(&text, o.Memory)
			target(t, err)
			for row, id := range createdIn(t, again) {
				if id != got[row] {
					t.Errorf("row %s has id %s, and in JSON %s", row, got[row], id)
				}
			}
			target(t, errors.Join(plan.Close(), again.Close(), r.Close()))
		}
	}
}

type (
	owned struct {
		ID   string            `reeve:"id,key"`
		Part refresh.Ref[own2] `reeve:"part_id"`
	}
	own2 struct {
		Of   refresh.Ref[owned] `reeve:"id,key"`
		Name string             `reeve:"name"`
	}
)

// Ids can be the host's: texts, or those of other rows that are created with them.
func TestCreatedIDs_ofTheHost(t *testing.T) {
	t.Parallel()
	first := tableOf("owned", "manager", "part_id→parts")
	first.Columns[0].Type, first.Columns[2].Type, first.Unique = storage.TextType, storage.TextType, nil
	second := tableOf("parts", "manager", "name")
	second.Columns[0].Type, second.Unique, second.References["id"] = storage.TextType, nil, "owned"
	type pair struct {
		Owned *refresh.Collection[owned]
		Parts *refresh.Collection[own2]
	}
	r := newRig(t, func(b *refresh.Builder) pair {
		return pair{refresh.Add[owned](b, "owned", nil), refresh.Add[own2](b, "parts", nil)}
	}, first, second)
	plan := r.save(func(p pair) {
		for _, id := range []string{"b", "a"} {
			it := p.Owned.Build(owned{ID: id, Part: p.Parts.LazyFindLike(own2{Of: p.Owned.LazyFind(id)})})
			p.Parts.Build(own2{it, "part of " + id})
		}
	})
	for row, id := range createdIn(t, plan) {
		if id != storage.TextValue("a") && id != storage.TextValue("b") {
			t.Errorf("row %s has id %s", row, id)
		}
	}
}

// What is not saved has no ids.
func TestCreatedIDs_ofWhatFailed(t *testing.T) {
	t.Parallel()
	fails := errors.New("broken")
	var inStep map[string]storage.Value
	r := newRig(t, func(b *refresh.Builder) *refresh.Collection[zone] {
		refresh.AddStep(b, refresh.Step{Name: "failing", Do: func(_ context.Context, s refresh.Saving) error {
			inStep = createdIn(t, s.Plan)
			return fails
		}})
		return refresh.Add[zone](b, "zones", nil)
	}, tableOf("zones", "manager*", "ref*"))
	open, err := r.persister.Open(t.Context(), "one", nil)
	target(t, err)
	open.Inventory.Build(zone{"a"})
	plan, err := open.Save(t.Context(), 0)
	if !errors.Is(err, fails) || plan == nil {
		t.Fatalf("the error is %v, and the plan %v", err, plan)
	}
	if id := inStep[`zones ref="a"`]; id.IsNull() {
		t.Error("a step does not see the id of a row that is created")
	}
	for row, id := range createdIn(t, plan) {
		if !id.IsNull() {
			t.Errorf("row %s has id %s, and nothing was saved", row, id)
		}
	}
}

type (
	chapter struct {
		Of     refresh.Ref[zone]    `reeve:"zone_id,key"`
		Number int                  `reeve:"number,key"`
		After  refresh.Ref[chapter] `reeve:"after_id"`
	}
	chapters struct {
		Zones    *refresh.Collection[zone]
		Chapters *refresh.Collection[chapter]
	}
)

// What points at rows that are created says their numbers before the save, and their ids afterwards: in keys, in print and
// in JSON.
func TestCreatedIDs_whereOthersPoint(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(b *refresh.Builder) chapters {
		return chapters{refresh.Add[zone](b, "zones", nil), refresh.Add[chapter](b, "chapters", &refresh.CollectionOptions{ChildOf: []string{"zone_id"}})}
	}, tableOf("zones", "manager*", "ref*"), tableOf("chapters", "zone_id→zones*", "number:int*", "after_id→chapters"))
	parse := func(in chapters) {
		in.Zones.Build(zone{"old"})
		first := in.Chapters.Build(chapter{Of: in.Zones.Build(zone{"new"}), Number: 1})
		in.Chapters.Build(chapter{Of: in.Zones.LazyFind("new"), Number: 2, After: first})
	}
	r.once(func(in chapters) { in.Zones.Build(zone{"old"}) })
	open, err := r.persister.Open(t.Context(), "one", nil)
	target(t, err)
	parse(open.Inventory)
	plan, err := open.Plan(t.Context())
	target(t, err)
	says(t, plan,
		"insert chapters zone_id=new row 1 of zones number=1, zone_id new row 1 of zones, number 1, after_id null",
		"insert chapters zone_id=new row 1 of zones number=2, zone_id new row 1 of zones, number 2, after_id new row 0 of chapters",
	)
	target(t, r.persister.Apply(t.Context(), plan, 0))
	zones, first := storedIn(t, r.in, "zones", "ref")[`zones ref="new"`], storedIn(t, r.in, "chapters", "number")["chapters number=1"]
	lines := []string{
		fmt.Sprintf("insert chapters zone_id=%s number=1, zone_id %s, number 1, after_id null", zones, zones),
		fmt.Sprintf("insert chapters zone_id=%s number=2, zone_id %s, number 2, after_id %s", zones, zones, first),
	}
	says(t, plan, lines...)
	var text bytes.Buffer
	target(t, plan.WriteJSON(&text))
	if want := fmt.Sprintf(`{"column":"after_id","old":null,"new":%s,"new_row":{"collection":"chapters","row":0}}`, first); !bytes.Contains(text.Bytes(), []byte(want)) {
		t.Errorf("the plan as JSON does not say %s:\n%s", want, &text)
	}
	again, err := refresh.ReadPlan(&text, 0)
	target(t, err)
	says(t, again, lines...)
	target(t, errors.Join(plan.Close(), again.Close(), open.Close()))
}

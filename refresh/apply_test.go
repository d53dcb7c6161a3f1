package refresh_test

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/refresh/refreshtest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
)

// A ward and its beds point at each other; a bed always has a ward, and a ward may be part of another.
type (
	ward struct {
		Ref    string            `reeve:"ref,key"`
		Name   string            `reeve:"name,index=by_name"`
		First  refresh.Ref[bed]  `reeve:"first_id"`
		Within refresh.Ref[ward] `reeve:"within_id"`
	}
	bed struct {
		Ref  string            `reeve:"ref,key"`
		Name string            `reeve:"name,index=by_name"`
		Ward refresh.Ref[ward] `reeve:"ward_id,required"`
	}
	clinic struct {
		Wards *refresh.Collection[ward]
		Beds  *refresh.Collection[bed]
	}
)

func clinicTables(t testing.TB) *memory.Inventory {
	t.Helper()
	in, err := memory.NewInventory(
		storage.Table{
			Name: "wards", ID: "id", Columns: []storage.Column{id("id"), text("manager"), text("ref"), text("name"), id("first_id"), id("within_id")},
			Unique: [][]string{{"manager", "ref"}, {"name"}}, References: map[string]string{"first_id": "beds", "within_id": "wards"},
		},
		storage.Table{
			Name: "beds", ID: "id", Columns: []storage.Column{id("id"), text("manager"), text("ref"), text("name"), {Name: "ward_id", Type: storage.IntType}},
			Unique: [][]string{{"manager", "ref"}, {"name"}}, References: map[string]string{"ward_id": "wards"},
		},
	)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func clinicPersister(t testing.TB, in storage.Inventory) *refresh.Persister[*clinic] {
	t.Helper()
	p, err := refresh.NewPersister(func(b *refresh.Builder) *clinic {
		return &clinic{
			Wards: refresh.Add[ward](b, "wards", &refresh.CollectionOptions{}),
			Beds:  refresh.Add[bed](b, "beds", &refresh.CollectionOptions{After: []string{"wards"}}),
		}
	}, in, &refresh.PersisterOptions{Guard: refresh.Guard{Share: 1}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A plant is what a clinic has: the names of wards and beds, and what they point at.
type plant struct{ wards, beds map[string][3]string }

func (w plant) parse(c *clinic) {
	for _, ref := range slices.Sorted(maps.Keys(w.wards)) {
		is := w.wards[ref]
		c.Wards.Build(ward{Ref: ref, Name: is[0], First: c.Beds.LazyFind(is[1]), Within: c.Wards.LazyFind(is[2])})
	}
	for _, ref := range slices.Sorted(maps.Keys(w.beds)) {
		is := w.beds[ref]
		c.Beds.Build(bed{Ref: ref, Name: is[0], Ward: c.Wards.LazyFind(is[1])})
	}
	c.Wards.Complete()
	c.Beds.Complete()
}

// Whatever a clinic was before: references and unique columns, which memory checks with each row, never stand in the way of what it is
// now.
func TestWritesInAnOrderThatTheDatabaseAllows(t *testing.T) {
	t.Parallel()
	wards, beds := []string{"a", "b", "c"}, []string{"x", "y", "z"}
	draw := func(t *rapid.T, label string) plant {
		some := func(of []string) []string {
			return rapid.Permutation(of).Draw(t, label)[:rapid.IntRange(0, len(of)).Draw(t, "many")]
		}
		out := plant{map[string][3]string{}, map[string][3]string{}}
		names := rapid.Permutation([]string{"1", "2", "3"}).Draw(t, "names")
		there := some(wards)
		for i, ref := range there {
			out.wards[ref] = [3]string{names[i], rapid.SampledFrom(append(beds, "")).Draw(t, "first"), rapid.SampledFrom(append(wards, "")).Draw(t, "within")}
		}
		if len(there) == 0 {
			return out
		}
		for i, ref := range some(beds) {
			out.beds[ref] = [3]string{names[i], rapid.SampledFrom(there).Draw(t, "ward")}
		}
		return out
	}
	tb := t
	rapid.Check(t, func(t *rapid.T) {
		in := clinicTables(tb)
		p := clinicPersister(tb, in)
		for range rapid.IntRange(2, 4).Draw(t, "refreshes") {
			now := draw(t, "clinic")
			r, err := p.Open(context.Background(), "one", nil)
			if err != nil {
				t.Fatal(err)
			}
			now.parse(r.Inventory)
			if rapid.Bool().Draw(t, "planned first") {
				plan, err := r.Plan(context.Background())
				if err == nil {
					err = p.Apply(context.Background(), plan, 0)
				}
				if err != nil {
					t.Fatal(err)
				}
			} else if _, err := r.Save(context.Background(), 0); err != nil {
				t.Fatal(err)
			}
			fresh := clinicTables(tb)
			f, err := clinicPersister(tb, fresh).Open(context.Background(), "one", nil)
			if err != nil {
				t.Fatal(err)
			}
			now.parse(f.Inventory)
			if _, err := f.Save(context.Background(), 0); err != nil {
				t.Fatal(err)
			}
			tables := []string{"wards", "beds"}
			got, err := refreshtest.Dump(context.Background(), in, tables, nil)
			if err != nil {
				t.Fatal(err)
			}
			want, err := refreshtest.Dump(context.Background(), fresh, tables, nil)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("the rows are not those of an empty database that was filled (- filled, + refreshed):\n%s", d)
			}
		}
	})
}

func TestUniqueValuesGoRound(t *testing.T) {
	t.Parallel()
	p := clinicPersister(t, clinicTables(t))
	for _, names := range []string{"123", "231", "213", "14-", "41-", "4-1"} {
		r, err := p.Open(t.Context(), "one", nil)
		target(t, err)
		for i, name := range names {
			if name != '-' {
				r.Inventory.Wards.Build(ward{Ref: fmt.Sprint(i), Name: string(name)})
			}
		}
		r.Inventory.Beds.Complete()
		if _, err := r.Save(t.Context(), 0); err != nil {
			t.Errorf("with names %s: %v", names, err)
		}
	}
}

// counted is an inventory that counts what is called.
type counted struct {
	storage.Inventory

	calls map[string]int
}

func (c *counted) Begin(ctx context.Context, f storage.Fence) (storage.InventoryTx, error) {
	tx, err := c.Inventory.Begin(ctx, f)
	clear(c.calls)
	return &countedTx{tx, c}, err
}

type countedTx struct {
	storage.InventoryTx

	by *counted
}

func (tx *countedTx) Reserve(ctx context.Context, table string, n int) ([]storage.Value, error) {
	tx.by.calls["reserve "+table]++
	return tx.InventoryTx.Reserve(ctx, table, n)
}

func (tx *countedTx) Insert(ctx context.Context, table string, columns []storage.Column, rows iter.Seq[[]storage.Value]) error {
	tx.by.calls["insert "+table]++
	return tx.InventoryTx.Insert(ctx, table, columns, rows)
}

func (tx *countedTx) Update(ctx context.Context, table string, columns []storage.Column, changes iter.Seq[storage.RowChange]) ([]storage.Value, error) {
	tx.by.calls["update "+table]++
	return tx.InventoryTx.Update(ctx, table, columns, changes)
}

func (tx *countedTx) Delete(ctx context.Context, table string, columns []storage.Column, tuples iter.Seq[[]storage.Value]) (int, error) {
	tx.by.calls["delete "+table]++
	return tx.InventoryTx.Delete(ctx, table, columns, tuples)
}

func (tx *countedTx) Touch(ctx context.Context, rows iter.Seq[storage.Touched]) error {
	tx.by.calls["touch"]++
	return tx.InventoryTx.Touch(ctx, rows)
}

// Rows with the same columns are written by one call, however they are mixed.
func TestWritesWithFewCalls(t *testing.T) {
	t.Parallel()
	memory, err := memory.NewInventory(
		tableOf("hosts", "manager*", "ref*", "name"), tableOf("vms", "manager*", "ref*", "name", "uuid", "host_id→hosts"),
		tableOf("disks", "vm_id→vms*", "device*", "size:int"))
	target(t, err)
	in := &counted{memory, map[string]int{}}
	p, err := refresh.NewPersister(declare, in, &refresh.PersisterOptions{Guard: refresh.Guard{Share: 1}})
	target(t, err)
	const rows = 500
	save := func(parse func(e *estate, i int, ref string), want map[string]int) {
		t.Helper()
		saveTargets(t, p, nil, func(e *estate) {
			e.Hosts.Build(Host{Ref: "h"})
			for i := range rows {
				parse(e, i, fmt.Sprint("vm", i))
			}
			e.VMs.Complete()
		})
		if d := cmp.Diff(want, in.calls); d != "" {
			t.Errorf("the calls are not those that are needed (- needed, + made):\n%s", d)
		}
	}
	save(func(e *estate, i int, ref string) {
		switch i % 3 {
		case 0:
			e.VMs.Build(VM{Ref: ref, Host: e.Hosts.LazyFind("h")})
		case 1:
			e.VMs.Patch(VM{Ref: ref, Name: ref}, func(vm *VM) []any { return []any{&vm.Name} })
		case 2:
			e.VMs.Patch(VM{Ref: ref, UUID: ref}, func(vm *VM) []any { return []any{&vm.UUID} })
		}
	}, map[string]int{"reserve hosts": 1, "reserve vms": 1, "insert hosts": 1, "insert vms": 3})
	save(func(e *estate, i int, ref string) {
		e.VMs.Patch(VM{Ref: ref, UUID: "new " + ref, Name: "new"}, func(vm *VM) []any { return []any{&vm.Name, &vm.UUID}[i%2:] })
	}, map[string]int{"update vms": 2})
	save(func(e *estate, i int, ref string) {
		e.VMs.Patch(VM{Ref: ref, UUID: "new " + ref, Name: "new"}, func(vm *VM) []any { return []any{&vm.Name, &vm.UUID}[i%2:] })
	}, map[string]int{})
	save(func(*estate, int, string) {}, map[string]int{"delete vms": 1})
}

func TestApplyOfAnOldPlan(t *testing.T) {
	t.Parallel()
	for name, parse := range map[string]func(e *estate){
		"updated": func(e *estate) {
			e.VMs.Patch(VM{Ref: "1", Name: "mine"}, func(vm *VM) []any { return []any{&vm.Name} })
		},
		"deleted": func(e *estate) { e.VMs.Build(VM{Ref: "2", Name: "vm 2"}) },
	} {
		in := inventory(t)
		p, err := refresh.NewPersister(declare, in, nil)
		target(t, err)
		saveTargets(t, p, nil, twoVMs.full)
		old, err := p.Open(t.Context(), "one", nil)
		target(t, err)
		parse(old.Inventory)
		plan, err := old.Plan(t.Context())
		target(t, err)
		saveTargets(t, p, nil, func(e *estate) { // somebody else
			e.Hosts.Incomplete(context.Canceled)
			if name == "deleted" {
				e.VMs.Build(VM{Ref: "2", Name: name})
			} else {
				e.VMs.Build(VM{Ref: "1", Name: name})
				e.VMs.Build(VM{Ref: "2", Name: name})
			}
		})
		before := dump(t, in)
		if err := p.Apply(t.Context(), plan, 0); err == nil || !strings.Contains(err.Error(), `rows of collection "`) || !strings.Contains(err.Error(), "a new plan is right") {
			t.Errorf("%s: the error is %v", name, err)
		}
		if d := cmp.Diff(before, dump(t, in)); d != "" {
			t.Errorf("%s: what was refused was written:\n%s", name, d)
		}
	}
}

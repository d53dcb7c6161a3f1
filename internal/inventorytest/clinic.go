package inventorytest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/refresh/refreshtest"
	"github.com/reeve-go/reeve/storage"
)

// RunWrites tests that references and unique columns, at which a database may look with each row that is written, never
// stand in the way of a refresh.
func RunWrites(t *testing.T, open Opener) {
	t.Helper()
	t.Run("rows are written in an order that the database allows", func(t *testing.T) {
		t.Parallel()
		writesInOrder(t, open)
	})
	t.Run("unique values go round", func(t *testing.T) {
		t.Parallel()
		uniqueValuesGoRound(t, open)
	})
}

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

func clinicTables() []storage.Table {
	unique := [][]string{{"manager", "ref"}, {"name"}}
	tables := []storage.Table{
		{
			Name: "wards", ID: "id", Unique: unique, Columns: columns("id", "manager ref name", "first_id within_id"),
			References: map[string]string{"first_id": "beds", "within_id": "wards"},
		},
		{Name: "beds", ID: "id", Unique: unique, Columns: columns("id", "manager ref name", "ward_id"), References: map[string]string{"ward_id": "wards"}},
	}
	tables[1].Columns[4].Null = false // a bed always has a ward
	return tables
}

func clinicOn(t refreshtest.TB, in storage.Inventory) *refresh.Persister[*clinic] {
	t.Helper()
	p, err := refresh.NewPersister(func(b *refresh.Builder) *clinic {
		return &clinic{
			Wards: refresh.Add[ward](b, "wards", nil),
			Beds:  refresh.Add[bed](b, "beds", &refresh.CollectionOptions{After: []string{"wards"}}),
		}
	}, in, &refresh.PersisterOptions{Guard: refresh.Guard{Share: 1}})
	if err != nil {
		t.Fatalf("%v", err)
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

func drawPlant(t *rapid.T) plant {
	wards, beds := []string{"a", "b", "c"}, []string{"x", "y", "z"}
	some := func(of []string) []string {
		return rapid.Permutation(of).Draw(t, "order")[:rapid.IntRange(0, len(of)).Draw(t, "many")]
	}
	out := plant{map[string][3]string{}, map[string][3]string{}}
	names := rapid.Permutation([]string{"1", "2", "3"}).Draw(t, "names")
	there := some(wards)
	for i, ref := range there {
		out.wards[ref] = [3]string{names[i], rapid.SampledFrom(append(beds, "")).Draw(t, "first"), rapid.SampledFrom(append(wards, "")).Draw(t, "within")}
	}
	if len(there) > 0 {
		for i, ref := range some(beds) {
			out.beds[ref] = [3]string{names[i], rapid.SampledFrom(there).Draw(t, "ward")}
		}
	}
	return out
}

// refreshed returns what a clinic has when it was refreshed, in one step or by way of a plan.
func (w plant) refreshed(t *rapid.T, in storage.Inventory, planned bool) refreshtest.Tables {
	t.Helper()
	ctx, p := context.Background(), clinicOn(t, in)
	r, err := p.Open(ctx, "one", nil)
	if err != nil {
		t.Fatal(err)
	}
	w.parse(r.Inventory)
	if planned {
		var plan *refresh.Plan
		if plan, err = r.Plan(ctx); err == nil {
			err = p.Apply(ctx, plan, 0)
		}
	} else {
		_, err = r.Save(ctx, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	out, err := refreshtest.Dump(ctx, in, []string{"wards", "beds"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// writesInOrder: whatever a clinic was before, it becomes what one is that was nothing.
func writesInOrder(t *testing.T, open Opener) {
	t.Helper()
	rapid.Check(t, func(t *rapid.T) {
		in := open(t, clinicTables())
		for range rapid.IntRange(2, 4).Draw(t, "refreshes") {
			now := drawPlant(t)
			want := now.refreshed(t, InMemory(t, clinicTables()), false)
			got := now.refreshed(t, in, rapid.Bool().Draw(t, "planned"))
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("the rows are not those of an empty database that was filled (- filled, + refreshed):\n%s", d)
			}
		}
	})
}

func uniqueValuesGoRound(t *testing.T, open Opener) {
	t.Helper()
	p := clinicOn(t, open(t, clinicTables()))
	for _, names := range []string{"123", "231", "213", "14-", "41-", "4-1"} {
		r, err := p.Open(t.Context(), "one", nil)
		if err != nil {
			t.Fatal(err)
		}
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

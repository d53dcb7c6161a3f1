package drivers

import (
	"context"
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/refresh/refreshtest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/storage/sqlite"
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

func clinicTables() []storage.Table {
	column := func(name string, typ storage.ColumnType) storage.Column {
		return storage.Column{Name: name, Type: typ, Null: name == "first_id" || name == "within_id"}
	}
	own := []storage.Column{column("id", storage.IntType), column("manager", storage.TextType), column("ref", storage.TextType), column("name", storage.TextType)}
	unique := [][]string{{"manager", "ref"}, {"name"}}
	return []storage.Table{
		{
			Name: "wards", ID: "id", Unique: unique, References: map[string]string{"first_id": "beds", "within_id": "wards"},
			Columns: slices.Concat(own, []storage.Column{column("first_id", storage.IntType), column("within_id", storage.IntType)}),
		},
		{
			Name: "beds", ID: "id", Unique: unique, References: map[string]string{"ward_id": "wards"},
			Columns: slices.Concat(own, []storage.Column{column("ward_id", storage.IntType)}),
		},
	}
}

func declareClinic(b *refresh.Builder) *clinic {
	return &clinic{
		Wards: refresh.Add[ward](b, "wards", nil),
		Beds:  refresh.Add[bed](b, "beds", &refresh.CollectionOptions{After: []string{"wards"}}),
	}
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

func refreshClinic(in storage.Inventory, now plant) (refreshtest.Tables, error) {
	ctx := context.Background()
	p, err := refresh.NewPersister(declareClinic, in, &refresh.PersisterOptions{Guard: refresh.Guard{Share: 1}})
	if err != nil {
		return nil, err
	}
	r, err := p.Open(ctx, "one", nil)
	if err != nil {
		return nil, err
	}
	now.parse(r.Inventory)
	if _, err := r.Save(ctx, 0); err != nil {
		return nil, err
	}
	return refreshtest.Dump(ctx, in, []string{"wards", "beds"}, nil)
}

// References and unique columns, which a database looks at in the middle of a save, never stand in the way of a refresh.
func TestRefreshWritesInAnOrderThatTheDatabaseAllows(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) {
		db := open(t, driver, withReferences(filepath.Join(t.TempDir(), "estate.db")))
		createTables(t, db, clinicTables())
		store := storeOn(t, db, sqlite.Options{})
		rapid.Check(t, func(t *rapid.T) { // the database keeps what the runs before left in it
			now := drawPlant(t)
			got, err := refreshClinic(store, now)
			if err != nil {
				t.Fatal(err)
			}
			fresh, err := memory.NewInventory(clinicTables()...)
			if err != nil {
				t.Fatal(err)
			}
			want, err := refreshClinic(fresh, now)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("the rows are not those of an empty database that was filled (- filled, + refreshed):\n%s", d)
			}
		})
	})
}

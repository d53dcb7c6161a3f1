package refresh_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
)

type (
	spot struct {
		Ref  string  `reeve:"ref,key"`
		Note *string `reeve:"note"`
	}
	thing struct {
		Ref     string               `reeve:"ref,key"`
		Size    int                  `reeve:"size"`
		Place   refresh.Ref[spot]    `reeve:"place_id,stub"`
		Next    refresh.Ref[thing]   `reeve:"next_id,required"`
		Seen    string               `reeve:"seen,readonly"`
		Owner   refresh.AnyRef       `reeve:"owner_id,to=places|things,type=owner_type"`
		Friends []refresh.Ref[thing] `reeve:"friends,through=friends(one_id,other_id)"`
	}
	hole struct {
		Thing refresh.Ref[thing] `reeve:"thing_id,key"`
		Name  string             `reeve:"name,key"`
	}
)

func things(b *refresh.Builder) struct{} {
	refresh.Add[thing](b, "things", &refresh.CollectionOptions{Archive: "archived", Where: map[string]any{"kind": "thing"}})
	refresh.Add[spot](b, "places", nil)
	refresh.Add[hole](b, "holes", &refresh.CollectionOptions{ChildOf: []string{"thing_id"}})
	return struct{}{}
}

// goodThings are tables with nothing wrong.
func goodThings() map[string]*storage.Table {
	all := map[string]*storage.Table{}
	for _, t := range []storage.Table{
		tableOf("things", "manager*", "kind*", "ref*", "size:int", "place_id→places", "next_id→things", "seen", "owner_id:int", "owner_type", "archived:time"),
		tableOf("places", "manager*", "ref*", "note"),
		tableOf("holes", "thing_id→things*", "name*"),
		tableOf("friends", "one_id→things*", "other_id→things*"),
	} {
		all[t.Name] = &t
	}
	return all
}

func TestCheck(t *testing.T) {
	t.Parallel()
	column := func(t *storage.Table, name string) *storage.Column {
		for i := range t.Columns {
			if t.Columns[i].Name == name {
				return &t.Columns[i]
			}
		}
		return nil
	}
	drop := func(t *storage.Table, name string) {
		c := column(t, name)
		c.Name += "_other"
		delete(t.References, name)
		for _, unique := range t.Unique {
			for i := range unique {
				if unique[i] == name {
					unique[i] = c.Name
				}
			}
		}
	}
	for _, of := range []struct {
		name  string
		spoil func(map[string]*storage.Table)
		wrong []string
	}{
		{"nothing", func(map[string]*storage.Table) {}, nil},
		{"no table", func(all map[string]*storage.Table) { delete(all, "holes") }, []string{`refresh: collection "holes": there is no table "holes"`}},
		{"no join", func(all map[string]*storage.Table) { delete(all, "friends") }, []string{`refresh: collection "things.friends": there is no table "friends"`}},
		{"id", func(all map[string]*storage.Table) { all["holes"].ID = "" }, []string{`refresh: collection "holes", table "holes": its id is "" and CollectionOptions.ID says "id"`}},
		{"columns", func(all map[string]*storage.Table) { drop(all["things"], "size"); drop(all["places"], "note") }, []string{
			`refresh: collection "places", table "places": there is no column "note" of field Note`,
			`refresh: collection "things", table "things": there is no column "size" of field Size`,
		}},
		{"types", func(all map[string]*storage.Table) {
			column(all["things"], "size").Type = storage.BytesType
			column(all["things"], "owner_type").Type = storage.IntType
			column(all["things"], "archived").Type = storage.FloatType
		}, []string{
			`refresh: collection "things", table "things": column "size" is bytes, and field Size has an integer`,
			`refresh: collection "things", table "things": column "owner_type" is an integer; it is for types, so a text is right`,
			`refresh: collection "things", table "things": column "archived" of Archive is a float; a time that may be null is right`,
		}},
		{"null", func(all map[string]*storage.Table) {
			column(all["places"], "note").Null = false
			column(all["things"], "place_id").Null = false
			column(all["things"], "next_id").Null = false
		}, []string{
			`refresh: collection "places", table "places": column "note" may not be null, and field Note may`,
			`refresh: collection "places", table "places": column "note" may not be null and has no default, and rows with nothing but a key are created for field Place of collection "things", whose tag says stub`,
			`refresh: collection "things", table "things": column "place_id" may not be null, and field Place points at nothing where a row is not found; required is right, or a column that may be null`,
			`refresh: collection "things", table "things": column "next_id" may not be null, and what field Next points at can be written later`,
		}},
		{"not filled", func(all map[string]*storage.Table) {
			column(all["things"], "seen").Null = false
			all["holes"].Columns = append(all["holes"].Columns, storage.Column{Name: "made", Type: storage.TimeType, Default: true}, storage.Column{Name: "depth", Type: storage.IntType})
		}, []string{
			`refresh: collection "things", table "things": column "seen" may not be null and has no default, and no field fills it`,
			`refresh: collection "holes", table "holes": column "depth" may not be null and has no default, and no field fills it`,
		}},
		{"unique", func(all map[string]*storage.Table) {
			all["things"].Unique = [][]string{{"manager", "kind", "ref", "size"}}
			all["holes"].Unique = nil
			all["friends"].Unique = [][]string{{"one_id"}}
			all["places"].Unique = [][]string{{"ref"}}
		}, []string{
			`refresh: collection "things", table "things": no unique index keeps two rows from having the same key; one on (ref, manager, kind) is right`,
			`refresh: collection "holes", table "holes": no unique index keeps two rows from having the same key; one on (thing_id, name) is right`,
		}},
		{"references", func(all map[string]*storage.Table) { all["things"].References["place_id"] = "holes" }, []string{
			`refresh: collection "things", table "things": column "place_id" points at table "holes", and field Place at rows of "places"`,
		}},
		{"scope", func(all map[string]*storage.Table) { drop(all["places"], "manager"); drop(all["things"], "kind") }, []string{
			`refresh: collection "places", table "places": there is no column "manager" that all its rows have in common`,
			`refresh: collection "places", table "places": no unique index keeps two rows from having the same key; one on (ref, manager) is right`,
			`refresh: collection "places", table "places": column "manager_other" may not be null and has no default, and no field fills it`,
		}},
	} {
		t.Run(of.name, func(t *testing.T) {
			t.Parallel()
			all := goodThings()
			of.spoil(all)
			var tables []storage.Table
			for _, table := range all {
				tables = append(tables, *table)
			}
			in, err := memory.NewInventory(tables...)
			if err != nil {
				t.Fatal(err)
			}
			p, err := refresh.NewPersister(things, in, nil)
			if err != nil {
				t.Fatal(err)
			}
			err = p.Check(t.Context())
			if len(of.wrong) == 0 {
				if err != nil {
					t.Errorf("nothing is wrong, and the error is %v", err)
				}
				return
			}
			for _, wrong := range of.wrong {
				if err == nil || !strings.Contains(err.Error(), wrong) {
					t.Errorf("the error is\n%v\nit must say\n%s", err, wrong)
				}
			}
			_, again := p.Open(t.Context(), "one", nil)
			if again == nil || err == nil {
				t.Fatalf("a refresh begins although the check says %v", err)
			}
			if diff := cmp.Diff(err.Error(), again.Error()); diff != "" {
				t.Errorf("Open says something else than Check:\n%s", diff)
			}
		})
	}
}

package refresh_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
)

type (
	slot struct {
		Ref    string           `reeve:"ref,key"`
		Shelf  refresh.Ref[lab] `reeve:"shelf_id"`
		Place  int              `reeve:"place"`
		Label  string           `reeve:"label"`
		Weight *float64         `reeve:"weight"`
	}
	shelves struct {
		Shelves *refresh.Collection[lab]
		Slots   *refresh.Collection[slot]
	}
)

// Whatever unique indexes the database has, on columns of any type that may be null or not: rows take over from each other
// what has to be unique.
func TestUniqueValuesGoRound_inAnyIndex(t *testing.T) {
	t.Parallel()
	notNull := func(table storage.Table, columns ...int) storage.Table {
		for _, i := range columns {
			table.Columns[i].Null = false
		}
		return table
	}
	tables := []storage.Table{
		tableOf("shelves", "manager*", "ref*"),
		notNull(tableOf("slots", "manager*", "ref*", "shelf_id→shelves", "place:int", "label", "weight:float"), 4, 5),
	}
	tables[1].Unique = append(tables[1].Unique, []string{"shelf_id", "place"}, []string{"label"}, []string{"manager", "weight"})
	tb := t
	rapid.Check(t, func(t *rapid.T) {
		in, err := memory.NewInventory(tables...)
		target(tb, err)
		p, err := refresh.NewPersister(func(b *refresh.Builder) *shelves {
			return &shelves{refresh.Add[lab](b, "shelves", nil), refresh.Add[slot](b, "slots", nil)}
		}, in, &refresh.PersisterOptions{Guard: refresh.Guard{Share: 1}})
		target(tb, err)
		for range 3 {
			r, err := p.Open(context.Background(), "one", nil)
			target(tb, err)
			weights := rapid.Permutation([]float64{1, 2, 3, 4}).Draw(t, "weights")
			labels := rapid.Permutation([]string{"", "a", "b", "c"}).Draw(t, "labels")
			places := rapid.Permutation([]int{0, 1, 2, 3}).Draw(t, "places")
			for i := range rapid.IntRange(0, 4).Draw(t, "slots") {
				s := slot{Ref: fmt.Sprint(i), Shelf: r.Inventory.Shelves.Build(lab{fmt.Sprint(places[i] / 2)}), Place: places[i] % 2, Label: labels[i]}
				if weights[i] < 4 {
					s.Weight = &weights[i]
				}
				r.Inventory.Slots.Build(s)
			}
			r.Inventory.Shelves.Complete()
			r.Inventory.Slots.Complete()
			plan, err := r.Plan(context.Background())
			target(tb, err)
			if rapid.Bool().Draw(t, "applied") {
				var text bytes.Buffer
				target(tb, plan.WriteJSON(&text))
				plan, err = refresh.ReadPlan(&text, 0)
				target(tb, err)
				err = p.Apply(context.Background(), plan, 0)
			} else {
				_, err = r.Save(context.Background(), 0)
			}
			if err != nil {
				t.Fatalf("%v\n%s", err, planText(tb, plan))
			}
		}
	})
}

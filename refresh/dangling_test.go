package refresh_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/reeve-go/reeve/refresh"
)

type (
	dangling struct {
		Ref    string            `reeve:"ref,key"`
		First  refresh.Ref[zone] `reeve:"first_id"`
		Second refresh.Ref[zone] `reeve:"second_id"`
	}
	danglings struct {
		Zones *refresh.Collection[zone]
		Rows  *refresh.Collection[dangling]
	}
)

func newDanglings(t *testing.T, o refresh.CollectionOptions) *rig[danglings] {
	t.Helper()
	r := newRig(t, func(b *refresh.Builder) danglings {
		return danglings{refresh.Add[zone](b, "zones", nil), refresh.Add[dangling](b, "rows", &o)}
	}, tableOf("zones", "manager*", "ref*"), tableOf("rows", "manager*", "ref*", "first_id→zones", "second_id→zones", "archived:time"))
	r.save(func(in danglings) {
		for i := range 20 {
			in.Rows.Build(dangling{fmt.Sprint("row ", i), in.Zones.Build(zone{"a"}), in.Zones.Build(zone{"b"})})
		}
	})
	return r
}

// A row that stays, or is archived, points at nothing any more by each column that pointed at what is deleted; and the plan
// says so in the order of the rows.
func TestDangling(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]refresh.CollectionOptions{"stays": {Mode: refresh.NoDelete}, "archived": {Archive: "archived"}} {
		r := newDanglings(t, o)
		plan := r.once(func(in danglings) {
			in.Zones.Complete()
			in.Rows.Complete()
		})
		var ids []int64
		for c, err := range plan.Changes() {
			target(t, err)
			if c.Kind == refresh.Update {
				ids = append(ids, c.ID.Int())
			}
		}
		if len(ids) != 20 || !slices.IsSorted(ids) {
			t.Errorf("%s: rows are updated in the order %v", name, ids)
		}
		for key, row := range r.dump()["rows"] {
			if row["first_id"] != "" || row["second_id"] != "" {
				t.Errorf("%s: row %s still points at what is deleted: %v", name, key, row)
			}
		}
	}
}

// So does a row of which was not said what it points at.
func TestDangling_unsaid(t *testing.T) {
	t.Parallel()
	r := newDanglings(t, refresh.CollectionOptions{})
	says(t, r.once(func(in danglings) {
		in.Zones.Complete()
		for i := range 20 {
			in.Rows.Patch(dangling{Ref: fmt.Sprint("row ", i)}, func(*dangling) []any { return nil })
		}
	}), "zones: 2 deleted", "rows: 20 updated")
}

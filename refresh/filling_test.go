package refresh_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/reeve-go/reeve/refresh"
)

// Several parsers fill the same collections at once: each row is there once, whoever came first, and is what all of them
// point at.
func TestParsersSideBySide(t *testing.T) {
	t.Parallel()
	type inventory struct {
		Zones *refresh.Collection[zone]
		Rows  *refresh.Collection[dangling]
	}
	r := newRig(t, func(b *refresh.Builder) inventory {
		return inventory{refresh.Add[zone](b, "zones", nil), refresh.Add[dangling](b, "rows", &refresh.CollectionOptions{Duplicates: refresh.Merge})}
	}, tableOf("zones", "manager*", "ref*"), tableOf("rows", "manager*", "ref*", "first_id→zones", "second_id→zones"))
	const parsers, rows = 8, 100
	plan := r.save(func(in inventory) {
		var wg sync.WaitGroup
		for parser := range parsers {
			wg.Go(func() {
				for i := range rows {
					ref := fmt.Sprint(i)
					at := in.Zones.FindOrBuild(zone{ref}, func() zone { return zone{ref} })
					set := func(d *dangling) []any { return []any{&d.First} }
					if parser%2 == 1 {
						set = func(d *dangling) []any { return []any{&d.Second} }
					}
					in.Rows.Patch(dangling{ref, at, in.Zones.LazyFind(ref)}, set)
					in.Zones.Exists(zone{fmt.Sprint("also ", i)})
				}
			})
		}
		wg.Wait()
	})
	says(t, plan, fmt.Sprintf("zones: %d created, %d missing", rows, rows))
	for key, row := range r.dump()["rows"] {
		if row["first_id"] == "" || row["first_id"] != row["second_id"] {
			t.Errorf("row %s is not what all parsers said of it: %v", key, row)
		}
	}
	if n := countedIn(t, plan, "rows").Inserts; n != rows {
		t.Errorf("%d rows are created; want %d", n, rows)
	}
}

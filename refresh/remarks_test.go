package refresh_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/reeve-go/reeve/refresh"
)

// An answer of a million rows of which none can be written costs no memory: a plan lists the first, and counts all.
func TestManyBadRows(t *testing.T) { //nolint:paralleltest // it measures the heap
	rows := 1_000_000
	if testing.Short() {
		rows = 100_000
	}
	in, _ := badRows(t)
	p, err := refresh.NewPersister(func(b *refresh.Builder) *badInventory {
		return &badInventory{refresh.Add[badRow](b, "rows", &refresh.CollectionOptions{Duplicates: refresh.FirstWins})}
	}, in, nil)
	target(t, err)
	r, err := p.Open(t.Context(), "one", nil)
	target(t, err)
	before := heap()
	for i := range rows {
		r.Inventory.Rows.Build(badRow{Ref: fmt.Sprint("row\x00", i), At: time.Unix(0, 0)})
	}
	first := badRow{Ref: "same", Text: "first", At: time.Unix(0, 0)}
	r.Inventory.Rows.Build(first)
	for i := range rows {
		again := first
		again.Text = fmt.Sprint("another ", i)
		r.Inventory.Rows.Build(again)
	}
	plan, err := r.Plan(t.Context())
	target(t, err)
	if held, most := heap()-before, float64(2<<20); held > most {
		t.Errorf("%d bad rows hold %.0f bytes; want at most %.0f", 2*rows, held, most)
	}
	remarked(t, plan, "rows", rows, rows, 0, 1000)
	target(t, errors.Join(plan.Close(), r.Close()))
}

// remarked demands how many rows of a collection are refused and duplicates, and how many references are not found, of all
// of which the plan lists at most so many, in print and as JSON, too.
func remarked(t *testing.T, plan *refresh.Plan, name string, refused, duplicates, unresolved, listed int) {
	t.Helper()
	var text bytes.Buffer
	target(t, plan.WriteJSON(&text))
	again, err := refresh.ReadPlan(&text, 0)
	target(t, err)
	for _, p := range []*refresh.Plan{plan, again} {
		n := countedIn(t, p, name)
		if n.Refused != refused || n.Duplicates != duplicates || n.Unresolved != unresolved {
			t.Errorf("%d refused, %d duplicates, %d unresolved; want %d, %d, %d", n.Refused, n.Duplicates, n.Unresolved, refused, duplicates, unresolved)
		}
		for what, is := range map[string][2]int{
			"refused": {len(p.Refused()), refused}, "duplicates": {len(p.Duplicates()), duplicates}, "unresolved": {len(p.Unresolved()), unresolved},
		} {
			if want := min(is[1], listed); is[0] != want {
				t.Errorf("%d %s are listed; want %d", is[0], what, want)
			}
		}
		for sort, n := range map[string]int{"refused": refused, "duplicate": duplicates, "unresolved": unresolved} {
			if n > listed {
				says(t, p, fmt.Sprintf("%s %s: and %d more", sort, name, n-listed))
			}
		}
	}
	target(t, again.Close())
}

// What a plan says of references, rings and rows that are needed is bounded, too, however many there are and however long
// their keys.
func TestManyRemarks(t *testing.T) {
	t.Parallel()
	type pointer struct {
		Ref string               `reeve:"ref,key"`
		To  refresh.Ref[badRow]  `reeve:"to_id"`
		Own refresh.Ref[pointer] `reeve:"own_id,tree"`
	}
	type both struct {
		rows     *refresh.Collection[badRow]
		pointers *refresh.Collection[pointer]
	}
	r := newRig(t, func(b *refresh.Builder) both {
		return both{refresh.Add[badRow](b, "rows", nil), refresh.Add[pointer](b, "pointers", nil)}
	}, tableOf("rows", "manager*", "ref*", "text", "many:int", "share:float", "at:time", "more"), tableOf("pointers", "manager*", "ref*", "to_id→rows", "own_id→pointers"))
	const n = 3000
	long := strings.Repeat("long ", 2000)
	plan := r.once(func(in both) {
		in.rows.Complete()
		for i := range n {
			ref := fmt.Sprint(i)
			in.pointers.Build(pointer{ref, in.rows.LazyFind(long + ref), in.pointers.LazyFind(ref)})
		}
	})
	remarked(t, plan, "pointers", 0, 0, n, 1000)
	if rings := plan.Rings(); len(rings) != 1000 || countedIn(t, plan, "pointers").Rings != n {
		t.Errorf("%d rings are listed, and %d counted; want 1000 of %d", len(rings), countedIn(t, plan, "pointers").Rings, n)
	}
	for _, u := range plan.Unresolved() {
		if len(u.To) > 1100 {
			t.Fatalf("what is looked for is said in %d bytes", len(u.To))
		}
	}
	plan = r.once(func(in both) {
		for i := range n {
			in.pointers.Build(pointer{Ref: fmt.Sprint(i), Own: in.pointers.LazyFind(fmt.Sprint((i + 1) % n))})
		}
	})
	if rings := plan.Rings(); len(rings) != 1 || len(rings[0].Keys) != 101 || rings[0].Keys[100] != "2900 more" {
		t.Errorf("a ring of %d rows is said by %v", n, rings)
	}
}

package refresh

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/storage"
)

// All kinds of changes together keep no more in memory than the plan may, and all of them can be read.
func TestPlanSharesItsMemory(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := newPlan("one", 0, rapid.IntRange(1, 2000).Draw(t, "memory"))
		p.begin(&CollectionPlan{Name: "vms"})
		defer func() {
			if err := p.Close(); err != nil {
				t.Error(err)
			}
		}()
		var want [kinds]int
		for i := range rapid.IntRange(0, 200).Draw(t, "changes") {
			kind := rapid.SampledFrom([]ChangeKind{Insert, Update, Delete, Archive}).Draw(t, "kind")
			if err := p.add(&Change{Kind: kind, ID: storage.IntValue(int64(i)), Row: int32(want[kind])}); err != nil {
				t.Fatal(err)
			}
			want[kind]++
			held, last := 0, 0
			for n := range p.changes {
				held += p.changes[n].size
				last = max(last, p.changes[n].size)
			}
			if held > p.changes[0].limit && held != last {
				t.Fatalf("%d bytes are in memory, of %d", held, p.changes[0].limit)
			}
		}
		for kind, n := range want {
			for c, err := range p.changesOf(ChangeKind(kind), 0) {
				if n--; err != nil || int(c.Row) != want[kind]-n-1 {
					t.Fatalf("row %d comes, %v; %d is right", c.Row, err, want[kind]-n-1)
				}
			}
			if n != 0 {
				t.Fatalf("%d changes of kind %d are missing", n, kind)
			}
		}
	})
}

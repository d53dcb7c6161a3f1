package memory

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A queue is compared with a sorted list of what was put in it.
func TestQueue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		q := newQueue(cmp.Compare[int])
		places := make([]place[int], 12)
		for i := range places {
			places[i].value = i
		}
		at := func(second int) time.Time { return time.Unix(int64(second), 0) }
		ordered := func() []*place[int] {
			var in []*place[int]
			for i := range places {
				if !places[i].at.IsZero() {
					in = append(in, &places[i])
				}
			}
			slices.SortFunc(in, func(a, b *place[int]) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.value, b.value)) })
			return in
		}
		t.Repeat(map[string]func(*rapid.T){
			"set": func(t *rapid.T) {
				q.set(&places[rapid.IntRange(0, 11).Draw(t, "value")], at(rapid.IntRange(1, 5).Draw(t, "second")))
			},
			"take out": func(t *rapid.T) {
				q.set(&places[rapid.IntRange(0, 11).Draw(t, "value")], time.Time{})
			},
			"": func(t *rapid.T) {
				want := ordered()
				if q.Len() != len(want) || len(want) > 0 && q.head() != want[0] {
					t.Fatalf("%d places with head %v, want %d", q.Len(), q.head(), len(want))
				}
				now := at(rapid.IntRange(0, 6).Draw(t, "now"))
				got := q.until(now)
				slices.SortFunc(got, func(a, b int) int {
					return cmp.Or(places[a].at.Compare(places[b].at), cmp.Compare(a, b))
				})
				due := slices.DeleteFunc(want, func(p *place[int]) bool { return p.at.After(now) })
				if !slices.EqualFunc(got, due, func(v int, p *place[int]) bool { return v == p.value }) {
					t.Fatalf("until %v: %v, want %d values", now, got, len(due))
				}
			},
		})
	})
}

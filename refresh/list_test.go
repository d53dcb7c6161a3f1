package refresh

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// A list does what a slice does.
func TestListIsASlice(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var l list[int]
		var want []int
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				for range rapid.SampledFrom([]int{1, 2, inBlock - 1, inBlock, 2*inBlock + 1}).Draw(t, "how many") {
					l.add(len(want))
					want = append(want, len(want))
				}
			},
			"set": func(t *rapid.T) {
				if len(want) == 0 {
					t.Skip("there is nothing yet")
				}
				i := rapid.IntRange(0, len(want)-1).Draw(t, "i")
				want[i] = -i
				*l.at(int32(i)) = -i
			},
			"cut": func(t *rapid.T) {
				n := rapid.SampledFrom([]int{0, 1, inBlock, len(want) / 2, len(want) - 1, len(want), len(want) + 1}).Draw(t, "n")
				l.cut(max(n, 0))
				want = want[:min(max(n, 0), len(want))]
			},
			"": func(t *rapid.T) {
				var got []int
				for i, v := range l.all() {
					if int(i) != len(got) || *l.at(i) != v {
						t.Fatalf("%d comes as number %d, which is %d", v, i, *l.at(i))
					}
					got = append(got, v)
				}
				if !slices.Equal(got, want) || l.len() != len(want) {
					t.Fatalf("%d are there, and %d, of %d", len(got), l.len(), len(want))
				}
			},
		})
	})
}

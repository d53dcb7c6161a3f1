package fsm

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Every shape of name that could make an index confuse two of them or look for long.
var indexShapes = map[string]func(i int) string{
	"digits":         func(i int) string { return fmt.Sprint(i) },
	"short prefix":   func(i int) string { return fmt.Sprintf("state%d", i) },
	"long prefix":    func(i int) string { return fmt.Sprintf("machine-of-the-estate/%d", i) },
	"long suffix":    func(i int) string { return fmt.Sprintf("%d.machine-of-the-estate", i) },
	"second word":    func(i int) string { return fmt.Sprintf("provision-%06d-of-the-machine-", i) },
	"third word":     func(i int) string { return fmt.Sprintf("provision-of-the%06d--requests", i) },
	"middle":         func(i int) string { return fmt.Sprintf("a-provision-of-kind-%04d-was-requested", i) },
	"one byte apart": func(i int) string { return strings.Repeat("a", i%41) + fmt.Sprintf("%c", 'b'+i/41) },
	"zero bytes":     func(i int) string { return strings.Repeat("\x00", i+1) },
	"three bytes":    func(i int) string { return string([]byte{byte(i), byte(i >> 8), byte(i)}) },
}

func TestIndexFindsEachNameAndNoOther(t *testing.T) {
	t.Parallel()
	for shape, name := range indexShapes {
		t.Run(shape, func(t *testing.T) {
			t.Parallel()
			for _, n := range []int{0, 1, 2, 9, 100, 5000} {
				if shape == "zero bytes" && n > 100 {
					continue
				}
				want := map[string]int{}
				var names []string
				for i := range n {
					names = append(names, name(i))
					want[name(i)] = i
				}
				ix := newIndex(names)
				if ix.displaced > n/8 {
					t.Errorf("of %d names %d are displaced; want one in eight at most", n, ix.displaced)
				}
				for i := range n + 10 {
					checkFind(t, &ix, want, name(i))
					checkFind(t, &ix, want, name(i)+"x")
					checkFind(t, &ix, want, name(i)[1:])
				}
				checkFind(t, &ix, want, "")
			}
		})
	}
}

// Names that agree in all the words which stand in a slot, and differ only in the middle.
func TestIndexComparesTheMiddleOfLongNames(t *testing.T) {
	t.Parallel()
	ends := strings.Repeat("x", 16)
	want := map[string]int{ends + "0" + ends: 0, ends + "1" + ends: 1}
	ix := newIndex(slices.Sorted(maps.Keys(want)))
	for _, name := range []string{ends + "0" + ends, ends + "1" + ends, ends + "2" + ends} {
		checkFind(t, &ix, want, name)
	}
	// The same words as a stored name, so also its hash: only the comparison tells them apart.
	for i := range ix.slots {
		if s := &ix.slots[i]; s.name == ends+"0"+ends {
			s.name = ends + "2" + ends
		}
	}
	if id, ok := ix.find(ends + "0" + ends); ok {
		t.Errorf("a name that is not stored was found as number %d", id)
	}
}

func TestIndexLikeMap(t *testing.T) {
	t.Parallel()
	part := rapid.OneOf(
		rapid.SampledFrom([]string{"", "a", "b", "\x00", "prefix--", "suffix--", "a-sixteen-bytes-"}),
		rapid.StringOfN(rapid.RuneFrom([]rune("ab\x00é")), 0, 8, -1),
	)
	hostile := rapid.Custom(func(t *rapid.T) string {
		name := strings.Join(rapid.SliceOfN(part, 0, 6).Draw(t, "parts"), "")
		return name[:min(len(name), 40)]
	})
	rapid.Check(t, func(t *rapid.T) {
		named := func(s string) bool { return s != "" }
		names := rapid.SliceOfNDistinct(hostile.Filter(named), 0, 60, rapid.ID[string]).Draw(t, "names")
		want := map[string]int{}
		for i, name := range names {
			want[name] = i
		}
		ix := newIndex(names)
		for _, name := range names {
			checkFind(t, &ix, want, strings.Clone(name))
		}
		for _, name := range rapid.SliceOfN(hostile, 1, 20).Draw(t, "others") {
			checkFind(t, &ix, want, name)
		}
	})
}

func checkFind(t rapid.TB, ix *index, want map[string]int, name string) {
	t.Helper()
	id, ok := ix.find(name)
	number, known := want[name]
	if ok != known || ok && int(id) != number {
		t.Fatalf("find(%q) = %d, %t; want %d, %t", name, id, ok, number, known)
	}
}

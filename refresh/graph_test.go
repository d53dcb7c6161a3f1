package refresh

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Hundreds of collections that all point at each other are put in order at once: a search for each circle would never
// end.
func TestOrder_ofMany(t *testing.T) {
	t.Parallel()
	const n = 200
	all := make([]*node, n)
	for i := range all {
		all[i] = &node{name: fmt.Sprint(i)}
	}
	for i, c := range all {
		for k, to := range all {
			c.bindTo([]bond{loose, firm, fixed}[min(2, max(0, i-k+1))], to) // fixed to those before it
		}
		c.bonds[c] = loose
	}
	order, err := inOrder(all, loose)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(order, all) {
		t.Errorf("the order is %v", order)
	}
}

func TestOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 8).Draw(t, "collections")
		all := make([]*node, n)
		for i := range all {
			all[i] = &node{name: fmt.Sprint(i)}
		}
		for range rapid.IntRange(0, 2*n).Draw(t, "bonds") {
			from, to := rapid.SampledFrom(all).Draw(t, "from"), rapid.SampledFrom(all).Draw(t, "to")
			from.bindTo(rapid.SampledFrom([]bond{loose, firm, fixed}).Draw(t, "as"), to)
		}
		order, err := inOrder(all, loose)
		if err != nil {
			if !slices.ContainsFunc(all, func(c *node) bool { return reaches(c, c, fixed, map[*node]bool{}) }) {
				t.Fatalf("nothing is in a circle, and the error is %v", err)
			}
			return
		}
		if len(order) != n {
			t.Fatalf("%d of %d collections are in order", len(order), n)
		}
		for _, by := range []bond{loose, firm, fixed} {
			for i, c := range order {
				for _, to := range c.after {
					if at := slices.Index(order, to); c.isBoundTo(to, by) && at >= i && !reaches(to, c, by, map[*node]bool{}) {
						t.Fatalf("%s comes before %s, to which it is bound and which is not bound to it", c.name, to.name)
					}
				}
			}
		}
	})
}

// reaches reports whether there is a way from one to the other.
func reaches(from, to *node, by bond, seen map[*node]bool) bool {
	for _, next := range from.after {
		if !from.isBoundTo(next, by) {
			continue
		}
		if next == to {
			return true
		}
		if !seen[next] {
			seen[next] = true
			if reaches(next, to, by, seen) {
				return true
			}
		}
	}
	return false
}

package storage_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/storage"
)

// Keys are ordered by kind first, then by id.
func TestKeysInOrder(t *testing.T) {
	t.Parallel()
	want := []storage.Key{{}, {ID: "z"}, {Kind: "a", ID: "2"}, {Kind: "a", ID: "21"}, {Kind: "a", ID: "3"}, {Kind: "b", ID: "1"}}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, storage.Key.Compare)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want and got (-, +):\n%s", diff)
	}
	if n := want[2].Compare(storage.Key{Kind: "a", ID: "2"}); n != 0 {
		t.Errorf("a key and itself: %d", n)
	}
}

// An element matches a query if it is what each field that is set asks for.
func TestElementQueryMatches(t *testing.T) {
	t.Parallel()
	e := storage.Element{Name: "disk", State: "up", Group: 2}
	for _, c := range []struct {
		q    storage.ElementQuery
		want bool
	}{
		{storage.ElementQuery{}, true},
		{storage.ElementQuery{Names: []string{"cpu", "disk"}, Groups: []int{1, 2}, States: []string{"up"}, After: "cpu"}, true},
		{storage.ElementQuery{Names: []string{"cpu"}}, false},
		{storage.ElementQuery{Groups: []int{0, 1}}, false},
		{storage.ElementQuery{States: []string{"down"}}, false},
		{storage.ElementQuery{After: "disk"}, false},
		{storage.ElementQuery{Names: []string{"disk"}, Groups: []int{1}}, false},
	} {
		if got := c.q.Matches(&e); got != c.want {
			t.Errorf("%+v: %v", c.q, got)
		}
	}
}

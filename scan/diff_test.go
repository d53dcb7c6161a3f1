package scan

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func allChanges(t testing.TB, blobs Blobs, was, is Result) []Change {
	t.Helper()
	var all []Change
	for c, err := range Diff(t.Context(), blobs, was, is) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	return all
}

// TestDiffIsThatOfTheModel: what two maps differ in, in the order of the keys.
func TestDiffIsThatOfTheModel(t *testing.T) {
	t.Parallel()
	facts := rapid.MapOfN(rapid.StringMatching(`[a-e]{1,2}`), rapid.Map(rapid.IntRange(0, 2), func(n int) any { return n }), 0, 20)
	rapid.Check(t, func(rt *rapid.T) {
		was, is := facts.Draw(rt, "was"), facts.Draw(rt, "is")
		limits := []Limits{{}, {Item: 22}} // with the latter, facts of long keys are left out, and the result is partial
		blobs := newHeapBlobs()
		old := made(t, blobs, was, limits[rapid.IntRange(0, 1).Draw(rt, "was limited")])
		young := made(t, blobs, is, limits[rapid.IntRange(0, 1).Draw(rt, "is limited")])

		var want []Change
		model := func(r Result) map[string]json.RawMessage {
			m := map[string]json.RawMessage{}
			for _, item := range allItems(t, blobs, r) {
				m[item.Key] = item.Value
			}
			return m
		}
		a, b := model(old), model(young)
		keys := slices.Concat(slices.Collect(maps.Keys(a)), slices.Collect(maps.Keys(b)))
		slices.Sort(keys)
		for _, key := range slices.Compact(keys) {
			x, y := a[key], b[key]
			switch {
			case x == nil:
				want = append(want, Change{Kind: Added, Key: key, Is: y, Unsure: old.Outcome == Partial})
			case y == nil:
				want = append(want, Change{Kind: Removed, Key: key, Was: x, Unsure: young.Outcome == Partial})
			case string(x) != string(y):
				want = append(want, Change{Kind: Changed, Key: key, Was: x, Is: y})
			}
		}
		if diff := cmp.Diff(want, allChanges(t, blobs, old, young)); diff != "" {
			rt.Fatal(diff)
		}
	})
}

// TestChangesAreTheirOwn: a change stays as it is when the next ones are found.
func TestChangesAreTheirOwn(t *testing.T) {
	t.Parallel()
	blobs := newHeapBlobs()
	facts := map[string]any{}
	for n := range 5000 {
		facts[fmt.Sprintf("%04d", n)] = n
	}
	full, none := made(t, blobs, facts, Limits{}), made(t, blobs, nil, Limits{})
	removed, added := allChanges(t, blobs, full, none), allChanges(t, blobs, none, full)
	for n := range 5000 {
		key, value := fmt.Sprintf("%04d", n), fmt.Sprint(n)
		if removed[n].Key != key || string(removed[n].Was) != value || added[n].Key != key || string(added[n].Is) != value {
			t.Fatalf("%d: %+v, %+v", n, removed[n], added[n])
		}
	}
}

// TestDiffOfEqualResults reads nothing.
func TestDiffOfEqualResults(t *testing.T) {
	t.Parallel()
	blobs := newHeapBlobs()
	r := made(t, blobs, map[string]any{"a": 1}, Limits{})
	if all := allChanges(t, blobs, r, r); len(all) > 0 || blobs.opened > 0 {
		t.Errorf("%d changes, %d blobs opened", len(all), blobs.opened)
	}
	empty := made(t, blobs, nil, Limits{})
	if all := allChanges(t, blobs, empty, empty); len(all) > 0 {
		t.Errorf("%d changes of nothing", len(all))
	}
	if all := allChanges(t, blobs, empty, r); len(all) != 1 || all[0].Kind != Added {
		t.Errorf("%v", all)
	}
}

// TestRefusedDiffs: what has no items cannot be compared, and a result that is corrupt is told.
func TestRefusedDiffs(t *testing.T) {
	t.Parallel()
	blobs := newHeapBlobs()
	r := made(t, blobs, map[string]any{"a": 1}, Limits{})
	gone := r
	gone.Digest, gone.Blob = DigestOf([]byte("x")), DigestOf([]byte("y"))
	lying := r
	lying.Digest = DigestOf([]byte("x"))
	for _, row := range []struct {
		was, is Result
		want    string
	}{
		{r, Result{Category: "facts", Outcome: Failed, Error: "broken"}, `scan: category "facts" has no items, its outcome is "failed": "broken"`},
		{Result{Category: "facts", Outcome: Skipped, Error: "why"}, r, `scan: category "facts" has no items, its outcome is "skipped": "why"`},
		{Result{Category: "facts", Outcome: Failed}, Result{Category: "facts", Outcome: Failed}, "has no items"},
		{r, Result{Category: "other", Outcome: OK}, `scan: category "facts" cannot be compared with category "other"; results of one category can`},
		{r, gone, ErrNoBlob.Error()},
		{lying, r, ErrCorrupt.Error()},
	} {
		var last error
		for _, err := range Diff(t.Context(), blobs, row.was, row.is) {
			last = err
		}
		if last == nil || !strings.Contains(last.Error(), row.want) {
			t.Errorf("got %v, want %s", last, row.want)
		}
	}
	for _, err := range Diff(t.Context(), blobs, lying, r) {
		if !errors.Is(err, ErrCorrupt) {
			t.Error(err)
		}
	}
}

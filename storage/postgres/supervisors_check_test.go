package postgres_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/supervision"
	"github.com/reeve-go/reeve/supervision/supervisiontest"
)

// say says something to errands, some of it twice.
func say(t *testing.T, k *errandKind, said map[string][]string, times int) {
	t.Helper()
	ids := make([]string, 0, len(said))
	for id := range said {
		ids = append(ids, id)
	}
	for range times {
		id := ids[rand.N(len(ids))]
		text := fmt.Sprint("hint ", len(said[id]))
		for range 1 + rand.N(2) {
			if err := hint.Deliver(t.Context(), k, id, text, supervision.MessageID(text)); err != nil {
				t.Fatal(err)
			}
		}
		said[id] = append(said[id], text)
		time.Sleep(rand.N(10 * time.Millisecond))
	}
}

// unheard says who has not heard everything.
func unheard(t *testing.T, k *errandKind, said map[string][]string) error {
	t.Helper()
	for id, all := range said {
		r, err := k.Get(t.Context(), id)
		if err != nil {
			return err
		}
		if len(r.Data.Heard) < len(all) {
			return fmt.Errorf("%s has heard %d of %d hints", id, len(r.Data.Heard), len(all))
		}
	}
	return nil
}

// eventuallyWithin waits until there is no error.
func eventuallyWithin(t *testing.T, limit time.Duration, otherwise string, so func() error) {
	t.Helper()
	for end := time.Now().Add(limit); ; time.Sleep(20 * time.Millisecond) {
		err := so()
		if err == nil {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s: %v", otherwise, err)
		}
	}
}

// check demands that all was done, and once.
func check(t *testing.T, k *errandKind, said map[string][]string, o outside, runs int) {
	t.Helper()
	var keys []string
	for id, all := range said {
		r, err := k.Get(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if r.State != "back" || r.Failures != 0 || len(r.Data.Receipts) != runs {
			t.Errorf("it is %+v; want it back with %d receipts", r, runs)
		}
		if diff := cmp.Diff(all, r.Data.Heard); diff != "" {
			t.Errorf("what %s heard (-said +heard):\n%s", id, diff)
		}
		keys = append(keys, r.Data.Receipts...)
		last, state := uint64(0), ""
		for l, err := range k.History(t.Context(), id) {
			if err != nil {
				t.Fatal(err)
			}
			if l.From != state || l.Version != last && l.Version != last+1 {
				t.Errorf("after version %d of %s, which led to %q, comes %+v", last, id, state, l)
			}
			last, state = l.Version, l.To
		}
		if last != r.Version {
			t.Errorf("the history of %s ends at version %d, it is at %d", id, last, r.Version)
		}
		supervisiontest.Replay(t, k, id, decideErrand)
	}
	slices.Sort(keys)
	if diff := cmp.Diff(keys, o.keys(t)); diff != "" {
		t.Errorf("what was done outside (-receipts +outside):\n%s", diff)
	}
}

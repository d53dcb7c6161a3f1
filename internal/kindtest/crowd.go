package kindtest

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// A Crowd is errands of one store, with what is said to them. It is for the goroutine of a test.
type Crowd struct {
	Kind    *ErrandKind // with a journal, on a handle of the test's own
	Outside Outside
	said    map[string][]string // to each, in this order
	runs    int                 // of each
}

// NewCrowd returns a crowd of nobody yet, each of which is to be run so often.
func NewCrowd(t testing.TB, store storage.Store, runs int) *Crowd {
	t.Helper()
	c := &Crowd{Outside: Outside(t.TempDir()), said: map[string][]string{}, runs: runs}
	c.On(t, store)
	return c
}

// Ask creates a number of errands.
func (c *Crowd) Ask(t testing.TB, number int) {
	t.Helper()
	for range number {
		id := fmt.Sprint("e", len(c.said))
		c.said[id] = nil
		if err := c.Kind.Create(t.Context(), id, Errand{Runs: c.runs}); err != nil {
			t.Fatal(err)
		}
	}
}

// On moves the crowd to another handle of its store, or to a copy.
func (c *Crowd) On(t testing.TB, store storage.Store) {
	t.Helper()
	c.Kind = NewErrandKind(t, store, &ErrandOptions{Journal: true})
}

// Say says some things to errands, about half of them twice.
func (c *Crowd) Say(t testing.TB, times int) {
	t.Helper()
	ids := slices.Collect(maps.Keys(c.said))
	for range times {
		id := ids[rand.N(len(ids))]
		text := fmt.Sprint("hint ", len(c.said[id]))
		for range 1 + rand.N(2) {
			if err := Hint.Deliver(t.Context(), c.Kind, id, text, supervision.MessageID(text)); err != nil {
				t.Fatal(err)
			}
		}
		c.said[id] = append(c.said[id], text)
		pause(rand.N(10 * time.Millisecond))
	}
}

// Done returns how many runs were honored outside, and how many are to be.
func (c *Crowd) Done(t testing.TB) (done, all int) {
	t.Helper()
	return len(c.Outside.Keys(t)), len(c.said) * c.runs
}

// Finish waits until the supervisors that there are have done all, and demands that each errand was run
// as often as it was to be, by its keys; that all that was said was heard, once and in its order; and that
// the histories have no gap, and each decision in them can be made again.
func (c *Crowd) Finish(t testing.TB) {
	t.Helper()
	for id := range c.said {
		if !c.await(t, id) {
			break
		}
	}
	var receipts []string
	for id := range c.said {
		receipts = append(receipts, c.check(t, id)...)
	}
	slices.Sort(receipts)
	if diff := cmp.Diff(receipts, c.Outside.Keys(t)); diff != "" {
		t.Errorf("what was done outside (-receipts +outside):\n%s", diff)
	}
}

// await waits until an errand is back and has heard everything. It is false if that does not come while nobody else is waited for.
func (c *Crowd) await(t testing.TB, id string) bool {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); ; pause(20 * time.Millisecond) {
		r, said := c.get(t, id), len(c.said[id])
		if r.State == "back" && len(r.Data.Heard) >= said {
			return true
		}
		if time.Now().After(end) {
			t.Errorf("after two minutes %s has heard %d of %d hints: %+v", id, len(r.Data.Heard), said, r)
			return false
		}
	}
}

func (c *Crowd) get(t testing.TB, id string) supervision.Record[Errand, string] {
	t.Helper()
	r, err := c.Kind.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// check demands that an errand has come to what it was to come to, and returns its receipts.
func (c *Crowd) check(t testing.TB, id string) []string {
	t.Helper()
	r := c.get(t, id)
	if r.State != "back" || r.Status != storage.OK || r.Failures != 0 || len(r.Data.Receipts) != c.runs {
		t.Errorf("it is %+v; want it back with %d receipts", r, c.runs)
	}
	if diff := cmp.Diff(c.said[id], r.Data.Heard); diff != "" {
		t.Errorf("what %s heard (-said +heard):\n%s", id, diff)
	}
	last, state := uint64(0), ""
	for l, err := range c.Kind.History(t.Context(), id) {
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
	if err := c.Kind.Replay(t.Context(), id, DecideErrand); err != nil {
		t.Error(err)
	}
	return r.Data.Receipts
}

func pause(d time.Duration) { <-time.After(d) }

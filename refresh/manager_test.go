package refresh

import (
	"testing"
	"time"

	"github.com/reeve-go/reeve/supervision"
)

// A save is wanted from the newest try at the refresh that is under way, and from no other.
func TestWhoMaySave(t *testing.T) {
	t.Parallel()
	call := func(id string, targeted bool) *Run {
		r := &Run{call: supervision.Call{ID: id, Fence: 5}}
		if targeted {
			r.Targets = &Targets{}
		}
		return r
	}
	for name, c := range map[string]struct {
		m    Manager
		run  *Run
		want bool
	}{
		"the full one":                  {Manager{Full: Track{Run: "a"}}, call("a", false), true},
		"the targeted one":              {Manager{Full: Track{Run: "a"}, Targeted: Track{Run: "b"}}, call("b", true), true},
		"the same try once more":        {Manager{Full: Track{Run: "a", Fence: 5}}, call("a", false), true},
		"a newer try":                   {Manager{Full: Track{Run: "a", Fence: 4}}, call("a", false), true},
		"a try that another has passed": {Manager{Full: Track{Run: "a", Fence: 6}}, call("a", false), false},
		"one that is over":              {Manager{Full: Track{}}, call("a", false), false},
		"one before this":               {Manager{Full: Track{Run: "b"}}, call("a", false), false},
		"of the other sort":             {Manager{Full: Track{Run: "a"}}, call("a", true), false},
		"of a manager that goes":        {Manager{Full: Track{Run: "a"}, Removing: true}, call("a", false), false},
	} {
		if got := c.m.wants(c.run); got != c.want {
			t.Errorf("%s: %t", name, got)
		} else if track := c.m.Full; got && c.run.Targets == nil && track.Fence != 5 {
			t.Errorf("%s: the try that saves is %d", name, track.Fence)
		}
	}
}

func TestDoubling(t *testing.T) {
	t.Parallel()
	for n := 1; n < 100; n++ {
		most := 10 * time.Minute
		if n < 8 {
			most = 5 * time.Second << (n - 1)
		}
		a, b := doubling("a", n), doubling("b", n)
		if a != doubling("a", n) || a == b || min(a, b) < most/2 || max(a, b) > most {
			t.Errorf("after %d failures one waits %v and the other %v, want different times from %v to %v", n, a, b, most/2, most)
		}
	}
}

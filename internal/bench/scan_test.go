package main

import "testing"

func TestOverrun(t *testing.T) {
	t.Parallel()
	limits := map[string]int{"global": 3, "zone/*": 2, "zone/a": 1, "none": 0}
	for _, c := range []struct {
		used map[string]int
		want bool
	}{
		{nil, false},
		{map[string]int{"global": 3, "zone/a": 1, "zone/b": 2, "host/a": 100, "other": 100}, false},
		{map[string]int{"global": 4}, true},
		{map[string]int{"global": 1, "zone/a": 2}, true},
		{map[string]int{"zone/b": 3}, true},
		{map[string]int{"none": 1}, true},
	} {
		if got := overrun(c.used, limits); got != c.want {
			t.Errorf("%v of %v: overrun is %t", c.used, limits, got)
		}
	}
}

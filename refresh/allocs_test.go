package refresh_test

import (
	"fmt"
	"testing"
)

// What is done for each object of a million allocates next to nothing, besides the places where keys and rows are kept,
// which grow now and then.
func TestAllocations(t *testing.T) {
	const runs = 1000
	inv := names(t, persister(t, nil))
	keys := make([]string, 0, 4*runs)
	for i := range cap(keys) {
		keys = append(keys, fmt.Sprintf("i-%06d", i))
	}
	inv.Hosts.Build(Host{Ref: "h"})
	next := 0
	for _, c := range []struct {
		what string
		most float64
		do   func()
	}{
		{"finding a key that is known", 0, func() { inv.Hosts.LazyFind("h") }},
		{"finding a key that is new", 0, func() { inv.Hosts.LazyFind(keys[next]) }},
		{"finding by an example", 1, func() { inv.Hosts.LazyFindLike(Host{Ref: "h"}) }}, // the example
		{"building a row", 1, func() { // the row
			inv.VMs.Build(VM{Ref: keys[next], Name: "web", Host: inv.Hosts.LazyFind("h")})
		}},
		{"building a row with a key of two parts, one of which is a row", 2, func() { // the row and what is pointed at
			inv.Disks.Build(Disk{VM: inv.VMs.LazyFind(keys[next]), Device: "sda"})
		}},
		{"building a row again", 1, func() { inv.Hosts.Build(Host{Ref: "h"}) }}, // the row
	} {
		next = 0
		got := testing.AllocsPerRun(runs, func() {
			c.do()
			next++
		})
		if got > c.most {
			t.Errorf("%s makes %v allocations; %v are right", c.what, got, c.most)
		}
	}
	if n := inv.VMs.Len(); n != runs+1 {
		t.Errorf("%d VMs were built, not %d", n, runs+1)
	}
	if n := inv.Disks.Len(); n != runs+1 {
		t.Errorf("%d disks were built, not %d", n, runs+1)
	}
}

package refresh_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/refresh"
)

// A host sees how far a refresh is, in every phase.
func TestProgress(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var lines []string
	p, err := refresh.NewPersister(declare, inventory(t), &refresh.PersisterOptions{
		Guard: refresh.Guard{Share: 1},
		Progress: func(p refresh.Progress) {
			mu.Lock()
			defer mu.Unlock()
			lines = append(lines, p.String())
		},
	})
	target(t, err)
	many := func(hosts, vms int) func(*estate) {
		return func(e *estate) {
			for i := range hosts {
				e.Hosts.Build(Host{Ref: fmt.Sprint("h", i)})
			}
			var all sync.WaitGroup
			for part := range 2 {
				all.Go(func() {
					for i := range vms / 2 {
						e.VMs.Build(VM{Ref: fmt.Sprint(part, "-", i), Host: e.Hosts.LazyFind(fmt.Sprint("h", i%hosts))})
					}
				})
			}
			all.Wait()
		}
	}
	for _, of := range []struct {
		parse func(*estate)
		want  string
	}{
		{many(3, 2600), `
one: filling vms 1000
one: filling vms 2000
one: filling hosts 3 of 3
one: filling vms 2600 of 2600
one: filling disks 0
one: filling 2603 of 2603
one: matching hosts 0
one: matching vms 0
one: matching disks 0
one: matching 0
one: comparing hosts 3 of 3
one: comparing vms 1000 of 2600
one: comparing vms 2000 of 2600
one: comparing vms 2600 of 2600
one: comparing disks 0
one: comparing 2603 of 2603
one: writing hosts 3 of 3
one: writing vms 1000 of 2600
one: writing vms 2000 of 2600
one: writing vms 2600 of 2600
one: writing 2603 of 2603`},
		{many(2, 2), `
one: filling hosts 2 of 2
one: filling vms 2 of 2
one: filling disks 0
one: filling 4 of 4
one: matching hosts 3 of 3
one: matching vms 1000
one: matching vms 2000
one: matching vms 2600 of 2600
one: matching disks 0
one: matching 2603 of 2603
one: comparing hosts 2 of 2
one: comparing vms 2 of 2
one: comparing disks 0
one: comparing 4 of 4
one: writing vms 1000 of 2598
one: writing vms 2000 of 2598
one: writing vms 2598 of 2598
one: writing hosts 1 of 1
one: writing 2599 of 2599`},
	} {
		lines = nil
		saveTargets(t, p, nil, of.parse)
		if d := cmp.Diff(strings.Split(strings.TrimSpace(of.want), "\n"), lines); d != "" {
			t.Errorf("what is reported is not what happens (- happens, + reported):\n%s", d)
		}
	}
	if unknown := refresh.Phase(9).String(); unknown != "phase 9" {
		t.Errorf("phase 9 is %q", unknown)
	}
}

// Of what a plan does that others make true the writing is reported, with updates, links and archived rows counted once.
func TestProgress_ofApply(t *testing.T) {
	t.Parallel()
	var last []refresh.Progress
	r := newRig(t, declareRoom, roomTables...)
	p, err := refresh.NewPersister(declareRoom, r.in, &refresh.PersisterOptions{
		Guard: refresh.Guard{Share: 1}, Progress: func(p refresh.Progress) {
			if p.Phase == refresh.Writing {
				last = append(last, p)
			}
		},
	})
	target(t, err)
	r.once(func(of *room) {
		of.Racks.Build(rack{Ref: "a"})
		of.Racks.Build(rack{Ref: "gone"})
	})
	open, err := p.Open(t.Context(), "one", nil)
	target(t, err)
	open.Inventory.fill()
	plan, err := open.Plan(t.Context())
	target(t, err)
	if len(last) > 0 {
		t.Errorf("a plan reports that it writes %v", last)
	}
	target(t, p.Apply(t.Context(), plan, 0))
	for _, of := range plan.Collections {
		n := of.Inserts + of.Updates + of.Deletes
		if !slices.Contains(last, refresh.Progress{Manager: "one", Phase: refresh.Writing, Collection: of.Name, Rows: n, Of: n}) {
			t.Errorf("of %d rows of %q nothing is reported:\n%v", n, of.Name, last)
		}
	}
}

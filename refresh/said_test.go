package refresh_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reeve-go/reeve/refresh"
)

// A plan has what was said of the rows that it creates also when its refresh is closed, and while that is filled further; of what
// was in files nothing is left when both are closed, whichever is first.
func TestPlanOutlivesItsRefresh(t *testing.T) {
	for _, planFirst := range []bool{false, true} {
		t.Run(fmt.Sprint("the plan is closed first: ", planFirst), func(t *testing.T) {
			folder := t.TempDir()
			t.Setenv("TMPDIR", folder)
			p, err := refresh.NewPersister(declare, inventory(t), &refresh.PersisterOptions{Memory: 1})
			target(t, err)
			r, err := p.Open(t.Context(), "one", nil)
			target(t, err)
			build := func(from, to int) {
				for i := from; i < to; i++ {
					r.Inventory.VMs.Build(VM{Ref: fmt.Sprint("vm", i), Host: r.Inventory.Hosts.LazyFind("h")})
				}
			}
			r.Inventory.Hosts.Build(Host{Ref: "h"})
			build(0, 50)
			plan, err := r.Plan(t.Context())
			target(t, err)
			build(50, 100)
			if !planFirst {
				target(t, r.Close())
				target(t, r.Close())
			}
			n := 0
			for c, err := range plan.Changes() {
				target(t, err)
				if n++; c.Collection == "vms" && (len(c.Columns) < 2 || c.Key != fmt.Sprintf("ref=\"vm%d\"", c.Row)) {
					t.Errorf("the plan creates %s with %v", c.Key, c.Columns)
				}
			}
			if n != 51 {
				t.Errorf("the plan has %d changes; 51 are right", n)
			}
			target(t, plan.Close())
			target(t, plan.Close())
			if planFirst {
				target(t, r.Close())
			}
			if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
				t.Errorf("%v, %v is left", left, err)
			}
		})
	}
}

// A plan of which the file with what was said is spoiled says so.
func TestPlanOfSpoiledRows(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	p, err := refresh.NewPersister(declare, inventory(t), &refresh.PersisterOptions{Memory: 1})
	target(t, err)
	r, err := p.Open(t.Context(), "one", nil)
	target(t, err)
	for _, ref := range []string{"a", "b", "c"} {
		r.Inventory.Hosts.Build(Host{Ref: ref, Name: strings.Repeat("x", 1<<16)}) // too long to be still at hand
	}
	said := openFiles(t, folder)
	plan, err := r.Plan(t.Context())
	target(t, err)
	for _, file := range said {
		target(t, os.WriteFile(file, make([]byte, 1<<20), 0))
	}
	for _, err = range plan.Changes() {
	}
	if err == nil || !strings.Contains(err.Error(), "cannot be read") {
		t.Errorf("the error is %v", err)
	}
	target(t, errors.Join(plan.Close(), r.Close()))
}

// openFiles returns where the files of a folder can be written that this program has open and that have no name there any more.
func openFiles(t *testing.T, folder string) (paths []string) {
	t.Helper()
	const open = "/proc/self/fd"
	entries, err := os.ReadDir(open)
	if err != nil {
		t.Skip("it cannot be told which files are open:", err)
	}
	for _, e := range entries {
		path := filepath.Join(open, e.Name())
		if of, err := os.Readlink(path); err == nil && strings.HasPrefix(of, folder) {
			paths = append(paths, path)
		}
	}
	return paths
}

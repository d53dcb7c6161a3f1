package refresh_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/refresh/refreshtest"
	"github.com/reeve-go/reeve/storage"
)

// While a full refresh collects, VM 1 is changed, VM 2 removed and VM 3 created by targeted ones.
func TestOlderRefreshLeavesNewerRows(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		end   func(p *refresh.Persister[*estate], full *refresh.Refresh[*estate]) (*refresh.Plan, error)
		stale bool
	}{
		"saved": {func(_ *refresh.Persister[*estate], full *refresh.Refresh[*estate]) (*refresh.Plan, error) {
			return full.Save(t.Context(), 0)
		}, false},
		"applied": {func(p *refresh.Persister[*estate], full *refresh.Refresh[*estate]) (*refresh.Plan, error) {
			plan, err := full.Plan(t.Context())
			target(t, err)
			return plan, p.Apply(t.Context(), plan, 0)
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := inventory(t)
			p, err := refresh.NewPersister(declare, in, nil)
			target(t, err)
			saveTargets(t, p, nil, twoVMs.full)
			full, err := p.Open(t.Context(), "one", nil)
			target(t, err)
			twoVMs.full(full.Inventory)
			full.Inventory.Hosts.Build(Host{Ref: "h3", Name: "third"})

			e := names(t, p)
			var targets refresh.Targets
			for _, ref := range []string{"1", "2", "3"} {
				target(t, e.VMs.Target(&targets, VM{Ref: ref}))
			}
			saveTargets(t, p, &targets, func(e *estate) {
				e.VMs.Build(VM{Ref: "1", Name: "newer"})
				e.Disks.Build(Disk{VM: e.VMs.LazyFind("1"), Device: "sda", Size: 1})
				e.Disks.Build(Disk{VM: e.VMs.LazyFind("1"), Device: "sdc", Size: 9})
				e.Disks.Build(Disk{VM: e.VMs.LazyFind("3"), Device: "sda", Size: 9})
				e.VMs.Build(VM{Ref: "3", Name: "newer"})
			})
			now := dump(t, in)
			plan, err := c.end(p, full)
			if c.stale {
				if !errors.Is(err, storage.ErrConflict) {
					t.Fatalf("the error of Apply is %v; ErrConflict is right", err)
				}
				if d := cmp.Diff(now, dump(t, in)); d != "" {
					t.Errorf("what was refused was written:\n%s", d)
				}
				return
			}
			target(t, err)
			now["hosts"][`manager="one" ref="h3"`] = refreshtest.Row{"name": `"third"`}
			if d := cmp.Diff(now, dump(t, in)); d != "" {
				t.Errorf("the older refresh (+) changed what newer ones (-) left:\n%s", d)
			}
			if vms, disks := countsOf(t, plan, "vms"), countsOf(t, plan, "disks"); vms != "3 newer; " || disks != "5 newer; " {
				t.Errorf("the plan counts VMs: %s, and disks: %s", vms, disks)
			}
			if len(plan.Refused()) > 0 {
				t.Errorf("rows are refused:\n%s", planText(t, plan))
			}
			// The next one is newer than all of them.
			again := saveTargets(t, p, nil, twoVMs.full)
			if vms := countsOf(t, again, "vms"); vms != "1 created, 1 updated, 1 deleted; " {
				t.Errorf("the next full refresh counts VMs: %s", vms)
			}
		})
	}
}

// Also what a targeted refresh found as it was, or found not to be there, is newer.
func TestOlderRefreshLeavesWhatWasFoundUnchanged(t *testing.T) {
	t.Parallel()
	in := inventory(t)
	p, err := refresh.NewPersister(declare, in, nil)
	target(t, err)
	saveTargets(t, p, nil, twoVMs.full)
	long := strings.Repeat("x", 2*storage.MaxTouchedKey)
	before := dump(t, in)
	full, err := p.Open(t.Context(), "one", nil)
	target(t, err)
	full.Inventory.Hosts.Build(Host{Ref: "h1", Name: "older"})
	full.Inventory.Hosts.Build(Host{Ref: "never"})
	full.Inventory.Hosts.Build(Host{Ref: long})

	e := names(t, p)
	var targets refresh.Targets
	for _, ref := range []string{"h1", "h2", "never", long} {
		target(t, e.Hosts.Target(&targets, Host{Ref: ref}))
	}
	if plan := saveTargets(t, p, &targets, func(e *estate) {
		twoVMs.host(e, "h1")
		twoVMs.host(e, "h2")
	}); !plan.Empty() {
		t.Fatalf("the targeted refresh changes\n%s", planText(t, plan))
	}
	plan, err := full.Save(t.Context(), 0)
	target(t, err)
	if d := cmp.Diff(before, dump(t, in)); d != "" {
		t.Errorf("the older refresh changed what a newer one had found:\n%s", d)
	}
	if got := countsOf(t, plan, "hosts"); got != "4 newer; " {
		t.Errorf("the plan counts hosts: %s", got)
	}
}

func TestRefreshThatIsTooOld(t *testing.T) {
	t.Parallel()
	p := persister(t, nil)
	full, err := p.Open(t.Context(), "one", nil)
	target(t, err)
	var targets refresh.Targets
	for range storage.KeptSaves + 1 {
		saveTargets(t, p, &targets, func(*estate) {})
	}
	if _, err := full.Save(t.Context(), 0); !errors.Is(err, storage.ErrNotFound) || !strings.Contains(err.Error(), "collect again") {
		t.Errorf("the error is %v; ErrNotFound is right", err)
	}
}

// A row that an older refresh leaves as it is, is found by the index that the newer one gave it, not by what the older one
// says.
func TestOlderRefreshFindsNewerRows(t *testing.T) {
	t.Parallel()
	in := inventory(t)
	p, err := refresh.NewPersister(declare, in, nil)
	target(t, err)
	saveTargets(t, p, nil, twoVMs.full)
	full, err := p.Open(t.Context(), "one", nil)
	target(t, err)
	twoVMs.full(full.Inventory) // VM 1 has UUID u1, VM 2 u2
	for device, uuid := range map[string]string{"new-1": "new", "old-1": "u1", "now-1": "u2"} {
		full.Inventory.Disks.Build(Disk{VM: full.Inventory.VMs.LazyFindBy("by_uuid", VM{UUID: uuid}), Device: device})
	}

	var targets refresh.Targets
	target(t, names(t, p).VMs.Target(&targets, VM{Ref: "1"}))
	target(t, names(t, p).VMs.Target(&targets, VM{Ref: "2"}))
	saveTargets(t, p, &targets, func(e *estate) {
		e.VMs.Build(VM{Ref: "1", UUID: "u2"})
		e.VMs.Build(VM{Ref: "2", UUID: "new"})
	})
	_, err = full.Save(t.Context(), 0)
	target(t, err)
	disks := dump(t, in)["disks"]
	for _, key := range []string{`vm_id=(manager="one" ref="2") device="new-1"`, `vm_id=(manager="one" ref="1") device="now-1"`} {
		if disks[key] == nil {
			t.Errorf("there is no disk %s: %v", key, disks)
		}
	}
	for key := range disks {
		if strings.Contains(key, "old-1") {
			t.Errorf("disk %s belongs to a VM by a UUID that it has no longer", key)
		}
	}
}

package refresh_test

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/internal/altertest"
	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/refresh/refreshtest"
	"github.com/reeve-go/reeve/storage"
)

// A cloud is a world of VMs on hosts, with disks.
type cloud struct {
	hosts map[string]string // names
	vms   map[string]instance
}

type instance struct {
	host  string
	disks map[string]int64
}

func (c cloud) host(e *estate, ref string) {
	if name, there := c.hosts[ref]; there {
		e.Hosts.Build(Host{Ref: ref, Name: name})
	}
}

// vm brings a VM with its disks, unless there is none.
func (c cloud) vm(e *estate, ref string) {
	vm, there := c.vms[ref]
	if !there {
		return
	}
	row := e.VMs.Build(VM{Ref: ref, Name: "vm " + ref, UUID: "u" + ref, Host: e.Hosts.LazyFind(vm.host)})
	for device, size := range vm.disks {
		e.Disks.Build(Disk{VM: row, Device: device, Size: size})
	}
}

func (c cloud) full(e *estate) {
	for _, ref := range slices.Sorted(maps.Keys(c.hosts)) {
		c.host(e, ref)
	}
	for _, ref := range slices.Sorted(maps.Keys(c.vms)) {
		c.vm(e, ref)
	}
	e.Hosts.Complete()
	e.VMs.Complete()
	e.Disks.Complete()
}

// targeted brings what targets name, and besides the hosts of VMs if context says so.
func (c cloud) targeted(t testing.TB, e *estate, targets *refresh.Targets, context bool) {
	t.Helper()
	hosts, err := e.Hosts.Targets(targets)
	target(t, err)
	for _, host := range hosts {
		c.host(e, host.Ref)
	}
	vms, err := e.VMs.Targets(targets)
	target(t, err)
	for _, vm := range vms {
		c.vm(e, vm.Ref)
		if context {
			c.host(e, c.vms[vm.Ref].host)
		}
	}
}

func saveTargets(t testing.TB, p *refresh.Persister[*estate], targets *refresh.Targets, parse func(*estate)) *refresh.Plan {
	t.Helper()
	r, err := p.Open(context.Background(), "one", targets)
	if err != nil {
		t.Fatal(err)
	}
	parse(r.Inventory)
	plan, err := r.Save(context.Background(), 0)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

func dump(t testing.TB, in storage.Inventory) refreshtest.Tables {
	t.Helper()
	tables, err := refreshtest.Dump(context.Background(), in, []string{"hosts", "vms", "disks"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return tables
}

var twoVMs = cloud{
	hosts: map[string]string{"h1": "first", "h2": "second"},
	vms: map[string]instance{
		"1": {"h1", map[string]int64{"sda": 1, "sdb": 2}},
		"2": {"h2", map[string]int64{"sda": 3}},
	},
}

func TestTargetedRefresh(t *testing.T) {
	t.Parallel()
	in := inventory(t)
	p, err := refresh.NewPersister(declare, in, nil)
	target(t, err)
	saveTargets(t, p, nil, twoVMs.full)

	// VM 1 lost a disk and runs on another host; VM 2 is brought without its disk, only because somebody asks for its name.
	var targets refresh.Targets
	target(t, names(t, p).VMs.Target(&targets, VM{Ref: "1"}))
	plan := saveTargets(t, p, &targets, func(e *estate) {
		e.VMs.Build(VM{Ref: "1", Name: "vm 1", UUID: "u1", Host: e.Hosts.LazyFind("h2")})
		e.Disks.Build(Disk{VM: e.VMs.LazyFind("1"), Device: "sda", Size: 10})
		e.VMs.Patch(VM{Ref: "2", Name: "renamed"}, func(vm *VM) []any { return []any{&vm.Name} })
	})
	want := `update vms ref="1", host_id 1 → 2
update vms ref="2", name "vm 2" → "renamed"
update disks vm_id=1 device="sda", size 1 → 10
delete disks vm_id=1 device="sdb"
hosts: nothing
vms: 2 updated
disks: 1 updated, 1 deleted
`
	if got := planText(t, plan); got != want || !plan.Targeted {
		t.Errorf("the plan is\n%sand has to be\n%s", got, want)
	}
	now := dump(t, in)
	if d := cmp.Diff(now["disks"], refreshtest.Rows{
		`vm_id=(manager="one" ref="1") device="sda"`: {"size": "10"},
		`vm_id=(manager="one" ref="2") device="sda"`: {"size": "3"},
	}); d != "" {
		t.Errorf("the disks are not as they should be (+ should):\n%s", d)
	}

	// VM 1 is not there any more.
	plan = saveTargets(t, p, &targets, func(*estate) {})
	if plan.Collections[1].Deletes != 1 || plan.Collections[2].Deletes != 1 {
		t.Errorf("one VM and its disk are to be deleted; the plan is\n%s", planText(t, plan))
	}
	if left := slices.Collect(maps.Keys(dump(t, in)["vms"])); len(left) != 1 {
		t.Errorf("VMs %v are left; VM 2 is right", left)
	}

	// A host that is gone is taken away from the VM that stays, although nobody asks for that.
	var host refresh.Targets
	target(t, names(t, p).Hosts.Target(&host, Host{Ref: "h2"}))
	plan = saveTargets(t, p, &host, func(*estate) {})
	if got := planText(t, plan); !strings.Contains(got, "→ null") || plan.Collections[0].Deletes != 1 {
		t.Errorf("the host is to go, and the VM to point at none; the plan is\n%s", got)
	}
}

// An order is a target with what it takes to name it.
type order func(t testing.TB, e *estate, targets *refresh.Targets)

func (c cloud) orders() (out []order) {
	for ref := range c.hosts {
		out = append(out, func(t testing.TB, e *estate, targets *refresh.Targets) {
			target(t, e.Hosts.Target(targets, Host{Ref: ref}))
		})
	}
	for ref := range c.vms {
		out = append(out, func(t testing.TB, e *estate, targets *refresh.Targets) {
			target(t, e.VMs.Target(targets, VM{Ref: ref}))
		})
	}
	return out
}

func drawCloud(t *rapid.T, label string) cloud {
	ref := rapid.SampledFrom([]string{"a", "b", "c", "d"})
	return cloud{
		hosts: rapid.MapOf(ref, rapid.SampledFrom([]string{"x", "y"})).Draw(t, label+" hosts"),
		vms: rapid.MapOf(ref, rapid.Custom(func(t *rapid.T) instance {
			return instance{ref.Draw(t, "host"), rapid.MapOf(ref, rapid.Int64Range(1, 3)).Draw(t, "disks")}
		})).Draw(t, label+" vms"),
	}
}

// Full = the union of targeted refreshes over all targets, at once or one after another.
func TestFullIsTheUnionOfTargeted(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		before, after := drawCloud(r, "before"), drawCloud(r, "after")
		all := append(before.orders(), after.orders()...)
		apart := rapid.IntRange(1, len(all)+1).Draw(r, "targets at once")
		context := rapid.Bool().Draw(r, "with context")

		inFull := inventory(t)
		full, err := refresh.NewPersister(declare, inFull, &refresh.PersisterOptions{Guard: refresh.Guard{Share: 1}})
		target(t, err)
		saveTargets(t, full, nil, before.full)
		saveTargets(t, full, nil, after.full)

		inParts := &watched{Inventory: inventory(t)}
		parts, err := refresh.NewPersister(declare, inParts, nil)
		target(t, err)
		saveTargets(t, parts, nil, before.full)
		inParts.watching = true
		for range 2 { // the second time what pointed at rows that were not there yet finds them
			for some := range slices.Chunk(all, apart) {
				var targets refresh.Targets
				for _, order := range some {
					order(t, names(t, parts), &targets)
				}
				saveTargets(t, parts, &targets, func(e *estate) { after.targeted(t, e, &targets, context) })
			}
		}
		if len(inParts.whole) > 0 {
			r.Errorf("a targeted refresh read all of %v", inParts.whole)
		}
		if d := cmp.Diff(dump(t, inFull), dump(t, inParts)); d != "" {
			r.Errorf("a full refresh and targeted ones leave different rows (- full, + targeted):\n%s", d)
		}
	})
}

// watched is an inventory that notices queries for whole tables.
type watched struct {
	storage.Inventory

	watching bool
	whole    []string
}

func (w *watched) Begin(ctx context.Context, f storage.Fence) (storage.InventoryTx, error) {
	tx, err := w.Inventory.Begin(ctx, f)
	return &watchedTx{tx, w}, err
}

type watchedTx struct {
	storage.InventoryTx

	by *watched
}

func (tx *watchedTx) Rows(ctx context.Context, q storage.RowQuery) iter.Seq2[[]storage.Value, error] {
	if tx.by.watching && q.Among == nil {
		tx.by.whole = append(tx.by.whole, fmt.Sprint(q.Table))
	}
	return tx.InventoryTx.Rows(ctx, q)
}

// A row that a targeted refresh is about in several ways is counted once, and one that was found is not looked for again.
func TestTargetedRowsAreReadOnce(t *testing.T) {
	t.Parallel()
	asked := 0
	p, err := refresh.NewPersister(declare, altertest.New(inventory(t), altertest.Alter{Query: func(q *storage.RowQuery) {
		if q.Table == "vms" && q.Among != nil {
			asked += len(q.Among.Tuples)
		}
	}}), nil)
	target(t, err)
	disks := func(devices ...string) func(*estate) {
		return func(e *estate) {
			vm := e.VMs.Build(VM{Ref: "1"})
			for _, d := range devices {
				e.Disks.Build(Disk{VM: vm, Device: d})
			}
		}
	}
	saveTargets(t, p, nil, disks("sda", "sdb"))
	e := names(t, p)
	var targets refresh.Targets
	target(t, e.VMs.Target(&targets, VM{Ref: "1"}))
	target(t, e.Disks.Target(&targets, Disk{VM: e.VMs.LazyFind("1"), Device: "sda"}))
	asked = 0
	plan := saveTargets(t, p, &targets, disks("sdb"))
	if of := countedIn(t, plan, "disks"); of.Stored != 2 || of.Deletes != 1 || asked != 1 {
		t.Errorf("%d disks are counted, %d deleted, and %d VMs are looked for; want 2, 1 and 1", of.Stored, of.Deletes, asked)
	}
}

package inventorytest

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/refresh/refreshtest"
	"github.com/reeve-go/reeve/storage"
)

type (
	// Host is a row of an inventory with a reference, one to itself, a child and columns of two kinds.
	Host struct {
		Ref    string            `reeve:"ref,key"`
		Name   *string           `reeve:"name"`
		Parent refresh.Ref[Host] `reeve:"parent_id"`
	}
	// VM is such a row.
	VM struct {
		Ref     string              `reeve:"ref,key"`
		UUID    string              `reeve:"uuid,index=by_uuid"`
		Running bool                `reeve:"running"`
		Host    refresh.Ref[Host]   `reeve:"host_id"`
		On      refresh.Value[bool] `reeve:"on_it"`
	}
	// Disk is such a row.
	Disk struct {
		VM     refresh.Ref[VM] `reeve:"vm_id,key"`
		Device string          `reeve:"device,key"`
		Size   int64           `reeve:"size"`
	}
)

// An Estate is such an inventory.
type Estate struct {
	Hosts *refresh.Collection[Host]
	VMs   *refresh.Collection[VM]
	Disks *refresh.Collection[Disk]
}

func declareEstate(b *refresh.Builder) *Estate { return declareHashedEstate(b, "") }

// declareHashedEstate declares collections whose rows have hashes in a column, but for hosts, which point at each other; empty:
// they have none.
func declareHashedEstate(b *refresh.Builder, hash string) *Estate {
	return &Estate{
		Hosts: refresh.Add[Host](b, "hosts", nil),
		VMs:   refresh.Add[VM](b, "vms", &refresh.CollectionOptions{Hash: hash}),
		Disks: refresh.Add[Disk](b, "disks", &refresh.CollectionOptions{ChildOf: []string{"vm_id"}, Hash: hash}),
	}
}

// EstateTables are those of an estate.
func EstateTables() []storage.Table {
	own := [][]string{{"manager", "ref"}}
	running := []storage.Column{{Name: "running", Type: storage.BoolType, Null: true}, {Name: "on_it", Type: storage.BoolType, Null: true}}
	tables := []storage.Table{
		{Name: "hosts", ID: "id", Unique: own, Columns: columns("id", "manager ref name", "parent_id"), References: map[string]string{"parent_id": "hosts"}},
		{
			Name: "vms", ID: "id", Unique: own, Columns: append(columns("id", "manager ref uuid", "host_id"), running...),
			References: map[string]string{"host_id": "hosts"},
		},
		{
			Name: "disks", ID: "id", Unique: [][]string{{"vm_id", "device"}}, Columns: columns("id", "device", "vm_id size"),
			References: map[string]string{"vm_id": "vms"},
		},
	}
	for i := range tables {
		tables[i].Columns = append(tables[i].Columns, hashes)
	}
	return tables
}

// A Cloud is a world as a collector gives it.
type Cloud struct {
	Hosts []CloudHost
	VMs   []CloudVM
}

// A CloudHost is part of a cloud.
type CloudHost struct{ Ref, Name, Parent string }

// A CloudVM is part of a cloud, with its disks.
type CloudVM struct {
	Ref, Host string
	Running   bool
	Disks     []int64
}

// clouds draws clouds in which everything that is pointed at is there.
func clouds() *rapid.Generator[Cloud] {
	return rapid.Custom(func(t *rapid.T) Cloud {
		var c Cloud
		refs := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"h1", "h2", "h3", "h4"}), 0, 4, rapid.ID).Draw(t, "hosts")
		for i, ref := range refs {
			h := CloudHost{Ref: ref, Name: rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "name")}
			if rapid.Bool().Draw(t, "has a parent") && i > 0 {
				h.Parent = refs[rapid.IntRange(0, i-1).Draw(t, "parent")]
			}
			c.Hosts = append(c.Hosts, h)
		}
		for _, ref := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"v1", "v2", "v3"}), 0, 3, rapid.ID).Draw(t, "vms") {
			vm := CloudVM{Ref: ref, Running: rapid.Bool().Draw(t, "running"), Disks: rapid.SliceOfN(rapid.Int64Range(0, 2), 0, 2).Draw(t, "disks")}
			if len(refs) > 0 {
				vm.Host = rapid.SampledFrom(append(slices.Clone(refs), "")).Draw(t, "host")
			}
			c.VMs = append(c.VMs, vm)
		}
		return c
	})
}

// ParseHosts is a parser.
func ParseHosts(_ context.Context, c Cloud, inv *Estate) error {
	inv.Hosts.Complete() // also if it is empty
	for _, h := range c.Hosts {
		host := Host{Ref: h.Ref, Parent: inv.Hosts.LazyFind(h.Parent)}
		if h.Name != "" {
			host.Name = &h.Name
		}
		inv.Hosts.Build(host)
	}
	return nil
}

// ParseVMs is a parser.
func ParseVMs(_ context.Context, c Cloud, inv *Estate) error {
	inv.VMs.Complete()
	inv.Disks.Complete()
	for _, v := range c.VMs {
		vm := inv.VMs.Build(VM{
			Ref: v.Ref, UUID: "uuid of " + v.Ref, Running: v.Running, Host: inv.Hosts.LazyFind(v.Host),
			On: refresh.From(inv.VMs.LazyFind(v.Ref), func(vm *VM) *bool { return &vm.Running }, true),
		})
		for i, size := range v.Disks {
			if i%2 == 1 { // another way to the same row
				vm = inv.VMs.LazyFindBy("by_uuid", VM{UUID: "uuid of " + v.Ref})
			}
			inv.Disks.Build(Disk{VM: vm, Device: fmt.Sprint("sd", i), Size: size})
		}
	}
	return nil
}

func shuffle(t *rapid.T, c Cloud) Cloud {
	return Cloud{Hosts: rapid.Permutation(c.Hosts).Draw(t, "hosts"), VMs: rapid.Permutation(c.VMs).Draw(t, "vms")}
}

// targets names what is in a Cloud: each host and each machine, with its disks.
func targets(c Cloud, inv *Estate) (out []*refresh.Targets, err error) {
	for _, h := range c.Hosts {
		var t refresh.Targets
		err = errors.Join(err, inv.Hosts.Target(&t, Host{Ref: h.Ref}))
		out = append(out, &t)
	}
	for _, vm := range c.VMs {
		var t refresh.Targets
		err = errors.Join(err, inv.VMs.Target(&t, VM{Ref: vm.Ref}))
		out = append(out, &t)
	}
	return out, err
}

// Narrow is the targeted collector.
func Narrow(c Cloud, t *refresh.Targets, inv *Estate) (out Cloud, err error) {
	hosts, err := inv.Hosts.Targets(t)
	if err != nil {
		return out, err
	}
	vms, err := inv.VMs.Targets(t)
	for _, h := range c.Hosts {
		if slices.ContainsFunc(hosts, func(one Host) bool { return one.Ref == h.Ref }) {
			out.Hosts = append(out.Hosts, h)
		}
	}
	for _, vm := range c.VMs {
		if slices.ContainsFunc(vms, func(one VM) bool { return one.Ref == vm.Ref }) {
			out.VMs = append(out.VMs, vm)
		}
	}
	return out, err
}

// EstateHarness is a harness that keeps the laws, in memory.
func EstateHarness() refreshtest.Harness[Cloud, *Estate] {
	return refreshtest.Harness[Cloud, *Estate]{
		Declare: declareEstate, Worlds: clouds(), Shuffle: shuffle, Targets: targets, Narrow: Narrow,
		Open: func(t refreshtest.TB) storage.Inventory {
			t.Helper()
			return InMemory(t, EstateTables())
		},
		Parsers: []refreshtest.Parser[Cloud, *Estate]{ParseHosts, ParseVMs},
	}
}

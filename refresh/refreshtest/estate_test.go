package refreshtest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/refresh/refreshtest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
)

// The rows of an inventory with a reference, one to itself, a child and columns of two kinds.
type (
	Host struct {
		Ref    string            `reeve:"ref,key"`
		Name   *string           `reeve:"name"`
		Parent refresh.Ref[Host] `reeve:"parent_id"`
	}
	VM struct {
		Ref     string              `reeve:"ref,key"`
		UUID    string              `reeve:"uuid,index=by_uuid"`
		Running bool                `reeve:"running"`
		Host    refresh.Ref[Host]   `reeve:"host_id"`
		On      refresh.Value[bool] `reeve:"on_it"`
	}
	Disk struct {
		VM     refresh.Ref[VM] `reeve:"vm_id,key"`
		Device string          `reeve:"device,key"`
		Size   int64           `reeve:"size"`
	}
)

type inventory struct {
	Hosts *refresh.Collection[Host]
	VMs   *refresh.Collection[VM]
	Disks *refresh.Collection[Disk]
}

func declare(b *refresh.Builder) *inventory {
	return &inventory{
		Hosts: refresh.Add[Host](b, "hosts", nil),
		VMs:   refresh.Add[VM](b, "vms", nil),
		Disks: refresh.Add[Disk](b, "disks", &refresh.CollectionOptions{ChildOf: []string{"vm_id"}}),
	}
}

func column(name string, typ storage.ColumnType) storage.Column {
	return storage.Column{Name: name, Type: typ, Null: name != "id"}
}

// tables are the host's own.
func tables() []storage.Table {
	id := column("id", storage.IntType)
	return []storage.Table{
		{
			Name: "hosts", ID: "id", Unique: [][]string{{"manager", "ref"}}, References: map[string]string{"parent_id": "hosts"},
			Columns: []storage.Column{id, column("manager", storage.TextType), column("ref", storage.TextType), column("name", storage.TextType), column("parent_id", storage.IntType)},
		},
		{
			Name: "vms", ID: "id", Unique: [][]string{{"manager", "ref"}}, References: map[string]string{"host_id": "hosts"},
			Columns: []storage.Column{
				id, column("manager", storage.TextType), column("ref", storage.TextType), column("uuid", storage.TextType),
				column("running", storage.BoolType), column("host_id", storage.IntType), column("on_it", storage.BoolType),
			},
		},
		{
			Name: "disks", ID: "id", Unique: [][]string{{"vm_id", "device"}}, References: map[string]string{"vm_id": "vms"},
			Columns: []storage.Column{id, column("vm_id", storage.IntType), column("device", storage.TextType), column("size", storage.IntType)},
		},
	}
}

func open(t refreshtest.TB) storage.Inventory {
	t.Helper()
	in, err := memory.NewInventory(tables()...)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return in
}

// A cloud is a world as a collector gives it.
type cloud struct {
	Hosts []cloudHost
	VMs   []cloudVM
}

type cloudHost struct{ Ref, Name, Parent string }

type cloudVM struct {
	Ref, Host string
	Running   bool
	Disks     []int64
}

// clouds draws clouds in which everything that is pointed at is there.
func clouds() *rapid.Generator[cloud] {
	return rapid.Custom(func(t *rapid.T) cloud {
		var c cloud
		refs := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"h1", "h2", "h3", "h4"}), 0, 4, rapid.ID).Draw(t, "hosts")
		for i, ref := range refs {
			h := cloudHost{Ref: ref, Name: rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "name")}
			if rapid.Bool().Draw(t, "has a parent") && i > 0 {
				h.Parent = refs[rapid.IntRange(0, i-1).Draw(t, "parent")]
			}
			c.Hosts = append(c.Hosts, h)
		}
		for _, ref := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"v1", "v2", "v3"}), 0, 3, rapid.ID).Draw(t, "vms") {
			vm := cloudVM{Ref: ref, Running: rapid.Bool().Draw(t, "running"), Disks: rapid.SliceOfN(rapid.Int64Range(0, 2), 0, 2).Draw(t, "disks")}
			if len(refs) > 0 {
				vm.Host = rapid.SampledFrom(append(slices.Clone(refs), "")).Draw(t, "host")
			}
			c.VMs = append(c.VMs, vm)
		}
		return c
	})
}

func parseHosts(_ context.Context, c cloud, inv *inventory) error {
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

func parseVMs(_ context.Context, c cloud, inv *inventory) error {
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

func shuffle(t *rapid.T, c cloud) cloud {
	return cloud{Hosts: rapid.Permutation(c.Hosts).Draw(t, "hosts"), VMs: rapid.Permutation(c.VMs).Draw(t, "vms")}
}

// targets names what is in a cloud: each host and each machine, with its disks.
func targets(c cloud, inv *inventory) (out []*refresh.Targets, err error) {
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

// narrow is the targeted collector.
func narrow(c cloud, t *refresh.Targets, inv *inventory) (out cloud, err error) {
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

// estate is a harness that keeps the laws.
func estate() refreshtest.Harness[cloud, *inventory] {
	return refreshtest.Harness[cloud, *inventory]{
		Declare: declare, Open: open, Worlds: clouds(), Shuffle: shuffle, Targets: targets, Narrow: narrow,
		Parsers: []refreshtest.Parser[cloud, *inventory]{parseHosts, parseVMs},
	}
}

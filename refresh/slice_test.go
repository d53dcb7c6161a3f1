package refresh_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
)

type Host struct {
	Ref  string `reeve:"ref,key"`
	Name string `reeve:"name"`
}

type VM struct {
	Ref  string            `reeve:"ref,key"`
	Name string            `reeve:"name"`
	UUID string            `reeve:"uuid,index=by_uuid"`
	Host refresh.Ref[Host] `reeve:"host_id"`
}

type Disk struct {
	VM     refresh.Ref[VM] `reeve:"vm_id,key"`
	Device string          `reeve:"device,key"`
	Size   int64           `reeve:"size"`
}

type estate struct {
	Hosts *refresh.Collection[Host]
	VMs   *refresh.Collection[VM]
	Disks *refresh.Collection[Disk]
}

func declare(b *refresh.Builder) *estate {
	return &estate{
		Hosts: refresh.Add[Host](b, "hosts", nil),
		VMs:   refresh.Add[VM](b, "vms", nil),
		Disks: refresh.Add[Disk](b, "disks", &refresh.CollectionOptions{ChildOf: []string{"vm_id"}}),
	}
}

func text(name string) storage.Column { return storage.Column{Name: name, Type: storage.TextType} }
func id(name string) storage.Column {
	return storage.Column{Name: name, Type: storage.IntType, Null: name != "id"}
}

func inventory(t rapid.TB) *memory.Inventory {
	t.Helper()
	in, err := memory.NewInventory(
		storage.Table{Name: "hosts", ID: "id", Columns: []storage.Column{id("id"), text("manager"), text("ref"), text("name")}, Unique: [][]string{{"manager", "ref"}}},
		storage.Table{
			Name: "vms", ID: "id", Columns: []storage.Column{id("id"), text("manager"), text("ref"), text("name"), text("uuid"), id("host_id")},
			Unique: [][]string{{"manager", "ref"}}, References: map[string]string{"host_id": "hosts"},
		},
		storage.Table{
			Name: "disks", ID: "id", Columns: []storage.Column{id("id"), id("vm_id"), text("device"), {Name: "size", Type: storage.IntType}},
			Unique: [][]string{{"vm_id", "device"}}, References: map[string]string{"vm_id": "vms"},
		},
	)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func save(t testing.TB, p *refresh.Persister[*estate], parse func(*estate)) *refresh.Plan {
	t.Helper()
	r, err := p.Open(t.Context(), "one", nil)
	if err != nil {
		t.Fatal(err)
	}
	parse(r.Inventory)
	plan, err := r.Save(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

func TestSlice(t *testing.T) {
	t.Parallel()
	p, err := refresh.NewPersister(declare, inventory(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	full := func(e *estate) {
		for i := range 3 {
			ref := fmt.Sprint("vm", i)
			vm := e.VMs.Build(VM{Ref: ref, Name: ref, UUID: "u" + ref, Host: e.Hosts.LazyFind(fmt.Sprint("h", i%2))})
			e.Disks.Build(Disk{VM: vm, Device: "sda", Size: 10})
			e.Disks.Build(Disk{VM: e.VMs.LazyFindBy("by_uuid", VM{UUID: "u" + ref}), Device: "sdb", Size: 20})
		}
		e.Hosts.Build(Host{Ref: "h0", Name: "first"})
		e.Hosts.Build(Host{Ref: "h1", Name: "second"})
	}
	show := func(p *refresh.Plan) string {
		var b strings.Builder
		if _, err := p.WriteTo(&b); err != nil {
			t.Error(err)
		}
		return b.String()
	}
	t.Log(show(save(t, p, full)))
	if plan := save(t, p, full); !plan.Empty() {
		t.Errorf("a second refresh writes %s", show(plan))
	}
	t.Log(show(save(t, p, func(e *estate) {
		e.Hosts.Build(Host{Ref: "h1", Name: "2nd"})
		e.VMs.Build(VM{Ref: "vm1", Name: "vm1", UUID: "uvm1", Host: e.Hosts.LazyFind("h1")})
		e.VMs.Build(VM{Ref: "vm2", Name: "vm2", UUID: "uvm2", Host: e.Hosts.LazyFind("h0")})
		e.VMs.Build(VM{})
	})))
}

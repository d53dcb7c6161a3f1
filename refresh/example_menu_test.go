package refresh_test

import (
	"fmt"

	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/storage/memory"
)

func ExampleMenu() {
	type VM struct {
		Ref string `reeve:"ref,key"`
	}
	type Disk struct {
		VM     refresh.Ref[VM] `reeve:"vm_id,key"`
		Device string          `reeve:"device,key"`
	}
	type Flavor struct {
		Ref string `reeve:"ref,key"`
	}
	type Inventory struct {
		VMs     *refresh.Collection[VM]
		Disks   *refresh.Collection[Disk]
		Flavors *refresh.Collection[Flavor]
	}
	cloud := refresh.NewMenu(
		refresh.Offer[VM]("vms", nil),
		refresh.Offer[Disk]("disks", &refresh.CollectionOptions{ChildOf: []string{"vm_id"}}),
	)
	_, err := refresh.NewPersister(func(b *refresh.Builder) *Inventory {
		return &Inventory{
			VMs:     refresh.Pick[VM](b, cloud, "vms", func(o *refresh.CollectionOptions) { o.Archive = "archived_on" }),
			Disks:   refresh.Pick[Disk](b, cloud, "disk", nil),
			Flavors: refresh.Add[Flavor](b, "flavors", nil), // its own
		}
	}, new(memory.Inventory), nil)
	fmt.Println(err)
	// Output:
	// refresh: collection "disk" is not on the menu; there is "disks", "vms"
}

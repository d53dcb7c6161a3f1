package refresh_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
)

type Server struct {
	Ref  string `reeve:"ref,key"`
	Name string `reeve:"name"`
}

type region struct{ Servers *refresh.Collection[Server] }

func declareRegion(b *refresh.Builder) *region {
	return &region{refresh.Add[Server](b, "servers", nil)}
}

// newRegion returns a persister on a table in memory.
func newRegion() (*refresh.Persister[*region], error) {
	table := storage.Table{Name: "servers", ID: "id", Unique: [][]string{{"manager", "ref"}}, Columns: []storage.Column{
		{Name: "id", Type: storage.IntType},
		{Name: "manager", Type: storage.TextType},
		{Name: "ref", Type: storage.TextType},
		{Name: "name", Type: storage.TextType},
	}}
	in, err := memory.NewInventory(table)
	if err != nil {
		return nil, err
	}
	return refresh.NewPersister(declareRegion, in, nil)
}

// refreshRegion refreshes servers from a cloud: those that targets name, or all.
func refreshRegion(p *refresh.Persister[*region], cloud map[string]string, targets *refresh.Targets) (*refresh.Plan, error) {
	ctx := context.Background()
	r, err := p.Open(ctx, "cloud-1", targets)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	refs := slices.Sorted(maps.Keys(cloud))
	if targets != nil {
		rows, err := r.Inventory.Servers.Targets(targets)
		if err != nil {
			return nil, err
		}
		refs = nil
		for _, row := range rows {
			refs = append(refs, row.Ref)
		}
	}
	for _, ref := range refs {
		if name, there := cloud[ref]; there {
			r.Inventory.Servers.Build(Server{ref, name})
		}
	}
	return r.Save(ctx, 0)
}

// What is to be refreshed travels in a message, and the refresh of it finds what has changed, and what is gone.
func ExampleTargets() {
	p, err := newRegion()
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := refreshRegion(p, map[string]string{"i-1": "web", "i-2": "db", "i-3": "old"}, nil); err != nil {
		fmt.Println(err)
		return
	}

	inv, err := p.Inventory()
	if err != nil {
		fmt.Println(err)
		return
	}
	var changed refresh.Targets
	for _, ref := range []string{"i-2", "i-3", "i-2"} {
		if err := inv.Servers.Target(&changed, Server{Ref: ref}); err != nil {
			fmt.Println(err)
			return
		}
	}
	message, err := json.Marshal(changed)
	fmt.Println(string(message), err)

	var received refresh.Targets
	if err := json.Unmarshal(message, &received); err != nil {
		fmt.Println(err)
		return
	}
	plan, err := refreshRegion(p, map[string]string{"i-1": "not looked at", "i-2": "database"}, &received)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = plan.Close() }()
	for change, err := range plan.Changes() {
		fmt.Println(change, err)
	}
	// Output:
	// {"servers":[{"ref":"i-2"},{"ref":"i-3"}]} <nil>
	// update servers ref="i-2", name "db" → "database" <nil>
	// delete servers ref="i-3" <nil>
}

// A cloud that says that nearly everything is gone is not believed.
func ExampleGuardError() {
	p, err := newRegion()
	if err != nil {
		fmt.Println(err)
		return
	}
	cloud := map[string]string{}
	for i := range 100 {
		cloud[fmt.Sprint("i-", i)] = "web"
	}
	if _, err := refreshRegion(p, cloud, nil); err != nil {
		fmt.Println(err)
		return
	}
	_, err = refreshRegion(p, map[string]string{"i-1": "web"}, nil)
	fmt.Println(err)

	var guarded *refresh.GuardError
	if !errors.As(err, &guarded) {
		return
	}
	defer func() { _ = guarded.Plan.Close() }()
	if err := guarded.Plan.Allow("servers"); err != nil { // somebody has looked at it
		fmt.Println(err)
		return
	}
	fmt.Println(p.Apply(context.Background(), guarded.Plan, 0))
	// Output:
	// refresh: the plan for manager "cloud-1" removes 99 of the 100 rows of collection "servers", where 50 may go; look at the plan, and Allow it if it is right
	// <nil>
}

// A list of what there is, without data, tells what is gone.
func ExampleCollection_TargetAll() {
	ctx := context.Background()
	p, err := newRegion()
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := refreshRegion(p, map[string]string{"i-1": "web", "i-2": "db", "i-3": "old"}, nil); err != nil {
		fmt.Println(err)
		return
	}

	inv, err := p.Inventory()
	if err != nil {
		fmt.Println(err)
		return
	}
	var all refresh.Targets
	if err := inv.Servers.TargetAll(&all, Server{}, nil); err != nil {
		fmt.Println(err)
		return
	}
	r, err := p.Open(ctx, "cloud-1", &all)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = r.Close() }()
	for _, ref := range []string{"i-1", "i-2"} {
		r.Inventory.Servers.Exists(Server{Ref: ref})
	}
	plan, err := r.Save(ctx, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := plan.WriteTo(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// delete servers ref="i-3"
	// servers: 1 deleted, 2 unchanged
}

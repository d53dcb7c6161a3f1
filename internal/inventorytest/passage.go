package inventorytest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/refresh/refreshtest"
	"github.com/reeve-go/reeve/storage"
)

// A passage is a save between two worlds in which everything happens: rows are created, changed, linked late and deleted, in several
// collections. Whatever becomes of it, the database has what it had before or what it was to have, and the next refresh
// makes it whole.
type passage struct {
	machines      int
	before, after refreshtest.Tables
}

// few and many are how many machines a passage is about.
const few, many = 3, 60

func newPassage(t testing.TB, machines int) *passage {
	t.Helper()
	e := &passage{machines: machines}
	store := InMemory(t, worldTables())
	e.begin(t, store)
	e.before = e.dump(t, store)
	if err := e.finish(t.Context(), store, false); err != nil {
		t.Fatal(err)
	}
	e.after = e.dump(t, store)
	return e
}

// old is the world before.
func (e *passage) old(in *world) {
	a, name := in.Sites.Build(site{Ref: "s0"}), "gone"
	in.Sites.Build(site{Ref: "s1", Name: &name, Parent: a})
	at := in.Networks.Build(network{Ref: "t0"})
	for i := range e.machines {
		m := in.Machines.Build(machine{
			Ref: fmt.Sprint("m", i), UUID: fmt.Sprint("u", i), Site: in.Sites.LazyFind("s1"), Owner: a.Any(), Networks: []refresh.Ref[network]{at},
		})
		v := in.Volumes.Build(volume{Machine: m, Device: "d0"})
		in.Snapshots.Build(snapshot{Volume: v, Number: 1})
	}
}

// new is the world after.
func (e *passage) new(in *world) {
	in.Sites.Build(site{Ref: "s0", Parent: in.Sites.LazyFind("s2"), Main: in.Machines.LazyFind(fmt.Sprint("m", e.machines))})
	in.Sites.Build(site{Ref: "s2", Parent: in.Sites.LazyFind("s0")})
	in.Images.Build(image{Ref: "i0", Name: "n0"})
	at := in.Networks.Build(network{Ref: "t1"})
	for i := range e.machines {
		m := in.Machines.Build(machine{
			Ref: fmt.Sprint("m", i+1), UUID: fmt.Sprint("u", i), On: true, Site: in.Sites.LazyFind("s2"), Image: in.Images.LazyFind("i0"), Networks: []refresh.Ref[network]{at},
		})
		v := in.Volumes.Build(volume{Machine: m, Device: "d0"})
		in.Snapshots.Build(snapshot{Volume: v, Number: i})
		in.Licenses.Build(license{Ref: fmt.Sprint("l", i), Machine: m, Note: long})
	}
}

// long is a text of which there is not room enough where rows were deleted.
var long = strings.Repeat("The licensee may. ", 150)

// begin saves the world before.
func (e *passage) begin(t testing.TB, store storage.Inventory) {
	t.Helper()
	if err := e.save(t.Context(), store, false, e.old); err != nil {
		t.Fatal(err)
	}
}

// finish saves the world after.
func (e *passage) finish(ctx context.Context, store storage.Inventory, planned bool) error {
	return e.save(ctx, store, planned, e.new)
}

// save saves what a parser says, in one step or by way of a plan.
func (e *passage) save(ctx context.Context, store storage.Inventory, planned bool, parse func(*world)) (err error) {
	p, err := rules{}.persister(store)
	if err != nil {
		return err
	}
	r, err := p.Open(ctx, "one", nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	parse(r.Inventory)
	r.Inventory.complete()
	var plan *refresh.Plan
	if planned {
		if plan, err = r.Plan(ctx); err == nil {
			err = p.Apply(ctx, plan, 0)
		}
	} else {
		plan, err = r.Save(ctx, 0)
	}
	if plan != nil {
		err = errors.Join(err, plan.Close())
	}
	return err
}

func (e *passage) dump(t testing.TB, store storage.Inventory) refreshtest.Tables {
	t.Helper()
	out, err := refreshtest.Dump(t.Context(), store, dumped, worldDump)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// has demands that the database has that.
func (e *passage) has(t testing.TB, what string, store storage.Inventory, want refreshtest.Tables) {
	t.Helper()
	if diff := cmp.Diff(want, e.dump(t, store)); diff != "" {
		t.Errorf("%s (- wanted, + found):\n%s", what, diff)
	}
}

// end demands that the next refresh leaves the world after.
func (e *passage) end(t testing.TB, what string, store storage.Inventory) {
	t.Helper()
	if err := e.finish(t.Context(), store, false); err != nil {
		t.Errorf("%s, and then a refresh says %v", what, err)
	}
	e.has(t, what+", and the next refresh", store, e.after)
}

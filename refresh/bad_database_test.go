package refresh_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/refresh/internal/altertest"
	"github.com/reeve-go/reeve/refresh/refreshtest"
	"github.com/reeve-go/reeve/storage"
)

// badBefore and badAfter are two worlds between which everything happens: rows are created, changed, linked late and
// deleted, in several collections.
func badBefore(inv *lawInventory) {
	inv.Complete()
	a, name := inv.Sites.Build(lawSite{Ref: "s0"}), "gone"
	inv.Sites.Build(lawSite{Ref: "s1", Name: &name, Parent: a})
	for i := range 3 {
		m := inv.Machines.Build(lawMachine{Ref: fmt.Sprint("m", i), UUID: fmt.Sprint("u", i), Site: inv.Sites.LazyFind("s1"), Owner: a.Any()})
		v := inv.Volumes.Build(lawVolume{Machine: m, Device: "d0"})
		inv.Snapshots.Build(lawSnapshot{Volume: v, Number: 1})
	}
}

func badAfter(inv *lawInventory) {
	inv.Complete()
	inv.Sites.Build(lawSite{Ref: "s0", Parent: inv.Sites.LazyFind("s2"), Main: inv.Machines.LazyFind("m3")})
	inv.Sites.Build(lawSite{Ref: "s2", Parent: inv.Sites.LazyFind("s0")})
	inv.Images.Build(lawImage{Ref: "i0", Name: "n0"})
	for i := range 3 {
		m := inv.Machines.Build(lawMachine{Ref: fmt.Sprint("m", i+1), UUID: fmt.Sprint("u", i), On: true, Site: inv.Sites.LazyFind("s2"), Image: inv.Images.LazyFind("i0")})
		v := inv.Volumes.Build(lawVolume{Machine: m, Device: "d0"})
		inv.Snapshots.Build(lawSnapshot{Volume: v, Number: i})
	}
}

// badSave saves what a parser says, in one step or by way of a plan.
func badSave(t *testing.T, store storage.Inventory, planned bool, parse func(*lawInventory)) error {
	t.Helper()
	p, err := refresh.NewPersister(lawDeclare(refresh.RefuseDuplicates), store, &refresh.PersisterOptions{Guard: refresh.Guard{Share: 1}})
	if err != nil {
		return err
	}
	r, err := p.Open(t.Context(), "one", nil)
	if err != nil {
		return err
	}
	defer func() {
		if err := r.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	}()
	parse(r.Inventory)
	var plan *refresh.Plan
	if planned {
		if plan, err = r.Plan(t.Context()); err == nil {
			err = p.Apply(t.Context(), plan, 0)
		}
	} else {
		plan, err = r.Save(t.Context(), 0)
	}
	if plan != nil {
		if err := plan.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	}
	return err
}

func badDump(t *testing.T, store storage.Inventory) refreshtest.Tables {
	t.Helper()
	out, err := refreshtest.Dump(t.Context(), store, lawOrder, lawDump)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

var errVanished = errors.New("the database vanished")

// A database that vanishes at any call has what it had before, or what it was to have: the latter if it vanished
// when the commit was done.
func TestDatabaseVanishes(t *testing.T) {
	t.Parallel()
	want := lawDatabase()
	for _, parse := range []func(*lawInventory){badBefore, badAfter} {
		if err := badSave(t, want, false, parse); err != nil {
			t.Fatal(err)
		}
	}
	done := badDump(t, want)
	for _, planned := range []bool{false, true} {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("planned %t, after %t", planned, after), func(t *testing.T) {
				t.Parallel()
				const most = 200
				for n := range most {
					if vanishAt(t, n, planned, after, done) {
						if n < 10 {
							t.Errorf("a save has %d calls; there is little to vanish from", n)
						}
						return
					}
				}
				t.Errorf("a save has more than %d calls", most)
			})
		}
	}
}

// vanishAt lets the database vanish before or after the call of that number, and then for good. It is true if there
// is no such call.
func vanishAt(t *testing.T, n int, planned, after bool, done refreshtest.Tables) bool {
	t.Helper()
	store := lawDatabase()
	if err := badSave(t, store, false, badBefore); err != nil {
		t.Fatal(err)
	}
	before := badDump(t, store)
	calls, vanished, committed := 0, false, false
	count := func(call string) error {
		if calls++; calls > n {
			vanished = true
		}
		if vanished {
			return errVanished
		}
		return nil
	}
	a := altertest.Alter{Before: count}
	if after {
		a = altertest.Alter{
			Before: func(string) error {
				if vanished {
					return errVanished
				}
				return nil
			},
			After: func(call string) error {
				err := count(call)
				if committed = call == "commit" && err != nil; committed {
					return errors.Join(storage.ErrUnknown, err)
				}
				return err
			},
		}
	}
	err := badSave(t, altertest.New(store, a), planned, badAfter)
	want := before
	if !vanished || committed {
		want = done
	}
	if diff := cmp.Diff(want, badDump(t, store)); diff != "" {
		t.Errorf("vanished at call %d (- wanted, + found):\n%s", n, diff)
	}
	if vanished != errors.Is(err, errVanished) {
		t.Errorf("vanished at call %d: %t, and the error is %v", n, vanished, err)
	}
	if committed != errors.Is(err, storage.ErrUnknown) {
		t.Errorf("whether the commit was done is not known: %t, and the error is %v", committed, err)
	}
	// Whatever happened, the next refresh mends it.
	if err := badSave(t, store, planned, badAfter); err != nil {
		t.Errorf("vanished at call %d, and then a refresh says %v", n, err)
	}
	if diff := cmp.Diff(done, badDump(t, store)); diff != "" {
		t.Errorf("vanished at call %d, and the next refresh left (- wanted, + found):\n%s", n, diff)
	}
	return !vanished
}

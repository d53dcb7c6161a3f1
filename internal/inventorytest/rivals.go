package inventorytest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/internal/altertest"
	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/refresh/refreshtest"
	"github.com/reeve-go/reeve/storage"
)

// RunRivals tests saves to whose tables somebody else writes between their plan and their first row: they make another
// plan and end as if the other had come first, while a plan that is applied is refused. Beside says that the inventory
// lets others write while a save is under way; elsewhere the save itself meets the same rows.
func RunRivals(t *testing.T, open Opener, beside bool) {
	t.Helper()
	for name, r := range rivalries {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r.saves(t, open, beside)
			r.isNotApplied(t, open, beside)
		})
	}
	t.Run("somebody is in the way each time", func(t *testing.T) {
		t.Parallel()
		alwaysInTheWay(t, open, beside)
	})
	t.Run("rows of the refresh are in each other's way", func(t *testing.T) {
		t.Parallel()
		inEachOthersWay(t, open)
	})
	t.Run("another plan is guarded, too", func(t *testing.T) {
		t.Parallel()
		guardedAnew(t, open, beside)
	})
	t.Run("a save of which nobody knows whether it was made is not tried again", func(t *testing.T) {
		t.Parallel()
		unknownOnce(t, open)
	})
}

// A rivalry is a refresh from one cloud to another, and what somebody else writes meanwhile.
type rivalry struct {
	before, after Cloud
	targeted      bool // only the machines of the cloud after are refreshed
	writes        []write
	stays         string // a row that has to keep the id that the other one gave it, as "hosts h1"
}

// onH1 is a machine on host h1, with disks.
func onH1(disks ...int64) []CloudVM { return []CloudVM{{Ref: "v1", Host: "h1", Disks: disks}} }

var rivalries = map[string]rivalry{
	"a row that the plan creates is created": {
		after:  Cloud{Hosts: []CloudHost{{Ref: "h0"}, {Ref: "h1", Name: "a"}, {Ref: "h2", Parent: "h1"}}, VMs: onH1(1)},
		writes: []write{createHost("h1")}, stays: "hosts h1",
	},
	"a row that belongs to another is created": {
		before: Cloud{Hosts: []CloudHost{{Ref: "h1"}}, VMs: onH1(1)},
		after:  Cloud{Hosts: []CloudHost{{Ref: "h1"}}, VMs: onH1(1, 2)},
		writes: []write{createDisk("v1", "sd1")}, stays: "disks sd1",
	},
	"all that the plan creates is created": {
		after:  Cloud{Hosts: []CloudHost{{Ref: "h1", Name: "a"}}, VMs: onH1(1)},
		writes: []write{createHost("h1"), createVM("v1", "h1"), createDisk("v1", "sd0")}, stays: "vms v1",
	},
	"a row that targets name is created": {
		before: Cloud{Hosts: []CloudHost{{Ref: "h1"}}},
		after:  Cloud{Hosts: []CloudHost{{Ref: "h1"}}, VMs: onH1(1)}, targeted: true,
		writes: []write{createVM("v1", "h1")}, stays: "vms v1",
	},
	"a row that is pointed at is deleted": {
		before: Cloud{Hosts: []CloudHost{{Ref: "h1", Name: "a"}}},
		after:  Cloud{Hosts: []CloudHost{{Ref: "h1", Name: "a"}}, VMs: onH1(1)},
		writes: []write{deleteHost("h1")},
	},
	"a row that the plan updates is deleted": {
		before: Cloud{Hosts: []CloudHost{{Ref: "h1", Name: "a"}}},
		after:  Cloud{Hosts: []CloudHost{{Ref: "h1", Name: "b"}}},
		writes: []write{deleteHost("h1")},
	},
	"a row comes to point at one that the plan deletes": {
		before: Cloud{Hosts: []CloudHost{{Ref: "h1"}, {Ref: "h2"}}},
		after:  Cloud{Hosts: []CloudHost{{Ref: "h1"}}, VMs: onH1()},
		writes: []write{createVM("v2", "h2")},
	},
}

// saves demands that a save ends as if the other one had written before, with one plan more, and that another one then
// writes nothing.
func (r rivalry) saves(t *testing.T, open Opener, beside bool) {
	t.Helper()
	store, in := r.begin(t, open, beside)
	plan, err := r.refresh(t, in, (*refresh.Refresh[*Estate]).Save)
	if err != nil || in.saves != 2 {
		t.Fatalf("after %d saves: %v; want one more than without the other writer", in.saves, err)
	}
	r.saved(t, store, plan)
}

// saved demands that the cloud after is there, and that another save writes nothing.
func (r rivalry) saved(t *testing.T, store storage.Inventory, plan *refresh.Plan) {
	t.Helper()
	alone := InMemory(t, EstateTables())
	saveCloud(t, alone, r.before)
	if _, err := r.refresh(t, alone, (*refresh.Refresh[*Estate]).Save); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(dumpEstate(t, alone), dumpEstate(t, store)); diff != "" {
		t.Errorf("the rows are not those of a save that met nobody (- nobody, + somebody):\n%s", diff)
	}
	if r.stays != "" && plan != nil {
		for c, err := range plan.Changes() {
			if table, ref, _ := strings.Cut(r.stays, " "); err != nil || c.Kind != refresh.Update && c.Collection == table && strings.Contains(c.Key, `"`+ref+`"`) {
				t.Errorf("the plan says %v, %v; the row that the other one created is to be updated", c, err)
			}
		}
	}
	again, err := r.refresh(t, store, (*refresh.Refresh[*Estate]).Save)
	if err != nil || !again.Empty() {
		t.Errorf("saved again, the same writes something: %v, %v", again, err)
	}
}

// isNotApplied demands that a plan that is in the host's hand is refused and not made anew, and that a save does well
// then.
func (r rivalry) isNotApplied(t *testing.T, open Opener, beside bool) {
	t.Helper()
	store, in := r.begin(t, open, beside)
	p := estateOn(t, in, nil)
	_, err := r.refresh(t, in, func(one *refresh.Refresh[*Estate], ctx context.Context, token storage.Token) (*refresh.Plan, error) {
		plan, err := one.Plan(ctx)
		if err == nil {
			err = p.Apply(ctx, plan, token)
		}
		return plan, err
	})
	if !errors.Is(err, storage.ErrConflict) || in.saves != 1 {
		t.Errorf("%d times applied: %v; want one conflict", in.saves, err)
	}
	if _, err := r.refresh(t, in, (*refresh.Refresh[*Estate]).Save); err != nil || in.saves != 2 {
		t.Errorf("after that %d saves were begun: %v", in.saves-1, err)
	}
	r.saved(t, store, nil)
}

// begin returns an inventory with the cloud before, and with somebody who writes to it.
func (r rivalry) begin(t *testing.T, open Opener, beside bool) (storage.Inventory, *rivalled) {
	t.Helper()
	store := open(t, EstateTables())
	saveCloud(t, store, r.before)
	return store, &rivalled{Inventory: store, beside: beside, writes: func(try int) []write {
		if try > 1 {
			return nil
		}
		return r.writes
	}}
}

func (r rivalry) refresh(
	t *testing.T, in storage.Inventory, do func(*refresh.Refresh[*Estate], context.Context, storage.Token) (*refresh.Plan, error),
) (*refresh.Plan, error) {
	t.Helper()
	if !r.targeted {
		return refreshCloud(t, estateOn(t, in, nil), nil, r.after, do)
	}
	p := estateOn(t, in, nil)
	names, err := p.Inventory()
	var targets refresh.Targets
	for _, vm := range r.after.VMs {
		err = errors.Join(err, names.VMs.Target(&targets, VM{Ref: vm.Ref}))
	}
	if err != nil {
		t.Fatal(err)
	}
	return refreshCloud(t, p, &targets, Cloud{VMs: r.after.VMs}, do)
}

func estateOn(t *testing.T, in storage.Inventory, o *refresh.PersisterOptions) *refresh.Persister[*Estate] {
	t.Helper()
	if o == nil {
		o = &refresh.PersisterOptions{Guard: refresh.Guard{Share: 1}}
	}
	p, err := refresh.NewPersister(declareEstate, in, o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func refreshCloud(
	t *testing.T, p *refresh.Persister[*Estate], targets *refresh.Targets, c Cloud, do func(*refresh.Refresh[*Estate], context.Context, storage.Token) (*refresh.Plan, error),
) (*refresh.Plan, error) {
	t.Helper()
	r, err := p.Open(t.Context(), "one", targets)
	if err == nil && targets == nil {
		err = ParseHosts(t.Context(), c, r.Inventory)
	}
	if err == nil {
		err = ParseVMs(t.Context(), c, r.Inventory)
	}
	if err != nil {
		t.Fatal(err)
	}
	plan, err := do(r, t.Context(), 0)
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	return plan, err
}

func saveCloud(t *testing.T, in storage.Inventory, c Cloud) {
	t.Helper()
	if _, err := refreshCloud(t, estateOn(t, in, nil), nil, c, (*refresh.Refresh[*Estate]).Save); err != nil {
		t.Fatal(err)
	}
}

func dumpEstate(t *testing.T, in storage.Inventory) refreshtest.Tables {
	t.Helper()
	out, err := refreshtest.Dump(t.Context(), in, []string{"hosts", "vms", "disks"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// alwaysInTheWay: whom others always get ahead of has to give up, says who is in the way of what, and has written
// nothing. Each time another row is, in another way.
func alwaysInTheWay(t *testing.T, open Opener, beside bool) {
	t.Helper()
	var before, after Cloud
	for i := range 10 {
		old, host := CloudHost{Ref: fmt.Sprint("old", i)}, CloudHost{Ref: fmt.Sprint("new", i)}
		before.Hosts = append(before.Hosts, old)
		after.Hosts = append(after.Hosts, old, host)
		after.VMs = append(after.VMs, CloudVM{Ref: fmt.Sprint("v", i), Host: old.Ref})
	}
	store := open(t, EstateTables())
	saveCloud(t, store, before)
	in := &rivalled{Inventory: store, beside: beside, writes: func(try int) []write {
		if try%2 == 0 {
			return []write{deleteHost(fmt.Sprint("old", try))}
		}
		return []write{createHost(fmt.Sprint("new", try))}
	}}
	plan, err := refreshCloud(t, estateOn(t, in, nil), nil, after, (*refresh.Refresh[*Estate]).Save)
	saysAll(t, err, "refresh: ", `rows of collection "hosts"`, `manager "one"`, "another writer", "5 plans")
	if !strings.Contains(strings.ReplaceAll(err.Error(), "hosts.", ""), "manager, ref") {
		t.Errorf("%q does not say which columns it is about", err)
	}
	if !errors.Is(err, storage.ErrConflict) || in.saves != 5 || plan == nil {
		t.Errorf("after %d saves: %v, with plan %p; want a conflict after five", in.saves, err, plan)
	}
	if got := dumpEstate(t, store); len(got["vms"]) > 0 || len(got["hosts"]) != 10-2+3 {
		t.Errorf("only the others have written, and there is %v", got)
	}
}

// inEachOthersWay: what is refused for the same reason again is not tried for a third time.
func inEachOthersWay(t *testing.T, open Opener) {
	t.Helper()
	var in *rivalled
	_, p := newArchives(t, func(t refreshtest.TB, tables []storage.Table) storage.Inventory {
		t.Helper()
		in = &rivalled{Inventory: open(t, tables), writes: func(int) []write { return nil }}
		return in
	}, refresh.RefuseDuplicates)
	_, err := saveArchives(t, p, func(a *archives) {
		name := "same"
		a.Rows.Build(record{Ref: "a", Name: &name, At: someDay})
		a.Rows.Build(record{Ref: "b", Name: &name, At: someDay})
		a.Pointers.Complete()
	})
	saysAll(t, err, "refresh: ", `rows of collection "rows"`, "name", "same words")
	if !errors.Is(err, storage.ErrConflict) || in.saves != 2 {
		t.Errorf("after %d saves: %v; want a conflict after two", in.saves, err)
	}
}

// guardedAnew: what another plan would remove is guarded as with any.
func guardedAnew(t *testing.T, open Opener, beside bool) {
	t.Helper()
	store := open(t, EstateTables())
	in := &rivalled{Inventory: store, beside: beside, writes: func(int) (writes []write) {
		for i := range 30 {
			writes = append(writes, createHost(fmt.Sprint("h", i)))
		}
		return writes
	}}
	p := estateOn(t, in, &refresh.PersisterOptions{})
	_, err := refreshCloud(t, p, nil, Cloud{Hosts: []CloudHost{{Ref: "h1"}}}, (*refresh.Refresh[*Estate]).Save)
	if guarded, is := errors.AsType[*refresh.GuardError](err); !is || guarded.Plan.Collections[0].Deletes != 29 || in.saves != 2 {
		t.Errorf("after %d saves: %v; 29 of 30 hosts may not go", in.saves, err)
	}
	if got := dumpEstate(t, store); len(got["hosts"]) != 30 {
		t.Errorf("the others' rows are %v; want 30", got["hosts"])
	}
}

// unknownOnce: a save of which it is not known whether it was made is none that was refused, whatever else is said of it.
func unknownOnce(t *testing.T, open Opener) {
	t.Helper()
	for _, said := range []error{storage.ErrUnknown, errors.Join(storage.ErrConflict, storage.ErrUnknown)} {
		begun := 0
		store := open(t, EstateTables())
		in := altertest.New(store, altertest.Alter{
			Before: func(call string) error {
				if call == "begin" {
					begun++
				}
				return nil
			},
			After: func(call string) error {
				if call == "commit" {
					return said
				}
				return nil
			},
		})
		_, err := refreshCloud(t, estateOn(t, in, nil), nil, Cloud{Hosts: []CloudHost{{Ref: "h1"}}}, (*refresh.Refresh[*Estate]).Save)
		if n := len(dumpEstate(t, store)["hosts"]); !errors.Is(err, storage.ErrUnknown) || begun != 1 || n != 1 {
			t.Errorf("after %d saves there are %d hosts: %v; want one save, one host and %v", begun, n, err, storage.ErrUnknown)
		}
	}
}

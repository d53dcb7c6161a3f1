package refresh_test

import (
	"errors"
	"testing"

	"github.com/reeve-go/reeve/refresh"
)

type (
	lodging[T any] struct {
		Homes   *refresh.Collection[zone]
		Tenants *refresh.Collection[T]
	}
	tenant struct {
		Ref     string            `reeve:"ref,key"`
		Home    refresh.Ref[zone] `reeve:"home_id,required"`
		Version int               `reeve:"version"`
	}
	tenantPlain struct {
		Ref  string            `reeve:"ref,key"`
		Home refresh.Ref[zone] `reeve:"home_id"`
	}
	tenantReadOnly struct {
		Ref  string            `reeve:"ref,key"`
		Home refresh.Ref[zone] `reeve:"home_id,readonly"`
	}
	tenantOnce struct {
		Ref  string            `reeve:"ref,key"`
		Home refresh.Ref[zone] `reeve:"home_id,required,ifempty"`
	}
	tenantVersion struct {
		Ref     string            `reeve:"ref,key"`
		Home    refresh.Ref[zone] `reeve:"home_id,required"`
		Version int               `reeve:"version,version=home_id"`
	}
)

// lodge saves that a tenant has a home, then refreshes other rows of the same tables: there is only another home, to which
// the tenant moves; a nil row: nothing is said of it. It returns the plan of that. Between is done after the second refresh was
// opened.
func lodge[T any](t *testing.T, o *refresh.CollectionOptions, row func(ref string, at refresh.Ref[zone]) T, between func(p *refresh.Persister[lodging[tenant]])) *refresh.Plan {
	t.Helper()
	r := newRig(t, func(b *refresh.Builder) lodging[tenant] {
		return lodging[tenant]{refresh.Add[zone](b, "homes", nil), refresh.Add[tenant](b, "tenants", nil)}
	}, tableOf("homes", "manager*", "ref*"), tableOf("tenants", "manager*", "ref*", "home_id→homes", "version:int"))
	r.save(func(in lodging[tenant]) {
		home := in.Homes.Build(zone{"old"})
		for _, ref := range []string{"c", "a", "b"} {
			in.Tenants.Build(tenant{ref, home, 5})
		}
	})
	p, err := refresh.NewPersister(func(b *refresh.Builder) lodging[T] {
		return lodging[T]{refresh.Add[zone](b, "homes", nil), refresh.Add[T](b, "tenants", o)}
	}, r.in, &refresh.PersisterOptions{Guard: refresh.Guard{Share: 1}})
	target(t, err)
	open, err := p.Open(t.Context(), "one", nil)
	target(t, err)
	if between != nil {
		between(r.persister)
	}
	home := open.Inventory.Homes.Build(zone{"new"})
	for _, ref := range []string{"c", "a", "b"} {
		if row != nil {
			open.Inventory.Tenants.Build(row(ref, home))
		}
	}
	plan, err := open.Save(t.Context(), 0)
	target(t, err)
	return plan
}

// A row stays that another one is said not to point at any more, if what was said is not written.
func TestNeeded_byWhatIsNotWritten(t *testing.T) {
	t.Parallel()
	plainly := func(ref string, at refresh.Ref[zone]) tenant { return tenant{Ref: ref, Home: at} }
	says(t, lodge(t, nil, plainly, nil), `delete homes ref="old"`)
	for name, plan := range map[string]*refresh.Plan{
		"rows that are only read":     lodge(t, &refresh.CollectionOptions{Mode: refresh.ReadOnly}, func(ref string, at refresh.Ref[zone]) tenantPlain { return tenantPlain{ref, at} }, nil),
		"others that are only read":   lodge[tenantPlain](t, &refresh.CollectionOptions{Mode: refresh.ReadOnly}, nil, nil),
		"rows that are never updated": lodge(t, &refresh.CollectionOptions{Mode: refresh.CreateOnly}, plainly, nil),
		"a column that is only read":  lodge(t, nil, func(ref string, at refresh.Ref[zone]) tenantReadOnly { return tenantReadOnly{ref, at} }, nil),
		"a column that has a value":   lodge(t, nil, func(ref string, at refresh.Ref[zone]) tenantOnce { return tenantOnce{ref, at} }, nil),
		"an older column":             lodge(t, nil, func(ref string, at refresh.Ref[zone]) tenantVersion { return tenantVersion{ref, at, 3} }, nil),
		"rows that were saved since": lodge(t, nil, plainly, func(p *refresh.Persister[lodging[tenant]]) {
			var targets refresh.Targets
			inv, err := p.Inventory()
			target(t, err)
			for _, ref := range []string{"a", "b", "c"} {
				target(t, inv.Tenants.Target(&targets, tenant{Ref: ref}))
			}
			open, err := p.Open(t.Context(), "one", &targets)
			target(t, err)
			for _, ref := range []string{"a", "b", "c"} {
				open.Inventory.Tenants.Build(tenant{ref, open.Inventory.Homes.LazyFind("old"), 6})
			}
			_, err = open.Save(t.Context(), 0)
			target(t, err)
		}),
	} {
		if n := plan.Needed(); len(n) != 1 || n[0] != (refresh.Needed{Collection: "homes", Key: `ref="old"`, By: "tenants", ByKey: `ref="a"`, Column: "home_id"}) {
			t.Errorf("%s: needed are %v:\n%s", name, n, planText(t, plan))
		}
	}
}

type (
	left struct {
		Ref   string             `reeve:"ref,key"`
		Right refresh.Ref[right] `reeve:"right_id,required"`
	}
	right struct {
		Ref  string            `reeve:"ref,key"`
		Left refresh.Ref[left] `reeve:"left_id,required"`
	}
	sides struct {
		Lefts  *refresh.Collection[left]
		Rights *refresh.Collection[right]
	}
)

// What is needed needs others itself, in whichever order the collections are.
func TestNeeded_inTurns(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(b *refresh.Builder) sides {
		return sides{refresh.Add[left](b, "lefts", nil), refresh.Add[right](b, "rights", nil)}
	}, tableOf("lefts", "manager*", "ref*", "right_id→rights"), tableOf("rights", "manager*", "ref*", "left_id→lefts"))
	for name, refuse := range map[string]func(in sides){
		"left":  func(in sides) { in.Lefts.Build(left{"0", in.Rights.LazyFind("nowhere")}) },
		"right": func(in sides) { in.Rights.Build(right{"0", in.Lefts.LazyFind("nowhere")}) },
	} {
		r.save(func(in sides) { // 0 → 1 → 2 → 3 → 3, of both sides
			for i, ref := range []string{"0", "1", "2", "3"} {
				next := []string{"1", "2", "3", "3"}[i]
				in.Lefts.Build(left{ref, in.Rights.LazyFind(next)})
				in.Rights.Build(right{ref, in.Lefts.LazyFind(next)})
			}
		})
		plan := r.once(func(in sides) {
			refuse(in)
			in.Lefts.Complete()
			in.Rights.Complete()
		})
		if n := countedIn(t, plan, "lefts").Needed + countedIn(t, plan, "rights").Needed; n != 4 {
			t.Errorf("%s: %d rows are needed; want 1, 2, 3 and what 3 points at:\n%s", name, n, planText(t, plan))
		}
	}
}

// What would only go with a row that stays after all stays, and what that cannot be without; but not what is gone by itself, or
// belongs to another row that is gone.
func TestNeeded_keepsWhatChildrenNeed(t *testing.T) {
	t.Parallel()
	type house struct {
		Ref string `reeve:"ref,key"`
	}
	type room struct {
		House refresh.Ref[house] `reeve:"house_id,key"`
		Name  string             `reeve:"name,key"`
		Paint refresh.Ref[zone]  `reeve:"paint_id,required"`
		Owner refresh.Ref[zone]  `reeve:"owner_id"`
	}
	type key struct {
		Ref   string             `reeve:"ref,key"`
		House refresh.Ref[house] `reeve:"house_id,required"`
	}
	type stay struct {
		House refresh.Ref[house] `reeve:"house_id,key"`
		Guest refresh.Ref[zone]  `reeve:"guest_id,key"`
	}
	type town struct {
		Stays  *refresh.Collection[stay]
		Paints *refresh.Collection[zone]
		Houses *refresh.Collection[house]
		Rooms  *refresh.Collection[room]
		Keys   *refresh.Collection[key]
	}
	r := newRig(t, func(b *refresh.Builder) town {
		child := &refresh.CollectionOptions{ChildOf: []string{"house_id"}}
		in := town{Paints: refresh.Add[zone](b, "paints", nil), Houses: refresh.Add[house](b, "houses", nil)}
		in.Keys = refresh.Add[key](b, "keys", nil) // before what the houses have
		in.Stays, in.Rooms = refresh.Add[stay](b, "stays", child), refresh.Add[room](b, "rooms", child)
		return in
	}, tableOf("paints", "manager*", "ref*"), tableOf("houses", "manager*", "ref*"), tableOf("stays", "house_id→houses*", "guest_id→paints*"),
		tableOf("rooms", "house_id→houses*", "name*", "paint_id→paints", "owner_id→paints"), tableOf("keys", "manager*", "ref*", "house_id→houses"))
	full := func(in town) {
		h := in.Houses.Build(house{"h"})
		in.Rooms.Build(room{House: h, Name: "hall", Paint: in.Paints.Build(zone{"red"})})
		in.Keys.Build(key{"k", h})
		in.Stays.Build(stay{h, in.Paints.Build(zone{"blue"})})
	}
	r.save(full)
	broken := errors.New("broken")
	gone := func(rooms func(*refresh.Collection[room])) func(in town) {
		return func(in town) {
			in.Paints.Complete()
			in.Houses.Complete()
			rooms(in.Rooms)
			in.Stays.Incomplete(broken)
			in.Keys.Incomplete(broken)
		}
	}
	plan := r.save(gone(func(c *refresh.Collection[room]) { c.Incomplete(broken) }))
	says(t, plan, "houses: 1 kept", "rooms: 1 kept", "stays: 1 deleted", "paints: 1 deleted, 1 kept",
		`needed houses ref="h": keys ref="k" points at it by house_id`, `needed paints ref="red": rooms house_id=1 name="hall" points at it by paint_id`)
	plan = r.save(gone((*refresh.Collection[room]).Complete))
	says(t, plan, "houses: 1 kept", "rooms: 1 deleted", "paints: 1 deleted")
}

// A row that stays after all keeps what it is joined with, as far as that stays.
func TestNeeded_staysJoined(t *testing.T) {
	t.Parallel()
	type owner struct {
		Ref   string              `reeve:"ref,key"`
		Zones []refresh.Ref[zone] `reeve:"zones,through=owners_zones(owner_id,zone_id)"`
	}
	type needer struct {
		Ref   string             `reeve:"ref,key"`
		Owner refresh.Ref[owner] `reeve:"owner_id,required"`
	}
	type inventory struct {
		Zones   *refresh.Collection[zone]
		Owners  *refresh.Collection[owner]
		Needers *refresh.Collection[needer]
	}
	joins := tableOf("owners_zones", "owner_id→owners*", "zone_id→zones*")
	joins.ID, joins.Columns = "", joins.Columns[1:]
	r := newRig(t, func(b *refresh.Builder) inventory {
		return inventory{refresh.Add[zone](b, "zones", nil), refresh.Add[owner](b, "owners", nil), refresh.Add[needer](b, "needers", nil)}
	}, tableOf("zones", "manager*", "ref*"), tableOf("owners", "manager*", "ref*"), tableOf("needers", "manager*", "ref*", "owner_id→owners"), joins)
	r.save(func(in inventory) {
		o := in.Owners.Build(owner{"o", []refresh.Ref[zone]{in.Zones.Build(zone{"stays"}), in.Zones.Build(zone{"goes"})}})
		in.Needers.Build(needer{"n", o})
	})
	plan := r.save(func(in inventory) {
		in.Zones.Build(zone{"stays"})
		in.Owners.Complete()
		in.Needers.Incomplete(errors.New("broken"))
	})
	says(t, plan, `needed owners ref="o": needers ref="n" points at it by owner_id`)
	r.holds("owners_zones", `owner_id=(ref="o") zone_id=(ref="stays")`)
}

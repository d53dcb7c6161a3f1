package refresh_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/refresh"
)

type (
	zone struct {
		Ref string `reeve:"ref,key"`
	}
	node struct {
		Ref  string            `reeve:"ref,key"`
		Name string            `reeve:"name"`
		Zone refresh.Ref[zone] `reeve:"zone_id,required"`
	}
	guest struct {
		Ref  string            `reeve:"ref,key"`
		Node refresh.Ref[node] `reeve:"node_id"`
		Peer refresh.Ref[node] `reeve:"peer_id,required"`
	}
	port struct {
		Guest refresh.Ref[guest] `reeve:"guest_id,key"`
		Name  string             `reeve:"name,key"`
	}
	needy struct {
		Zones  *refresh.Collection[zone]
		Nodes  *refresh.Collection[node]
		Guests *refresh.Collection[guest]
		Ports  *refresh.Collection[port]
	}
)

func newNeedy(t *testing.T) *rig[*needy] {
	t.Helper()
	return newRig(t, func(b *refresh.Builder) *needy {
		return &needy{ // those that need others first, so that what follows from a refusal has to go against the order
			Ports:  refresh.Add[port](b, "ports", &refresh.CollectionOptions{ChildOf: []string{"guest_id"}}),
			Guests: refresh.Add[guest](b, "guests", nil),
			Nodes:  refresh.Add[node](b, "nodes", nil),
			Zones:  refresh.Add[zone](b, "zones", nil),
		}
	}, tableOf("zones", "manager*", "ref*"), tableOf("nodes", "manager*", "ref*", "name", "zone_id→zones"),
		tableOf("guests", "manager*", "ref*", "node_id→nodes", "peer_id→nodes"), tableOf("ports", "guest_id→guests*", "name*"))
}

func TestRequired_cascades(t *testing.T) {
	t.Parallel()
	r := newNeedy(t)
	parse := func(in *needy) {
		z := in.Zones.Build(zone{"z"})
		n1 := in.Nodes.Build(node{"n1", "first", z})
		n2 := in.Nodes.Build(node{"n2", "second", in.Zones.LazyFind("nowhere")})
		g1 := in.Guests.Build(guest{"g1", n2, n1}) // points at a row that is refused
		g2 := in.Guests.Build(guest{"g2", n1, n2}) // and cannot do without it
		in.Guests.Build(guest{Ref: "g3", Node: n1})
		in.Ports.Build(port{g1, "eth0"})
		in.Ports.Build(port{g2, "eth0"}) // belongs to one that is refused because of another
	}
	plan := r.save(parse)
	says(t, plan,
		`refused nodes ref="n2": column "zone_id" points at zones(ref="nowhere"), which is not there`,
		`refused guests ref="g2": column "peer_id" points at nodes(ref="n2"), which is not there`,
		`refused guests ref="g3": column "peer_id" is required, and it points at nothing`,
		`refused ports guest_id=guests(ref="g2") name="eth0": column "guest_id" points at guests(ref="g2"), which is not there`,
		`unresolved guests.node_id → nodes(ref="n2")`)
	if n := len(plan.Refused()); n != 4 {
		t.Errorf("%d rows are refused; 4 is right:\n%s", n, planText(t, plan))
	}
	r.holds("nodes", `ref="n1", name="first", zone_id=(ref="z")`)
	r.holds("guests", `ref="g1", peer_id=(ref="n1")`)
	r.holds("ports", `guest_id=(ref="g1") name="eth0"`)

	// Now it is there, then again not: a row that is refused stays as it is, and is pointed at.
	r.save(func(in *needy) { parse(in); in.Zones.Build(zone{"nowhere"}) })
	r.holds("guests", `ref="g1", node_id=(ref="n2"), peer_id=(ref="n1")`, `ref="g2", node_id=(ref="n1"), peer_id=(ref="n2")`)
	plan = r.save(func(in *needy) {
		z := in.Zones.Build(zone{"z"})
		in.Nodes.Build(node{"n1", "first", z})
		in.Nodes.Build(node{Ref: "n2", Name: "renamed"})
		in.Guests.Build(guest{"g2", in.Nodes.LazyFind("n1"), in.Nodes.LazyFind("n2")})
		in.Zones.Build(zone{"nowhere"})
		in.Ports.Build(port{in.Guests.LazyFind("g2"), "eth1"})
	})
	says(t, plan, `refused nodes ref="n2": column "zone_id" is required, and it points at nothing`)
	r.holds("nodes", `ref="n1", name="first", zone_id=(ref="z")`, `ref="n2", name="second", zone_id=(ref="nowhere")`)
	r.holds("ports", `guest_id=(ref="g2") name="eth1"`)
}

func TestPlan_twice(t *testing.T) {
	t.Parallel()
	r := newNeedy(t)
	open, err := r.persister.Open(t.Context(), "one", nil)
	if err != nil {
		t.Fatal(err)
	}
	open.Inventory.Nodes.Build(node{Ref: "n"})
	open.Inventory.Zones.Build(zone{})
	first, err := open.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	second, err := open.Save(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := planText(t, first), planText(t, second); a != b || len(second.Refused()) != 2 {
		t.Errorf("the second plan of one refresh says\n%s\nand the first said\n%s", b, a)
	}
}

// Long chains of rows that need each other must not take long: each is looked at once.
func TestRequired_chain(t *testing.T) {
	t.Parallel()
	type link struct {
		Number int            `reeve:"number,key"`
		Next   refresh.AnyRef `reeve:"next_id,required,to=links"`
	}
	r := newRig(t, func(b *refresh.Builder) *refresh.Collection[link] { return refresh.Add[link](b, "links", nil) },
		tableOf("links", "manager*", "number:int*", "next_id→links"))
	const n = 20_000
	plan := r.once(func(links *refresh.Collection[link]) {
		for i := n - 1; i >= 0; i-- {
			links.Build(link{i, links.LazyFindLike(link{Number: i + 1}).Any()})
		}
	})
	if got := countedIn(t, plan, "links").Refused; got != n {
		t.Errorf("%d rows are refused; all %d need the one that is not there", got, n)
	}
	r.holds("links")
}

func TestStub(t *testing.T) {
	t.Parallel()
	type host struct {
		Ref  string `reeve:"ref,key"`
		Name string `reeve:"name"`
	}
	type slot struct {
		Host   refresh.Ref[host] `reeve:"host_id,key,stub"`
		Number int               `reeve:"number,key"`
		Note   string            `reeve:"note"`
	}
	type card struct {
		Ref  string            `reeve:"ref,key"`
		Slot refresh.Ref[slot] `reeve:"slot_id,stub"`
	}
	type cards struct {
		Hosts *refresh.Collection[host]
		Slots *refresh.Collection[slot]
		Cards *refresh.Collection[card]
	}
	r := newRig(t, func(b *refresh.Builder) *cards {
		return &cards{
			refresh.Add[host](b, "hosts", nil), refresh.Add[slot](b, "slots", &refresh.CollectionOptions{ChildOf: []string{"host_id"}}), refresh.Add[card](b, "cards", nil),
		}
	}, tableOf("hosts", "manager*", "ref*", "name"), tableOf("slots", "host_id→hosts*", "number:int*", "note"), tableOf("cards", "manager*", "ref*", "slot_id→slots"))
	pointing := func(in *cards) {
		in.Hosts.Complete()
		in.Slots.Complete()
		in.Cards.Build(card{"c", in.Slots.LazyFindLike(slot{Host: in.Hosts.LazyFind("h"), Number: 3})})
	}
	plan := r.save(pointing)
	r.holds("hosts", `ref="h"`)
	r.holds("slots", `host_id=(ref="h") number=3`)
	r.holds("cards", `ref="c", slot_id=(host_id=(ref="h") number=3)`)
	if n := plan.Collections[0]; n.Rows != 0 || n.Inserts != 1 {
		t.Errorf("a stub counts as %+v; it is created and was not brought", n)
	}

	// It is the same row when it is known, and known it stays.
	plan = r.save(func(in *cards) {
		pointing(in)
		in.Hosts.Build(host{"h", "known"})
		in.Slots.Build(slot{in.Hosts.LazyFind("h"), 3, "noted"})
	})
	for _, n := range plan.Collections {
		if n.Inserts+n.Deletes > 0 {
			t.Errorf("what was a stub is not the same row: %s: %s", n.Name, n)
		}
	}
	r.save(pointing)
	r.holds("slots", `host_id=(ref="h") number=3, note="noted"`)
	r.save(func(in *cards) {
		in.Hosts.Complete()
		in.Slots.Complete()
		in.Cards.Build(card{Ref: "c"})
	})
	r.holds("hosts")
	r.holds("slots")
}

// What is only pointed at when a refresh is planned can be brought after that.
func TestStub_builtAfterPlan(t *testing.T) {
	t.Parallel()
	type host struct {
		Ref  string `reeve:"ref,key"`
		Name string `reeve:"name"`
	}
	type card struct {
		Ref  string            `reeve:"ref,key"`
		Host refresh.Ref[host] `reeve:"host_id,stub"`
	}
	type cards struct {
		Hosts *refresh.Collection[host]
		Cards *refresh.Collection[card]
	}
	r := newRig(t, func(b *refresh.Builder) *cards {
		return &cards{refresh.Add[host](b, "hosts", nil), refresh.Add[card](b, "cards", nil)}
	}, tableOf("hosts", "manager*", "ref*", "name"), tableOf("cards", "manager*", "ref*", "host_id→hosts"))
	open, err := r.persister.Open(t.Context(), "one", nil)
	if err != nil {
		t.Fatal(err)
	}
	in := open.Inventory
	in.Cards.Build(card{"c", in.Hosts.LazyFind("h")})
	plan, err := open.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	says(t, plan, "hosts: 1 created")
	in.Hosts.FindOrBuild(host{Ref: "h"}, func() host { return host{"h", "known"} })
	if plan, err = open.Save(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if n := countedIn(t, plan, "hosts"); n.Rows != 1 || n.Duplicates != 0 {
		t.Errorf("the plan counts %d rows, %s; one was brought", n.Rows, n)
	}
	r.holds("hosts", `ref="h", name="known"`)
}

func TestLookup(t *testing.T) {
	t.Parallel()
	type user struct {
		Name string `reeve:"name,key"`
	}
	type task struct {
		Ref   string            `reeve:"ref,key"`
		Owner refresh.Ref[user] `reeve:"owner_id,lookup"`
	}
	type tasks struct {
		Users *refresh.Collection[user]
		Tasks *refresh.Collection[task]
	}
	r := newRig(t, func(b *refresh.Builder) *tasks {
		return &tasks{refresh.Add[user](b, "users", nil), refresh.Add[task](b, "tasks", nil)}
	}, tableOf("users", "manager*", "name*"), tableOf("tasks", "manager*", "ref*", "owner_id→users"))
	parse := func(in *tasks) { in.Tasks.Build(task{"t", in.Users.Build(user{"ada"})}) }
	says(t, r.once(parse), `unresolved tasks.owner_id → users(name="ada")`)
	r.holds("tasks", `ref="t"`)
	r.once(parse)
	r.holds("tasks", `ref="t", owner_id=(name="ada")`)
}

func TestChildOf_nothing(t *testing.T) {
	t.Parallel()
	type disk struct {
		Serial string            `reeve:"serial,key"`
		Zone   refresh.Ref[zone] `reeve:"zone_id"`
		Node   refresh.Ref[node] `reeve:"node_id"`
	}
	type disks struct {
		*needy

		Disks *refresh.Collection[disk]
	}
	r := newRig(t, func(b *refresh.Builder) *disks {
		return &disks{
			&needy{Zones: refresh.Add[zone](b, "zones", nil), Nodes: refresh.Add[node](b, "nodes", nil)},
			refresh.Add[disk](b, "disks", &refresh.CollectionOptions{ChildOf: []string{"zone_id", "node_id"}}),
		}
	}, tableOf("zones", "manager*", "ref*"), tableOf("nodes", "manager*", "ref*", "name", "zone_id→zones"), tableOf("disks", "serial*", "zone_id→zones", "node_id→nodes"))
	plan := r.save(func(in *disks) {
		z := in.Zones.Build(zone{"z"})
		in.Disks.Build(disk{Serial: "a", Zone: z, Node: in.Nodes.LazyFind("gone")})
		in.Disks.Build(disk{Serial: "b", Node: in.Nodes.LazyFind("gone")})
		in.Disks.Build(disk{Serial: "c"})
	})
	says(t, plan, `unresolved disks.node_id → nodes(ref="gone")`,
		"refused disks serial=\"c\": it belongs to no row: column \"zone_id\" points at nothing and column \"node_id\" points at nothing",
		"refused disks serial=\"b\": it belongs to no row: column \"zone_id\" points at nothing and column \"node_id\" points at nodes(ref=\"gone\"), which is not there")
	r.holds("disks", `serial="a", zone_id=(ref="z")`)
}

// A patch of a row that is not there creates it, if what was said is enough for that; else it is refused alone.
func TestPatch_ofNothing(t *testing.T) {
	t.Parallel()
	hosts := tableOf("hosts", "manager*", "ref*", "name", "place")
	hosts.Columns[3].Null = false
	type host struct {
		Ref   string  `reeve:"ref,key"`
		Name  string  `reeve:"name"`
		Place *string `reeve:"place"`
	}
	r := newRig(t, func(b *refresh.Builder) *refresh.Collection[host] { return refresh.Add[host](b, "hosts", nil) }, hosts)
	r.once(func(c *refresh.Collection[host]) { c.Build(host{Ref: "old", Name: "old"}) })
	here := "here"
	plan := r.once(func(c *refresh.Collection[host]) {
		c.Patch(host{Ref: "old", Place: &here}, func(h *host) []any { return []any{&h.Place} })
		c.Patch(host{Ref: "poor", Place: &here}, func(h *host) []any { return []any{&h.Place} })
		c.Patch(host{Ref: "rich", Name: "rich"}, func(h *host) []any { return []any{&h.Name} })
		c.Exists(host{Ref: "bare"})
	})
	r.holds("hosts", `ref="old", name="old", place="here"`, `ref="rich", name="rich"`)
	want := []refresh.Refusal{{Collection: "hosts", Key: `ref="poor"`, Reason: `column "name" has to have a value in a row that is created, and none was said; Build says all`}}
	if diff := cmp.Diff(want, plan.Refused()); diff != "" {
		t.Error(diff)
	}
}

package refresh_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/refresh"
)

func TestRings(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(b *refresh.Builder) *refresh.Collection[ringed] { return refresh.Add[ringed](b, "rows", nil) },
		tableOf("rows", "manager*", "name*", "parent_id→rows", "must_id→rows", "peer_id→rows"))
	plan := r.save(func(c *refresh.Collection[ringed]) {
		c.Build(ringed{Name: "root"})
		c.Build(ringed{Name: "leaf", Parent: c.LazyFind("root")})
		c.Build(ringed{Name: "self", Parent: c.LazyFind("self")})
		c.Build(ringed{Name: "c", Parent: c.LazyFind("a")})
		c.Build(ringed{Name: "b", Parent: c.LazyFind("c")})
		c.Build(ringed{Name: "a", Parent: c.LazyFind("b")})
		c.Build(ringed{Name: "below", Parent: c.LazyFind("a")})
		c.Build(ringed{Name: "left", Peer: c.LazyFind("right")})
		c.Build(ringed{Name: "right", Peer: c.LazyFind("left")})
	})
	want := []refresh.Ring{
		{Collection: "rows", Column: "parent_id", Keys: []string{`name="a"`, `name="b"`, `name="c"`}, Cut: true},
		{Collection: "rows", Column: "parent_id", Keys: []string{`name="self"`}, Cut: true},
		{Collection: "rows", Column: "peer_id", Keys: []string{`name="left"`, `name="right"`}},
	}
	if diff := cmp.Diff(want, plan.Rings()); diff != "" {
		t.Errorf("the rings (- want, + got):\n%s", diff)
	}
	says(t, plan, `ring rows.parent_id: name="a" → name="b" → name="c" → name="a"`, `ring rows.parent_id: name="self" → name="self"`)
	r.holds("rows", `name="root"`, `name="leaf", parent_id=(name="root")`, `name="self"`, `name="a"`, `name="b"`, `name="c"`,
		`name="below", parent_id=(name="a")`, `name="left", peer_id=(name="right")`, `name="right", peer_id=(name="left")`)
}

type ringed struct {
	Name   string              `reeve:"name,key"`
	Parent refresh.Ref[ringed] `reeve:"parent_id,tree"`
	Peer   refresh.Ref[ringed] `reeve:"peer_id"`
}

type mustRing struct {
	Name   string                `reeve:"name,key"`
	Parent refresh.Ref[mustRing] `reeve:"parent_id,tree,required"`
	Under  refresh.AnyRef        `reeve:"under_id,to=rows"`
}

func TestRings_required(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(b *refresh.Builder) *refresh.Collection[mustRing] { return refresh.Add[mustRing](b, "rows", nil) },
		tableOf("rows", "manager*", "name*", "parent_id→rows", "under_id→rows"))
	plan := r.save(func(c *refresh.Collection[mustRing]) {
		a := c.Build(mustRing{Name: "a", Parent: c.LazyFind("b")})
		c.Build(mustRing{Name: "b", Parent: a})
		c.Build(mustRing{Name: "below", Parent: a})
	})
	says(t, plan, `refused rows name="a": column "parent_id" makes a ring: name="a" → name="b" → name="a"`,
		`refused rows name="b": column "parent_id" makes a ring: name="a" → name="b" → name="a"`,
		`refused rows name="below": column "parent_id" points at rows(name="a"), which is not there`)
	r.holds("rows")
}

// A tree has no rings either that go through rows that only the database has, however far.
func TestRings_throughTheDatabase(t *testing.T) {
	t.Parallel()
	type rows = *refresh.Collection[ringed]
	r := newRig(t, func(b *refresh.Builder) rows { return refresh.Add[ringed](b, "rows", nil) },
		tableOf("rows", "manager*", "name*", "parent_id→rows", "peer_id→rows"))
	r.save(func(c rows) { // f → e → d → c → b → a
		for i, name := range []string{"a", "b", "c", "d", "e", "f"} {
			row := ringed{Name: name}
			if i > 0 {
				row.Parent = c.LazyFind(string("abcdef"[i-1]))
			}
			c.Build(row)
		}
	})
	targeted := func(parse func(rows), names ...string) *refresh.Plan {
		t.Helper()
		var targets refresh.Targets
		inv, err := r.persister.Inventory()
		target(t, err)
		for _, name := range names {
			target(t, inv.Target(&targets, ringed{Name: name}))
		}
		open, err := r.persister.Open(t.Context(), "one", &targets)
		target(t, err)
		parse(open.Inventory)
		plan, err := open.Save(t.Context(), 0)
		target(t, err)
		return plan
	}

	plan := targeted(func(c rows) { c.Build(ringed{Name: "a", Parent: c.LazyFind("e")}) }, "a")
	says(t, plan, `ring rows.parent_id: name="a" → name="e" → name="d" → name="c" → name="b" → name="a"`, "rows: 1 unchanged")

	// A patch that says nothing of its parent is part of it; what the ring would need is gone.
	plan = targeted(func(c rows) {
		c.Build(ringed{Name: "b", Parent: c.LazyFind("f")})
		c.Patch(ringed{Name: "d"}, func(row *ringed) []any { return []any{&row.Peer} })
	}, "b", "d")
	says(t, plan, `ring rows.parent_id: name="b" → name="f" → name="e" → name="d" → name="c" → name="b"`, "rows: 1 updated, 1 unchanged")
	plan = targeted(func(c rows) { c.Build(ringed{Name: "a", Parent: c.LazyFind("d")}) }, "a", "c")
	says(t, plan, `delete rows name="c"`, "rows: 2 updated, 1 deleted")
	if len(plan.Rings()) > 0 {
		t.Errorf("there is a ring by way of a row that is gone: %v", plan.Rings())
	}
	r.holds("rows", `name="a", parent_id=(name="d")`, `name="b"`, `name="d"`, `name="e", parent_id=(name="d")`, `name="f", parent_id=(name="e")`)

	// What was a ring in the database before is no matter of a refresh that does not touch it.
	plan = targeted(func(c rows) { c.Build(ringed{Name: "b", Parent: c.LazyFind("a")}) }, "b")
	if len(plan.Rings()) > 0 {
		t.Errorf("there is a ring that is none: %v", plan.Rings())
	}
}

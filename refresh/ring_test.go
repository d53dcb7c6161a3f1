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
		return targetedRows(t, r.persister, func(name string) ringed { return ringed{Name: name} }, parse, names...)
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

// targetedRows saves a targeted refresh of the rows of those names.
func targetedRows[T any](
	t *testing.T, p *refresh.Persister[*refresh.Collection[T]], named func(string) T, parse func(*refresh.Collection[T]), names ...string,
) *refresh.Plan {
	t.Helper()
	var targets refresh.Targets
	inv, err := p.Inventory()
	target(t, err)
	for _, name := range names {
		target(t, inv.Target(&targets, named(name)))
	}
	open, err := p.Open(t.Context(), "one", &targets)
	target(t, err)
	parse(open.Inventory)
	plan, err := open.Save(t.Context(), 0)
	target(t, err)
	return plan
}

// newRings returns a rig whose table has rows, each with its parent, and a persister of the same table for other rows.
func newRings[T any](t *testing.T, rows ...[2]string) (*rig[*refresh.Collection[ringed]], *refresh.Persister[*refresh.Collection[T]]) {
	t.Helper()
	r := newRig(t, func(b *refresh.Builder) *refresh.Collection[ringed] { return refresh.Add[ringed](b, "rows", nil) },
		tableOf("rows", "manager*", "name*", "parent_id→rows", "peer_id→rows", "under_id→rows", "version:int"))
	r.once(func(c *refresh.Collection[ringed]) {
		for _, row := range rows {
			c.Build(ringed{Name: row[0], Parent: c.LazyFind(row[1])})
		}
	})
	p, err := refresh.NewPersister(func(b *refresh.Builder) *refresh.Collection[T] { return refresh.Add[T](b, "rows", nil) }, r.in, nil)
	target(t, err)
	return r, p
}

// A way that leads over a row that is going to be gone is no ring.
func TestRings_overWhatIsGone(t *testing.T) {
	t.Parallel()
	_, p := newRings[ringed](t, [2]string{"a", ""}, [2]string{"b", "a"}, [2]string{"c", "b"}, [2]string{"d", "c"})
	plan := targetedRows(t, p, func(name string) ringed { return ringed{Name: name} }, func(c *refresh.Collection[ringed]) {
		c.Build(ringed{Name: "a", Parent: c.LazyFind("d")})
	}, "a", "c")
	says(t, plan, `delete rows name="c"`, "rows: 2 updated, 1 deleted")
	if len(plan.Rings()) > 0 {
		t.Errorf("there is a ring by way of a row that is gone: %v", plan.Rings())
	}
}

// Of a ring through rows that were not brought only those are refused that were.
func TestRings_requiredThroughTheDatabase(t *testing.T) {
	t.Parallel()
	r, p := newRings[mustRing](t, [2]string{"a", ""}, [2]string{"b", "a"})
	plan := targetedRows(t, p, func(name string) mustRing { return mustRing{Name: name} }, func(c *refresh.Collection[mustRing]) {
		c.Build(mustRing{Name: "a", Parent: c.LazyFind("b")})
	}, "a")
	says(t, plan, `refused rows name="a": column "parent_id" makes a ring: name="a" → name="b" → name="a"`, "rows: 1 refused")
	r.holds("rows", `name="a"`, `name="b", parent_id=(name="a")`)
}

type doubleRing struct {
	Name   string                  `reeve:"name,key"`
	Parent refresh.Ref[doubleRing] `reeve:"parent_id,tree,required"`
	Peer   refresh.Ref[doubleRing] `reeve:"peer_id,tree"`
}

// A row that is refused because of one ring stays as the database has it, and may be part of another one there.
func TestRings_throughWhatIsRefused(t *testing.T) {
	t.Parallel()
	r, p := newRings[doubleRing](t, [2]string{"root", ""}, [2]string{"x", "root"}, [2]string{"y", "root"})
	r.once(func(c *refresh.Collection[ringed]) {
		root := c.Build(ringed{Name: "root"})
		c.Build(ringed{Name: "x", Parent: root, Peer: c.Build(ringed{Name: "y", Parent: root})})
	})
	plan := targetedRows(t, p, func(name string) doubleRing { return doubleRing{Name: name} }, func(c *refresh.Collection[doubleRing]) {
		x := c.Build(doubleRing{Name: "x", Parent: c.LazyFind("x")})
		c.Build(doubleRing{Name: "y", Parent: c.LazyFind("root"), Peer: x})
	}, "x", "y")
	says(t, plan, `ring rows.parent_id: name="x" → name="x"`, `ring rows.peer_id: name="x" → name="y" → name="x"`, "rows: 1 unchanged, 1 refused")
	r.holds("rows", `name="root"`, `name="x", parent_id=(name="root"), peer_id=(name="y")`, `name="y", parent_id=(name="root")`)
}

type versionRing struct {
	Name    string                   `reeve:"name,key"`
	Version int                      `reeve:"version,version"`
	Parent  refresh.Ref[versionRing] `reeve:"parent_id,tree"`
}

// What is older than what the database has makes no ring.
func TestRings_ofWhatIsOlder(t *testing.T) {
	t.Parallel()
	r, p := newRings[versionRing](t)
	save := func(parse func(c *refresh.Collection[versionRing])) *refresh.Plan {
		t.Helper()
		return targetedRows(t, p, func(name string) versionRing { return versionRing{Name: name} }, parse, "a", "b")
	}
	save(func(c *refresh.Collection[versionRing]) {
		c.Build(versionRing{Name: "b", Version: 5, Parent: c.Build(versionRing{Name: "a", Version: 5})})
	})
	plan := save(func(c *refresh.Collection[versionRing]) {
		c.Build(versionRing{Name: "a", Version: 3, Parent: c.LazyFind("b")})
		c.Build(versionRing{Name: "b", Version: 6, Parent: c.LazyFind("a")})
	})
	if len(plan.Rings()) > 0 {
		t.Errorf("there is a ring of what is not written: %v", plan.Rings())
	}
	r.holds("rows", `name="a", version=5`, `name="b", parent_id=(name="a"), version=6`)
}

// Rings are told in the order of their rows' keys, in whichever order the rows came.
func TestRings_inOrder(t *testing.T) {
	t.Parallel()
	r, _ := newRings[ringed](t)
	plan := r.once(func(c *refresh.Collection[ringed]) {
		for _, name := range []string{"c", "a", "b"} {
			c.Build(ringed{Name: name, Parent: c.LazyFind(name)})
		}
	})
	var got string
	for _, ring := range plan.Rings() {
		got += ring.Keys[0]
	}
	if want := `name="a"name="b"name="c"`; got != want {
		t.Errorf("the rings are of %s; want %s", got, want)
	}
}

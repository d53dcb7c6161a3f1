package refresh_test

import (
	"testing"

	"github.com/reeve-go/reeve/refresh"
)

type (
	site struct {
		Ref string `reeve:"ref,key"`
	}
	origin struct {
		Ref   string                 `reeve:"ref,key"`
		Name  *string                `reeve:"name"`
		On    bool                   `reeve:"on_now"`
		Size  int64                  `reeve:"size,ifempty"`
		Site  refresh.Ref[site]      `reeve:"site_id"`
		Taken refresh.Value[*string] `reeve:"taken"`
	}
	borrower struct {
		Ref   string                           `reeve:"ref,key"`
		Name  refresh.Value[*string]           `reeve:"name"`
		On    refresh.Value[bool]              `reeve:"on_now"`
		Size  refresh.Value[int64]             `reeve:"size"`
		Site  refresh.Value[refresh.Ref[site]] `reeve:"site_id"`
		Taken refresh.Value[*string]           `reeve:"taken"`
	}
	lending struct {
		Borrowers *refresh.Collection[borrower]
		Origins   *refresh.Collection[origin]
		Sites     *refresh.Collection[site]
	}
)

func newLending(t *testing.T) *rig[*lending] {
	t.Helper()
	columns := []string{"manager*", "ref*", "name", "on_now:bool", "size:int", "site_id→sites", "taken"}
	return newRig(t, func(b *refresh.Builder) *lending {
		return &lending{
			refresh.Add[borrower](b, "borrowers", nil),
			refresh.Add[origin](b, "origins", &refresh.CollectionOptions{Mode: refresh.NoDelete}),
			refresh.Add[site](b, "sites", &refresh.CollectionOptions{Mode: refresh.NoDelete}),
		}
	}, tableOf("sites", "manager*", "ref*"), tableOf("origins", columns...), tableOf("borrowers", columns...))
}

// from borrows everything from an origin, with defaults that must not be taken for false and zero.
func (in *lending) from(ref, of string) {
	r := in.Origins.LazyFind(of)
	otherwise := "otherwise"
	in.Borrowers.Build(borrower{
		Ref:   ref,
		Name:  refresh.From(r, func(o *origin) **string { return &o.Name }, &otherwise),
		On:    refresh.From(r, func(o *origin) *bool { return &o.On }, true),
		Size:  refresh.From(r, func(o *origin) *int64 { return &o.Size }, 7),
		Site:  refresh.From(r, func(o *origin) *refresh.Ref[site] { return &o.Site }, in.Sites.LazyFind("fallback")),
		Taken: refresh.FromValue(r, func(o *origin) *refresh.Value[*string] { return &o.Taken }, &otherwise),
	})
}

func TestFrom(t *testing.T) {
	t.Parallel()
	r := newLending(t)
	name, taken := "named", "taken"
	plan := r.save(func(in *lending) {
		in.from("a", "full")
		in.from("b", "zero")
		in.from("c", "nowhere")
		in.Sites.Build(site{"s"})
		in.Sites.Build(site{"fallback"})
		in.Origins.Build(origin{Ref: "full", Name: &name, On: true, Size: 3, Site: in.Sites.LazyFind("s"), Taken: refresh.Of(&taken)})
		in.Origins.Build(origin{Ref: "zero"})
	})
	says(t, plan, `unresolved borrowers.name → origins(ref="nowhere").name`)
	r.holds("borrowers",
		`ref="a", name="named", on_now=true, site_id=(ref="s"), size=3, taken="taken"`,
		`ref="b", name="otherwise", on_now=false, site_id=(ref="fallback"), size=0, taken="otherwise"`,
		`ref="c", name="otherwise", on_now=true, site_id=(ref="fallback"), size=7, taken="otherwise"`)

	// What nobody brought is read from the database, and so is what a patch does not say.
	r.save(func(in *lending) {
		in.from("a", "full")
		in.from("d", "zero")
		in.Origins.Patch(origin{Ref: "zero", On: true}, func(o *origin) []any { return []any{&o.On} })
	})
	r.holds("borrowers",
		`ref="a", name="named", on_now=true, site_id=(ref="s"), size=3, taken="taken"`,
		`ref="d", name="otherwise", on_now=true, site_id=(ref="fallback"), size=0, taken="otherwise"`)

	// What is not written is not lent: the size is there already, and what is refused stays.
	r.save(func(in *lending) {
		in.from("a", "full")
		in.Origins.Build(origin{Ref: "full", Name: &taken, Size: 99})
	})
	r.holds("borrowers", `ref="a", name="taken", on_now=false, site_id=(ref="fallback"), size=3, taken="otherwise"`)
}

func TestFrom_chain(t *testing.T) {
	t.Parallel()
	type cell struct {
		Ref   string                 `reeve:"ref,key"`
		Value refresh.Value[*string] `reeve:"value"`
	}
	r := newRig(t, func(b *refresh.Builder) *refresh.Collection[cell] { return refresh.Add[cell](b, "cells", nil) },
		tableOf("cells", "manager*", "ref*", "value"))
	base, otherwise := "base", "otherwise"
	next := func(c *refresh.Collection[cell], ref, of string) {
		c.Build(cell{ref, refresh.FromValue(c.LazyFind(of), func(o *cell) *refresh.Value[*string] { return &o.Value }, &otherwise)})
	}
	plan := r.save(func(c *refresh.Collection[cell]) {
		next(c, "b", "a")
		next(c, "c", "b")
		next(c, "d", "c")
		c.Build(cell{"a", refresh.Of(&base)})
		next(c, "x", "y")
		next(c, "y", "x")
		next(c, "z", "nowhere")
		next(c, "zz", "z")
	})
	says(t, plan, `unresolved cells.value → itself: cells(ref="y").value → cells(ref="x").value → cells(ref="y").value`,
		`unresolved cells.value → cells(ref="nowhere").value`)
	r.holds("cells", `ref="a", value="base"`, `ref="b", value="base"`, `ref="c", value="base"`, `ref="d", value="base"`,
		`ref="x", value="otherwise"`, `ref="y", value="otherwise"`, `ref="z", value="otherwise"`, `ref="zz", value="otherwise"`)
}

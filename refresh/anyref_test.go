package refresh_test

import (
	"strings"
	"testing"

	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/storage"
)

type (
	guestOS struct {
		Ref  string `reeve:"ref,key"`
		Size int    `reeve:"size"`
	}
	picture struct {
		Ref string `reeve:"ref,key"`
	}
	system struct {
		Owner   refresh.AnyRef `reeve:"owner_id,key,to=instances:VmOrTemplate|pictures:VmOrTemplate|boxes:Box,type=owner_type"`
		Product string         `reeve:"product"`
	}
	label struct {
		On   refresh.AnyRef `reeve:"on_id,key,null,to=instances:VmOrTemplate|boxes,type=on_type"`
		Name string         `reeve:"name,key"`
	}
	box struct {
		Ref string `reeve:"ref,key"`
	}
	owners struct {
		Instances *refresh.Collection[guestOS]
		Pictures  *refresh.Collection[picture]
		Systems   *refresh.Collection[system]
		Boxes     *refresh.Collection[box]
		Labels    *refresh.Collection[label]
	}
)

func newOwners(t *testing.T) *rig[*owners] {
	t.Helper()
	systems := tableOf("systems", "owner_id:int*", "owner_type*", "product")
	labels := tableOf("labels", "manager*", "on_id:int*", "on_type*", "name*")
	for _, at := range []int{2, 3} {
		labels.Columns[at].Null = true
	}
	return newRig(t, func(b *refresh.Builder) *owners {
		return &owners{
			Systems:   refresh.Add[system](b, "systems", &refresh.CollectionOptions{ChildOf: []string{"owner_id"}}),
			Labels:    refresh.Add[label](b, "labels", nil),
			Instances: refresh.Add[guestOS](b, "instances", &refresh.CollectionOptions{Table: "machines", Where: map[string]any{"template": false}}),
			Pictures:  refresh.Add[picture](b, "pictures", &refresh.CollectionOptions{Table: "machines", Where: map[string]any{"template": true}}),
			Boxes:     refresh.Add[box](b, "boxes", nil),
		}
	}, tableOf("machines", "manager*", "ref*", "template:bool", "size:int"), tableOf("boxes", "manager*", "ref*"), systems, labels)
}

func TestAnyRef(t *testing.T) {
	t.Parallel()
	r := newOwners(t)
	plan := r.save(func(in *owners) {
		in.Systems.Build(system{in.Instances.LazyFind("one").Any(), "linux"})
		in.Systems.Build(system{in.Pictures.LazyFind("two").Any(), "bsd"})
		in.Systems.Build(system{in.Boxes.LazyFind("one").Any(), "none"})
		in.Systems.Build(system{in.Pictures.LazyFind("one").Any(), "wrong"}) // it is no picture
		in.Labels.Build(label{in.Instances.LazyFind("one").Any(), "x"})
		in.Labels.Build(label{refresh.AnyRef{}, "x"})
		in.Instances.Build(guestOS{"one", 1})
		in.Pictures.Build(picture{"two"})
		in.Boxes.Build(box{"one"})
	})
	if n := len(plan.Refused()); n != 1 {
		t.Errorf("%d rows are refused; 1 is right:\n%s", n, planText(t, plan))
	}
	r.holds("machines", `ref="one", size=1, template=false`, `ref="two", template=true`)
	r.holds("systems", `owner_id=1 owner_type="Box", product="none"`, `owner_id=1 owner_type="VmOrTemplate", product="linux"`, `owner_id=2 owner_type="VmOrTemplate", product="bsd"`)
	r.holds("labels", `on_id=1 on_type="VmOrTemplate" name="x"`, `on_id=null on_type=null name="x"`)

	// Each collection removes its own rows, and what belongs to them.
	r.save(func(in *owners) {
		in.Systems.Build(system{in.Boxes.LazyFind("one").Any(), "none"})
		in.Labels.Build(label{refresh.AnyRef{}, "x"})
		in.Instances.Complete()
		in.Pictures.Build(picture{"two"})
		in.Boxes.Build(box{"one"})
	})
	r.holds("machines", `ref="two", template=true`)
	r.holds("systems", `owner_id=1 owner_type="Box", product="none"`)
}

func TestTags_refused(t *testing.T) {
	t.Parallel()
	in := newOwners(t).in
	for _, of := range []struct {
		declare func(*refresh.Builder)
		words   string
	}{
		{tagged[struct {
			A string `reeve:"a,key,oops"`
		}], `option "oops" is not known; there are key,`},
		{tagged[struct {
			A string `reeve:""`
		}], `it names no column`},
		{tagged[struct {
			a string `reeve:"a,key"`
		}], `field a, tag "a,key": it is not exported`},
		{tagged[struct {
			A string `reeve:"a"`
		}], `is its key; an option key in a tag is right`},
		{tagged[struct {
			A string   `reeve:"a,key"`
			B []string `reeve:"b"`
		}], `a []string cannot be a column`},
		{tagged[struct {
			A string         `reeve:"a,key"`
			B refresh.AnyRef `reeve:"b"`
		}], `to=COLLECTION|COLLECTION is right`},
		{tagged[struct {
			A string         `reeve:"a,key"`
			B refresh.AnyRef `reeve:"b,to=boxes:Box"`
		}], `type=COLUMN is right`},
		{tagged[struct {
			A string         `reeve:"a,key"`
			B refresh.AnyRef `reeve:"b,to=boxes|boxes"`
		}], `to= names collection "boxes" twice`},
		{tagged[struct {
			A string         `reeve:"a,key"`
			B refresh.AnyRef `reeve:"b,to=nothing"`
		}], `its tag names collection "nothing", which there is not`},
		{tagged[struct {
			A string         `reeve:"a,key"`
			B refresh.AnyRef `reeve:"b,to=boxes|rows"`
		}], `it can point at rows of tables "boxes" and "rows", and nothing says at which`},
		{tagged[struct {
			A string `reeve:"a,key,null"`
		}], `null is for references that are part of a key`},
		{tagged[struct {
			A string             `reeve:"a,key"`
			B []refresh.Ref[box] `reeve:"b"`
		}], `through=TABLE(OWN_COLUMN,OTHER_COLUMN) and a slice of Ref belong together`},
		{tagged[struct {
			A string             `reeve:"a,key"`
			B []refresh.Ref[box] `reeve:"b,through=joins(a_id)"`
		}], `through=TABLE(OWN_COLUMN,OTHER_COLUMN) is right`},
		{tagged[struct {
			A string             `reeve:"a,key"`
			B []refresh.Ref[box] `reeve:"b,readonly,through=joins(a_id,b_id)"`
		}], `what goes through another table has no option but required, stub and lookup`},
		{tagged[struct {
			A string                        `reeve:"a,key"`
			B refresh.Value[refresh.AnyRef] `reeve:"b,to=boxes"`
		}], `a Value of an AnyRef is not possible`},
		{tagged[struct {
			A refresh.Value[string] `reeve:"a,key"`
		}], `a Value is part of no key`},
		{tagged[struct {
			A string           `reeve:"a,key"`
			B refresh.Ref[box] `reeve:"b,tree"`
		}], `tree is for a Ref to rows of the same collection, not of "boxes"`},
		{tagged[struct {
			A string               `reeve:"a,key"`
			B refresh.Ref[picture] `reeve:"b"`
		}], `it points at a refresh_test.picture, of which there is no collection`},
		{tagged[struct {
			A string `reeve:"a,key"`
			B string `reeve:"a"`
		}], `fields A and B are both column "a"`},
	} {
		_, err := refresh.NewPersister(func(b *refresh.Builder) struct{} {
			of.declare(b)
			refresh.Add[box](b, "boxes", nil)
			return struct{}{}
		}, in, nil)
		if err == nil || !strings.Contains(err.Error(), of.words) {
			t.Errorf("the error is %v; it must say %s", err, of.words)
		}
	}
}

func tagged[T any](b *refresh.Builder) { refresh.Add[T](b, "rows", nil) }

func TestKey_throughItself(t *testing.T) {
	t.Parallel()
	in := newOwners(t).in
	_, err := refresh.NewPersister(func(b *refresh.Builder) struct{} {
		refresh.Add[keyed1](b, "first", nil)
		refresh.Add[keyed2](b, "second", nil)
		refresh.Add[box](b, "boxes", &refresh.CollectionOptions{After: []string{"first"}})
		refresh.Add[keyed3](b, "third", nil)
		return struct{}{}
	}, in, nil)
	want := `each of "first" → "second" → "third" → "first" has to come after the next, by its key, indexes, ChildOf, After or Before, so none of them can come first`
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("the error is %v; it must say %s", err, want)
	}
	_, err = refresh.NewPersister(func(b *refresh.Builder) struct{} {
		refresh.Add[keyedBySelf](b, "rows", nil)
		return struct{}{}
	}, in, nil)
	if want := `each of "rows" → "rows" has to come after the next`; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("the error is %v; it must say %s", err, want)
	}
}

type (
	keyed1 struct {
		On   refresh.Ref[keyed2] `reeve:"on_id,key"`
		Soft refresh.Ref[box]    `reeve:"soft_id"`
	}
	keyed2 struct {
		Ref string              `reeve:"ref,key"`
		On  refresh.Ref[keyed3] `reeve:"on_id,index=by_on"`
	}
	keyed3 struct {
		On refresh.Ref[keyed1] `reeve:"on_id,key"`
	}
	keyedBySelf struct {
		Name  string                   `reeve:"name,key"`
		Above refresh.Ref[keyedBySelf] `reeve:"above_id,key,null"`
	}
)

// Two collections point at each other, at themselves and at what comes later; a column that may not be null is
// written at once, because what is required comes first.
func TestCollections_pointAtEachOther(t *testing.T) {
	t.Parallel()
	left, right := tableOf("lefts", "manager*", "ref*", "right_id→rights", "self_id→lefts"), tableOf("rights", "manager*", "ref*", "left_id→lefts")
	right.Columns = append([]storage.Column{}, right.Columns...)
	right.Columns[3].Null = false
	type both struct {
		Rights *refresh.Collection[mutualRight]
		Lefts  *refresh.Collection[mutualLeft]
	}
	r := newRig(t, func(b *refresh.Builder) *both {
		return &both{refresh.Add[mutualRight](b, "rights", nil), refresh.Add[mutualLeft](b, "lefts", nil)}
	}, left, right)
	r.save(func(in *both) {
		for i, ref := range []string{"a", "b", "c"} {
			next := []string{"b", "c", "a"}[i]
			l := in.Lefts.Build(mutualLeft{ref, in.Rights.LazyFind(next), in.Lefts.LazyFind(next)})
			in.Rights.Build(mutualRight{ref, l})
		}
	})
	r.holds("lefts", `ref="a", right_id=(ref="b"), self_id=(ref="b")`, `ref="b", right_id=(ref="c"), self_id=(ref="c")`, `ref="c", right_id=(ref="a"), self_id=(ref="a")`)
	r.save(func(in *both) {
		l := in.Lefts.Build(mutualLeft{Ref: "b", Right: in.Rights.LazyFind("b")})
		in.Rights.Build(mutualRight{"b", l})
	})
	r.holds("lefts", `ref="b", right_id=(ref="b")`)
	r.holds("rights", `ref="b", left_id=(ref="b")`)
}

type (
	mutualLeft struct {
		Ref   string                   `reeve:"ref,key"`
		Right refresh.Ref[mutualRight] `reeve:"right_id"`
		Self  refresh.Ref[mutualLeft]  `reeve:"self_id"`
	}
	mutualRight struct {
		Ref  string                  `reeve:"ref,key"`
		Left refresh.Ref[mutualLeft] `reeve:"left_id,required"`
	}
)

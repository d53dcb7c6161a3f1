package refresh_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/storage"
)

type (
	member struct {
		Name string `reeve:"name,key"`
	}
	group struct {
		Name    string                `reeve:"name,key"`
		Note    string                `reeve:"note"`
		Members []refresh.Ref[member] `reeve:"members,through=members_of(group_id,member_id)"`
	}
	groups struct {
		Groups  *refresh.Collection[group]
		Members *refresh.Collection[member]
	}
)

func (in *groups) members(names ...string) (of []refresh.Ref[member]) {
	for _, name := range names {
		of = append(of, in.Members.LazyFind(name))
	}
	return of
}

func newGroups(t *testing.T, o *refresh.CollectionOptions) *rig[*groups] {
	t.Helper()
	joins := tableOf("members_of", "group_id→groups*", "member_id→members*")
	joins.ID, joins.Columns = "", joins.Columns[1:]
	return newRig(t, func(b *refresh.Builder) *groups {
		return &groups{refresh.Add[group](b, "groups", o), refresh.Add[member](b, "members", nil)}
	}, tableOf("groups", "manager*", "name*", "note"), tableOf("members", "manager*", "name*"), joins)
}

func TestMany(t *testing.T) {
	t.Parallel()
	r := newGroups(t, nil)
	plan := r.save(func(in *groups) {
		in.Members.Build(member{"ada"})
		in.Members.Build(member{"bob"})
		in.Groups.Build(group{Name: "all", Members: append(in.members("ada", "bob", "ada", "nobody"), refresh.Ref[member]{})})
		in.Groups.Build(group{Name: "some", Members: in.members("bob")})
		in.Groups.Build(group{Name: "none"})
	})
	says(t, plan, `unresolved groups.members → members(name="nobody")`, `groups.members: 3 created`)
	r.holds("members_of", `group_id=(name="all") member_id=(name="ada")`, `group_id=(name="all") member_id=(name="bob")`, `group_id=(name="some") member_id=(name="bob")`)

	// A patch that does not say the members leaves them; one that is gone goes with its pairs, on either side.
	plan = r.save(func(in *groups) {
		in.Members.Build(member{"bob"})
		in.Members.Build(member{"eve"})
		in.Groups.Patch(group{Name: "all", Note: "patched"}, func(g *group) []any { return []any{&g.Note} })
		in.Groups.Build(group{Name: "none", Members: in.members("eve", "bob")})
	})
	says(t, plan, `groups.members: 2 created, 2 deleted, 1 kept`)
	r.holds("members_of", `group_id=(name="all") member_id=(name="bob")`, `group_id=(name="none") member_id=(name="bob")`, `group_id=(name="none") member_id=(name="eve")`)
	r.save(func(in *groups) {
		in.Members.Build(member{"bob"})
		in.Groups.Patch(group{Name: "all"}, func(g *group) []any { return []any{&g.Members} })
		in.Groups.Build(group{Name: "none", Members: in.members("bob")})
	})
	r.holds("members_of", `group_id=(name="none") member_id=(name="bob")`)
}

// Who is not deleted keeps what nobody spoke of, and gives what was taken.
func TestMany_kept(t *testing.T) {
	t.Parallel()
	r := newGroups(t, &refresh.CollectionOptions{Mode: refresh.NoDelete})
	r.save(func(in *groups) {
		in.Members.Build(member{"ada"})
		in.Groups.Build(group{Name: "a", Members: in.members("ada")})
		in.Groups.Build(group{Name: "b", Members: in.members("ada")})
	})
	r.save(func(in *groups) {
		in.Members.Build(member{"ada"})
		in.Groups.Build(group{Name: "b"})
	})
	r.holds("members_of", `group_id=(name="a") member_id=(name="ada")`)
}

func TestMany_duplicates(t *testing.T) {
	t.Parallel()
	r := newGroups(t, &refresh.CollectionOptions{Duplicates: refresh.LastWins})
	plan := r.save(func(in *groups) {
		in.Members.Build(member{"ada"})
		in.Members.Build(member{"bob"})
		in.Groups.Build(group{Name: "a", Members: in.members("ada")})
		in.Groups.Build(group{Name: "a", Members: in.members("bob")})
		in.Groups.Build(group{Name: "b", Members: in.members("bob", "ada")})
		in.Groups.Build(group{Name: "b", Members: in.members("ada", "bob")}) // the same
	})
	if n := len(plan.Duplicates()); n != 1 {
		t.Errorf("there are %d duplicates; 1 is right: %v", n, plan.Duplicates())
	}
	r.holds("members_of", `group_id=(name="a") member_id=(name="bob")`, `group_id=(name="b") member_id=(name="ada")`, `group_id=(name="b") member_id=(name="bob")`)
}

func TestMany_policies(t *testing.T) {
	t.Parallel()
	type strict struct {
		Name    string                `reeve:"name,key"`
		Members []refresh.Ref[member] `reeve:"members,required,through=members_of(group_id,member_id)"`
		Guests  []refresh.Ref[member] `reeve:"guests,stub,through=guests_of(group_id, member_id)"`
	}
	type stricts struct {
		Groups  *refresh.Collection[strict]
		Members *refresh.Collection[member]
	}
	joins := func(name string) storage.Table {
		j := tableOf(name, "group_id→groups*", "member_id→members*")
		j.ID, j.Columns = "", j.Columns[1:]
		return j
	}
	r := newRig(t, func(b *refresh.Builder) *stricts {
		return &stricts{refresh.Add[strict](b, "groups", nil), refresh.Add[member](b, "members", nil)}
	}, tableOf("groups", "manager*", "name*"), tableOf("members", "manager*", "name*"), joins("members_of"), joins("guests_of"))
	plan := r.save(func(in *stricts) {
		ada := in.Members.Build(member{"ada"})
		in.Groups.Build(strict{"a", []refresh.Ref[member]{ada}, []refresh.Ref[member]{in.Members.LazyFind("new")}})
		in.Groups.Build(strict{"b", []refresh.Ref[member]{ada, in.Members.LazyFind("nobody")}, []refresh.Ref[member]{ada}})
	})
	says(t, plan, `refused groups name="b": column "members" points at members(name="nobody"), which is not there`)
	if n := len(plan.Refused()); n != 1 {
		t.Errorf("%d rows are refused; 1 is right:\n%s", n, planText(t, plan))
	}
	r.holds("members_of", `group_id=(name="a") member_id=(name="ada")`)
	r.holds("guests_of", `group_id=(name="a") member_id=(name="new")`)
	r.holds("members", `name="ada"`, `name="new"`)
}

func TestMany_replayed(t *testing.T) {
	t.Parallel()
	r := newGroups(t, nil)
	parse := func(in *groups) {
		in.Members.Build(member{"ada"})
		in.Groups.Build(group{Name: "a", Members: in.members("ada")})
	}
	open, err := r.persister.Open(t.Context(), "one", nil)
	if err != nil {
		t.Fatal(err)
	}
	parse(open.Inventory)
	plan, err := open.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := plan.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	if plan, err = refresh.ReadPlan(strings.NewReader(b.String()), 0); err != nil {
		t.Fatal(err)
	}
	if err := r.persister.Apply(t.Context(), plan, 0); err != nil {
		t.Fatal(err)
	}
	r.holds("members_of", `group_id=(name="a") member_id=(name="ada")`)
}

// In a targeted refresh the members of a group that is brought besides are a matter of the group.
func TestMany_targeted(t *testing.T) {
	t.Parallel()
	r := newGroups(t, nil)
	r.save(func(in *groups) {
		in.Members.Build(member{"ada"})
		in.Members.Build(member{"bob"})
		for _, name := range []string{"a", "b", "c"} {
			in.Groups.Build(group{Name: name, Members: in.members("ada")})
		}
	})
	var targets refresh.Targets
	in, err := r.persister.Inventory()
	if err != nil {
		t.Fatal(err)
	}
	if err := in.Groups.Target(&targets, group{Name: "a"}); err != nil {
		t.Fatal(err)
	}
	open, err := r.persister.Open(t.Context(), "one", &targets)
	if err != nil {
		t.Fatal(err)
	}
	open.Inventory.Groups.Build(group{Name: "b", Members: open.Inventory.members("bob")})
	if _, err := open.Save(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	r.holds("groups", `name="b", note=""`, `name="c", note=""`)
	r.holds("members_of", `group_id=(name="b") member_id=(name="bob")`, `group_id=(name="c") member_id=(name="ada")`)
}

// Of what an incomplete collection is joined with nothing is known.
func TestMany_ofIncomplete(t *testing.T) {
	t.Parallel()
	r := newGroups(t, nil)
	r.save(func(in *groups) {
		in.Members.Build(member{"ada"})
		in.Groups.Build(group{Name: "all", Members: in.members("ada")})
	})
	plan := r.save(func(in *groups) {
		in.Members.Build(member{"ada"})
		in.Groups.Incomplete(errors.New("broken"))
	})
	if got, want := countsOf(t, plan, "groups.members"), `1 kept; its rows belong to those of "groups": broken`; got != want {
		t.Errorf("the plan says %s; %s is right", got, want)
	}
	r.holds("members_of", `group_id=(name="all") member_id=(name="ada")`)
}

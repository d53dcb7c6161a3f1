package refresh_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/refresh"
)

// A row that stays because its collection is incomplete keeps what it cannot be without, and that what it cannot be
// without.
func TestNeeded_byIncomplete(t *testing.T) {
	t.Parallel()
	r := newNeedy(t)
	r.save(func(in *needy) {
		z := in.Zones.Build(zone{"z"})
		in.Zones.Build(zone{"other"})
		n := in.Nodes.Build(node{"n", "node", z})
		in.Nodes.Build(node{"m", "node", z})
		g := in.Guests.Build(guest{"g", in.Nodes.LazyFind("m"), n})
		in.Ports.Build(port{g, "eth0"})
	})
	broken := errors.New("broken")
	nothing := func(in *needy) {
		in.Zones.Complete()
		in.Nodes.Complete()
		in.Guests.Incomplete(broken)
	}
	plan := r.save(nothing)
	says(t, plan,
		`delete zones ref="other"`, `delete nodes ref="m"`,
		`needed nodes ref="n": guests ref="g" points at it by peer_id`,
		`needed zones ref="z": nodes ref="n" points at it by zone_id`,
		"zones: 1 deleted, 1 kept", "nodes: 1 deleted, 1 kept", "guests: 1 updated, 1 kept", "ports: 1 kept")
	r.holds("zones", `ref="z"`)
	r.holds("nodes", `ref="n", name="node", zone_id=(ref="z")`)
	r.holds("guests", `ref="g", peer_id=(ref="n")`)
	r.holds("ports", `guest_id=(ref="g") name="eth0"`)

	// Once it is known that it is gone, all of them go.
	plan = r.save(func(in *needy) {
		in.Zones.Complete()
		in.Nodes.Complete()
		in.Guests.Complete()
		in.Ports.Incomplete(broken)
	})
	if len(plan.Needed()) > 0 {
		t.Errorf("needed are %v", plan.Needed())
	}
	for _, table := range []string{"zones", "nodes", "guests", "ports"} {
		r.holds(table)
	}
}

// So does a row that is refused, and one of which the parser does not say what it points at; not one that points at
// another row from now on.
func TestNeeded_byBrought(t *testing.T) {
	t.Parallel()
	r := newNeedy(t)
	r.save(func(in *needy) {
		z := in.Zones.Build(zone{"z"})
		for _, ref := range []string{"a", "b", "c", "d"} {
			n := in.Nodes.Build(node{ref, "node", z})
			in.Guests.Build(guest{Ref: ref, Peer: n})
		}
	})
	parse := func(in *needy) {
		in.Nodes.Build(node{"d", "node", in.Zones.Build(zone{"z"})})
		in.Guests.Build(guest{Ref: "a", Peer: in.Nodes.LazyFind("a")})                                                 // refused
		in.Guests.Patch(guest{Ref: "b", Node: in.Nodes.LazyFind("d")}, func(g *guest) []any { return []any{&g.Node} }) // says nothing of its peer
		in.Guests.Build(guest{Ref: "c", Peer: in.Nodes.LazyFind("d")})
		in.Guests.Build(guest{Ref: "d", Peer: in.Nodes.LazyFind("d")})
	}
	plan := r.save(parse)
	if d := cmp.Diff([]refresh.Needed{
		{"nodes", `ref="a"`, "guests", `ref="a"`, "peer_id"},
		{"nodes", `ref="b"`, "guests", `ref="b"`, "peer_id"},
	}, plan.Needed()); d != "" {
		t.Errorf("what is needed (- right, + got):\n%s", d)
	}
	says(t, plan, `delete nodes ref="c"`, "nodes: 1 deleted, 1 unchanged, 2 kept")
}

type (
	lab struct {
		Ref string `reeve:"ref,key"`
	}
	bench struct {
		Ref string           `reeve:"ref,key"`
		Lab refresh.Ref[lab] `reeve:"lab_id,required"`
	}
	tool struct {
		Bench refresh.Ref[bench] `reeve:"bench_id,key"`
		Name  string             `reeve:"name,key"`
	}
	loan struct {
		Ref  string             `reeve:"ref,key"`
		Lent refresh.Ref[bench] `reeve:"lent_id,required"`
		Labs []refresh.Ref[lab] `reeve:"labs,through=loans_labs(loan_id,lab_id)"`
	}
	labs struct {
		Labs    *refresh.Collection[lab]
		Benches *refresh.Collection[bench]
		Tools   *refresh.Collection[tool]
		Loans   *refresh.Collection[loan]
	}
)

func newLabs(t *testing.T, benches, tools refresh.CollectionOptions) *rig[*labs] {
	t.Helper()
	tools.ChildOf = []string{"bench_id"}
	joins := tableOf("loans_labs", "loan_id→loans*", "lab_id→labs*")
	joins.ID, joins.Columns = "", joins.Columns[1:]
	return newRig(t, func(b *refresh.Builder) *labs {
		return &labs{refresh.Add[lab](b, "labs", nil), refresh.Add[bench](b, "benches", &benches), refresh.Add[tool](b, "tools", &tools), refresh.Add[loan](b, "loans", nil)}
	}, tableOf("labs", "manager*", "ref*"), tableOf("benches", "manager*", "ref*", "lab_id→labs", "archived:time"),
		tableOf("tools", "bench_id→benches*", "name*", "archived:time"), tableOf("loans", "manager*", "ref*", "lent_id→benches"), joins)
}

func (in *labs) fill() {
	b := in.Benches.Build(bench{"b", in.Labs.Build(lab{"l"})})
	in.Tools.Build(tool{b, "saw"})
	in.Loans.Build(loan{"x", b, []refresh.Ref[lab]{in.Labs.Build(lab{"m"})}})
}

// So do rows that are never deleted, or archived.
func TestNeeded_byWhatIsNotDeleted(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]struct {
		benches, tools refresh.CollectionOptions
		want           []string
	}{
		"never deleted":          {refresh.CollectionOptions{Mode: refresh.NoDelete}, refresh.CollectionOptions{}, []string{"labs"}},
		"archived":               {refresh.CollectionOptions{Archive: "archived"}, refresh.CollectionOptions{}, []string{"labs"}},
		"children never deleted": {refresh.CollectionOptions{}, refresh.CollectionOptions{Mode: refresh.NoDelete}, []string{"benches", "labs"}},
		"children archived":      {refresh.CollectionOptions{}, refresh.CollectionOptions{Archive: "archived"}, []string{"benches", "labs"}},
	} {
		r := newLabs(t, of.benches, of.tools)
		r.save((*labs).fill)
		plan := r.save(func(in *labs) {
			in.Labs.Complete()
			in.Benches.Complete()
			in.Tools.Complete()
			in.Loans.Complete()
		})
		var got []string
		for _, n := range plan.Needed() {
			got = append(got, n.Collection)
		}
		slices.Sort(got)
		if !slices.Equal(got, of.want) {
			t.Errorf("%s: rows of %v are needed; %v is right:\n%s", name, got, of.want, planText(t, plan))
		}
	}
}

// What would only go with a row that stays after all stays, too.
func TestNeeded_keepsChildren(t *testing.T) {
	t.Parallel()
	r := newLabs(t, refresh.CollectionOptions{}, refresh.CollectionOptions{})
	r.save((*labs).fill)
	broken := errors.New("broken")
	plan := r.save(func(in *labs) {
		in.Labs.Complete()
		in.Benches.Complete()
		in.Tools.Incomplete(broken)
		in.Loans.Incomplete(broken)
	})
	says(t, plan, "labs: 1 deleted, 1 kept", "benches: 1 kept", "tools: 1 kept", "loans: 1 kept", "loans.labs: 1 deleted", `delete labs ref="m"`)
	r.holds("tools", `bench_id=(ref="b") name="saw"`)
	r.holds("loans", `ref="x", lent_id=(ref="b")`)

	plan = r.save(func(in *labs) { // the bench is known to be gone, with its tool
		in.Labs.Complete()
		in.Benches.Complete()
		in.Tools.Incomplete(broken)
		in.Loans.Complete()
	})
	says(t, plan, "labs: 1 deleted", "benches: 1 deleted", "tools: 1 deleted", "loans: 1 deleted")
}

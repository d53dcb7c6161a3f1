package refresh_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/refresh/refreshtest"
	"github.com/reeve-go/reeve/storage"
)

var lawDump = &refreshtest.DumpOptions{Any: []refreshtest.AnyColumn{{Table: "machines", Column: "owner_id", Type: "owner_type"}}}

// lawTest refreshes two managers in one database, again and again, and compares with the models.
type lawTest struct {
	t         *rapid.T
	ctx       context.Context
	store     storage.Inventory
	persister *refresh.Persister[*lawInventory]
	policy    refresh.Duplicates
	models    map[string]*model
	tell      func(st statement, inv *lawInventory)
}

// rightly is how a parser says a statement.
func rightly(st statement, inv *lawInventory) { st.tell(inv) }

// runLaws tries the laws on databases that open opens, with what tell makes of statements.
func runLaws(tb testing.TB, open func() storage.Inventory, tell func(statement, *lawInventory)) {
	tb.Helper()
	rapid.Check(tb, func(t *rapid.T) {
		l := &lawTest{t: t, ctx: tb.Context(), store: open(), tell: tell, models: map[string]*model{"one": newModel("one"), "two": newModel("two")}}
		l.policy = rapid.SampledFrom([]refresh.Duplicates{refresh.Merge, refresh.LastWins, refresh.FirstWins, refresh.RefuseDuplicates}).Draw(t, "duplicates")
		var err error
		l.persister, err = refresh.NewPersister(lawDeclare(l.policy), l.store, &refresh.PersisterOptions{Guard: refresh.Guard{Share: 1}})
		l.must("declaring", err)
		for range rapid.IntRange(1, 4).Draw(t, "refreshes") {
			l.step()
		}
	})
}

// step refreshes one manager by a world of its own, in one of the ways in which a plan comes true.
func (l *lawTest) step() {
	l.t.Helper()
	s := speaker{l.t}
	manager := s.pick("manager", "one", "one", "two")
	said := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) statement { return speaker{t}.statement() }), 0, 10).Draw(l.t, "said")
	m := l.models[manager]
	was := maps.Clone(m.rows)
	want := m.refresh(l.policy, said)
	r, err := l.persister.Open(l.ctx, manager, nil)
	l.must("opening", err)
	defer func() { l.must("closing", r.Close()) }()
	for _, st := range said {
		l.tell(st, r.Inventory)
	}
	r.Inventory.Complete()
	plan, err := l.save(r, s.pick("way", "save", "apply", "replay"))
	if want.refuses {
		if err == nil {
			l.t.Fatalf("two rows with the same key and other data are saved")
		}
	} else {
		l.must("saving", err)
		l.compare(plan, want, counts(was, m.rows))
		l.must("closing", plan.Close())
	}
	got, err := refreshtest.Dump(l.ctx, l.store, lawOrder, lawDump)
	l.must("reading", err)
	if diff := cmp.Diff(merged(l.models["one"], l.models["two"]), got); diff != "" {
		l.t.Fatalf("the tables are not as they should be (- model, + database):\n%s", diff)
	}
}

func (l *lawTest) save(r *refresh.Refresh[*lawInventory], way string) (*refresh.Plan, error) {
	if way == "save" {
		return r.Save(l.ctx, 0)
	}
	plan, err := r.Plan(l.ctx)
	if err == nil && way == "replay" {
		var text bytes.Buffer
		l.must("writing", plan.WriteJSON(&text))
		l.must("closing", plan.Close())
		plan, err = refresh.ReadPlan(&text, 0)
	}
	if err == nil {
		err = l.persister.Apply(l.ctx, plan, 0)
	}
	return plan, err
}

// compare looks whether the plan says what was done.
func (l *lawTest) compare(plan *refresh.Plan, want outcome, done map[string][3]int) {
	l.t.Helper()
	unresolved := map[string]int{}
	for _, u := range plan.Unresolved() {
		unresolved[u.Collection+"."+u.Column]++
	}
	if diff := cmp.Diff(want.unresolved, unresolved); diff != "" {
		l.t.Errorf("references that are not found (- model, + plan):\n%s", diff)
	}
	if n := len(plan.Refused()); n != want.refused {
		l.t.Errorf("%d rows are refused, %v; want %d", n, plan.Refused(), want.refused)
	}
	for _, of := range plan.Collections {
		if got := [3]int{of.Inserts, of.Updates, of.Deletes}; got != done[of.Table] {
			l.t.Errorf("collection %q: the plan says %v created, updated, deleted; it should be %v", of.Name, got, done[of.Table])
		}
	}
}

func (l *lawTest) must(what string, err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatalf("%s: %v", what, err)
	}
}

// Complete says of all collections that nothing else is there.
func (inv *lawInventory) Complete() {
	inv.Sites.Complete()
	inv.Images.Complete()
	inv.Machines.Complete()
	inv.Volumes.Complete()
	inv.Snapshots.Complete()
}

func TestLaws(t *testing.T) {
	t.Parallel()
	runLaws(t, lawDatabase, rightly)
}

// A plan of which something is not true any more is not applied, and says so; or it is, and nothing points nowhere.
func TestStalePlans(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := &lawTest{t: t, ctx: context.Background(), store: lawDatabase()}
		var err error
		l.persister, err = refresh.NewPersister(lawDeclare(refresh.LastWins), l.store, &refresh.PersisterOptions{Guard: refresh.Guard{Share: 1}})
		l.must("declaring", err)
		said := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) statement { return speaker{t}.statement() }), 0, 10)
		begin := func(what string) *refresh.Refresh[*lawInventory] {
			r, err := l.persister.Open(l.ctx, "one", nil)
			l.must("opening", err)
			for _, st := range said.Draw(t, what) {
				st.tell(r.Inventory)
			}
			r.Inventory.Complete()
			return r
		}
		save := func(what string) {
			plan, err := begin(what).Save(l.ctx, 0)
			l.must("saving", err)
			l.must("closing", plan.Close())
		}
		save("before")
		plan, err := begin("planned").Plan(l.ctx)
		l.must("planning", err)
		save("between")
		before, err := refreshtest.Dump(l.ctx, l.store, lawOrder, lawDump)
		l.must("reading", err)
		applied := l.persister.Apply(l.ctx, plan, 0)
		if applied != nil && !errors.Is(applied, storage.ErrConflict) {
			t.Errorf("a plan that is not true any more: %v; want a conflict", applied)
		}
		after, err := refreshtest.Dump(l.ctx, l.store, lawOrder, lawDump)
		l.must("reading", err)
		if diff := cmp.Diff(before, after); applied != nil && diff != "" {
			t.Errorf("a plan that was not applied changed (- before, + after):\n%s", diff)
		}
		for _, row := range after["machines"] {
			delete(row, "owner_id") // nothing in the database keeps what it points at
		}
		if strings.Contains(fmt.Sprint(after), "nowhere") {
			t.Errorf("a row points at one that is not there:\n%s", cmp.Diff(before, after))
		}
		l.must("closing", plan.Close())
	})
}

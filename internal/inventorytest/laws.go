package inventorytest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/internal/altertest"
	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/refresh/refreshtest"
	"github.com/reeve-go/reeve/storage"
)

// RunLaws tests that refreshes of random worlds leave what a model says, that plans say what they do, that plans which
// are not true any more do no harm, and the laws of refreshtest.
func RunLaws(t *testing.T, open Opener) {
	t.Helper()
	t.Run("worlds are as the model says", func(t *testing.T) {
		t.Parallel()
		laws(t, open, rightly)
	})
	t.Run("stale plans do no harm", func(t *testing.T) {
		t.Parallel()
		stalePlans(t, open)
	})
	for _, hash := range []string{"", hashes.Name} {
		t.Run("refreshtest's, hashes in "+strconv.Quote(hash), func(t *testing.T) {
			t.Parallel()
			h := EstateHarness()
			h.Declare = func(b *refresh.Builder) *Estate { return declareHashedEstate(b, hash) }
			h.Open = func(t refreshtest.TB) storage.Inventory {
				t.Helper()
				return open(t, EstateTables())
			}
			refreshtest.Check(t, h)
		})
	}
}

// lawTest refreshes two managers in one database, again and again, and compares with the models.
type lawTest struct {
	t         *rapid.T
	ctx       context.Context
	store     storage.Inventory
	persister *refresh.Persister[*world]
	models    map[string]*model
	refusals  int // how many commits others are to be in the way of
	tell      func(st statement, in *world)
}

func newLawTest(tb testing.TB, t *rapid.T, open Opener, r rules) *lawTest {
	tb.Helper()
	l := &lawTest{t: t, ctx: tb.Context(), tell: rightly}
	l.store = altertest.New(open(t, worldTables()), altertest.Alter{Before: l.refuse})
	l.models = map[string]*model{"one": newModel("one", r), "two": newModel("two", r)}
	var err error
	l.persister, err = r.persister(l.store)
	l.must("declaring", err)
	return l
}

// refuse is in the way of a commit, as others can be whose rows are looked at then.
func (l *lawTest) refuse(call string) error {
	if call != "commit" || l.refusals == 0 {
		return nil
	}
	l.refusals--
	return storage.ErrConflict
}

// rightly is how a parser says a statement.
func rightly(st statement, in *world) { st.tell(in) }

// laws tries the laws with what tell makes of statements.
func laws(tb testing.TB, open Opener, tell func(statement, *world)) {
	tb.Helper()
	rapid.Check(tb, func(t *rapid.T) {
		l := newLawTest(tb, t, open, rules{
			rapid.SampledFrom([]refresh.Duplicates{refresh.Merge, refresh.LastWins, refresh.FirstWins, refresh.RefuseDuplicates}).Draw(t, "duplicates"),
			rapid.SampledFrom([]refresh.Mode{refresh.NoDelete, refresh.Keep, refresh.UpdateOnly, refresh.CreateOnly, refresh.ReadOnly}).Draw(t, "images"),
			hashed(t),
		})
		l.tell = tell
		for range rapid.IntRange(1, 4).Draw(t, "refreshes") {
			l.step()
		}
	})
}

// hashed draws which collections have hashes.
func hashed(t *rapid.T) map[string]string {
	out := map[string]string{}
	for _, name := range settled {
		if rapid.Bool().Draw(t, "hashes of "+name) {
			out[name] = hashes.Name
		}
	}
	return out
}

// begin opens a refresh and says what there is.
func (l *lawTest) begin(manager string, said []statement) *refresh.Refresh[*world] {
	l.t.Helper()
	return l.beginOn(l.persister, manager, said)
}

func (l *lawTest) beginOn(p *refresh.Persister[*world], manager string, said []statement) *refresh.Refresh[*world] {
	l.t.Helper()
	r, err := p.Open(l.ctx, manager, nil)
	l.must("opening", err)
	for _, st := range said {
		l.tell(st, r.Inventory)
	}
	r.Inventory.complete()
	return r
}

// step refreshes one manager by a world of its own, in one of the ways in which a plan comes true.
func (l *lawTest) step() {
	l.t.Helper()
	s := speaker{l.t}
	manager := s.pick("manager", "one", "one", "two")
	said := statements().Draw(l.t, "said")
	m := l.models[manager]
	was := maps.Clone(m.rows)
	want := m.refresh(said)
	if want.undecided {
		return
	}
	if len(m.hash) > 0 && s.yes("as without hashes") {
		l.asWithoutHashes(m.rules, manager, said)
	}
	r := l.begin(manager, said)
	defer func() { l.must("closing", r.Close()) }()
	plan, err := l.save(r, s.pick("way", "save", "save again", "apply", "replay"))
	if want.refuses {
		if err == nil {
			l.t.Fatalf("two rows with the same key and other data are saved")
		}
	} else {
		l.must("saving", err)
		l.compare(plan, want, counts(want.rename(was), m.rows))
		l.must("closing", plan.Close())
	}
	if diff := cmp.Diff(merged(l.models["one"], l.models["two"]), l.dump()); diff != "" {
		l.t.Fatalf("the tables are not as they should be (- model, + database):\n%s", diff)
	}
}

func (l *lawTest) dump() refreshtest.Tables {
	l.t.Helper()
	got, err := refreshtest.Dump(l.ctx, l.store, dumped, worldDump)
	l.must("reading", err)
	return got
}

func (l *lawTest) save(r *refresh.Refresh[*world], way string) (*refresh.Plan, error) {
	if way == "save again" {
		l.refusals = 1
		defer func() { l.refusals = 0 }()
		way = "save"
	}
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
	only := l.onlyHashes(plan)
	for _, of := range plan.Collections {
		if got := [3]int{of.Inserts, of.Updates - only[of.Name] + of.Archives, of.Deletes}; got != done[of.Table] {
			l.t.Errorf("collection %q: the plan says %v created, changed, deleted; it should be %v", of.Name, got, done[of.Table])
		}
	}
}

// asWithoutHashes demands that a plan changes what it would if no row had a hash.
func (l *lawTest) asWithoutHashes(r rules, manager string, said []statement) {
	l.t.Helper()
	changes := func(p *refresh.Persister[*world]) (lines []string) {
		open := l.beginOn(p, manager, said)
		plan, err := open.Plan(l.ctx)
		if l.must("closing", open.Close()); err != nil {
			return []string{err.Error()}
		}
		for c, err := range plan.Changes() {
			l.must("reading the plan", err)
			c.Columns = slices.DeleteFunc(c.Columns, func(to refresh.ColumnChange) bool { return to.Column == hashes.Name })
			for i := range c.Columns {
				if c.Kind == refresh.Archive { // it has a time
					c.Columns[i].New = storage.Value{}
				}
			}
			if len(c.Columns) > 0 || c.Kind != refresh.Update {
				lines = append(lines, c.String())
			}
		}
		lines = append(lines, fmt.Sprint(plan.Unresolved(), plan.Refused(), plan.Rings(), plan.Needed()))
		l.must("closing", plan.Close())
		return lines
	}
	r.hash = nil
	unhashed, err := r.persister(l.store)
	l.must("declaring", err)
	if diff := cmp.Diff(changes(unhashed), changes(l.persister)); diff != "" {
		l.t.Errorf("hashes change what is planned (- without, + with):\n%s", diff)
	}
}

// onlyHashes counts the rows of which a plan changes nothing but the hash, by collection.
func (l *lawTest) onlyHashes(plan *refresh.Plan) map[string]int {
	l.t.Helper()
	out := map[string]int{}
	for c, err := range plan.Changes() {
		l.must("reading the plan", err)
		if len(c.Columns) == 1 && c.Columns[0].Column == hashes.Name {
			out[c.Collection]++
		}
	}
	return out
}

func (l *lawTest) must(what string, err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatalf("%s: %v", what, err)
	}
}

// stalePlans: a plan of which something is not true any more is not applied, and says so; or it is, and nothing points
// nowhere.
func stalePlans(tb testing.TB, open Opener) {
	tb.Helper()
	rapid.Check(tb, func(t *rapid.T) {
		l := newLawTest(tb, t, open, rules{refresh.LastWins, refresh.NoDelete, hashed(t)})
		possible := true // until a row stays that cannot be without one that is deleted
		draw := func(what string) []statement {
			said := statements().Draw(t, what)
			possible = possible && !l.models["one"].refresh(said).undecided
			return said
		}
		save := func(what string) {
			said := draw(what)
			if !possible {
				return
			}
			plan, err := l.begin("one", said).Save(l.ctx, 0)
			l.must("saving", err)
			l.must("closing", plan.Close())
		}
		save("before")
		before := l.models["one"].rows
		said := draw("planned")
		if !possible {
			return
		}
		l.models["one"].rows = before
		plan, err := l.begin("one", said).Plan(l.ctx)
		l.must("planning", err)
		save("between")
		was := l.dump()
		applied := l.persister.Apply(l.ctx, plan, 0)
		if applied != nil && !errors.Is(applied, storage.ErrConflict) {
			t.Errorf("a plan that is not true any more: %v; want a conflict", applied)
		}
		is := l.dump()
		if diff := cmp.Diff(was, is); applied != nil && diff != "" {
			t.Errorf("a plan that was not applied changed (- before, + after):\n%s", diff)
		}
		if strings.Contains(fmt.Sprint(is), "nowhere") {
			t.Errorf("a row points at one that is not there:\n%s", cmp.Diff(was, is))
		}
		l.must("closing", plan.Close())
	})
}

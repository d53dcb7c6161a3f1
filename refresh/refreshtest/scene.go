package refreshtest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/storage"
)

// A scene is a history of worlds, all but the last of which are saved before a law is tried.
type scene[W, P any] struct {
	*Harness[W, P]

	t     *rapid.T
	ctx   context.Context
	past  []W
	world W
	law   string
	saved Tables // what a save of the world leaves
	kept  bool   // the last save kept rows that the world does not have, because it was not complete
	close bool   // each save is looked at closely
}

const longestPast = 3

func newScene[W, P any](tb testing.TB, t *rapid.T, h *Harness[W, P]) *scene[W, P] {
	tb.Helper()
	s := &scene[W, P]{Harness: h, t: t, ctx: tb.Context()}
	s.past = rapid.SliceOfN(h.Worlds, 0, longestPast).Draw(t, "past")
	s.world = h.Worlds.Draw(t, "world")
	return s
}

// A database is one that has the past.
type database[P any] struct {
	storage.Inventory

	persister *refresh.Persister[P]
}

// open returns a new database with the past in it.
func (s *scene[W, P]) open() *database[P] {
	s.t.Helper()
	db := &database[P]{Inventory: s.Open(s.t)}
	var err error
	db.persister, err = refresh.NewPersister(s.Declare, db, s.Options)
	s.must("the collections", err)
	for _, other := range s.Managers[1:] {
		for _, world := range append(slices.Clone(s.past), s.world)[:1] {
			s.save(db, other, world)
		}
	}
	for _, world := range s.past {
		s.save(db, s.Managers[0], world)
	}
	return db
}

func (s *scene[W, P]) save(db *database[P], manager string, world W) {
	s.t.Helper()
	r := s.parse(db, manager, world)
	plan, err := r.Save(s.ctx, 0)
	s.must("saving", err)
	s.accept(world, plan)
	s.kept = slices.ContainsFunc(plan.Collections, func(of *refresh.CollectionPlan) bool { return of.Incomplete != "" && of.Kept > 0 })
	s.must("closing", plan.Close())
	s.must("closing", r.Close())
	if s.close {
		s.law = "references"
		for _, dangling := range s.dump(db).dangling() {
			s.failf("%s points at a row that is not there", dangling)
		}
		s.law = "idempotence"
		s.idle(db, manager, world)
		s.law = "saves"
	}
}

// idle fails the scene if a world that was saved would be saved otherwise now.
func (s *scene[W, P]) idle(db *database[P], manager string, world W) {
	s.t.Helper()
	r := s.parse(db, manager, world)
	plan, err := r.Plan(s.ctx)
	s.must("planning", err)
	if !plan.Empty() {
		s.failf("a second refresh of the same world would write\n%s", s.text(plan))
	}
	s.must("closing", plan.Close())
	s.must("closing", r.Close())
}

// parse opens a refresh and fills it.
func (s *scene[W, P]) parse(db *database[P], manager string, world W) *refresh.Refresh[P] {
	s.t.Helper()
	r, err := db.persister.Open(s.ctx, manager, nil)
	s.must("opening a refresh", err)
	s.fill(r, world)
	return r
}

func (s *scene[W, P]) fill(r *refresh.Refresh[P], world W) {
	s.t.Helper()
	for n, parse := range s.Parsers {
		s.must(fmt.Sprintf("parser %d", n), parse(s.ctx, world, r.Inventory))
	}
}

// plan returns the plan of a refresh of the scene's world.
func (s *scene[W, P]) plan(db *database[P]) *refresh.Plan {
	s.t.Helper()
	r := s.parse(db, s.Managers[0], s.world)
	plan, err := r.Plan(s.ctx)
	s.must("planning", err)
	s.must("closing", r.Close())
	return plan
}

func (s *scene[W, P]) accept(world W, plan *refresh.Plan) {
	s.t.Helper()
	if s.Accept != nil {
		s.must("what was not saved is not accepted", s.Accept(world, plan))
		return
	}
	if len(plan.Unresolved())+len(plan.Refused())+len(plan.Duplicates()) > 0 {
		s.failf("not everything was saved, and the Harness has no Accept; the plan:\n%s", s.text(plan))
	}
}

// dump reads the tables of the collections, without their hashes, and those that the harness names.
func (s *scene[W, P]) dump(db *database[P]) Tables {
	s.t.Helper()
	r, err := db.persister.Open(s.ctx, s.Managers[0], nil)
	s.must("opening a refresh", err)
	plan, err := r.Plan(s.ctx)
	s.must("planning", err)
	names := slices.Clone(s.Tables)
	var o DumpOptions
	if s.Dump != nil {
		o = *s.Dump
	}
	if o.Without = maps.Clone(o.Without); o.Without == nil {
		o.Without = map[string][]string{}
	}
	for _, of := range plan.Collections {
		names = append(names, of.Table)
		o.Without[of.Table] = append(slices.Clone(o.Without[of.Table]), of.Hash)
	}
	s.must("closing", plan.Close())
	s.must("closing", r.Close())
	slices.Sort(names)
	out, err := Dump(s.ctx, db, slices.Compact(names), &o)
	s.must("reading the tables", err)
	return out
}

// same fails the scene if two databases hold different rows.
func (s *scene[W, P]) same(what string, want, got Tables) {
	s.t.Helper()
	if diff := differences(want, got); diff != "" {
		s.failf("%s:\n%s", what, diff)
	}
}

func (s *scene[W, P]) text(plan *refresh.Plan) string {
	s.t.Helper()
	var b strings.Builder
	_, err := plan.WriteTo(&b)
	s.must("reading the plan", err)
	return b.String()
}

func (s *scene[W, P]) must(what string, err error) {
	s.t.Helper()
	if err != nil {
		s.failf("%s: %v", what, err)
	}
}

func (s *scene[W, P]) failf(format string, args ...any) {
	s.t.Helper()
	s.t.Fatalf("refreshtest: %s: %s", s.law, fmt.Sprintf(format, args...))
}

package refreshtest

import (
	"bytes"
	"context"
	"slices"

	"golang.org/x/sync/errgroup"
	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/refresh"
)

// check tries each law, beginning with those that every save must keep.
func (s *scene[W, P]) check() {
	s.t.Helper()
	s.law = "saves"
	s.close = true
	db := s.open()
	s.save(db, s.Managers[0], s.world)
	s.close = false
	kept := s.kept
	s.saved = s.dump(db)
	for _, law := range []struct {
		name string
		try  func(after *database[P])
	}{
		{"dry run", s.dryRun},
		{"others", s.others},
		{"order", s.order},
		{"replay", s.replay},
		{"idempotence", s.idempotence},
	} {
		s.law = law.name
		law.try(db)
	}
	if s.Targets != nil && !kept {
		s.law = "targets"
		s.targets()
	}
}

// idempotence: what a second refresh finds to be nothing is also nothing when it is saved.
func (s *scene[W, P]) idempotence(after *database[P]) {
	s.t.Helper()
	s.save(after, s.Managers[0], s.world)
	s.same("a second save of the same world changed the database", s.saved, s.dump(after))
}

// others: what other managers have stays as it is.
func (s *scene[W, P]) others(after *database[P]) {
	s.t.Helper()
	theirs := append(slices.Clone(s.past), s.world)[0]
	for _, other := range s.Managers[1:] {
		r := s.parse(after, other, theirs)
		plan, err := r.Plan(s.ctx)
		s.must("planning", err)
		if !plan.Empty() {
			s.failf("a refresh of manager %q changed what manager %q had; to mend it a refresh would write\n%s", s.Managers[0], other, s.text(plan))
		}
		s.must("closing", plan.Close())
		s.must("closing", r.Close())
	}
}

// order: parsers can run in any order and side by side, and the world can come in any order.
func (s *scene[W, P]) order(*database[P]) {
	s.t.Helper()
	before := s.Harness
	defer func() { s.Harness = before }()
	shuffled, world := *s.Harness, s.world
	shuffled.Parsers = rapid.Permutation(s.Parsers).Draw(s.t, "order of the parsers")
	if s.Shuffle != nil {
		world = s.Shuffle(s.t, s.world)
	}
	db := s.open()
	s.Harness = &shuffled
	s.save(db, s.Managers[0], world)
	s.same("in another order the same world leaves something else", s.saved, s.dump(db))

	s.Harness = before
	if len(s.Parsers) > 1 {
		db := s.open()
		s.Harness = s.sideBySide()
		s.save(db, s.Managers[0], s.world)
		s.same("parsers that run side by side leave something else", s.saved, s.dump(db))
	}
}

// sideBySide returns the harness with one parser that is all of them.
func (s *scene[W, P]) sideBySide() *Harness[W, P] {
	out := *s.Harness
	parsers := s.Parsers
	out.Parsers = []Parser[W, P]{func(ctx context.Context, world W, inventory P) error {
		var group errgroup.Group
		for _, parse := range parsers {
			group.Go(func() error { return parse(ctx, world, inventory) })
		}
		return group.Wait()
	}}
	return &out
}

// dryRun: a plan writes nothing until it is applied, and then does what a save does.
func (s *scene[W, P]) dryRun(*database[P]) {
	s.t.Helper()
	db := s.open()
	before := s.dump(db)
	plan := s.plan(db)
	s.same("a plan that was not applied changed the database", before, s.dump(db))
	s.apply(db, plan)
	s.same("a plan that is applied leaves something else than a save", s.saved, s.dump(db))
}

// replay: a plan that was written as JSON and read elsewhere does the same.
func (s *scene[W, P]) replay(*database[P]) {
	s.t.Helper()
	db := s.open()
	plan := s.plan(db)
	var written, again bytes.Buffer
	s.must("writing the plan", plan.WriteJSON(&written))
	s.must("closing", plan.Close())
	read, err := refresh.ReadPlan(bytes.NewReader(written.Bytes()), 0)
	s.must("reading the plan", err)
	s.must("writing the plan that was read", read.WriteJSON(&again))
	if !bytes.Equal(written.Bytes(), again.Bytes()) {
		s.failf("a plan that was written and read is another one:\n%s\n%s", written.Bytes(), again.Bytes())
	}
	s.apply(db, read)
	s.same("a plan that was written, read and applied leaves something else than a save", s.saved, s.dump(db))
}

func (s *scene[W, P]) apply(db *database[P], plan *refresh.Plan) {
	s.t.Helper()
	s.must("applying", db.persister.Apply(s.ctx, plan, 0))
	s.must("closing", plan.Close())
}

// targets: refreshing all rows as targets, some at a time, leaves what a full refresh leaves. A row can point at one
// that comes with a later target, so each is refreshed twice.
func (s *scene[W, P]) targets() {
	s.t.Helper()
	db := s.open()
	inventory, err := db.persister.Inventory()
	s.must("naming targets", err)
	var all []*refresh.Targets
	for _, world := range append(slices.Clone(s.past), s.world) {
		some, err := s.Targets(world, inventory)
		s.must("naming targets", err)
		all = append(all, some...)
	}
	if len(all) == 0 {
		return
	}
	all = rapid.Permutation(all).Draw(s.t, "order of the targets")
	for part := range slices.Chunk(slices.Concat(all, all), rapid.IntRange(1, len(all)).Draw(s.t, "targets at once")) {
		var t refresh.Targets
		for _, one := range part {
			t.Merge(one)
		}
		narrow, err := s.Narrow(s.world, &t, inventory)
		s.must("collecting for targets", err)
		r, err := db.persister.Open(s.ctx, s.Managers[0], &t)
		s.must("opening a targeted refresh", err)
		s.fill(r, narrow)
		plan, err := r.Save(s.ctx, 0)
		s.must("saving", err)
		s.must("closing", plan.Close())
		s.must("closing", r.Close())
	}
	s.same("refreshing all rows as targets leaves something else", s.saved, s.dump(db))
}

package refreshtest

import (
	"context"
	"testing"

	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/storage"
)

// TB is what a [testing.TB] and a [rapid.T] have in common.
type TB interface {
	rapid.TB
	Context() context.Context
	Cleanup(f func())
}

// A Parser fills the collections of an inventory from a world.
type Parser[W, P any] func(ctx context.Context, world W, inventory P) error

// A Harness is what [Check] checks. A world, W, is what a collector gives to parsers; P is what Declare returns.
type Harness[W, P any] struct {
	// Declare and Options are what the host gives to [refresh.NewPersister].
	Declare func(*refresh.Builder) P
	Options *refresh.PersisterOptions
	// Open returns a database of its own at each call, whose tables are empty but for what refreshes do
	// not write. What it must give back it does with t.Cleanup.
	Open func(t TB) storage.Inventory
	// Worlds draws the worlds that follow each other; rapid.Just gives one that is recorded. A parser
	// must not change what it is given.
	Worlds *rapid.Generator[W]
	// Parsers may run in any order, and side by side.
	Parsers []Parser[W, P]

	// Shuffle returns the same world in another order, as [rapid.Permutation] does with the parts of it whose
	// order means nothing. Nil: the world comes in one order.
	Shuffle func(t *rapid.T, world W) W
	// Targets names the rows of a world, in parts that can be refreshed apart: each row that is in no
	// other's part belongs to one that is named. Narrow returns what a collector gives of a world for
	// targets. Nil: nothing is refreshed by targets.
	Targets func(world W, inventory P) ([]*refresh.Targets, error)
	Narrow  func(world W, t *refresh.Targets, inventory P) (W, error)
	// Accept judges what of a world was not saved: rows that were refused, references that were not
	// found, duplicates. Nil: there must be none.
	Accept func(world W, plan *refresh.Plan) error
	// Managers are two names or more: the worlds are the first one's, and the others' rows are to stay as
	// they are. Nil: "one" and "another".
	Managers []string
	// Tables are those that are compared besides the collections' own, such as those that join others.
	Tables []string
	// Dump says how tables are read to be compared.
	Dump *DumpOptions
}

// Check fails the test if the parsers break a law; the package's comment lists them. It may run in parallel
// with other tests.
func Check[W, P any](tb testing.TB, h Harness[W, P]) {
	tb.Helper()
	switch {
	case h.Declare == nil || h.Open == nil || h.Worlds == nil || len(h.Parsers) == 0:
		tb.Fatalf("refreshtest: a Harness needs Declare, Open, Worlds and Parsers")
	case (h.Targets == nil) != (h.Narrow == nil):
		tb.Fatalf("refreshtest: of a Harness's Targets and Narrow one is nil; both or none is right")
	case len(h.Managers) == 1:
		tb.Fatalf("refreshtest: a Harness's Managers are two or more; only %q is given", h.Managers[0])
	case len(h.Managers) == 0:
		h.Managers = []string{"one", "another"}
	}
	if tb.Failed() {
		tb.FailNow() // rapid panics on a test that has failed already
	}
	rapid.Check(tb, func(t *rapid.T) { newScene(tb, t, &h).check() })
}

package refresh_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/reeve-go/reeve/refresh"
)

var errTired = errors.New("nobody waits any longer")

// endless returns a collector's answer that does not end: rows with a thousand keys, again and again. After many of them
// the context ends.
func endless(cancel context.CancelCauseFunc) func(yield func(badRow, error) bool) {
	return func(yield func(badRow, error) bool) {
		for i := 0; ; i++ {
			if i == 50_000 {
				cancel(errTired)
			}
			if !yield(badRow{Ref: fmt.Sprint("r", i%1000), At: time.Unix(0, 0)}, nil) {
				return
			}
		}
	}
}

// A collector that never ends is left when its context ends. What it brought is saved, and nothing is deleted.
func TestCollectorThatNeverEnds(t *testing.T) {
	t.Parallel()
	_, p := badRows(t)
	before := func(inv *badInventory) { inv.Rows.Build(badRow{Ref: "before", At: time.Unix(0, 0)}) }
	if _, err := saveRows(t, p, before); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	plan, err := saveRows(t, p, func(inv *badInventory) {
		inv.Rows.Complete() // it was mistaken
		err := refresh.Each(ctx, endless(cancel), func(row badRow) error {
			inv.Rows.Build(row)
			return nil
		}, inv.Rows)
		if !errors.Is(err, errTired) {
			t.Errorf("reading ends with %v; want the context's cause", err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if of := plan.Collections[0]; of.Inserts != 1000 || of.Deletes != 0 || of.Kept != 1 || !strings.Contains(of.Incomplete, errTired.Error()) {
		t.Errorf("the plan is %s, because %s; want 1000 created and 1 kept, because %v", of, of.Incomplete, errTired)
	}
}

// A save whose context has ended, or ends in the middle, writes nothing.
func TestSaveThatIsCanceled(t *testing.T) {
	t.Parallel()
	in, p := badRows(t)
	for _, planned := range []bool{false, true} {
		r, err := p.Open(t.Context(), "one", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Inventory.Rows.Build(badRow{Ref: "a", At: time.Unix(0, 0)})
		ctx, cancel := context.WithCancelCause(t.Context())
		if planned {
			var plan *refresh.Plan
			if plan, err = r.Plan(ctx); err != nil {
				t.Fatal(err)
			}
			cancel(errTired)
			err = p.Apply(ctx, plan, 0)
		} else {
			cancel(errTired)
			_, err = r.Save(ctx, 0)
		}
		if !errors.Is(err, context.Canceled) && !errors.Is(err, errTired) {
			t.Errorf("planned %t: a save that is canceled says %v", planned, err)
		}
		if n, err := in.Saves(t.Context(), "one"); n != 0 || err != nil {
			t.Errorf("planned %t: %d saves were made, %v", planned, n, err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

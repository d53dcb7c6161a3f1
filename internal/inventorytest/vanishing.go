package inventorytest

import (
	"errors"
	"fmt"
	"testing"

	"github.com/reeve-go/reeve/internal/altertest"
	"github.com/reeve-go/reeve/storage"
)

// RunVanishing tests that a database which vanishes at any call of a save has what it had before, or what it was to
// have: the latter if it vanished when the commit was done. Of the calls it tries one in so many.
func RunVanishing(t *testing.T, open Opener, oneIn int) {
	t.Helper()
	first := 0
	for _, planned := range []bool{false, true} {
		for _, after := range []bool{false, true} {
			from := first % oneIn
			first++
			t.Run(fmt.Sprintf("planned %t, after %t", planned, after), func(t *testing.T) {
				t.Parallel()
				const most = 200
				e := newPassage(t, few)
				for n := from; n < most; n += oneIn {
					if e.vanishAt(t, open(t, worldTables()), n, planned, after) {
						if n < 10 {
							t.Errorf("a save has %d calls; there is little to vanish from", n)
						}
						return
					}
				}
				t.Errorf("a save has more than %d calls", most)
			})
		}
	}
}

var errVanished = errors.New("the database vanished")

// vanishAt lets the database vanish before or after the call of that number, and then for good. It is true if there
// is no such call.
func (e *passage) vanishAt(t *testing.T, store storage.Inventory, n int, planned, after bool) bool {
	t.Helper()
	e.begin(t, store)
	calls, vanished, committed := 0, false, false
	count := func(string) error {
		if calls++; calls > n {
			vanished = true
		}
		if vanished {
			return errVanished
		}
		return nil
	}
	a := altertest.Alter{Before: count}
	if after {
		a = altertest.Alter{
			Before: func(string) error {
				if vanished {
					return errVanished
				}
				return nil
			},
			After: func(call string) error {
				err := count(call)
				if committed = call == "commit" && err != nil; committed {
					return errors.Join(storage.ErrUnknown, err)
				}
				return err
			},
		}
	}
	err := e.finish(t.Context(), altertest.New(store, a), planned)
	what := fmt.Sprintf("vanished at call %d", n)
	want := e.before
	if !vanished || committed {
		want = e.after
	}
	e.has(t, what, store, want)
	if vanished != errors.Is(err, errVanished) {
		t.Errorf("%s: %t, and the error is %v", what, vanished, err)
	}
	if committed != errors.Is(err, storage.ErrUnknown) {
		t.Errorf("whether the commit was done is not known: %t, and the error is %v", committed, err)
	}
	e.end(t, what, store)
	return !vanished
}

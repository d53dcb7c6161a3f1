package inventorytest

import (
	"errors"
	"strings"
	"testing"

	"github.com/reeve-go/reeve/storage"
)

// A Trouble is what a database is in when a refresh saves.
type Trouble struct {
	// Store is an inventory that has the tables of [Tables], all of them empty.
	Store storage.Inventory
	// Planned: the save is by way of a plan.
	Planned bool
	// Begin makes the trouble and End mends it.
	Begin, End func(t testing.TB)
	// Is and Says are what the save's error is and says. Both empty: there is none.
	Is   error
	Says []string
	// Made: it was saved nevertheless.
	Made bool
}

// Tables are those that a [Trouble] needs.
func Tables() []storage.Table { return worldTables() }

// Run tests that a save in trouble says so, leaves what was there unless it was made all the same, and that the next
// refresh is right.
func (tr Trouble) Run(t *testing.T) {
	t.Helper()
	e := newPassage(t, many)
	e.begin(t, tr.Store)
	tr.Begin(t)
	err := e.finish(t.Context(), tr.Store, tr.Planned)
	tr.End(t)
	tr.judge(t, err)
	what, want := "after a save that did not come about", e.before
	if tr.Made {
		what, want = "after a save that came about", e.after
	}
	e.has(t, what, tr.Store, want)
	e.end(t, what, tr.Store)
}

func (tr Trouble) judge(t testing.TB, err error) {
	t.Helper()
	if wanted := tr.Is != nil || len(tr.Says) > 0; wanted != (err != nil) || tr.Is != nil && !errors.Is(err, tr.Is) {
		t.Fatalf("the error is %v; want %v, saying %q", err, tr.Is, tr.Says)
	}
	if unknown := errors.Is(err, storage.ErrUnknown); unknown != errors.Is(tr.Is, storage.ErrUnknown) {
		t.Errorf("whether it was saved is said not to be known: %t; the error is %v", unknown, err)
	}
	for _, word := range tr.Says {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q does not say %q", err, word)
		}
	}
}

// holding is what a process says that holds an inventory.
const holding = "holding"

// Hold has another process hold the inventory at an address, in the middle of a save of its own, until release kills it.
func Hold(t testing.TB, address string) (release func()) {
	t.Helper()
	p := start(t, job{holds: true, address: address})
	if line, _ := p.Line(); line != holding {
		t.Fatalf("a process said %q instead of holding the inventory", line)
	}
	return func() {
		t.Helper()
		p.kill(t)
		p.wait()
	}
}

package inventorytest

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/reeve-go/reeve/internal/altertest"
	"github.com/reeve-go/reeve/storage"
)

// Files are where inventories are that processes share.
type Files struct {
	// New makes an inventory with these tables, all of them empty, and returns its address.
	New func(t testing.TB, tables []storage.Table) (address string)
	// Open opens an inventory until the test ends.
	Open func(t testing.TB, address string) storage.Inventory
}

// RunKilled tests that a process which is killed in the middle of a save leaves what was there before, or what the save
// was to leave if it was committed, and that the next refresh is not in trouble. The package's TestSavingProcess has to
// call [SavingProcess].
func RunKilled(t *testing.T, f Files) {
	t.Helper()
	for _, planned := range []bool{false, true} {
		t.Run(fmt.Sprintf("at many places, planned %t", planned), func(t *testing.T) {
			t.Parallel()
			killedAtPlaces(t, f, planned)
		})
	}
	t.Run("in the commit", func(t *testing.T) {
		t.Parallel()
		killedInCommit(t, f)
	})
}

// counting counts the places at which a save can be killed: before and after each call, and before each row that is
// written. At each it calls at with the number and the call.
func counting(at func(n int, call string)) altertest.Alter {
	n := 0
	next := func(call string) {
		at(n, call)
		n++
	}
	return altertest.Alter{
		Before: func(call string) error { next("before " + call); return nil },
		After:  func(call string) error { next("after " + call); return nil },
		Insert: func(table string, _ []storage.Column, _ []storage.Value) bool {
			next("insert into " + table)
			return true
		},
		Update: func(table string, _ []storage.Column, _ *storage.RowChange) bool {
			next("update of " + table)
			return true
		},
		Delete: func(table string, _ []storage.Column, _ []storage.Value) bool {
			next("delete from " + table)
			return true
		},
	}
}

func killedAtPlaces(t *testing.T, f Files, planned bool) {
	t.Helper()
	e := newPassage(t, many)
	var places []string
	trial := InMemory(t, worldTables())
	e.begin(t, trial)
	if err := e.finish(t.Context(), altertest.New(trial, counting(func(_ int, call string) { places = append(places, call) })), planned); err != nil {
		t.Fatal(err)
	}
	deaths := 10
	if testing.Short() {
		deaths = 3
	}
	at := []int{len(places) - 2, len(places) - 1} // before and after the commit
	for i := range deaths {
		from, to := i*len(places)/deaths, (i+1)*len(places)/deaths
		at = append(at, from+rand.N(to-from))
	}
	for _, n := range at {
		e.dies(t, f, job{place: n, planned: planned}, fmt.Sprintf("killed at place %d of %d, %s", n, len(places), places[n]), func(p *process) {
			if line, more := p.Line(); more {
				t.Errorf("it said %q instead of being killed at %s", line, places[n])
			}
		}, places[n] == "after commit", places[n] != "after commit")
	}
}

func killedInCommit(t *testing.T, f Files) {
	t.Helper()
	e := newPassage(t, many)
	rounds := 4
	if testing.Short() {
		rounds = 1
	}
	for range rounds {
		e.dies(t, f, job{place: -1}, "killed in the commit", func(p *process) {
			if line, _ := p.Line(); line != committing {
				t.Errorf("a process that saves said %q", line)
			}
			<-time.After(time.Duration(rand.N(int64(3 * time.Millisecond))))
			p.kill(t)
		}, true, true)
	}
}

// dies lets a process save and die, and looks at what it left: the world before, that after, or either.
func (e *passage) dies(t *testing.T, f Files, j job, what string, die func(*process), after, before bool) {
	t.Helper()
	j.address = f.New(t, worldTables())
	e.begin(t, f.Open(t, j.address))
	p := start(t, j)
	die(p)
	p.wait()
	store := f.Open(t, j.address)
	left := fmt.Sprint(e.dump(t, store))
	switch is := map[string]string{fmt.Sprint(e.before): "before", fmt.Sprint(e.after): "after"}[left]; {
	case is == "":
		e.has(t, what, store, e.before)
	case is == "before" && !before, is == "after" && !after:
		t.Errorf("%s left the world %s", what, is)
	}
	e.end(t, what, store)
}

// A job is what a process does: it saves the world after, and kills itself at a place.
type job struct {
	place   int
	planned bool
	holds   bool // it holds the inventory instead
	address string
}

// committing is what a process says before it commits.
const committing = "committing"

// do does the job in a process of its own.
func (j job) do(t *testing.T, store storage.Inventory) {
	t.Helper()
	if j.holds {
		if _, err := store.Begin(t.Context(), storage.Fence{Scope: "other"}); err != nil {
			t.Fatal(err)
		}
		say(holding)
		select {} // until it is killed, in the middle of its save
	}
	e := passage{machines: many}
	altered := altertest.New(store, counting(func(n int, call string) {
		switch {
		case n == j.place:
			self, err := os.FindProcess(os.Getpid())
			if err == nil {
				err = self.Kill()
			}
			if err != nil {
				t.Fatal(err)
			}
			select {} // until it is dead
		case j.place < 0 && call == "before commit":
			say(committing)
		}
	}))
	if err := e.finish(t.Context(), altered, j.planned); err != nil {
		t.Fatal(err)
	}
	say("saved " + strconv.Itoa(j.place))
}

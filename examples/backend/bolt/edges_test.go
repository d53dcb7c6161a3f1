package bolt_test

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reeve-go/reeve/examples/backend/bolt"
	"github.com/reeve-go/reeve/storage"
)

// What follows is where this store could go wrong in ways of its own.

var node = storage.Key{Kind: "node", ID: "n-17"}

// with returns a store in which a change was made.
func with(t *testing.T, c storage.Change) *bolt.Store {
	t.Helper()
	store := storeOn(t, open(t, filepath.Join(t.TempDir(), "estate.db")))
	c.Key, c.Record.State = node, "new"
	answers, err := store.Apply(t.Context(), []storage.Change{c})
	if err != nil || answers[0] != nil {
		t.Fatal(answers, err)
	}
	return store
}

func claimOf(limit int, names ...string) storage.Claim {
	return storage.Claim{Names: names, Owner: "test", Limit: limit, TTL: time.Minute}
}

// Who loads a record twice has two copies of it.
func TestLoadedTwice(t *testing.T) {
	t.Parallel()
	store := with(t, storage.Change{Record: storage.Record{Data: []byte("data")}})
	seen, err := store.Load(t.Context(), []storage.Key{node, node})
	if err != nil {
		t.Fatal(err)
	}
	seen[0].Data[0] = '!'
	if got := string(seen[1].Data); got != "data" {
		t.Errorf("the second has the data %q; what is done to the first must not matter", got)
	}
}

// What is asked for under two equal names is handed out once.
func TestNamedTwice(t *testing.T) {
	t.Parallel()
	store := with(t, storage.Change{
		Record: storage.Record{Due: time.Now()}, Emit: []storage.Effect{{ID: "e", Key: "k", Name: "do"}},
	})
	claimed, err := store.Claim(t.Context(), claimOf(9, "node", "node"))
	if err != nil || len(claimed) != 1 || claimed[0].Lease.Token != 1 {
		t.Errorf("%d records were claimed, %v; want one, under its first lease", len(claimed), err)
	}
	taken, err := store.Take(t.Context(), claimOf(9, "do", "do"))
	if err != nil || len(taken) != 1 || taken[0].Attempt != 1 {
		t.Errorf("%d effects were taken, %v; want one, at its first attempt", len(taken), err)
	}
}

// Each name has its own part of the index, and still the oldest of all come first.
func TestOldestOfSeveralNames(t *testing.T) {
	t.Parallel()
	var emitted []storage.Effect
	for i, name := range []string{"z", "a", "z", "a"} {
		emitted = append(emitted, storage.Effect{ID: fmt.Sprint(i), Key: fmt.Sprint(i), Name: name})
	}
	store := with(t, storage.Change{Emit: emitted})
	taken, err := store.Take(t.Context(), claimOf(3, "a", "z"))
	var ids []string
	for _, e := range taken {
		ids = append(ids, e.ID)
	}
	if want := []string{"0", "1", "2"}; err != nil || !slices.Equal(ids, want) {
		t.Errorf("the effects %q were taken, %v; want %q", ids, err, want)
	}
}

// What is named is looked up, and then the rest of the query holds as well.
func TestNamedElements(t *testing.T) {
	t.Parallel()
	var made []storage.Element
	for i := range 250 { // more than a page
		made = append(made, storage.Element{Name: fmt.Sprintf("e%03d", i), State: "new"})
	}
	store := with(t, storage.Change{Elements: made})
	q := storage.ElementQuery{After: "e009", Names: []string{"nobody"}, Limit: 180}
	for i := 248; i >= 0; i-- { // in any order, but for the last
		q.Names = append(q.Names, made[i].Name)
	}
	var names []string
	for e, err := range store.Elements(t.Context(), node, q) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, e.Name)
	}
	if len(names) != 180 || names[0] != "e010" || names[179] != "e189" || !slices.IsSorted(names) {
		t.Errorf("%d elements were found: %q", len(names), names)
	}
}

// A time that is kept for longer than there are times, and a version after all that there can be.
func TestFarAway(t *testing.T) {
	t.Parallel()
	store := with(t, storage.Change{Lines: []storage.Line{{Cause: "one"}, {Cause: "two"}}})
	n, err := store.Prune(t.Context(), storage.Retention{Lines: math.MaxInt64}, 9)
	if err != nil || n > 0 {
		t.Errorf("%d lines were pruned, %v; all are to be kept for centuries", n, err)
	}
	for l, err := range store.History(t.Context(), node, math.MaxUint64) {
		t.Errorf("after the last version there is %+v, %v", l, err)
	}
}

// The head of a lane waits for a canceled effect that may still be at work, but not longer than until
// its own deadline. Once it was taken, the end of the canceled one hands it out to nobody else.
func TestTakenHeadStaysTaken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := with(t, storage.Change{Emit: []storage.Effect{{ID: "old", Key: "old", Name: "do", Lane: "lane"}}})
		take := func(want int) []storage.Taken {
			t.Helper()
			taken, err := store.Take(t.Context(), claimOf(9, "do"))
			if err != nil || len(taken) != want {
				t.Fatalf("%d effects were taken, %v; want %d", len(taken), err, want)
			}
			return taken
		}
		old := take(1)[0]
		answers, err := store.Apply(t.Context(), []storage.Change{{
			Key: node, Version: 1, Record: storage.Record{State: "new"}, Cancel: []storage.Cancel{{}},
			Emit: []storage.Effect{{ID: "new", Key: "new", Name: "do", Lane: "lane", Deadline: time.Now().Add(time.Second)}},
		}})
		if err != nil || answers[0] != nil {
			t.Fatal(answers, err)
		}
		take(0)
		<-time.After(time.Second)
		take(1)
		answers, err = store.Settle(t.Context(), []storage.Settlement{{Lease: old.Lease, As: storage.EffectDone}})
		if err != nil || answers[0] != nil {
			t.Fatal(answers, err)
		}
		take(0)
	})
}

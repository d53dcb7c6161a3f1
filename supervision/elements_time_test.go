package supervision_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// What becomes of one ship that has been at sea since sailed, depending on its due time and on what
// the decider does with it.
func TestTimeOfAnElement(t *testing.T) {
	t.Parallel()
	minute := time.Minute
	get := func(t *fleetTurn) *shipPart {
		el, _ := ships.Get(t, "a")
		return el
	}
	for _, c := range []struct {
		name        string
		ago         time.Duration // how long it has been at sea
		due         time.Duration // from now
		decide      func(*fleetTurn) error
		state       shipState
		next        time.Duration // when it is due then, from now; zero: never
		written     bool
		anotherTurn bool
	}{
		{name: "not due", ago: minute, due: voyage - minute, decide: nothing, state: sailing, next: voyage - minute},
		{name: "not due and looked at", ago: minute, due: voyage - minute, state: sailing, next: voyage - minute, decide: func(t *fleetTurn) error {
			get(t)
			return nil
		}},
		{name: "limit up and ignored", ago: voyage, due: 0, decide: nothing, state: lost, written: true, anotherTurn: true},
		{name: "limit up long ago", ago: 3 * voyage, due: -2 * voyage, decide: nothing, state: lost, written: true, anotherTurn: true},
		{name: "limit up and moved", ago: voyage, due: 0, state: docked, written: true, decide: func(t *fleetTurn) error {
			return ships.Fire(t, get(t), dock)
		}},
		{name: "limit up and entered anew", ago: voyage, due: 0, state: sailing, next: voyage, written: true, decide: func(t *fleetTurn) error {
			return ships.Fire(t, get(t), tack)
		}},
		{name: "limit up and an event that keeps the clock", ago: voyage, due: 0, state: lost, written: true, anotherTurn: true, decide: func(t *fleetTurn) error {
			return ships.Fire(t, get(t), watch)
		}},
		{name: "limit up and woken", ago: voyage, due: 0, state: lost, written: true, anotherTurn: true, decide: func(t *fleetTurn) error {
			ships.Wake(t, get(t), minute)
			return nil
		}},
		{name: "wake up and ignored", ago: minute, due: 0, decide: nothing, state: sailing, next: voyage - minute, written: true},
		{name: "wake up and woken anew", ago: minute, due: 0, state: sailing, next: 2 * minute, written: true, decide: func(t *fleetTurn) error {
			ships.Wake(t, get(t), 2*minute)
			return nil
		}},
		{name: "wake up and woken after the limit", ago: minute, due: 0, state: sailing, next: voyage - minute, written: true, decide: func(t *fleetTurn) error {
			ships.Wake(t, get(t), 2*voyage)
			return nil
		}},
		{name: "to be woken and looked at", ago: minute, due: 3 * minute, state: sailing, next: 3 * minute, decide: func(t *fleetTurn) error {
			get(t)
			return nil
		}},
		{name: "to be woken earlier", ago: minute, due: 3 * minute, state: sailing, next: minute, written: true, decide: func(t *fleetTurn) error {
			ships.Wake(t, get(t), minute)
			return nil
		}},
		{name: "to be woken no more", ago: minute, due: 3 * minute, state: sailing, next: voyage - minute, written: true, decide: func(t *fleetTurn) error {
			ships.Wake(t, get(t), 0)
			return nil
		}},
		{name: "to be woken and moved", ago: minute, due: 3 * minute, state: docked, written: true, decide: func(t *fleetTurn) error {
			return ships.Fire(t, get(t), dock)
		}},
		{name: "removed", ago: voyage, due: 0, decide: func(t *fleetTurn) error {
			ships.Remove(t, get(t))
			return nil
		}},
		{name: "due later than its limit, which was longer in the past", ago: 2 * voyage, due: 0, decide: nothing, state: lost, written: true, anotherTurn: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k, store := newFleets(t, ships)
			since := noon.Add(-c.ago)
			change := decided(t, k, seenAt(noon, atSea("a", since, noon.Add(c.due))), c.decide)

			if c.anotherTurn != change.Record.Due.Equal(noon) {
				t.Errorf("the record is due at %v", change.Record.Due)
			}
			if store.reads > 0 {
				t.Errorf("the store was read %d times for elements that were given", store.reads)
			}
			if c.state == "" {
				if diff := cmp.Diff([]string{"a"}, change.Gone); diff != "" || len(change.Elements) > 0 {
					t.Errorf("gone: %s; written: %v", diff, change.Elements)
				}
				return
			}
			el := shipOf(&change, "a")
			if (el != nil) != c.written {
				t.Fatalf("written: %v", change.Elements)
			}
			if el == nil {
				return
			}
			var next time.Time
			if c.next > 0 {
				next = noon.Add(c.next)
			}
			if el.State != string(c.state) || !el.Due.Equal(next) {
				t.Errorf("it is %s and due at %v; want %s and %v", el.State, el.Due, c.state, next)
			}
			if moved := el.State != string(sailing) || c.name == "limit up and entered anew"; moved != !el.Since.Equal(since) {
				t.Errorf("it is %s since %v", el.State, el.Since)
			}
		})
	}
}

// A limit that follows from data moves with it; where no event is named, the decider sees it once.
func TestTimeOfAnElementFromItsData(t *testing.T) {
	t.Parallel()
	slow := supervision.NewElements(shipMachine, &supervision.ElementsOptions[ship, shipState]{
		Timeout: func(_ shipState, s *ship) time.Duration { return time.Duration(s.Crew) * time.Minute },
	})
	k, _ := newFleets(t, slow)
	crew := func(n int) func(*fleetTurn) error {
		return func(t *fleetTurn) error {
			el, _ := slow.Get(t, "a")
			el.Data.Crew = n
			return nil
		}
	}
	since := noon.Add(-10 * time.Minute)
	stored := func(s shipState, due time.Time) storage.Element {
		return storage.Element{Name: "a", State: string(s), Since: since, Due: due, Data: []byte(`{"Crew":15}`)}
	}
	limit := since.Add(15 * time.Minute)

	c := decided(t, k, seenAt(noon, stored(sailing, limit)), crew(30))
	if el := shipOf(&c, "a"); !el.Due.Equal(since.Add(30 * time.Minute)) {
		t.Errorf("extended, it is due at %v", el.Due)
	}
	c = decided(t, k, seenAt(limit, stored(sailing, limit)), crew(30))
	if el := shipOf(&c, "a"); el.State != string(sailing) || !el.Due.Equal(since.Add(30*time.Minute)) {
		t.Errorf("extended when its time was up, it is %s and due at %v", el.State, el.Due)
	}
	c = decided(t, k, seenAt(noon, stored(sailing, limit)), crew(5))
	if el := shipOf(&c, "a"); el.State != string(lost) {
		t.Errorf("shortened to less than has passed, it is %s and due at %v", el.State, el.Due)
	}

	var due int
	c = decided(t, k, seenAt(limit, stored(docked, limit)), func(t *fleetTurn) error {
		due = len(slow.Due(t))
		return nil
	})
	if el := shipOf(&c, "a"); due != 1 || el.State != string(docked) || !el.Due.IsZero() || len(c.Lines) > 0 {
		t.Errorf("without an event, it was due %d times and is %s and due at %v: %v", due, el.State, el.Due, c.Lines)
	}
	c = decided(t, k, seenAt(limit.Add(time.Minute), stored(docked, time.Time{})), crew(15))
	if len(c.Elements) > 0 {
		t.Errorf("its limit had ended and counts again: %v", c.Elements)
	}
}

// No two stays begin at the same time, also if the clock stands still.
func TestSinceOfAnElementGrows(t *testing.T) {
	t.Parallel()
	k, _ := newFleets(t, ships)
	c := decided(t, k, seenAt(noon, atSea("a", noon, noon.Add(voyage)), atSea("b", noon.Add(time.Hour), time.Time{})), func(t *fleetTurn) error {
		for el := range ships.All(t) {
			was := el.Since
			if err := errors.Join(ships.Fire(t, el, tack), ships.Fire(t, el, tack)); err != nil {
				return err
			}
			if !el.Since.Equal(was.Add(time.Microsecond)) || !el.Until.Equal(el.Since.Add(voyage)) || !el.Due.Equal(el.Until) {
				return fmt.Errorf("%s: since %v, then %v until %v, due %v", el.Name, was, el.Since, el.Until, el.Due)
			}
			was = el.Since
			if err := ships.Fire(t, el, watch); err != nil || !el.Since.Equal(was) {
				return fmt.Errorf("%s: after Same since %v, then %v: %w", el.Name, was, el.Since, err)
			}
		}
		return nil
	})
	if len(c.Elements) != 2 || len(c.Lines) != 6 {
		t.Errorf("%v, %v", c.Elements, c.Lines)
	}
	c = decided(t, k, seenAt(noon, storage.Element{Name: "c", State: string(sold), Since: noon.Add(-time.Hour), Data: []byte(`{"Crew":0}`)}), func(t *fleetTurn) error {
		return fireAt(t, "c", "sell")
	})
	if el := shipOf(&c, "c"); el == nil || !el.Since.Equal(noon) {
		t.Errorf("sold again, and written is %v", c.Elements)
	}
}

// A record with elements whose time is up comes to rest: nothing makes it due for ever.
func TestElementsComeToRest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k, _ := newFleets(t, ships)
		err := k.Create(t.Context(), "1", fleet{}, supervision.SetUp(func(t supervision.Outbound) error {
			for i := range 250 { // more than a claim returns
				el := ships.AddAt(t, fmt.Sprint(i), sailing, i%3, ship{})
				if i%2 == 0 {
					ships.Wake(t, el, time.Duration(i+1)*time.Second)
				}
			}
			return nil
		}))
		if err != nil {
			t.Fatal(err)
		}
		turns, left := 0, -1
		sup, err := supervision.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		supervision.Supervise(sup, k, func(t *fleetTurn) error {
			turns++
			left = ships.Count(t, sailing)
			return nil
		})
		ctx, stop := context.WithTimeout(t.Context(), 2*time.Hour)
		defer stop()
		if err := sup.Run(ctx); err != nil {
			t.Fatal(err)
		}
		// 125 wakes, each at a time of its own; three turns for 250 limits; and what follows each.
		if left != 0 || turns > 135 {
			t.Errorf("%d turns, and %d are still sailing", turns, left)
		}
		r, err := k.Get(t.Context(), "1")
		if err != nil || !r.Due.IsZero() {
			t.Errorf("it is due at %v: %v", r.Due, err)
		}
	})
}

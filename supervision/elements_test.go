package supervision_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

// A fleet is a record with ships as its elements.
type (
	fleet      struct{ Note string }
	fleetState string
	fleetEvent string

	ship      struct{ Crew int }
	shipState string
	shipEvent string

	fleetKind = supervision.Kind[fleet, fleetState, fleetEvent]
	fleetTurn = supervision.Turn[fleet, fleetState, fleetEvent]
	shipPart  = supervision.Element[ship, shipState]
)

const (
	docked  shipState = "docked"
	sailing shipState = "sailing"
	lost    shipState = "lost"
	sold    shipState = "sold"

	sail  shipEvent = "sail"
	dock  shipEvent = "dock"
	lose  shipEvent = "lose"
	tack  shipEvent = "tack"
	watch shipEvent = "watch"
)

const voyage = time.Hour // the limit of sailing

var (
	fleetMachine = fsm.MustCompile(fsm.Definition[fleetState, fleetEvent]{
		Name:    "fleet",
		Initial: "idle",
		States: fsm.States[fleetState, fleetEvent]{
			"idle": {Mode: fsm.Resting},
			"busy": {Mode: fsm.Waiting, After: 24 * time.Hour, Then: "stop"},
		},
		Table: fsm.Table[fleetState, fleetEvent]{
			"idle": {"go": "busy"},
			"busy": {"stop": "idle"},
		},
	})
	shipMachine = fsm.MustCompile(fsm.Definition[shipState, shipEvent]{
		Name:    "ship",
		Initial: docked,
		Starts:  []shipState{sailing},
		States: fsm.States[shipState, shipEvent]{
			docked:  {Mode: fsm.Resting},
			sailing: {Mode: fsm.Waiting, After: voyage, Then: lose},
			lost:    {Mode: fsm.Resting},
			sold:    {Mode: fsm.Resting},
		},
		Table: fsm.Table[shipState, shipEvent]{
			fsm.Any: {"sell": sold},
			docked:  {sail: sailing},
			sailing: {dock: docked, lose: lost, tack: sailing, watch: fsm.Same},
			lost:    {dock: docked},
		},
	})
	ships = supervision.NewElements[ship](shipMachine, nil)
)

// A counter counts what is read of elements.
type counter struct {
	storage.Store

	reads, rows int
	err         error
}

func (c *counter) Elements(ctx context.Context, k storage.Key, q storage.ElementQuery) iter.Seq2[storage.Element, error] {
	c.reads++
	return func(yield func(storage.Element, error) bool) {
		if c.err != nil {
			yield(storage.Element{}, c.err)
			return
		}
		for e, err := range c.Store.Elements(ctx, k, q) {
			c.rows++
			if !yield(e, err) {
				return
			}
		}
	}
}

func newFleets(tb testing.TB, elements supervision.AnyElements) (*fleetKind, *counter) {
	tb.Helper()
	store := &counter{Store: memory.New(nil)}
	k, err := supervision.NewKind("fleet", fleetMachine, store, &supervision.KindOptions[fleet, fleetState, fleetEvent]{Elements: elements})
	if err != nil {
		tb.Fatal(err)
	}
	return k, store
}

// noon is a moment of no importance.
var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// seenAt is a fleet as it was seen, with all of its ships.
func seenAt(now time.Time, elements ...storage.Element) *storage.Snapshot {
	return &storage.Snapshot{
		Record:   storage.Record{Key: storage.Key{Kind: "fleet", ID: "1"}, State: "idle", Version: 7, Since: noon.Add(-time.Hour)},
		Elements: elements, Now: now,
	}
}

func atSea(name string, since, due time.Time) storage.Element {
	return storage.Element{Name: name, State: string(sailing), Since: since, Due: due, Data: []byte(`{"Crew":1}`)}
}

func decided(t *testing.T, k *fleetKind, seen *storage.Snapshot, f func(*fleetTurn) error) storage.Change {
	t.Helper()
	c, err := k.Decide(t.Context(), seen, f)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func nothing(*fleetTurn) error { return nil }

// ship finds an element of a change; nil: it is not written.
func shipOf(c *storage.Change, name string) *storage.Element {
	for i := range c.Elements {
		if c.Elements[i].Name == name {
			return &c.Elements[i]
		}
	}
	return nil
}

func TestOnePointerForOneElement(t *testing.T) {
	t.Parallel()
	k, _ := newFleets(t, ships)
	decided(t, k, seenAt(noon, atSea("a", noon.Add(-voyage), noon)), func(t *fleetTurn) error {
		first, _ := ships.Get(t, "a")
		again, _ := ships.Get(t, "a")
		all := slices.Collect(ships.All(t))
		selected := slices.Collect(ships.Select(t, []int{0}, sailing, docked))
		due := ships.Due(t)
		if again != first || len(all) != 1 || all[0] != first || len(selected) != 1 || selected[0] != first || len(due) != 1 || due[0] != first {
			return fmt.Errorf("%p, %p, %p, %p, %p", first, again, all, selected, due)
		}
		return ships.Fire(t, first, dock)
	})
}

// What a decider may not do with elements, and what it is told.
func TestElementsRefuse(t *testing.T) {
	t.Parallel()
	others := supervision.NewElements[fleet](shipMachine, nil)
	for _, c := range []struct {
		name   string
		decide func(*fleetTurn) error
		is     error
		says   string
	}{
		{name: "elements of another kind", says: "the kind has other elements", decide: func(t *fleetTurn) error {
			_, ok := others.Get(t, "a")
			if others.Count(t) > 0 || ok || others.Due(t) != nil || len(slices.Collect(others.All(t))) > 0 {
				return errors.New("they were found")
			}
			return nil
		}},
		{name: "added to another kind", says: "the kind has other elements", decide: func(t *fleetTurn) error {
			others.Add(t, "x", 0, fleet{}).Data.Note = "not nil"
			return nil
		}},
		{name: "a name that is taken", is: storage.ErrExists, says: `element "a": exists`, decide: func(t *fleetTurn) error {
			ships.Add(t, "a", 0, ship{})
			return nil
		}},
		{name: "no start", is: fsm.ErrUnknownState, says: `element "x": fsm: machine "ship": "lost" is no state of it; expected "docked", "sailing"`, decide: func(t *fleetTurn) error {
			ships.AddAt(t, "x", lost, 0, ship{})
			return nil
		}},
		{name: "an event that is not permitted", is: fsm.ErrNotPermitted, says: `element "a": fsm: machine "ship": event "sail" is not permitted in state "sailing"`, decide: func(t *fleetTurn) error {
			el, _ := ships.Get(t, "a")
			return ships.Fire(t, el, sail)
		}},
		{name: "a state set by hand", says: `its state "sailing" was set to "docked"; Fire moves it`, decide: func(t *fleetTurn) error {
			el, _ := ships.Get(t, "a")
			el.State = docked
			return nil
		}},
		{name: "a name set by hand", says: `element "a": its name was set to "b"`, decide: func(t *fleetTurn) error {
			el, _ := ships.Get(t, "a")
			el.Name = "b"
			return nil
		}},
		{name: "no data", says: `element "a": the turn's data was set to nil`, decide: func(t *fleetTurn) error {
			el, _ := ships.Get(t, "a")
			el.Data = nil
			return nil
		}},
		{name: "nil", says: "the turn has no such element", decide: func(t *fleetTurn) error { return ships.Fire(t, nil, dock) }},
		{name: "nil woken", says: "wake: the turn has no such element", decide: func(t *fleetTurn) error {
			ships.Wake(t, nil, 0)
			return nil
		}},
		{name: "removed twice", says: `element "a": remove: the turn has no such element`, decide: func(t *fleetTurn) error {
			el, _ := ships.Get(t, "a")
			ships.Remove(t, el)
			ships.Remove(t, el)
			return nil
		}},
		{name: "moved after it was removed", says: `element "a": the turn has no such element`, decide: func(t *fleetTurn) error {
			el, _ := ships.Get(t, "a")
			ships.Remove(t, el)
			if _, ok := ships.Get(t, "a"); ok {
				return errors.New("it is still there")
			}
			return ships.Fire(t, el, dock)
		}},
		{name: "of another turn", says: `element "a": the turn has no such element`, decide: func(t *fleetTurn) error {
			ships.Get(t, "a")
			return ships.Fire(t, &shipPart{Name: "a", State: sailing, Data: &ship{}}, dock)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k, _ := newFleets(t, ships)
			_, err := k.Decide(t.Context(), seenAt(noon, atSea("a", noon.Add(-time.Minute), time.Time{})), c.decide)
			if err == nil || !strings.HasPrefix(err.Error(), "supervision: decide fleet/1: ") || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v; want %q", err, c.says)
			}
			if c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("%v is not %v", err, c.is)
			}
		})
	}
}

// Rows that this program cannot read make the turn fail when they are needed, and not before.
func TestUnreadableElements(t *testing.T) {
	t.Parallel()
	k, _ := newFleets(t, ships)
	newer := storage.Element{Name: "new", State: "flying", Since: noon, Due: noon}
	bad := storage.Element{Name: "bad", State: string(sailing), Since: noon, Data: []byte("{")}

	_, err := k.Decide(t.Context(), seenAt(noon, newer), nothing)
	if !errors.Is(err, fsm.ErrUnknownState) || !strings.Contains(err.Error(), `element "new": unknown state "flying" in machine "ship"`) {
		t.Errorf("a due element in an unknown state: %v", err)
	}
	newer.Due = time.Time{}
	if _, err := k.Decide(t.Context(), seenAt(noon, newer, bad), nothing); err != nil {
		t.Errorf("nobody asks for them: %v", err)
	}
	_, err = k.Decide(t.Context(), seenAt(noon, bad), func(t *fleetTurn) error {
		for el := range ships.All(t) {
			return fmt.Errorf("%v was read", el)
		}
		return nil
	})
	if !errors.Is(err, supervision.ErrData) || !strings.Contains(err.Error(), `element "bad": unreadable data`) {
		t.Errorf("data that cannot be read: %v", err)
	}

	without, err := supervision.NewKind[fleet]("fleet", fleetMachine, memory.New(nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = without.Decide(t.Context(), seenAt(noon, atSea("a", noon.Add(-voyage), noon)), nothing)
	if err == nil || !strings.Contains(err.Error(), "name them in KindOptions.Elements") {
		t.Errorf("a kind without elements: %v", err)
	}
	_, err = supervision.NewKind("fleet", fleetMachine, memory.New(nil), &supervision.KindOptions[fleet, fleetState, fleetEvent]{
		Elements: supervision.NewElements[ship, shipState, shipEvent](nil, nil),
	})
	if err == nil || !strings.Contains(err.Error(), "its elements have no machine") {
		t.Errorf("elements without a machine: %v", err)
	}
}

// An error of the store makes the turn fail and ends what was being read.
func TestElementsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for name, decide := range map[string]func(*fleetTurn) error{
		"all": func(t *fleetTurn) error {
			for el := range ships.All(t) {
				return fmt.Errorf("%v was read", el)
			}
			return nil
		},
		"one": func(t *fleetTurn) error {
			_, ok := ships.Get(t, "b")
			if ok {
				return errors.New("it was read")
			}
			return nil
		},
		"whether there is one": func(t *fleetTurn) error {
			ships.Add(t, "b", 0, ship{})
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k, store := newFleets(t, ships)
			store.err = errors.New("the disk is gone")
			seen := seenAt(noon, atSea("a", noon, time.Time{}))
			seen.Tally = []storage.Tally{{State: string(sailing), N: 2}}
			if _, err := k.Decide(t.Context(), seen, decide); !errors.Is(err, store.err) {
				t.Error(err)
			}
		})
	}
}

// The body of an iteration may do what it likes.
func TestElementsWhileIterating(t *testing.T) {
	t.Parallel()
	k, _ := newFleets(t, ships)
	since := noon.Add(-time.Minute)
	var met []string
	c := decided(t, k, seenAt(noon, atSea("d", since, time.Time{}), atSea("b", since, time.Time{}), atSea("c", since, time.Time{}), atSea("a", since, time.Time{})), func(t *fleetTurn) error {
		for el := range ships.Select(t, nil, sailing) {
			met = append(met, el.Name)
			switch el.Name {
			case "a":
				ships.Add(t, "bb", 0, ship{})
				gone, _ := ships.Get(t, "c")
				ships.Remove(t, gone)
			case "b":
				last, _ := ships.Get(t, "d")
				if err := ships.Fire(t, last, dock); err != nil {
					return err
				}
				ships.Remove(t, el)
				el = ships.Add(t, "b", 7, ship{Crew: 3})
				el.Data.Crew++
			}
		}
		if n, m := ships.Count(t), ships.Count(t, docked); n != 4 || m != 3 {
			return fmt.Errorf("%d ships, %d docked", n, m)
		}
		return nil
	})
	if diff := cmp.Diff([]string{"a", "b", "d"}, met); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"c"}, c.Gone); diff != "" {
		t.Error(diff)
	}
	again := shipOf(&c, "b")
	if again == nil || again.State != string(docked) || again.Group != 7 || string(again.Data) != `{"Crew":4}` {
		t.Errorf("removed and added again: %+v", again)
	}
	var lines []string
	for _, l := range c.Lines {
		lines = append(lines, fmt.Sprintf("%s %s %s %s", l.Element, l.From, l.Event, l.To))
	}
	if diff := cmp.Diff([]string{"bb   docked", "c sailing  ", "d sailing dock docked", "b sailing  ", "b   docked"}, lines); diff != "" {
		t.Error(diff)
	}
}

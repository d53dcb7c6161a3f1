package supervision_test

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// A modelShip is what a plain map knows of a ship.
type modelShip struct {
	state       shipState
	group, crew int
	entered     bool // in this turn
}

type modelFleet map[string]modelShip

var (
	shipStates = []shipState{docked, sailing, lost, sold}
	shipEvents = []shipEvent{sail, dock, lose, tack, watch, "sell"}
)

// A deed is one thing that a decider does with one ship.
type deed struct {
	what  int
	name  string
	event shipEvent
	group int
	crew  int
}

func drawDeeds(rt *rapid.T) []deed {
	return rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) deed {
		return deed{
			what:  rapid.IntRange(0, 5).Draw(rt, "what"),
			name:  rapid.StringMatching("[a-f]").Draw(rt, "name"),
			event: rapid.SampledFrom(shipEvents).Draw(rt, "event"),
			group: rapid.SampledFrom([]int{-7, 0, 1, 5000}).Draw(rt, "group"),
			crew:  rapid.IntRange(0, 2).Draw(rt, "crew"),
		}
	}), 0, 12).Draw(rt, "deeds")
}

// do does it with the turn and with the model, which must agree on whether it can be done.
func (d deed) do(t *fleetTurn, model modelFleet) error {
	el, found := ships.Get(t, d.name)
	m, known := model[d.name]
	if found != known {
		return fmt.Errorf("%s: found is %v, and should be %v", d.name, found, known)
	}
	if !found {
		if d.what == 0 {
			ships.Add(t, d.name, d.group, ship{d.crew})
			model[d.name] = modelShip{docked, d.group, d.crew, true}
		}
		return nil
	}
	switch d.what {
	case 0, 1:
		err := ships.Fire(t, el, d.event)
		to, permitted := shipMachine.Next(m.state, d.event)
		if permitted != (err == nil) {
			return fmt.Errorf("%s: %s --%s-->: %w", d.name, m.state, d.event, err)
		}
		if permitted {
			m.state, m.entered = to, m.entered || d.event != watch
		}
	case 2:
		el.Group, m.group = d.group, d.group
	case 3:
		el.Data.Crew, m.crew = d.crew, d.crew
	case 4:
		ships.Remove(t, el)
		delete(model, d.name)
		return nil
	}
	model[d.name] = m
	return nil
}

// agrees compares everything that can be asked of elements with the model.
func (model modelFleet) agrees(t *fleetTurn, first int, deep bool) error {
	groups := map[int]int{}
	for _, s := range shipStates {
		n := 0
		for _, m := range model {
			if m.state == s {
				n++
			}
		}
		if got := ships.Count(t, s); got != n {
			return fmt.Errorf("%d are %s, and should be %d", got, s, n)
		}
	}
	for _, m := range model {
		if m.state != sold {
			groups[m.group]++
		}
	}
	got := maps.Collect(ships.Groups(t, func(s shipState) bool { return s != sold }))
	if diff := cmp.Diff(groups, got); diff != "" {
		return fmt.Errorf("groups: %s", diff)
	}
	if n := ships.Count(t); n != len(model) {
		return fmt.Errorf("there are %d, and should be %d", n, len(model))
	}
	var selected []string
	for _, name := range slices.Sorted(maps.Keys(model)) {
		if m := model[name]; (m.group == 1 || m.group == -7) && (m.state == docked || m.state == lost) {
			selected = append(selected, name)
		}
	}
	var head []string
	for _, el := range ships.First(t, first, []int{1, -7}, lost, docked) {
		head = append(head, el.Name)
	}
	if diff := cmp.Diff(selected[:min(max(first, 0), len(selected))], head, cmpopts.EquateEmpty()); diff != "" {
		return fmt.Errorf("the first %d: %s", first, diff)
	}
	if !deep {
		return nil
	}
	var found []string
	for el := range ships.Select(t, []int{1, -7}, lost, docked) {
		found = append(found, el.Name)
	}
	if diff := cmp.Diff(selected, found); diff != "" {
		return fmt.Errorf("selected: %s", diff)
	}
	return nil
}

// Whatever turns do with elements, in any order, and whichever of them the snapshot has: counts and
// selections are right at any moment, the change has what differs and nothing else, it is the same when
// it is decided again, and the store then has what a plain map has.
func TestElementsAreAMapRandomly(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		k, store := newFleets(t, ships)
		ctx, key := t.Context(), k.Key("1")
		if err := k.Create(ctx, "1", fleet{}); err != nil {
			rt.Fatal(err)
		}
		model := modelFleet{}
		for range rapid.IntRange(1, 6).Draw(rt, "turns") {
			seen, err := store.Load(ctx, []storage.Key{key})
			if err != nil {
				rt.Fatal(err)
			}
			stored := map[string]storage.Element{}
			for e, err := range store.Store.Elements(ctx, key, storage.ElementQuery{}) {
				if err != nil {
					rt.Fatal(err)
				}
				if stored[e.Name] = e; rapid.Bool().Draw(rt, "given") {
					seen[0].Elements = append(seen[0].Elements, e)
				}
			}
			deeds, deep, first := drawDeeds(rt), rapid.Bool().Draw(rt, "deep"), rapid.IntRange(-1, 4).Draw(rt, "first")
			var after modelFleet
			decide := func(t *fleetTurn) error {
				after = maps.Clone(model)
				for _, d := range deeds {
					if err := errors.Join(d.do(t, after), after.agrees(t, first, deep)); err != nil {
						return err
					}
				}
				return nil
			}
			before := fmt.Sprintf("%+v", seen[0])
			c, err := k.Decide(ctx, &seen[0], decide)
			again, errAgain := k.Decide(ctx, &seen[0], decide)
			if err != nil || errAgain != nil {
				rt.Fatal(err, errAgain)
			}
			if diff := cmp.Diff(c, again); diff != "" {
				rt.Fatalf("decided again: %s", diff)
			}
			if now := fmt.Sprintf("%+v", seen[0]); now != before {
				rt.Fatalf("the snapshot was %s\nand is %s", before, now)
			}
			checkWritten(rt, &c, stored, after)
			if answers, err := store.Apply(ctx, []storage.Change{c}); err != nil || answers[0] != nil {
				rt.Fatal(answers, err)
			}
			model = modelFleet{}
			for name, m := range after {
				m.entered = false
				model[name] = m
			}
			checkStored(rt, store, key, model)
		}
	})
}

// checkWritten looks that a change has what differs from what is stored, and nothing else.
func checkWritten(rt *rapid.T, c *storage.Change, stored map[string]storage.Element, after modelFleet) {
	var written, gone []string
	for _, name := range slices.Sorted(maps.Keys(after)) {
		m := after[name]
		was, old := stored[name]
		if !old || m.entered || was.State != string(m.state) || was.Group != m.group || string(was.Data) != fmt.Sprintf(`{"Crew":%d}`, m.crew) {
			written = append(written, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(stored)) {
		if _, still := after[name]; !still {
			gone = append(gone, name)
		}
	}
	var got []string
	for i := range c.Elements {
		got = append(got, c.Elements[i].Name)
	}
	if diff := cmp.Diff(written, got); diff != "" {
		rt.Fatalf("written: %s", diff)
	}
	if diff := cmp.Diff(gone, c.Gone, cmpopts.EquateEmpty()); diff != "" {
		rt.Fatalf("gone: %s", diff)
	}
}

func checkStored(rt *rapid.T, store *counter, key storage.Key, model modelFleet) {
	got := modelFleet{}
	for e, err := range store.Store.Elements(rt.Context(), key, storage.ElementQuery{}) {
		if err != nil {
			rt.Fatal(err)
		}
		var crew int
		if _, err := fmt.Sscanf(string(e.Data), `{"Crew":%d}`, &crew); err != nil {
			rt.Fatal(err)
		}
		got[e.Name] = modelShip{state: shipState(e.State), group: e.Group, crew: crew}
		if limited := e.State == string(sailing); limited == e.Due.IsZero() || limited && !e.Due.Equal(e.Since.Add(voyage)) {
			rt.Fatalf("%s is %s since %v and due at %v", e.Name, e.State, e.Since, e.Due)
		}
	}
	if diff := cmp.Diff(model, got, cmp.AllowUnexported(modelShip{})); diff != "" {
		rt.Fatal(diff)
	}
}

// A turn about one element costs the same whether there are ten of them or ten thousand.
func TestCostOfATurnWithElements(t *testing.T) { //nolint:paralleltest // it counts allocations
	few, many := costOfATurn(t, 10), costOfATurn(t, 10_000)
	if many != few {
		t.Errorf("%v allocations with 10 elements, %v with 10000", few, many)
	}
}

func costOfATurn(t *testing.T, n int) float64 {
	t.Helper()
	k, store := newFleets(t, ships)
	ctx := t.Context()
	err := k.Create(ctx, "1", fleet{}, supervision.SetUp(func(t supervision.Outbound) error {
		for i := range n {
			ships.AddAt(t, fmt.Sprintf("%05d", i), sailing, i%5, ship{})
		}
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	back := supervision.NewMessage[int]("back")
	if err := back.Deliver(ctx, k, "1", 3, supervision.ToElement("00007")); err != nil {
		t.Fatal(err)
	}
	seen, err := store.Claim(ctx, storage.Claim{Names: []string{"fleet"}, Owner: "test", Limit: 1, TTL: time.Hour})
	if err != nil || len(seen) != 1 {
		t.Fatal(seen, err)
	}
	decide := func(t *fleetTurn) error {
		for _, m := range t.Messages {
			el, ok := ships.Get(t, m.Element)
			if !ok {
				return errors.New("it was not given")
			}
			if el.Data.Crew, ok = back.Body(m); !ok {
				return errors.New("it was not said")
			}
			if err := ships.Fire(t, el, dock); err != nil {
				return err
			}
		}
		if out := ships.Count(t, sailing); out != n-1 {
			return fmt.Errorf("%d are sailing", out)
		}
		for range ships.Groups(t, func(s shipState) bool { return s == sailing }) {
			return nil
		}
		return errors.New("no group")
	}
	c := decided(t, k, &seen[0], decide)
	if store.reads > 0 || len(c.Elements) != 1 || len(c.Lines) != 1 || len(c.Gone) > 0 {
		t.Errorf("with %d elements it read %d times and writes %d elements and %d lines", n, store.reads, len(c.Elements), len(c.Lines))
	}
	least := math.Inf(1) // what is pooled may have to be allocated now and then
	for range 50 {
		least = min(least, testing.AllocsPerRun(1, func() { decided(t, k, &seen[0], decide) }))
	}
	return least
}

// Only what is asked for is read, and it is read once.
func TestElementsAreReadOnce(t *testing.T) {
	t.Parallel()
	k, store := newFleets(t, ships)
	ctx := t.Context()
	err := k.Create(ctx, "1", fleet{}, supervision.SetUp(func(t supervision.Outbound) error {
		for i := range 100 {
			ships.Add(t, fmt.Sprintf("%02d", i), i/10, ship{})
		}
		return nil
	}))
	if err != nil || store.reads > 0 {
		t.Fatalf("%d reads: %v", store.reads, err)
	}
	for _, c := range []struct {
		name        string
		do          func(*fleetTurn)
		reads, rows int
	}{
		{"counts", func(t *fleetTurn) {
			ships.Count(t)
			_ = maps.Collect(ships.Groups(t, func(shipState) bool { return true }))
		}, 0, 0},
		{"one, twice", func(t *fleetTurn) { ships.Get(t, "17"); ships.Get(t, "17") }, 1, 1},
		{"a group, twice", func(t *fleetTurn) { take(ships.Select(t, []int{3})); take(ships.Select(t, []int{3}, docked)) }, 1, 10},
		{"one of a group that was read", func(t *fleetTurn) { take(ships.Select(t, []int{3})); ships.Get(t, "33") }, 1, 10},
		{"a state that none is in", func(t *fleetTurn) { take(ships.Select(t, nil, sailing)) }, 0, 0},
		{"all, and then any", func(t *fleetTurn) {
			take(ships.All(t))
			take(ships.All(t))
			take(ships.Select(t, []int{3}))
			ships.Get(t, "none")
			ships.Add(t, "new", 0, ship{})
		}, 1, 100},
		{"two new ones", func(t *fleetTurn) { ships.Add(t, "x", 0, ship{}); ships.Add(t, "y", 0, ship{}) }, 1, 0},
		{"one added and removed", func(t *fleetTurn) { ships.Remove(t, ships.Add(t, "z", 0, ship{})) }, 0, 0},
	} {
		store.reads, store.rows = 0, 0
		err := k.Change(ctx, "1", func(t *fleetTurn) error {
			c.do(t)
			return nil
		})
		if err != nil || store.reads != c.reads || store.rows != c.rows {
			t.Errorf("%s: %d reads of %d rows, want %d of %d: %v", c.name, store.reads, store.rows, c.reads, c.rows, err)
		}
	}
}

func take[V any](seq func(yield func(V) bool)) {
	for range seq {
		continue
	}
}

package supervision_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

// A state that is derived from elements changes in the commit that changes them, at creation, by an
// order, and by the limit of an element.
func TestStateFromElements(t *testing.T) {
	t.Parallel()
	store := memory.New(nil)
	k, err := supervision.NewKind("fleet", fleetMachine, store, &supervision.KindOptions[fleet, fleetState, fleetEvent]{
		Elements: ships,
		Derive: func(_ *fleet, elements supervision.Tally) fleetState {
			if elements.Count(string(sailing), string(lost)) > 0 {
				return "busy"
			}
			return "idle"
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	err = k.Create(ctx, "1", fleet{}, supervision.SetUp(func(t supervision.Outbound) error {
		ships.Add(t, "a", 0, ship{})
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	move := func(e shipEvent) error {
		return k.Change(ctx, "1", func(t *fleetTurn) error {
			el, _ := ships.Get(t, "a")
			return ships.Fire(t, el, e)
		})
	}
	for _, c := range []struct {
		event shipEvent
		state fleetState
	}{{sail, "busy"}, {tack, "busy"}, {dock, "idle"}, {sail, "busy"}, {"sell", "idle"}} {
		if err := move(c.event); err != nil {
			t.Fatal(err)
		}
		if r, err := k.Get(ctx, "1"); err != nil || r.State != c.state {
			t.Errorf("after %s it is %s: %v", c.event, r.State, err)
		}
	}
	var lines []string
	for l, err := range k.History(ctx, "1") {
		lines = append(lines, fmt.Sprintf("%d %s %s-%s->%s %v", l.Version, l.Element, l.From, l.Event, l.To, err))
	}
	if diff := cmp.Diff([]string{
		"1  -->idle <nil>",
		"1 a -->docked <nil>",
		"2 a docked-sail->sailing <nil>",
		"2  idle-go->busy <nil>",
		"3 a sailing-tack->sailing <nil>",
		"4 a sailing-dock->docked <nil>",
		"4  busy-stop->idle <nil>",
		"5 a docked-sail->sailing <nil>",
		"5  idle-go->busy <nil>",
		"6 a sailing-sell->sold <nil>",
		"6  busy-stop->idle <nil>",
	}, lines); diff != "" {
		t.Error(diff)
	}

	busy := seenAt(noon, atSea("b", noon.Add(-voyage), noon))
	busy.State = "busy"
	c, err := k.Decide(ctx, busy, func(t *fleetTurn) error { return nil })
	if err != nil || c.Record.State != "busy" {
		t.Errorf("a ship is lost, and the fleet is %s: %v", c.Record.State, err)
	}
}

// A record is spawned with its elements.
func TestElementsOfASpawnedRecord(t *testing.T) {
	t.Parallel()
	k, store := newFleets(t, ships)
	ctx := t.Context()
	if err := k.Create(ctx, "1", fleet{}); err != nil {
		t.Fatal(err)
	}
	err := k.Change(ctx, "1", func(t *fleetTurn) error {
		k.Spawn(t, "2", fleet{}, supervision.SetUp(func(t supervision.Outbound) error {
			el := ships.AddAt(t, "a", sailing, 3, ship{Crew: 2})
			ships.Wake(t, el, time.Minute)
			return nil
		}))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	seen, err := store.Load(ctx, []storage.Key{k.Key("2")})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]storage.Tally{{Group: 3, State: string(sailing), N: 1}}, seen[0].Tally); diff != "" {
		t.Error(diff)
	}
	for e, err := range store.Elements(ctx, k.Key("2"), storage.ElementQuery{}) {
		if err != nil || e.Name != "a" || string(e.Data) != `{"Crew":2}` || !e.Due.Equal(e.Since.Add(time.Minute)) || !seen[0].Due.Equal(e.Due) {
			t.Errorf("%+v, %v; the record is due at %v", e, err, seen[0].Due)
		}
	}
}

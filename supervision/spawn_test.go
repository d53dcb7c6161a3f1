package supervision_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// A turn creates records in its commit, also of other kinds; they get their turns, and one that is
// there already stays as it is.
func TestSpawn(t *testing.T) {
	t.Parallel()
	var lamps *lampKind
	var kilns *kilnKind
	inYard(t, plan{decide: func(t *kilnTurn) error {
		if t.State == heating && t.Data.N > 0 {
			for i := range 2 {
				kilns.Spawn(t, fmt.Sprint(t.Key.ID, i), kiln{N: t.Data.N - 1}, supervision.At(heating), supervision.Operating(time.Hour))
			}
			lamps.Spawn(t, "a", lamp{Log: []string{t.Key.ID}}, supervision.Cause("it is dark"))
			word.Send(t, lamps.Key("a"), "welcome")
		}
		if t.State == heating {
			return t.Fire(hot)
		}
		return nil
	}}, func(y *yard) {
		lamps, kilns = newLamps(t, y.memory), y.kilns
		y.ok(y.kilns.Create(y.Context(), "k", kiln{N: 3}, supervision.At(heating)))
		y.run()
		y.pass(instant)
		counts, err := y.memory.Count(y.Context(), "kiln")
		y.ok(err)
		if counts["firing"] != 15 {
			y.Errorf("they are %v, want 15 that fire", counts)
		}
		if got := y.causes("k01"); !strings.HasPrefix(got, "spawned by kiln/k0; ") {
			y.Errorf("the causes are %q", got)
		}
		if r := y.get("k01"); r.Operation == "" || r.Deadline.IsZero() {
			y.Errorf("it is %+v", r)
		}
		l, err := lamps.Get(y.Context(), "a")
		if err != nil || l.Data.Log[0] != "k" || l.Version != 1 {
			y.Errorf("the lamp is %+v, %v", l, err)
		}
	})
}

// Two parents, or the same one twice, may want the same child: it comes to be once, and no turn fails.
func TestSpawnOfWhatIsThere(t *testing.T) {
	t.Parallel()
	var kilns *kilnKind
	inYard(t, plan{decide: func(t *kilnTurn) error {
		if t.State == heating {
			kilns.Spawn(t, "child", kiln{Log: []string{t.Key.ID}})
			return t.Fire(hot)
		}
		return nil
	}}, func(y *yard) {
		kilns = y.kilns
		y.create("a", supervision.At(heating))
		y.pass(instant)
		y.create("b", supervision.At(heating))
		y.run()
		y.pass(instant)
		if r := y.get("child"); r.Version != 1 || len(r.Data.Log) != 1 {
			y.Errorf("the child is %+v", r)
		}
		y.wants("a", firing)
		y.wants("b", firing)
	})
}

// What a spawned record cannot be fails the turn that spawns it.
func TestSpawnRefuses(t *testing.T) {
	t.Parallel()
	var kilns *kilnKind
	emits := supervision.SetUp(func(t supervision.Outbound) error { fuel.Emit(t, 1); return nil })
	fails := supervision.SetUp(func(supervision.Outbound) error { return errNotNow })
	how := map[string]func(t *kilnTurn){
		"no start": func(t *kilnTurn) { kilns.Spawn(t, "child", kiln{}, supervision.At(cracked)) },
		"emits":    func(t *kilnTurn) { kilns.Spawn(t, "child", kiln{}, emits) },
		"fails":    func(t *kilnTurn) { kilns.Spawn(t, "child", kiln{}, fails) },
		"no id":    func(t *kilnTurn) { kilns.Spawn(t, "", kiln{}) },
	}
	inYard(t, plan{options: supervision.Options{Failures: 1}, decide: func(t *kilnTurn) error {
		how[t.Key.ID](t)
		return nil
	}}, func(y *yard) {
		kilns = y.kilns
		for id := range how {
			y.create(id, supervision.At(heating))
		}
		y.run()
		y.pass(instant)
		for id := range how {
			if r := y.get(id); r.Status != storage.Quarantined {
				y.Errorf("%s: it is %+v", id, r)
			}
		}
		if _, err := y.kilns.Get(y.Context(), "child"); !errors.Is(err, storage.ErrNotFound) {
			y.Errorf("the child: %v", err)
		}
		if r := y.get("no start"); !strings.Contains(r.Reason, `"cracked" is no state of it`) {
			y.Errorf("the reason is %q", r.Reason)
		}
	})
}

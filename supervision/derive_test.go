package supervision_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// byN derives a kiln's state from its data.
func byN(k *kiln, _ supervision.Tally) kilnState {
	return []kilnState{cold, heating, firing, cracked, razed, "melting"}[k.N]
}

func derived(p plan) plan {
	p.kind = &kilnO{Derive: byN}
	return p
}

// to sets what the state follows from.
func (y *yard) to(id string, n int) error {
	return y.kilns.Change(y.Context(), id, func(t *kilnTurn) error { t.Data.N = n; return nil })
}

func TestDerivedState(t *testing.T) {
	t.Parallel()
	inYard(t, derived(plan{decide: func(t *kilnTurn) error {
		if t.State == heating {
			t.Data.N = 2
		}
		return nil
	}}), func(y *yard) {
		y.create("a")
		y.ok(y.to("a", 0))
		y.ok(y.to("a", 1))
		y.run()
		y.pass(instant)
		r := y.wants("a", firing)
		if !r.Until.Equal(time.Now().Add(burns - instant)) {
			y.Errorf("its time is up at %v", r.Until)
		}
		if got, why := y.path("a"), y.causes("a"); got != "cold heating firing" || why != "create; change; turn" {
			y.Errorf("it went %s because of %s", got, why)
		}
		var events []string
		for l, err := range y.kilns.History(y.Context(), "a") {
			y.ok(err)
			events = append(events, l.Event)
		}
		if got := strings.Join(events, " "); got != " light hot" {
			y.Errorf("the events are %q", got)
		}
	})
}

// A turn that asks for the next one has it also in the state that follows from the turn.
func TestADerivedMoveKeepsTheWake(t *testing.T) {
	t.Parallel()
	inYard(t, derived(plan{decide: func(t *kilnTurn) error {
		switch t.State {
		case heating:
			t.Data.N = 2
			t.Wake(time.Minute)
		case firing:
			t.Data.N = 0
		}
		return nil
	}}), func(y *yard) {
		y.create("a")
		y.ok(y.to("a", 1))
		y.run()
		y.pass(time.Minute - instant)
		y.wants("a", firing)
		y.pass(2 * instant)
		y.wants("a", cold)
	})
}

func TestWhatADerivedKindRefuses(t *testing.T) {
	t.Parallel()
	inYard(t, derived(plan{}), func(y *yard) {
		y.ok(y.kilns.Create(y.Context(), "made hot", kiln{N: 2}))
		y.wants("made hot", firing)
		if err := y.kilns.Create(y.Context(), "made cracked", kiln{N: 3}); !errors.Is(err, fsm.ErrUnknownState) {
			y.Errorf("a start that is none: %v", err)
		}
		y.create("a")
		if err := y.kilns.Fire(y.Context(), "a", light, nil); err == nil || !strings.Contains(err.Error(), "the state of a kiln is derived") {
			y.Errorf("an event: %v", err)
		}
		for n, want := range map[int]string{2: `"cold" becomes "firing"`, 5: `"cold" becomes "melting"`} {
			if err := y.to("a", n); !errors.Is(err, fsm.ErrNotPermitted) || !strings.Contains(err.Error(), want) {
				y.Errorf("a move that is no row: %v", err)
			}
		}
		y.wants("a", cold)
		_, err := supervision.NewKind("kiln", kilnMachine, y.memory, &kilnO{Derive: byN, Runner: new(fsm.Runner[kiln, kilnState, kilnEvent])})
		if err == nil || !strings.Contains(err.Error(), "either fired or derived") {
			y.Errorf("a runner beside Derive: %v", err)
		}
	})
}

// The decider of a derived kind is told once that time is up; no event is fired.
func TestADerivedStateExpires(t *testing.T) {
	t.Parallel()
	told := 0
	inYard(t, derived(plan{decide: func(t *kilnTurn) error {
		if t.Expired == supervision.StateExpired {
			if told++; t.Key.ID == "ends" {
				t.Data.N = 3
			}
		}
		return nil
	}}), func(y *yard) {
		for _, id := range []string{"ends", "stays"} {
			y.ok(y.kilns.Create(y.Context(), id, kiln{N: 2}))
		}
		y.run()
		y.pass(5 * burns)
		y.wants("ends", cracked)
		if r := y.wants("stays", firing); told != 2 || !r.Until.IsZero() {
			y.Errorf("told %d times, and it is %+v", told, r)
		}
	})
}

// A derived final state is final.
func TestADerivedEnd(t *testing.T) {
	t.Parallel()
	inYard(t, derived(plan{}), func(y *yard) {
		y.create("a")
		y.run()
		y.ok(y.to("a", 4))
		y.say("a", "hello")
		y.pass(instant)
		y.became("a", storage.MessageStale, "hello")
	})
}

package supervision_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

// A lamp is switched by an effect, and may burn for a minute.
type lamp struct {
	Log []string
}

type (
	lampState string
	lampEvent string
	lampTurn  = supervision.Turn[lamp, lampState, lampEvent]
	lampKind  = supervision.Kind[lamp, lampState, lampEvent]
)

const (
	off       lampState = "off"
	switching lampState = "switching"
	on        lampState = "on"
	broken    lampState = "broken"

	press   lampEvent = "press"
	lit     lampEvent = "lit"
	failed  lampEvent = "failed"
	timeout lampEvent = "timeout"
)

var lampMachine = fsm.MustCompile(fsm.Definition[lampState, lampEvent]{
	Name:    "lamp",
	Initial: off,
	States: fsm.States[lampState, lampEvent]{
		off:       {Mode: fsm.Resting},
		switching: {Mode: fsm.Active, After: 10 * time.Minute, Then: timeout},
		on:        {Mode: fsm.Waiting, After: time.Minute, Then: timeout},
		broken:    {Mode: fsm.Resting},
	},
	Table: fsm.Table[lampState, lampEvent]{
		off:       {press: switching},
		switching: {lit: on, failed: broken, timeout: broken},
		on:        {timeout: off, press: off},
		broken:    {press: switching},
	},
})

var current = supervision.NewEffect[string, int]("current")

func decideLamp(t *lampTurn) error {
	if t.State == switching {
		current.Emit(t, t.Key.ID, supervision.Once())
	}
	for _, m := range t.Messages {
		if volts, err, ok := current.Outcome(m); ok {
			if err != nil {
				t.Data.Log = append(t.Data.Log, err.Error())
				return t.Fire(failed)
			}
			t.Data.Log = append(t.Data.Log, fmt.Sprintf("%d V", volts))
			return t.Fire(lit)
		}
	}
	return nil
}

func newLamps(t *testing.T, store storage.Store) *lampKind {
	t.Helper()
	k, err := supervision.NewKind[lamp]("lamp", lampMachine, store, nil)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestOneKindWithOneEffectEndToEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := memory.New(nil)
		lamps := newLamps(t, store)
		s, err := supervision.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		tries := 0
		supervision.Supervise(s, lamps, decideLamp, supervision.Emits(current))
		supervision.Perform(s, current, func(context.Context, supervision.Call, string) (int, error) {
			if tries++; tries < 3 {
				return 0, errors.New("no current")
			}
			return 230, nil
		}, nil)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- s.Run(ctx) }()
		if err := lamps.Create(ctx, "a", lamp{}); err != nil {
			t.Fatal(err)
		}
		if _, err := lamps.Order(ctx, "a", press, time.Hour, nil); err != nil {
			t.Fatal(err)
		}
		time.Sleep(30 * time.Second)
		if r, err := lamps.Get(ctx, "a"); err != nil || r.State != on || fmt.Sprint(r.Data.Log) != "[230 V]" {
			t.Fatalf("it is %+v, %v", r, err)
		}
		time.Sleep(time.Minute)
		r, err := lamps.Get(ctx, "a")
		if err != nil || r.State != off || r.Operation != "" {
			t.Fatalf("it is %+v, %v", r, err)
		}
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if tries != 3 {
			t.Errorf("%d tries, want 3", tries)
		}
		var moves []string
		for l, err := range lamps.History(t.Context(), "a") {
			if err != nil {
				t.Fatal(err)
			}
			moves = append(moves, fmt.Sprintf("%s-%s->%s (%s)", l.From, l.Event, l.To, l.Cause))
		}
		want := "-->off (create), off-press->switching (order), switching-lit->on (message outcome of current), on-timeout->off (limit of the state)"
		if got := strings.Join(moves, ", "); got != want {
			t.Errorf("the history tells %s", got)
		}
	})
}

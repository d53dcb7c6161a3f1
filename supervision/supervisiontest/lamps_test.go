package supervisiontest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
	"github.com/reeve-go/reeve/supervision/supervisiontest"
)

type (
	Lamp      struct{ Broken bool }
	LampState string
	LampEvent string
	LampTurn  = supervision.Turn[Lamp, LampState, LampEvent]
	LampKind  = supervision.Kind[Lamp, LampState, LampEvent]
)

const (
	Dark      LampState = "dark"
	Switching LampState = "switching"
	Bright    LampState = "bright"

	Press  LampEvent = "press"
	Lit    LampEvent = "lit"
	Failed LampEvent = "failed"
)

var lampMachine = fsm.MustCompile(fsm.Definition[LampState, LampEvent]{
	Name:    "lamp",
	Initial: Dark,
	States: fsm.States[LampState, LampEvent]{
		Dark: {Mode: fsm.Resting}, Bright: {Mode: fsm.Resting},
		Switching: {Mode: fsm.Active, After: time.Minute, Then: Failed},
	},
	Table: fsm.Table[LampState, LampEvent]{
		Dark: {Press: Switching}, Switching: {Lit: Bright, Failed: Dark}, Bright: {Press: Dark},
	},
})

var current = supervision.NewEffect[string, int]("current")

func DecideLamp(t *LampTurn) error {
	if t.State != Switching {
		return nil
	}
	current.Emit(t, t.Key.ID, supervision.Once())
	for _, m := range t.Messages {
		if _, err, ok := current.Outcome(m); ok {
			if t.Data.Broken = err != nil; t.Data.Broken {
				return t.Fire(Failed)
			}
			return t.Fire(Lit)
		}
	}
	return nil
}

// Wire is what the program does, too: Grid is its way to the outside.
func Wire(s *supervision.Supervisor, store storage.Store, grid func(id string) (volts int, err error)) error {
	lamps, err := NewLamps(store)
	if err != nil {
		return err
	}
	supervision.Supervise(s, lamps, DecideLamp, supervision.Emits(current))
	supervision.Perform(s, current, func(_ context.Context, _ supervision.Call, id string) (int, error) { return grid(id) }, nil)
	return nil
}

func NewLamps(store storage.Store) (*LampKind, error) {
	return supervision.NewKind[Lamp]("lamp", lampMachine, store, nil)
}

// The whole of what a host writes: its own wiring with a fake of the outside, what people do, and what
// must hold.
func TestLamps(t *testing.T) {
	t.Parallel()
	supervisiontest.Simulate(t, func(sim *supervisiontest.Sim) error {
		grid := func(string) (int, error) {
			if sim.Intn(4) == 3 {
				return 0, supervision.Permanent(errors.New("the bulb is broken"))
			}
			return 230, nil
		}
		sim.Process(func(p *supervisiontest.Process) error {
			return Wire(p.Supervisor(), p.Store(), grid)
		})

		lamps, err := NewLamps(sim.Store())
		if err != nil {
			return err
		}
		sim.Action("buy", func(ctx context.Context) error {
			return lamps.Create(ctx, supervisiontest.Pick(sim, "hall", "kitchen"), Lamp{})
		})
		sim.Action("press", func(ctx context.Context) error {
			_, err := lamps.Order(ctx, supervisiontest.Pick(sim, "hall", "kitchen"), Press, time.Hour, nil)
			return err
		})

		supervisiontest.Watch(sim, lamps)
		sim.Always("no bright lamp is broken", func(ctx context.Context) error {
			for lamp, err := range lamps.List(ctx, nil) {
				if err != nil {
					return err
				}
				if lamp.State == Bright && lamp.Data.Broken {
					return errors.New(lamp.Key.ID + " is")
				}
			}
			return nil
		})
		sim.Finally("every lamp is dark or bright", supervisiontest.AtRest(lamps))
		return nil
	}, nil)
}

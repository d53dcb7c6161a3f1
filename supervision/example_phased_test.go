package supervision_test

import (
	"context"
	"fmt"
	"time"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

// A shop consists of parts, which are started in three phases and stopped in the reverse order.
type (
	Shop struct{}
	Part struct{ Image string }

	ShopTurn = supervision.Turn[Shop, State, Event]
	PartOf   = supervision.Element[Part, State]
)

const (
	Down     State = "down"
	Starting State = "starting"
	Up       State = "up"
	Stopping State = "stopping"
	Failed   State = "failed"

	Stop Event = "stop"
	Done Event = "done"
	Fail Event = "fail"
)

func updown(name string) *fsm.Machine[State, Event] {
	return fsm.MustCompile(fsm.Definition[State, Event]{
		Name:    name,
		Initial: Down,
		States: fsm.States[State, Event]{
			Down:     {Mode: fsm.Resting},
			Starting: {Mode: fsm.Waiting, After: time.Minute, Then: Fail},
			Up:       {Mode: fsm.Resting},
			Stopping: {Mode: fsm.Waiting, After: time.Minute, Then: Fail},
			Failed:   {Mode: fsm.Resting},
		},
		Table: fsm.Table[State, Event]{
			fsm.Any:  {Fail: Failed},
			Down:     {Start: Starting},
			Starting: {Done: Up},
			Up:       {Stop: Stopping},
			Stopping: {Done: Down},
		},
	})
}

var (
	shopParts = supervision.NewElements[Part](updown("part"), nil)

	startPart = supervision.NewEffect[string, string]("start")
	stopPart  = supervision.NewEffect[string, string]("stop")

	startAll = &supervision.Phased[Part, State, Event]{
		Elements: shopParts,
		Open:     func(s State) bool { return s == Down || s == Starting },
		Limit:    time.Minute,
		Resend:   10 * time.Second,
		Order:    order(startPart, Down, Start),
	}
	stopAll = &supervision.Phased[Part, State, Event]{
		Elements: shopParts,
		Open:     func(s State) bool { return s == Up || s == Stopping },
		Descend:  true,
		Limit:    time.Minute,
		Resend:   10 * time.Second,
		Order:    order(stopPart, Up, Stop),
	}
)

// order has each part started or stopped. One that is ordered again is under way already.
func order(effect *supervision.Effect[string, string], from State, e Event) func(supervision.Outbound, supervision.Step, []*PartOf) error {
	return func(t supervision.Outbound, step supervision.Step, els []*PartOf) error {
		for _, el := range els {
			if el.State == from {
				if err := shopParts.Fire(t, el, e); err != nil {
					return err
				}
			}
			effect.Emit(t, el.Data.Image, supervision.ForElement(el.Name), supervision.StepKey())
		}
		return nil
	}
}

func decideShop(t *ShopTurn) error {
	for _, m := range t.Messages {
		_, failed, ok := startPart.Outcome(m)
		if !ok {
			_, failed, ok = stopPart.Outcome(m)
		}
		if el, known := shopParts.Get(t, m.Element); ok && known {
			event := Done
			if failed != nil {
				event = Fail
			}
			if err := shopParts.Fire(t, el, event); err != nil {
				return err
			}
		}
	}
	steps := startAll
	if t.State == Stopping {
		steps = stopAll
	}
	step, err := steps.Advance(t)
	switch {
	case err != nil || !step.Done:
		return err
	case shopParts.Count(t, Failed) > 0:
		return t.Fire(Fail)
	}
	return t.Fire(Done)
}

// Each phase begins when the one before is done. What was ordered goes out with the commit, so that
// nothing is lost, and nothing is ordered that was not decided.
func ExamplePhased() {
	ctx := context.Background()
	shops, err := supervision.NewKind("shop", updown("shop"), memory.New(nil), &supervision.KindOptions[Shop, State, Event]{Elements: shopParts})
	if err != nil {
		fmt.Println(err)
		return
	}
	sup, err := supervision.New(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	say := func(_ context.Context, c supervision.Call, image string) (string, error) {
		fmt.Printf("phase %s: %s %s\n", c.Step, c.Element, image)
		return "", nil
	}
	supervision.Perform(sup, startPart, say, nil)
	supervision.Perform(sup, stopPart, say, nil)
	supervision.Supervise(sup, shops, decideShop)

	err = shops.Create(ctx, "s1", Shop{}, supervision.SetUp(func(t supervision.Outbound) error {
		shopParts.Add(t, "database", 1, Part{"postgres"})
		shopParts.Add(t, "cache", 1, Part{"valkey"})
		shopParts.Add(t, "orders", 2, Part{"orders:7"})
		shopParts.Add(t, "stock", 2, Part{"stock:3"})
		shopParts.Add(t, "web", 3, Part{"web:12"})
		shopParts.Add(t, "mail", 3, Part{"mail:1"})
		return nil
	}))
	if err != nil {
		fmt.Println(err)
	}
	for _, e := range []Event{Start, Stop} {
		if _, err := shops.Order(ctx, "s1", e, time.Hour, decideShop); err != nil {
			fmt.Println(err)
		}
		for done := 1; done > 0 && err == nil; {
			done, err = sup.Pass(ctx)
		}
		shop, err := shops.Get(ctx, "s1")
		fmt.Println(shop.State, err)
	}
	// Output:
	// phase 1: cache valkey
	// phase 1: database postgres
	// phase 2: orders orders:7
	// phase 2: stock stock:3
	// phase 3: mail mail:1
	// phase 3: web web:12
	// up <nil>
	// phase 3: mail mail:1
	// phase 3: web web:12
	// phase 2: orders orders:7
	// phase 2: stock stock:3
	// phase 1: cache valkey
	// phase 1: database postgres
	// down <nil>
}

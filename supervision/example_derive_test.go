package supervision_test

import (
	"context"
	"fmt"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

// A Disk is full when it is: nobody has to fire an event, and nobody can forget to.
type Disk struct{ Used, Size int }

const (
	Free Event = "free"
	Fill Event = "fill"

	Roomy State = "roomy"
	Full  State = "full"
)

// The state of a kind with Derive follows from its data, in the same commit. The machine says which
// moves are right.
func ExampleKindOptions_derive() {
	ctx := context.Background()
	machine := fsm.MustCompile(fsm.Definition[State, Event]{
		Name:    "disk",
		Initial: Roomy,
		States:  fsm.States[State, Event]{Roomy: {Mode: fsm.Resting}, Full: {Mode: fsm.Resting}},
		Table:   fsm.Table[State, Event]{Roomy: {Fill: Full}, Full: {Free: Roomy}},
	})
	disks, err := supervision.NewKind("disk", machine, memory.New(nil), &supervision.KindOptions[Disk, State, Event]{
		Derive: func(d *Disk, _ supervision.Tally) State {
			if d.Used < d.Size {
				return Roomy
			}
			return Full
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := disks.Create(ctx, "sda", Disk{Size: 100}); err != nil {
		fmt.Println(err)
	}
	for _, used := range []int{60, 100, 40} {
		err := disks.Change(ctx, "sda", func(t *supervision.Turn[Disk, State, Event]) error {
			t.Data.Used = used
			return nil
		})
		if err != nil {
			fmt.Println(err)
		}
	}
	for line, err := range disks.History(ctx, "sda") {
		fmt.Println(line.Version, line.Event, line.To, err)
	}
	// Output:
	// 1  roomy <nil>
	// 3 fill full <nil>
	// 4 free roomy <nil>
}

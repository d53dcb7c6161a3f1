package fsm_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/reeve-go/reeve/fsm"
)

type (
	rentalState string
	rentalEvent string
)

var rental = fsm.MustCompile(fsm.Definition[rentalState, rentalEvent]{
	Name: "rental", Doc: "A machine that someone rents from a cloud.", Initial: "requested",
	States: fsm.States[rentalState, rentalEvent]{
		"requested": {Mode: fsm.Waiting, After: 10 * time.Minute, Then: "expire", Doc: "The cloud was asked for it."},
		"running":   {Mode: fsm.Resting},
		"releasing": {After: 90 * time.Second, Then: "retry", Doc: "It is being given back."},
		"released":  {Mode: fsm.Final},
	},
	Events: fsm.Events[rentalEvent]{
		"ready":   {Doc: "The cloud says that it runs."},
		"resize":  {},
		"release": {},
		"gone":    {By: fsm.Supervisor},
		"retry":   {By: fsm.Supervisor},
		"expire":  {By: fsm.Supervisor, Doc: "The cloud did not answer in time."},
	},
	Table: fsm.Table[rentalState, rentalEvent]{
		"requested": {"ready": "running", "expire": "releasing"},
		"running":   {"resize": fsm.Same},
		"releasing": {"gone": "released", "retry": "releasing", "release": fsm.Same},
		fsm.Any:     {"release": "releasing"},
	},
})

func ExampleMachine_Text() {
	fmt.Print(rental.Text(&fsm.Diagram[rentalState]{Current: "running"}))
	// Output:
	// rental: A machine that someone rents from a cloud.
	//
	//     STATE      MODE     LIMIT           EVENT → STATE
	//     *                                   release → releasing
	//     released   final
	//     releasing  active   1m30s → retry†  gone† → released, release (stays), retry† → releasing
	//  ●  requested  waiting  10m → expire†   expire† → releasing, ready → running
	// >   running    resting                  resize (stays)
	//
	// > is here now
	// ● starts here, unless its creator says otherwise
	// * every state that is not final and has no row of its own for the event
	// stays: the event is accepted, nothing is left or entered, and clocks go on
	// † by the supervisor alone
	//
	// States
	//   releasing  It is being given back.
	//   requested  The cloud was asked for it.
	//
	// Events
	//   expire†  The cloud did not answer in time.
	//   ready    The cloud says that it runs.
}

func ExampleMachine_Mermaid() {
	door := fsm.MustCompile(fsm.Definition[rentalState, rentalEvent]{
		Name: "door", Initial: "closed",
		States: fsm.States[rentalState, rentalEvent]{"open": {Mode: fsm.Resting}, "closed": {Mode: fsm.Resting}},
		Table:  fsm.Table[rentalState, rentalEvent]{"open": {"close": "closed"}, "closed": {"open": "open"}},
	})
	diagram, _, _ := strings.Cut(door.Mermaid(nil), "\tclassDef")
	fmt.Print(diagram)
	// Output:
	// ---
	// title: "door"
	// ---
	// stateDiagram-v2
	// 	state "closed" as s0
	// 	s0 : resting
	// 	state "open" as s1
	// 	s1 : resting
	// 	[*] --> s0
	// 	s0 --> s1 : open
	// 	s1 --> s0 : close
}

func ExampleMachine_SVG() {
	svg := rental.SVG(&fsm.Diagram[rentalState]{
		Current: "requested",
		Counts:  map[rentalState]int{"requested": 3, "running": 71},
	})
	for line := range strings.Lines(svg) { // a page would take all of it
		if strings.HasPrefix(line, "<desc>") {
			fmt.Print(line)
		}
	}
	// Output:
	// <desc>A machine that someone rents from a cloud. A state machine with 4 states and 6 events that starts in requested. It is in requested.</desc>
}

func ExampleMachine_DOT() {
	fmt.Println(strings.Contains(rental.DOT(nil), `[label="gone†", tooltip="gone†", style=dashed]`))
	// Output:
	// true
}

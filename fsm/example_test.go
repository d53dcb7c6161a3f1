package fsm_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/reeve-go/reeve/fsm"
)

type (
	DoorState string
	DoorEvent string
)

const (
	Open   DoorState = "open"
	Ajar   DoorState = "ajar"
	Closed DoorState = "closed"

	Push  DoorEvent = "push"
	Pull  DoorEvent = "pull"
	Slam  DoorEvent = "slam"
	Alarm DoorEvent = "alarm"
)

// door is a definition: data that can be read aloud. A door that is ajar gives an alarm after a
// minute and is closed then.
var door = fsm.Definition[DoorState, DoorEvent]{
	Name:    "door",
	Initial: Closed,
	States: fsm.States[DoorState, DoorEvent]{
		Open:   {Mode: fsm.Resting, Doc: "Anyone may pass."},
		Ajar:   {Mode: fsm.Waiting, Doc: "Someone is in between.", After: time.Minute, Then: Alarm},
		Closed: {Mode: fsm.Resting, Doc: "Nobody may pass."},
	},
	Table: fsm.Table[DoorState, DoorEvent]{
		fsm.Any: {Slam: Closed},
		Closed:  {Pull: Ajar},
		Ajar:    {Pull: Open, Push: Closed, Alarm: Closed},
		Open:    {Push: Ajar},
	},
}

func Example() {
	machine := fsm.MustCompile(door)

	state := machine.Initial()
	for _, event := range []DoorEvent{Pull, Pull, Slam} {
		next, err := machine.Step(state, event)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s --%s--> %s\n", state, event, next)
		state = next
	}
	// Output:
	// closed --pull--> ajar
	// ajar --pull--> open
	// open --slam--> closed
}

// Everything that is wrong is listed at once, each with what would be right.
func ExampleCompile() {
	_, err := fsm.Compile(fsm.Definition[DoorState, DoorEvent]{
		Name:    "broken door",
		Initial: Closed,
		States: fsm.States[DoorState, DoorEvent]{
			Closed: {Mode: fsm.Resting},
			Ajar:   {Mode: fsm.Waiting},
			Open:   {Mode: fsm.Resting},
		},
		Table: fsm.Table[DoorState, DoorEvent]{
			Closed: {Pull: "ajarr"},
			Open:   {Push: Ajar},
			Ajar:   {Slam: Ajar},
		},
	})
	if refused, ok := errors.AsType[*fsm.DefinitionError](err); ok {
		for _, issue := range refused.Issues {
			fmt.Println(issue)
		}
	}
	// Output:
	// no-timeout: state "ajar" is waiting and has no limit, so an entity could stay there for ever; set After and Then
	// trap: no path leads from "ajar" to a resting or final state, so what enters it never comes to rest; add a row
	// undeclared-state: the target of "pull" in "closed" is "ajarr", which is not declared; declare it in States or correct the name
	// unreachable: no path leads to "ajar" from the initial state or a start; add a row, make it a start or remove it
	// unreachable: no path leads to "open" from the initial state or a start; add a row, make it a start or remove it
	// unused-event: no state accepts event "pull"; give it a row or remove it
}

func ExampleMachine_Next() {
	machine := fsm.MustCompile(door)
	fmt.Println(machine.Next(Ajar, Pull))
	_, permitted := machine.Next(Closed, Push)
	fmt.Println(permitted)
	// Output:
	// open true
	// false
}

func ExampleMachine_Step() {
	machine := fsm.MustCompile(door)
	_, err := machine.Step(Closed, Push)
	fmt.Println(err)
	fmt.Println(errors.Is(err, fsm.ErrNotPermitted))
	// Output:
	// fsm: machine "door": event "push" is not permitted in state "closed"; permitted: "pull", "slam"
	// true
}

func ExampleMachine_Path() {
	machine := fsm.MustCompile(door)
	fmt.Println(machine.Path(Closed, Open))
	// Output: [pull pull] true
}

func ExampleMachine_Timeout() {
	machine := fsm.MustCompile(door)
	fmt.Println(machine.Timeout(Ajar))
	// Output: 1m0s alarm true
}

// A rule is checked for every state that it covers, also for those that are added later.
func ExampleRule() {
	strict := door.Clone()
	strict.Rules = []fsm.Rule[DoorState, DoorEvent]{
		{Accept: Push, Except: []DoorState{Closed}, Doc: "a guard closes every door by pushing"},
		{Accept: Pull, Doc: "a guest opens every door by pulling"},
	}
	_, err := fsm.Compile(strict)
	fmt.Println(err)
	// Output:
	// fsm: definition "door" is not sound
	// 	broken-rule: state "open" refuses "pull", which a rule demands (a guest opens every door by pulling); add a row or an exception
}

// A waiver accepts one issue, by name and with a reason.
func ExampleWaiver() {
	patient := door.Clone()
	patient.States[Ajar] = fsm.State[DoorState, DoorEvent]{Mode: fsm.Waiting}
	patient.Waivers = []fsm.Waiver[DoorState, DoorEvent]{
		{Code: fsm.NoTimeout, State: Ajar, Reason: "the porter sees it"},
	}
	_, err := fsm.Compile(patient)
	fmt.Println(err)
	// Output: <nil>
}

// States that share rows or a limit are put into a superstate. The nearest row counts, and an entity
// is always in a leaf.
func ExampleState() {
	machine := fsm.MustCompile(fsm.Definition[string, string]{
		Name:    "player",
		Initial: "stopped",
		States: fsm.States[string, string]{
			"stopped": {Mode: fsm.Resting},
			"on":      {First: "playing", After: 2 * time.Hour, Then: "stop"},
			"playing": {In: "on"},
			"paused":  {In: "on", Mode: fsm.Waiting, After: time.Minute, Then: "play"},
		},
		Table: fsm.Table[string, string]{
			"stopped": {"play": "on"},
			"on":      {"stop": "stopped"},
			"playing": {"pause": "paused"},
			"paused":  {"play": "playing"},
		},
	})
	fmt.Println(machine.Next("stopped", "play"))
	fmt.Println(machine.Next("paused", "stop"))
	fmt.Println(machine.Timeout("playing"))
	fmt.Println(machine.Timeout("paused"))
	// Output:
	// playing true
	// stopped true
	// 2h0m0s stop true
	// 1m0s play true
}

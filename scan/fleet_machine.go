package scan

import (
	"time"

	"github.com/reeve-go/reeve/fsm"
)

// FleetRecord is what is known of a fleet: the data of its record, whose state is that of its breaker.
type FleetRecord struct {
	// Nonce tells its agents from those of another fleet of this name. Launched is how many there were so far.
	Nonce    string `json:"nonce"`
	Launched int    `json:"launched,omitempty"`
	// Waiting and Held are how many jobs wait for a place, and have one.
	Waiting int `json:"waiting,omitempty"`
	Held    int `json:"held,omitempty"`
	// Low is since when there have been more agents than are needed; zero: there are not. Peak is how many were needed at most since then.
	Low  time.Time `json:"low,omitzero"`
	Peak int       `json:"peak,omitempty"`
	// Places is what was last told to [FleetOptions.Capacity]; negative: nothing.
	Places int `json:"places"`
	// Failures is how many launches in a row have failed, Trips how often nothing was launched for that since the last one that
	// succeeded. Cause is why the last one failed; empty once one succeeds.
	Failures int    `json:"failures,omitempty"`
	Trips    int    `json:"trips,omitempty"`
	Cause    string `json:"cause,omitempty"`
	// Ended are the agents that are gone, newest first; not all of them are kept.
	Ended []EndedAgent `json:"ended,omitempty"`
}

// An EndedAgent is one that is gone.
type EndedAgent struct {
	Agent string     `json:"agent"`
	State AgentState `json:"state"`
	Why   string     `json:"why,omitempty"`
	At    time.Time  `json:"at"`
}

// keptEnded bounds how many agents that are gone are remembered.
const keptEnded = 20

// FleetState says whether a fleet launches agents.
type FleetState string

// The states of a fleet.
const (
	// FleetSteady: agents are launched as they are needed.
	FleetSteady FleetState = "steady"
	// FleetTripped: nothing is launched for a while, because the last launches failed.
	FleetTripped FleetState = "tripped"
	// FleetProbing: the next agent that is needed is launched, and no other until that has succeeded.
	FleetProbing FleetState = "probing"
)

// FleetEvent is what happens to a fleet.
type FleetEvent string

const (
	fleetTrip    FleetEvent = "trip"
	fleetProbe   FleetEvent = "probe"
	fleetRecover FleetEvent = "recover"
)

// fleetDefinition is the machine of fleets: a breaker.
var fleetDefinition = fsm.Definition[FleetState, FleetEvent]{
	Name:    "fleet",
	Doc:     "A fleet launches agents as they are needed, unless launches fail all the time.",
	Initial: FleetSteady,
	States: fsm.States[FleetState, FleetEvent]{
		FleetSteady:  {Mode: fsm.Resting, Doc: "Agents are launched as they are needed."},
		FleetTripped: {Mode: fsm.Waiting, After: time.Minute, Then: fleetProbe, Doc: "Nothing is launched for a while, because the last launches failed."},
		FleetProbing: {Mode: fsm.Resting, Doc: "The next agent that is needed is launched, and no other until that has succeeded."},
	},
	Events: fsm.Events[FleetEvent]{
		fleetTrip:    {Doc: "Too many launches in a row have failed.", By: fsm.Supervisor},
		fleetProbe:   {Doc: "The pause is over.", By: fsm.Supervisor},
		fleetRecover: {Doc: "A launch has succeeded.", By: fsm.Supervisor},
	},
	Table: fsm.Table[FleetState, FleetEvent]{
		FleetSteady:  {fleetTrip: FleetTripped},
		FleetTripped: {fleetProbe: FleetProbing, fleetRecover: FleetSteady},
		FleetProbing: {fleetTrip: FleetTripped, fleetRecover: FleetSteady},
	},
}

var fleetMachine = fsm.MustCompile(fleetDefinition)

package scan

import (
	"time"

	"github.com/reeve-go/reeve/fsm"
)

// FleetAgent is what is known of an agent: the data of an element of its fleet, whose name is the token it was launched with.
type FleetAgent struct {
	// Launched: the launcher said that it is on its way. Instance is the provider's name for what it runs in.
	Launched bool   `json:"launched,omitempty"`
	Instance string `json:"instance,omitempty"`
	// Beat is when it was last heard of; zero: never. Busy and Worked are what it said then.
	Beat   time.Time `json:"beat,omitzero"`
	Busy   int       `json:"busy,omitempty"`
	Worked uint64    `json:"worked,omitempty"`
	// Moved is when it last had got any further, or had nothing to do.
	Moved time.Time `json:"moved,omitzero"`
	// Drain is until when it is to have drained; zero: it is not to.
	Drain time.Time `json:"drain,omitzero"`
	// Ended is what it said of its own end, Lost why it is not there any more, or never was; empty: nothing. Gone: it is certain that nothing is
	// left of it.
	Ended string `json:"ended,omitempty"`
	Lost  string `json:"lost,omitempty"`
	Gone  bool   `json:"gone,omitempty"`
	// Why says for people why it is in its state, Left why what it ran in could not be terminated so far.
	Why  string `json:"why,omitempty"`
	Left string `json:"left,omitempty"`
}

// AgentState is where an agent of a fleet is.
type AgentState string

// The states of an agent.
const (
	// AgentLaunching: the launcher is asked for it.
	AgentLaunching AgentState = "launching"
	// AgentBooting: it is on its way, and has not reported yet.
	AgentBooting AgentState = "booting"
	// AgentReady: it has reported, and has had nothing to do yet.
	AgentReady AgentState = "ready"
	// AgentBusy: it works.
	AgentBusy AgentState = "busy"
	// AgentIdle: it has nothing to do.
	AgentIdle AgentState = "idle"
	// AgentSuspect: it is silent, or does not get any further.
	AgentSuspect AgentState = "suspect"
	// AgentDraining: it is told to take no more, and ends what it has.
	AgentDraining AgentState = "draining"
	// AgentStopped: it has ended by itself; what it ran in is terminated, and then it is removed.
	AgentStopped AgentState = "stopped"
	// AgentTerminated: it is terminated, and removed when that is done.
	AgentTerminated AgentState = "terminated"
)

// Over reports whether nothing is expected of an agent any more. One that is not there any more is not in the fleet either.
func (s AgentState) Over() bool { return s == AgentStopped || s == AgentTerminated }

// agentEvent is what happens to an agent.
type agentEvent string

const (
	agentBoot      agentEvent = "boot"
	agentAppear    agentEvent = "appear"
	agentWork      agentEvent = "work"
	agentRest      agentEvent = "rest"
	agentSuspect   agentEvent = "suspect"
	agentDrain     agentEvent = "drain"
	agentStop      agentEvent = "stop"
	agentTerminate agentEvent = "terminate"
)

// agentDefinition is the machine of agents. The limits are the defaults of [FleetOptions].
var agentDefinition = fsm.Definition[AgentState, agentEvent]{
	Name:    "agent",
	Doc:     "An agent is launched, works while it beats and gets further, and is in the fleet until nothing is left of it.",
	Initial: AgentLaunching,
	States: fsm.States[AgentState, agentEvent]{
		AgentLaunching:  {Mode: fsm.Active, After: 10*time.Minute + launchLate, Then: agentTerminate, Doc: "The launcher is asked for it."},
		AgentBooting:    {Mode: fsm.Waiting, After: 10 * time.Minute, Then: agentTerminate, Doc: "It is on its way, and has not reported yet."},
		AgentReady:      {Mode: fsm.Waiting, Doc: "It has reported, and has had nothing to do yet."},
		AgentBusy:       {Mode: fsm.Waiting, Doc: "It works."},
		AgentIdle:       {Mode: fsm.Waiting, Doc: "It has nothing to do."},
		AgentSuspect:    {Mode: fsm.Waiting, After: 2 * time.Minute, Then: agentTerminate, Doc: "It is silent, or does not get any further."},
		AgentDraining:   {Mode: fsm.Waiting, After: time.Hour, Then: agentTerminate, Doc: "It is told to take no more, and ends what it has."},
		AgentStopped:    {Mode: fsm.Final, Doc: "It has ended by itself; what it ran in is terminated, and then it is removed."},
		AgentTerminated: {Mode: fsm.Final, Doc: "It is terminated, and removed when that is done."},
	},
	Events: fsm.Events[agentEvent]{
		agentBoot:      {Doc: "The launcher says that it is on its way.", By: fsm.Supervisor},
		agentAppear:    {Doc: "It reports for the first time.", By: fsm.Supervisor},
		agentWork:      {Doc: "It says that it has something to do.", By: fsm.Supervisor},
		agentRest:      {Doc: "It says that it has nothing to do.", By: fsm.Supervisor},
		agentSuspect:   {Doc: "It has been silent, or busy without getting further, for too long.", By: fsm.Supervisor},
		agentDrain:     {Doc: "It is not needed any more.", By: fsm.Supervisor},
		agentStop:      {Doc: "It says that it ends.", By: fsm.Supervisor},
		agentTerminate: {Doc: "It failed, is lost, or is not wanted before it has begun.", By: fsm.Supervisor},
	},
	Table: fsm.Table[AgentState, agentEvent]{
		AgentLaunching: {agentBoot: AgentBooting, agentAppear: AgentReady, agentStop: AgentStopped, agentTerminate: AgentTerminated},
		AgentBooting:   {agentAppear: AgentReady, agentStop: AgentStopped, agentTerminate: AgentTerminated},
		AgentReady:     {agentWork: AgentBusy, agentSuspect: AgentSuspect, agentDrain: AgentDraining, agentStop: AgentStopped, agentTerminate: AgentTerminated},
		AgentBusy:      {agentRest: AgentIdle, agentSuspect: AgentSuspect, agentDrain: AgentDraining, agentStop: AgentStopped, agentTerminate: AgentTerminated},
		AgentIdle:      {agentWork: AgentBusy, agentSuspect: AgentSuspect, agentDrain: AgentDraining, agentStop: AgentStopped, agentTerminate: AgentTerminated},
		AgentSuspect: {
			agentWork: AgentBusy, agentRest: AgentIdle, agentDrain: AgentDraining, agentStop: AgentStopped, agentTerminate: AgentTerminated,
		},
		AgentDraining: {agentSuspect: AgentSuspect, agentStop: AgentStopped, agentTerminate: AgentTerminated},
	},
	Waivers: []fsm.Waiver[AgentState, agentEvent]{
		{Code: fsm.NoTimeout, State: AgentReady, Reason: beaten},
		{Code: fsm.NoTimeout, State: AgentBusy, Reason: beaten},
		{Code: fsm.NoTimeout, State: AgentIdle, Reason: beaten},
	},
}

const beaten = "it is suspect some time after its last beat"

var agentMachine = fsm.MustCompile(agentDefinition)

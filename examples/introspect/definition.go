package main

import (
	"time"

	"github.com/reeve-go/reeve/fsm"
)

// State is where a node is in its introspection.
type State string

// Event is what can happen to a node.
type Event string

// The states of a node.
const (
	Aborting   State = "aborting"
	Enrolling  State = "enrolling"
	Failed     State = "error"
	Finished   State = "finished"
	Processing State = "processing"
	Reapplying State = "reapplying"
	Starting   State = "starting"
	Waiting    State = "waiting"
)

// The events of a node.
const (
	Abort    Event = "abort"
	AbortEnd Event = "abort_end"
	Error    Event = "error"
	Finish   Event = "finish"
	Process  Event = "process"
	Reapply  Event = "reapply"
	Start    Event = "start"
	TimedOut Event = "timeout"
	Wait     Event = "wait"
)

// limit is how long a node may stay where somebody is at work. An inspector of other machines would
// give them an hour; ten seconds let one watch a limit run out.
const limit = 10 * time.Second

// Introspection is the life of a node, the same eight states and 26 rows as in ironic-inspector.
var Introspection = fsm.Definition[State, Event]{
	Name:    "introspection",
	Doc:     "Finds out what a node is made of.",
	Initial: Finished,
	Starts:  []State{Enrolling, Starting, Waiting},
	States: fsm.States[State, Event]{
		Aborting:   {Doc: "The operator gave up on it, and its power is being cut.", Mode: fsm.Active, After: limit, Then: TimedOut},
		Enrolling:  {Doc: "Facts are coming from a node that nobody knew.", Mode: fsm.Active, After: limit, Then: TimedOut},
		Failed:     {Doc: "The last introspection failed, and its error says why.", Mode: fsm.Resting},
		Finished:   {Doc: "There is nothing to do.", Mode: fsm.Resting},
		Processing: {Doc: "Its facts have come and are being processed.", Mode: fsm.Active, After: limit, Then: TimedOut},
		Reapplying: {Doc: "The facts that are stored are being processed again.", Mode: fsm.Active, After: limit, Then: TimedOut},
		Starting:   {Doc: "It is being asked for its facts.", Mode: fsm.Active, After: limit, Then: TimedOut},
		Waiting:    {Doc: "It was asked, and its facts have not come yet.", Mode: fsm.Waiting, After: limit, Then: TimedOut},
	},
	Events: fsm.Events[Event]{
		Abort:    {Doc: "The operator gives up on it.", By: fsm.Outside},
		AbortEnd: {Doc: "The abort has been carried out.", By: fsm.Supervisor},
		Error:    {Doc: "The work on it failed.", By: fsm.Supervisor},
		Finish:   {Doc: "Its facts have been processed.", By: fsm.Supervisor},
		Process:  {Doc: "Its facts came.", By: fsm.Outside},
		Reapply:  {Doc: "The operator wants the stored facts processed again.", By: fsm.Outside},
		Start:    {Doc: "The operator wants it introspected.", By: fsm.Outside},
		TimedOut: {Doc: "The time of its state was up.", By: fsm.Supervisor},
		Wait:     {Doc: "It has been asked for its facts.", By: fsm.Supervisor},
	},
	Table: fsm.Table[State, Event]{
		Aborting:   {AbortEnd: Failed, TimedOut: Failed},
		Enrolling:  {Error: Failed, Process: Processing, TimedOut: Failed},
		Failed:     {Abort: Failed, Error: Failed, Reapply: Reapplying, Start: Starting},
		Finished:   {Finish: Finished, Reapply: Reapplying, Start: Starting},
		Processing: {Error: Failed, Finish: Finished, TimedOut: Failed},
		Reapplying: {Error: Failed, Finish: Finished, Reapply: Reapplying, TimedOut: Failed},
		Starting:   {Error: Failed, TimedOut: Failed, Wait: Waiting},
		Waiting:    {Abort: Aborting, Process: Processing, Start: Starting, TimedOut: Failed},
	},
	Rules: []fsm.Rule[State, Event]{
		{Accept: TimedOut, Modes: []fsm.Mode{fsm.Active, fsm.Waiting}, Doc: "whoever works may be gone for good"},
		{Accept: Error, Modes: []fsm.Mode{fsm.Active}, Except: []State{Aborting}, Doc: "work can fail; an abort ends as one"},
	},
}

var machine = fsm.MustCompile(Introspection)

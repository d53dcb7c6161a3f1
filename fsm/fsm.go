package fsm

import (
	"maps"
	"slices"
	"time"
)

const (
	// Any, as a source in a [Table], stands for every state that is not final.
	// A row of the state itself or of a superstate wins over it.
	Any = "*"

	// Same, as a target in a [Table], keeps the entity in the state it is in: its clock goes on,
	// and neither exit nor entry actions run.
	Same = "="
)

// A Definition is a state machine as data. The zero value of each optional field means "none".
// A definition is only a description: [Compile] says whether it is sound.
//
// Definitions are values, but their maps and slices are shared by copies; use [Definition.Clone]
// or [Definition.Derive] before changing one that others hold.
type Definition[S, E ~string] struct {
	// Name identifies the machine in errors, diagrams and logs. Required.
	Name string
	// Doc says in a sentence what the machine is about.
	Doc string
	// Initial is the state that an entity starts in unless its creator names one of Starts.
	Initial S
	// Starts are further states that an entity may be created in.
	Starts []S
	// States declares every state, superstates included.
	States States[S, E]
	// Events says what the events mean and who may fire them. If it is not empty it must declare
	// every event that the table uses; if it is empty, the events are those of the table.
	Events Events[E]
	// Table holds the rows: source, event, target.
	Table Table[S, E]
	// Rules are demands on the table that Compile checks.
	Rules []Rule[S, E]
	// Waivers accept single issues, each with a reason.
	Waivers []Waiver[S, E]
}

// States declares the states of a definition.
type States[S, E ~string] map[S]State[S, E]

// A State describes one state. Its zero value is an active leaf without a limit, which Compile
// refuses: forgetting the mode or the limit of a state is loud.
type State[S, E ~string] struct {
	// Doc says in a sentence what it means to be in this state.
	Doc string
	// Mode says who works while an entity is in this state. The mode of a superstate is not used.
	Mode Mode
	// In names the superstate, if there is one. A state inherits the rows of its superstates, and
	// their limit (After and Then) where it has none of its own.
	In S
	// First names the child that is entered when this superstate is a target.
	First S
	// After is how long an entity may stay before Then is fired. Zero: no limit.
	After time.Duration
	// Then is the event that is fired when After has passed.
	Then E
}

// Events describes the events of a definition.
type Events[E ~string] map[E]Event

// An Event describes one event.
type Event struct {
	// Doc says in a sentence what happened when this event is fired.
	Doc string
	// By says who may fire it. It is documentation: diagrams, JSON and errors show it.
	By Origin
}

// Table maps a source state and an event to the target state. One target a cell: a host that
// branches fires different events.
type Table[S, E ~string] map[S]map[E]S

// A Rule demands that states accept an event.
type Rule[S, E ~string] struct {
	// Accept is the event that has to be accepted.
	Accept E
	// Modes restricts the rule to states of these modes. Empty: every mode but [Final].
	Modes []Mode
	// Except lists the states that the rule does not apply to. A superstate stands for its leaves.
	Except []S
	// Doc says why.
	Doc string
}

// A Waiver accepts one issue of a definition. A waiver that accepts nothing is itself an issue.
type Waiver[S, E ~string] struct {
	// Code is the code of the issue.
	Code Code
	// State and Event are those of the issue, empty where it has none.
	State S
	Event E
	// Reason says why the issue is acceptable. Required.
	Reason string
}

// Clone returns a copy of d that shares nothing with it.
func (d Definition[S, E]) Clone() Definition[S, E] {
	d.Starts = slices.Clone(d.Starts)
	d.States = maps.Clone(d.States)
	d.Events = maps.Clone(d.Events)
	d.Table = maps.Clone(d.Table)
	for from, row := range d.Table {
		d.Table[from] = maps.Clone(row)
	}
	d.Rules = slices.Clone(d.Rules)
	for i := range d.Rules {
		d.Rules[i].Modes = slices.Clone(d.Rules[i].Modes)
		d.Rules[i].Except = slices.Clone(d.Rules[i].Except)
	}
	d.Waivers = slices.Clone(d.Waivers)
	return d
}

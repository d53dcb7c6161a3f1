// Package fsm describes state machines as data and compiles them into tables that cannot surprise.
//
// A [Definition] is a value: states with their modes and limits, events with a sentence each, and a
// table that says, for a state and an event, which state comes next. It can be read aloud, compared
// ([Diff]), extended by named edits ([Definition.Derive]), written as JSON and drawn.
//
// [Compile] verifies a definition and turns it into a [Machine]: immutable, shared by any number of
// goroutines and entities, and answering without allocating. What is wrong with a definition comes
// back at once, every [Issue] of it, each naming the state and the event and saying what would be
// right: a state that does not exist, one that nothing reaches, a trap that no path leaves, a state
// that could wait for ever.
//
//	machine := fsm.MustCompile(definition)
//	next, ok := machine.Next(Waiting, Process)  // a lookup
//	next, err := machine.Step(Waiting, Process) // the same, with an error that explains
//
// A machine holds no state of its own: the host keeps it, in a struct, a row or a record, and a
// million entities share one machine.
//
// # The table
//
// States and events are string types of the host, so a typo in a constant does not compile and a
// doubled row is a duplicate map key. [Any] as a source means every state, [Same] as a target means
// stay. A row of the state itself wins over a row of its superstate ([State.In]), and that over a
// row of [Any]; neither of the inherited ones ever leaves a final state. Superstates are resolved
// when the definition is compiled: an entity is always in a leaf.
//
// [Same] stays without leaving: clocks go on and no entry or exit action runs. A row that leads to
// the state it starts from leaves it and enters it again, and its clock starts anew.
//
// # Behaviour
//
// Where a transition must do something, a [Runner] adds guards and entry, exit and transition
// actions to a machine. It works on a staged copy: an action that fails leaves state and subject as
// they were.
//
// Package fsmtest has the properties that a host checks its own definitions and entities with.
package fsm

// Package originals holds the state machines of the systems that Reeve learned from, as definitions:
// the introspection of bare-metal nodes (ironic-inspector) and the scanning of virtual machines
// (ManageIQ), as they are in use, as they once were, and repaired. Tests and benchmarks share them.
//
// The tables are facts about those systems. The sentences, modes and limits are ours: the originals
// have neither modes nor a limit a state.
package originals

import "github.com/reeve-go/reeve/fsm"

type (
	// State is the type of every state here.
	State string
	// Event is the type of every event here.
	Event string
	// Definition is the type of every definition here.
	Definition = fsm.Definition[State, Event]
	// Edit is what changes one of them.
	Edit = fsm.Edit[State, Event]
)

// derive makes a variant by edits that are known to apply.
func derive(base Definition, name string, edits func(e *Edit)) Definition {
	d, err := base.Derive(name, edits)
	if err != nil {
		panic(err)
	}
	return d
}

// Package originals holds the introspection of bare-metal nodes (ironic-inspector), one of the systems that Reeve learned from, as
// definitions: as it is in use and as it once was. Tests and benchmarks share them. Those of ManageIQ's scanning are in package
// scan/presets.
//
// The tables are facts about that system. The sentences, modes and limits are ours: the original has neither modes nor a limit a
// state.
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

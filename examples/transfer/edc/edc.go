// Package edc has the transfer process of the Eclipse Dataspace Connector, version 0.10, as definitions: [AsItIs], with
// a waiver for each thing that the original leaves open, and [Repaired], made from that by named [Repairs].
//
// A transfer has a process at its consumer and another at its provider. Both have the same states, and some rows
// are for one role only. The tables are facts about the original. The sentences, modes and limits are ours: the
// original has processors that look at a state again and again, and states without one.
package edc

import "github.com/reeve-go/reeve/fsm"

type (
	// Definition is the type of every definition here.
	Definition = fsm.Definition[State, Event]
	// Machine is the type of a definition that is compiled.
	Machine = fsm.Machine[State, Event]

	edit   = fsm.Edit[State, Event]
	waiver = fsm.Waiver[State, Event]
)

// A Role is a side of a transfer.
type Role string

// The roles.
const (
	Consumer Role = "consumer"
	Provider Role = "provider"
)

// derive makes a variant by edits that are known to apply.
func derive(base Definition, name string, edits func(e *edit)) Definition {
	d, err := base.Derive(name, edits)
	if err != nil {
		panic(err)
	}
	return d
}

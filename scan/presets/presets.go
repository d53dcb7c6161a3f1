// Package presets has the state machines of ManageIQ's SmartState, the scanning that package scan learned from, as definitions: the job that looks
// into the disks of a virtual machine, its variants for Amazon, VMware, Azure and OpenStack, and the job that looks into container images.
//
// Each is there as it is and repaired. As they are, [fsm.Compile] refuses them: what is finished can be aborted, what waits in the queue waits for
// ever, and what is canceled only ends if somebody aborts it as well. The table for Amazon is worse, because it replaces the rows of "finish" where
// it means to add one: a scan that succeeds gets stuck in "synchronizing", and the timeout that should rescue it gets stuck
// in "aborting". The table for OpenStack never deletes the snapshot of a scan that succeeds. The job for containers is sound.
//
// A host that has such jobs supervises the repaired definitions as kinds of its own, changes them with [fsm.Definition.Derive], and compares them
// with what it has by [fsm.Diff]. Jobs of package scan need none of them: they have a machine of their own.
//
// The tables are facts about those systems. The sentences, modes and limits are ours, but for the one limit that the originals have: what shows
// no activity for 50 minutes is aborted.
package presets

import (
	"fmt"

	"github.com/reeve-go/reeve/fsm"
)

type (
	// State is the type of every state here.
	State string
	// Event is the type of every event here.
	Event string
	// Definition is the type of every definition here.
	Definition = fsm.Definition[State, Event]
)

type edit = fsm.Edit[State, Event]

// derive makes a variant by edits that are known to apply.
func derive(base Definition, name, doc string, edits func(e *edit)) Definition {
	d, err := base.Derive(name, func(e *edit) {
		e.SetDoc(doc)
		edits(e)
	})
	if err != nil {
		panic(fmt.Sprintf("presets: %v", err))
	}
	return d
}

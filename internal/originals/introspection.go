package originals

import (
	"time"

	"github.com/reeve-go/reeve/fsm"
)

// Introspection is the table of ironic-inspector: 26 rows of 8 states and 9 events. A node is
// started or enrolled, waits for what its ramdisk finds out, and that is processed.
func Introspection() Definition {
	const working, answering = 10 * time.Minute, time.Hour
	return Definition{
		Name:    "introspection",
		Doc:     "Finds out what hardware a node has.",
		Initial: "finished",
		Starts:  []State{"starting", "enrolling", "waiting"},
		States: fsm.States[State, Event]{
			"aborting":   {Doc: "The node is being powered off because someone called the introspection off.", After: working, Then: "timeout"},
			"enrolling":  {Doc: "An unknown node has reported itself and is being recorded.", After: working, Then: "timeout"},
			"error":      {Doc: "The last introspection failed.", Mode: fsm.Resting},
			"finished":   {Doc: "The last introspection succeeded, or there was none.", Mode: fsm.Resting},
			"processing": {Doc: "What the node reported is being evaluated.", After: working, Then: "timeout"},
			"reapplying": {Doc: "What the node once reported is being evaluated again.", After: working, Then: "timeout"},
			"starting":   {Doc: "The node is being booted into the ramdisk.", After: working, Then: "timeout"},
			"waiting":    {Doc: "The ramdisk is expected to report.", Mode: fsm.Waiting, After: answering, Then: "timeout"},
		},
		Events: fsm.Events[Event]{
			"abort":     {Doc: "A user calls the introspection off."},
			"abort_end": {Doc: "The node of an aborted introspection is off.", By: fsm.Supervisor},
			"error":     {Doc: "Something went wrong.", By: fsm.Supervisor},
			"finish":    {Doc: "Everything is evaluated.", By: fsm.Supervisor},
			"process":   {Doc: "The ramdisk reports what it found."},
			"reapply":   {Doc: "A user wants the stored report evaluated again."},
			"start":     {Doc: "A user wants the node introspected."},
			"timeout":   {Doc: "The state's time is up.", By: fsm.Supervisor},
			"wait":      {Doc: "The node is booting.", By: fsm.Supervisor},
		},
		Table: fsm.Table[State, Event]{
			"aborting":   {"abort_end": "error", "timeout": "error"},
			"enrolling":  {"error": "error", "process": "processing", "timeout": "error"},
			"error":      {"abort": "error", "error": "error", "reapply": "reapplying", "start": "starting"},
			"finished":   {"finish": "finished", "reapply": "reapplying", "start": "starting"},
			"processing": {"error": "error", "finish": "finished", "timeout": "error"},
			"reapplying": {"error": "error", "finish": "finished", "reapply": "reapplying", "timeout": "error"},
			"starting":   {"error": "error", "wait": "waiting", "timeout": "error"},
			"waiting":    {"abort": "aborting", "process": "processing", "start": "starting", "timeout": "error"},
		},
	}
}

package edc

import (
	"fmt"
	"time"

	"github.com/reeve-go/reeve/fsm"
)

// How long a process may stay where the connector works, and where it is for others to work. They are the last resort:
// the deadlines of single calls and resources are shorter.
const (
	working   = 10 * time.Minute
	answering = time.Hour
)

// A Repair mends one defect of the original's table.
type Repair struct {
	// Name says what holds afterwards.
	Name string
	// Changes are what it changed in the table.
	Changes []fsm.Change
}

// Repaired returns the table for a role with every repair.
func Repaired(role Role) Definition {
	return derive(AsItIs(role), "transfer-"+string(role), func(e *edit) {
		for _, r := range repairs(role) {
			r.make(e)
		}
	})
}

// Repairs returns what leads from [AsItIs] to [Repaired], in the order in which it was done.
func Repairs(role Role) (done []Repair) {
	before := AsItIs(role)
	for i, r := range repairs(role) {
		after := derive(before, fmt.Sprintf("transfer-%s-repair-%d", role, i+1), r.make)
		done = append(done, Repair{r.name, fsm.Diff(before, after)})
		before = after
	}
	return done
}

type repair struct {
	name string
	make func(e *edit)
}

func repairs(role Role) []repair {
	all := []repair{
		{"a resumed transfer can be terminated", func(e *edit) {
			e.AddRow(Resumed, ToTerminating, Terminating)
			e.AddRow(Resumed, ToTerminated, Terminated)
			e.Unwaive(fsm.BrokenRule, Resumed, ToTerminating)
		}},
		{"only a suspended transfer can be resumed", func(e *edit) {
			e.ReplaceEvent(ToResuming, map[State]State{Suspended: Resuming, Resuming: Resuming})
		}},
		{"what was requested can be asked for again", func(e *edit) {
			e.AddRow(ProvisioningRequested, ToProvisioning, Provisioning)
			e.AddRow(DeprovisioningRequested, ToDeprovisioning, Deprovisioning)
		}},
		{"a transfer whose resources cannot be released is not deprovisioned", failedDeprovisioning},
		{"a transfer is over when it is deprovisioned, and not before", func(e *edit) {
			for _, s := range []State{Completed, Terminated} {
				e.SetMode(s, fsm.Active)
				e.SetTimeout(s, working, ToDeprovisioning)
			}
			e.RemoveRow(Deprovisioned, ToDeprovisioned)
			e.SetMode(Deprovisioned, fsm.Final)
		}},
	}
	if role == Provider {
		all = append(all, repair{"a provider has nothing to request", withoutRequests})
	} else {
		all = append(all, repair{"a provider can resume what is suspended", func(e *edit) {
			e.AddRow(Suspended, ToStarted, Started) // as in the original from 0.14 on
		}})
	}
	return append(all, repair{"nothing lasts for ever", func(e *edit) {
		limit(e, working, ToTerminating, Initial, Provisioned, Suspending, Resuming, Completing)
		limit(e, answering, ToTerminating, Provisioning, ProvisioningRequested, Starting, Resumed)
		limit(e, working, ToTerminated, Terminating)
		limit(e, answering, ToDeprovisioningFailed, Deprovisioning, DeprovisioningRequested)
		if role == Consumer {
			limit(e, answering, ToTerminating, Requesting, Requested)
		}
	}})
}

func failedDeprovisioning(e *edit) {
	e.AddEvent(ToDeprovisioningFailed, fsm.Event{Doc: "Something cannot be released.", By: fsm.Supervisor})
	e.AddState(DeprovisioningFailed, fsm.State[State, Event]{
		Doc: "Something that it needed cannot be released, until somebody has it tried again or gives it up.", Mode: fsm.Resting,
	})
	e.AddRow(Deprovisioning, ToDeprovisioningFailed, DeprovisioningFailed)
	e.AddRow(DeprovisioningRequested, ToDeprovisioningFailed, DeprovisioningFailed)
	e.AddRow(DeprovisioningFailed, ToDeprovisioning, Deprovisioning)
	e.AddRow(DeprovisioningFailed, ToDeprovisioned, Deprovisioned)
}

// withoutRequests removes the states that nothing leads a provider to.
func withoutRequests(e *edit) {
	e.RemoveRow(Requested, ToProvisioned)
	for _, s := range []State{Requesting, Requested} {
		e.RemoveRow(s, ToTerminating)
		e.RemoveRow(s, ToTerminated)
		e.Unwaive(fsm.Unreachable, s, "")
		e.Unwaive(fsm.NoTimeout, s, "")
		e.RemoveState(s)
	}
}

// limit gives states a limit that the original does not have.
func limit(e *edit, after time.Duration, then Event, states ...State) {
	for _, s := range states {
		e.SetTimeout(s, after, then)
		e.Unwaive(fsm.NoTimeout, s, "")
	}
}

package edc

import (
	"slices"

	"github.com/reeve-go/reeve/fsm"
)

// Why the original does without what Compile asks for.
const (
	countsRetries = "the original counts retries, eight attempts by default, and not the time"
	waitsForEver  = "the original waits for ever: nothing ends a wait for somebody outside"
	forgotten     = "no version of the original lets a resumed transfer be terminated"
	consumersOnly = "a provider has the state in its list, and no method leads it there"
)

// AsItIs returns the table of the original for a role. A state that is worked on is active; one that only somebody outside leads on
// from is waiting. The original calls completed, terminated and deprovisioned final; here they rest, because it has
// rows that leave them.
func AsItIs(role Role) Definition {
	if role == Provider {
		return derive(consumerAsItIs(), "transfer-provider-as-it-is", asProvider)
	}
	return consumerAsItIs()
}

func consumerAsItIs() Definition {
	return Definition{
		Name:    "transfer-consumer-as-it-is",
		Doc:     "Transfers data between two connectors, and sees to what that needs.",
		Initial: Initial,
		States: fsm.States[State, Event]{
			Initial:                 {Doc: "The transfer is agreed, and what it needs is being worked out."},
			Provisioning:            {Doc: "What it needs is being asked for."},
			ProvisioningRequested:   {Doc: "An external provisioner works, and is expected to call back.", Mode: fsm.Waiting},
			Provisioned:             {Doc: "All that it needs is there."},
			Requesting:              {Doc: "The provider is being asked for the data."},
			Requested:               {Doc: "The provider was asked, and is expected to start.", Mode: fsm.Waiting},
			Starting:                {Doc: "The data flow is being started; a consumer expects the provider to.", Mode: fsm.Waiting},
			Started:                 {Doc: "Data flows.", Mode: fsm.Resting},
			Suspending:              {Doc: "The data flow is being halted."},
			Suspended:               {Doc: "The data flow is halted until somebody wants it to go on.", Mode: fsm.Resting},
			Resuming:                {Doc: "The data flow is being taken up again."},
			Resumed:                 {Doc: "The provider was told to go on, and is expected to start.", Mode: fsm.Waiting},
			Completing:              {Doc: "The counter-party is being told that all data is transferred."},
			Completed:               {Doc: "The transfer has succeeded.", Mode: fsm.Resting},
			Terminating:             {Doc: "The counter-party is being told that the transfer is off."},
			Terminated:              {Doc: "The transfer is off.", Mode: fsm.Resting},
			Deprovisioning:          {Doc: "What it needed is being given back."},
			DeprovisioningRequested: {Doc: "An external provisioner gives back, and is expected to call back.", Mode: fsm.Waiting},
			Deprovisioned:           {Doc: "The transfer is over, and nothing that it needed is left.", Mode: fsm.Resting},
		},
		Events: events(),
		Table: fsm.Table[State, Event]{
			fsm.Any:                 {ToResuming: Resuming},
			Initial:                 {ToProvisioning: Provisioning, ToTerminating: Terminating, ToTerminated: Terminated},
			Provisioning:            {ToProvisioning: Provisioning, ToProvisioningRequested: ProvisioningRequested, ToProvisioned: Provisioned, ToTerminating: Terminating, ToTerminated: Terminated},
			ProvisioningRequested:   {ToProvisioned: Provisioned, ToTerminating: Terminating, ToTerminated: Terminated},
			Provisioned:             {ToProvisioned: Provisioned, ToRequesting: Requesting, ToRequested: Requested, ToStarting: Starting, ToTerminating: Terminating, ToTerminated: Terminated},
			Requesting:              {ToRequesting: Requesting, ToRequested: Requested, ToTerminating: Terminating, ToTerminated: Terminated},
			Requested:               {ToProvisioned: Provisioned, ToRequested: Requested, ToStarted: Started, ToTerminating: Terminating, ToTerminated: Terminated},
			Starting:                {ToStarting: Starting, ToStarted: Started, ToTerminating: Terminating, ToTerminated: Terminated},
			Started:                 {ToStarted: Started, ToSuspending: Suspending, ToSuspended: Suspended, ToCompleting: Completing, ToCompleted: Completed, ToTerminating: Terminating, ToTerminated: Terminated},
			Suspending:              {ToSuspending: Suspending, ToSuspended: Suspended, ToTerminating: Terminating, ToTerminated: Terminated},
			Suspended:               {ToStarting: Starting, ToTerminating: Terminating, ToTerminated: Terminated},
			Resuming:                {ToResumed: Resumed, ToTerminating: Terminating, ToTerminated: Terminated},
			Resumed:                 {ToStarted: Started},
			Completing:              {ToCompleting: Completing, ToCompleted: Completed, ToTerminating: Terminating, ToTerminated: Terminated, ToDeprovisioning: Deprovisioning},
			Completed:               {ToCompleted: Completed, ToDeprovisioning: Deprovisioning},
			Terminating:             {ToTerminating: Terminating, ToTerminated: Terminated, ToDeprovisioning: Deprovisioning},
			Terminated:              {ToDeprovisioning: Deprovisioning},
			Deprovisioning:          {ToDeprovisioning: Deprovisioning, ToDeprovisioningRequested: DeprovisioningRequested, ToDeprovisioned: Deprovisioned},
			DeprovisioningRequested: {ToDeprovisioned: Deprovisioned},
			Deprovisioned:           {ToDeprovisioned: Deprovisioned},
		},
		Rules: []fsm.Rule[State, Event]{{
			Accept: ToTerminating,
			Modes:  []fsm.Mode{fsm.Active, fsm.Waiting},
			Except: []State{Completed, Terminated, Deprovisioning, DeprovisioningRequested},
			Doc:    "who works on a transfer may never come to an end",
		}},
		Waivers: slices.Concat(
			unlimited(countsRetries, Initial, Provisioning, Provisioned, Requesting, Suspending, Resuming, Completing, Terminating, Deprovisioning),
			unlimited(waitsForEver, ProvisioningRequested, Requested, Starting, Resumed, DeprovisioningRequested),
			[]waiver{{Code: fsm.BrokenRule, State: Resumed, Event: ToTerminating, Reason: forgotten}},
		),
	}
}

// asProvider are the cells that the methods decide by the role.
func asProvider(e *edit) {
	e.RemoveEvent(ToRequesting)
	e.RemoveEvent(ToRequested)
	e.Waive(fsm.Unreachable, Requesting, "", consumersOnly)
	e.Waive(fsm.Unreachable, Requested, "", consumersOnly)
	e.ReplaceEvent(ToStarted, map[State]State{Started: Started, Starting: Started, Suspended: Started, Resuming: Started})

	e.SetMode(Requesting, fsm.Waiting)
	e.SetMode(Starting, fsm.Active)
	for s, reason := range map[State]string{Requesting: waitsForEver, Starting: countsRetries} {
		e.Unwaive(fsm.NoTimeout, s, "")
		e.Waive(fsm.NoTimeout, s, "", reason)
	}
}

// unlimited accepts that states have no limit.
func unlimited(reason string, states ...State) []waiver {
	var out []waiver
	for _, s := range states {
		out = append(out, waiver{Code: fsm.NoTimeout, State: s, Reason: reason})
	}
	return out
}

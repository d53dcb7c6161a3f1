package edc

import "github.com/reeve-go/reeve/fsm"

// An Event moves a transfer process. It has the name of the original's method.
type Event string

// The events of the original.
const (
	ToProvisioning            Event = "transitionProvisioning"
	ToProvisioningRequested   Event = "transitionProvisioningRequested"
	ToProvisioned             Event = "transitionProvisioned"
	ToRequesting              Event = "transitionRequesting"
	ToRequested               Event = "transitionRequested"
	ToStarting                Event = "transitionStarting"
	ToStarted                 Event = "transitionStarted"
	ToSuspending              Event = "transitionSuspending"
	ToSuspended               Event = "transitionSuspended"
	ToResuming                Event = "transitionResuming"
	ToResumed                 Event = "transitionResumed"
	ToCompleting              Event = "transitionCompleting"
	ToCompleted               Event = "transitionCompleted"
	ToTerminating             Event = "transitionTerminating"
	ToTerminated              Event = "transitionTerminated"
	ToDeprovisioning          Event = "transitionDeprovisioning"
	ToDeprovisioningRequested Event = "transitionDeprovisioningRequested"
	ToDeprovisioned           Event = "transitionDeprovisioned"
)

// ToDeprovisioningFailed is ours, see [DeprovisioningFailed].
const ToDeprovisioningFailed Event = "transitionDeprovisioningFailed"

func events() fsm.Events[Event] {
	return fsm.Events[Event]{
		ToProvisioning:            {Doc: "What the transfer needs is known and is being asked for, or it is asked for again.", By: fsm.Supervisor},
		ToProvisioningRequested:   {Doc: "A provisioner has taken the order and will call back.", By: fsm.Supervisor},
		ToProvisioned:             {Doc: "Everything is there.", By: fsm.Supervisor},
		ToRequesting:              {Doc: "The transfer is being requested of the provider, or is requested again.", By: fsm.Supervisor},
		ToRequested:               {Doc: "The provider has taken the request.", By: fsm.Supervisor},
		ToStarting:                {Doc: "The data flow is being started, or is started again.", By: fsm.Supervisor},
		ToStarted:                 {Doc: "Data flows; a consumer hears it from the provider."},
		ToSuspending:              {Doc: "A user wants the data flow to pause."},
		ToSuspended:               {Doc: "The data flow pauses, because we or the counter-party wanted it."},
		ToResuming:                {Doc: "A user wants the data flow to go on."},
		ToResumed:                 {Doc: "The counter-party was told that the flow is to go on.", By: fsm.Supervisor},
		ToCompleting:              {Doc: "All data has been transferred."},
		ToCompleted:               {Doc: "Both sides know that the transfer is complete."},
		ToTerminating:             {Doc: "A user calls the transfer off, or it cannot go on."},
		ToTerminated:              {Doc: "Both sides know that the transfer is off, or nobody is left to be told."},
		ToDeprovisioning:          {Doc: "What the transfer needed is being given back, or it is tried again."},
		ToDeprovisioningRequested: {Doc: "A provisioner has taken the order to release and will call back.", By: fsm.Supervisor},
		ToDeprovisioned:           {Doc: "Nothing is left to be released.", By: fsm.Supervisor},
	}
}

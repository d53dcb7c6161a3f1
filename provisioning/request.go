package provisioning

import (
	"fmt"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// A Request is what is known of a request: the data of its record, whose state is its [Status]. Its resources are the elements
// of the record.
type Request struct {
	// Owner is the record that is told when the status changes; zero: nobody is.
	Owner storage.Key `json:"owner,omitzero"`
	Goal  Goal        `json:"goal"`
	// Reason is why it was terminated, in the words of who did so. Error is why it could not be had, or not be released: the last
	// failure of a resource for good.
	Reason string `json:"reason,omitempty"`
	Error  string `json:"error,omitempty"`
	// Nonce tells it from another request of the same id, before it or elsewhere.
	Nonce string `json:"nonce"`
	// Begun: it has had its first turn.
	Begun bool `json:"begun,omitempty"`
}

// A Goal is what is to be of resources.
type Goal string

// The goals.
const (
	Present Goal = "present"
	Absent  Goal = "absent"
)

// Status is where a request is. It follows from its goal and the states of its resources, in the same commit. The names are those
// of the transfer process of Eclipse EDC, and so are the numbers, see [Status.Code].
type Status string

// The statuses of a request.
const (
	// Provisioning: a resource needs a call, also one that is put off.
	Provisioning Status = "provisioning"
	// ProvisioningRequested: none does, and somebody outside makes one at least.
	ProvisioningRequested Status = "provisioning-requested"
	// Provisioned: all are there.
	Provisioned Status = "provisioned"
	// Deprovisioning and DeprovisioningRequested are the same with release.
	Deprovisioning          Status = "deprovisioning"
	DeprovisioningRequested Status = "deprovisioning-requested"
	// Deprovisioned: none is there, or it is abandoned. It is final.
	Deprovisioned Status = "deprovisioned"
	// Failed: a resource could not be made, or not be released. It is not final: see [Manager.Retry], [Manager.Abandon] and
	// [Manager.Terminate].
	Failed Status = "failed"
)

// statusCodes are EDC's. The numbers of the control plane are kept since 2022; Failed has none there.
var statusCodes = map[Status]int{
	Provisioning: 200, ProvisioningRequested: 250, Provisioned: 300,
	Deprovisioning: 900, DeprovisioningRequested: 950, Deprovisioned: 1000,
}

// Code returns the number that Eclipse EDC exchanges for the status; ok is false for [Failed], which has none there.
func (s Status) Code() (code int, ok bool) {
	code, ok = statusCodes[s]
	return code, ok
}

// StatusOf returns the status that Eclipse EDC exchanges as a number.
func StatusOf(code int) (Status, error) {
	for s, c := range statusCodes {
		if c == code {
			return s, nil
		}
	}
	return "", fmt.Errorf("provisioning: %d is no status; 200, 250, 300, 900, 950 and 1000 are", code)
}

// statusOf derives the status of a request from how many resources are in the states.
func statusOf(r *Request, count func(states ...ResourceState) int) Status {
	if !r.Begun {
		return Provisioning
	}
	if r.Goal == Absent {
		switch {
		case count(ResourceReleaseFailed) > 0:
			return Failed
		case count(ResourceReleasing, ResourceUnknown) > 0:
			return Deprovisioning
		case count(ResourceReleaseRequested) > 0:
			return DeprovisioningRequested
		case count() > count(ResourceAbsent, ResourceAbandoned):
			return Deprovisioning
		}
		return Deprovisioned
	}
	switch {
	case count(ResourceFailed) > 0:
		return Failed
	case count(ResourceEnsuring, ResourceUnknown) > 0:
		return Provisioning
	case count(ResourceRequested) > 0:
		return ProvisioningRequested
	case count() > count(ResourcePresent):
		return Provisioning
	}
	return Provisioned
}

func deriveStatus(r *Request, t supervision.Tally) Status {
	return statusOf(r, func(states ...ResourceState) int {
		names := make([]string, len(states))
		for i, s := range states {
			names[i] = string(s)
		}
		return t.Count(names...)
	})
}

// RequestEvent is what happens to a request. Nobody fires it: it names a move in the history.
type RequestEvent string

const (
	callEvent      RequestEvent = "call"
	handOver       RequestEvent = "hand-over"
	complete       RequestEvent = "complete"
	giveUp         RequestEvent = "give-up"
	callOff        RequestEvent = "release"
	handOverOff    RequestEvent = "hand-over-release"
	completeOff    RequestEvent = "complete-release"
	underWayReason              = "each resource has operations with deadlines"
)

// requestDefinition is the machine of requests: their states are derived.
var requestDefinition = fsm.Definition[Status, RequestEvent]{
	Name:    "request",
	Doc:     "A request owns resources that others make and release.",
	Initial: Provisioning,
	States: fsm.States[Status, RequestEvent]{
		Provisioning:            {Mode: fsm.Active, Doc: "A resource needs a call, also one that is put off."},
		ProvisioningRequested:   {Mode: fsm.Waiting, Doc: "Somebody outside makes what is missing."},
		Provisioned:             {Mode: fsm.Resting, Doc: "All resources are there."},
		Deprovisioning:          {Mode: fsm.Active, Doc: "A resource has to be released, also one that is put off."},
		DeprovisioningRequested: {Mode: fsm.Waiting, Doc: "Somebody outside releases what is left."},
		Deprovisioned:           {Mode: fsm.Final, Doc: "No resource is there, but for those that were abandoned with a reason."},
		Failed:                  {Mode: fsm.Resting, Doc: "A resource could not be made, or not be released."},
	},
	Events: fsm.Events[RequestEvent]{
		callEvent:   {Doc: "A provisioner has to be called.", By: fsm.Supervisor},
		handOver:    {Doc: "All that is missing is made by somebody outside.", By: fsm.Supervisor},
		complete:    {Doc: "All resources are there.", By: fsm.Supervisor},
		giveUp:      {Doc: "A resource failed for good.", By: fsm.Supervisor},
		callOff:     {Doc: "Resources have to be released.", By: fsm.Supervisor},
		handOverOff: {Doc: "All that is left is released by somebody outside.", By: fsm.Supervisor},
		completeOff: {Doc: "No resource is left.", By: fsm.Supervisor},
	},
	Table: fsm.Table[Status, RequestEvent]{
		Provisioning:            {handOver: ProvisioningRequested, complete: Provisioned, giveUp: Failed, callOff: Deprovisioning, completeOff: Deprovisioned},
		ProvisioningRequested:   {callEvent: Provisioning, complete: Provisioned, giveUp: Failed, callOff: Deprovisioning, completeOff: Deprovisioned},
		Provisioned:             {callEvent: Provisioning, callOff: Deprovisioning, completeOff: Deprovisioned},
		Failed:                  {callEvent: Provisioning, handOver: ProvisioningRequested, complete: Provisioned, callOff: Deprovisioning, handOverOff: DeprovisioningRequested, completeOff: Deprovisioned},
		Deprovisioning:          {giveUp: Failed, handOverOff: DeprovisioningRequested, completeOff: Deprovisioned},
		DeprovisioningRequested: {giveUp: Failed, callOff: Deprovisioning, completeOff: Deprovisioned},
	},
	Waivers: []fsm.Waiver[Status, RequestEvent]{
		{Code: fsm.NoTimeout, State: Provisioning, Reason: underWayReason},
		{Code: fsm.NoTimeout, State: ProvisioningRequested, Reason: underWayReason},
		{Code: fsm.NoTimeout, State: Deprovisioning, Reason: underWayReason},
		{Code: fsm.NoTimeout, State: DeprovisioningRequested, Reason: underWayReason},
	},
}

var requestMachine = fsm.MustCompile(requestDefinition)

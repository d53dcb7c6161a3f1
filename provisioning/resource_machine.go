package provisioning

import "github.com/reeve-go/reeve/fsm"

// ResourceState is where a resource is.
type ResourceState string

// The states of a resource.
const (
	// ResourcePlanned: it is asked for as soon as its gate is open and those that it comes after are there.
	ResourcePlanned ResourceState = "planned"
	// ResourceEnsuring: its provisioner is called to make it, or will be again after a while.
	ResourceEnsuring ResourceState = "ensuring"
	// ResourceRequested: somebody outside makes it.
	ResourceRequested ResourceState = "requested"
	// ResourceUnknown: it is not known what a call has done; that is found out.
	ResourceUnknown ResourceState = "unknown"
	// ResourcePresent: it is there.
	ResourcePresent ResourceState = "present"
	// ResourceFailed: it could not be made. Something of it may be there.
	ResourceFailed ResourceState = "failed"
	// ResourceReleasing: its provisioner is called to release it, or will be again after a while.
	ResourceReleasing ResourceState = "releasing"
	// ResourceReleaseRequested: somebody outside releases it.
	ResourceReleaseRequested ResourceState = "release-requested"
	// ResourceReleaseFailed: it could not be released, and may be there. Retry or abandon it.
	ResourceReleaseFailed ResourceState = "release-failed"
	// ResourceAbsent: it is not there.
	ResourceAbsent ResourceState = "absent"
	// ResourceAbandoned: it may be there, and somebody said why nobody is to care for it any more.
	ResourceAbandoned ResourceState = "abandoned"
)

// ResourceEvent is what happens to a resource.
type ResourceEvent string

const (
	again       ResourceEvent = "again"
	ensure      ResourceEvent = "ensure"
	wait        ResourceEvent = "wait"
	lose        ResourceEvent = "lose"
	provide     ResourceEvent = "provide"
	fail        ResourceEvent = "fail"
	release     ResourceEvent = "release"
	failRelease ResourceEvent = "fail-release"
	remove      ResourceEvent = "remove"
	drop        ResourceEvent = "drop"
	abandon     ResourceEvent = "abandon"
)

// resourceDefinition is the machine of resources. Each operation has a deadline, which the resource carries and at which the
// decider ends it, so no state needs a limit of its own.
var resourceDefinition = fsm.Definition[ResourceState, ResourceEvent]{
	Name:    "resource",
	Doc:     "A resource is made by somebody else, and is never lost sight of until it is gone.",
	Initial: ResourcePlanned,
	States: fsm.States[ResourceState, ResourceEvent]{
		ResourcePlanned:          {Mode: fsm.Resting, Doc: "It is asked for as soon as its gate is open and those that it comes after are there."},
		ResourceEnsuring:         {Mode: fsm.Active, Doc: "Its provisioner is called to make it, or will be again after a while."},
		ResourceRequested:        {Mode: fsm.Waiting, Doc: "Somebody outside makes it."},
		ResourceUnknown:          {Mode: fsm.Active, Doc: "It is not known what a call has done; that is found out."},
		ResourcePresent:          {Mode: fsm.Resting, Doc: "It is there."},
		ResourceFailed:           {Mode: fsm.Resting, Doc: "It could not be made. Something of it may be there."},
		ResourceReleasing:        {Mode: fsm.Active, Doc: "Its provisioner is called to release it, or will be again after a while."},
		ResourceReleaseRequested: {Mode: fsm.Waiting, Doc: "Somebody outside releases it."},
		ResourceReleaseFailed:    {Mode: fsm.Resting, Doc: "It could not be released, and may be there. Retry or abandon it."},
		ResourceAbsent:           {Mode: fsm.Resting, Doc: "It is not there."},
		ResourceAbandoned:        {Mode: fsm.Final, Doc: "It may be there, and somebody said why nobody is to care for it any more."},
	},
	Events: fsm.Events[ResourceEvent]{
		again:       {Doc: "It failed, and is to be tried again.", By: fsm.Outside},
		ensure:      {Doc: "Its provisioner is asked to make it.", By: fsm.Supervisor},
		wait:        {Doc: "Somebody outside works on it.", By: fsm.Supervisor},
		lose:        {Doc: "A call ended, and nobody knows what it did.", By: fsm.Supervisor},
		provide:     {Doc: "It is there.", By: fsm.Supervisor},
		fail:        {Doc: "No further call can make it, or its time is up.", By: fsm.Supervisor},
		release:     {Doc: "Its provisioner is asked to release it.", By: fsm.Supervisor},
		failRelease: {Doc: "No further call can release it, or its time is up.", By: fsm.Supervisor},
		remove:      {Doc: "It was released.", By: fsm.Supervisor},
		drop:        {Doc: "It is not wanted any more, and nothing of it can be there.", By: fsm.Supervisor},
		abandon:     {Doc: "Nobody is to care for it any more.", By: fsm.Outside},
	},
	Table: fsm.Table[ResourceState, ResourceEvent]{
		ResourcePlanned:          {ensure: ResourceEnsuring, fail: ResourceFailed, release: ResourceReleasing, drop: ResourceAbsent},
		ResourceEnsuring:         {wait: ResourceRequested, lose: ResourceUnknown, provide: ResourcePresent, fail: ResourceFailed, release: ResourceReleasing},
		ResourceRequested:        {ensure: ResourceEnsuring, provide: ResourcePresent, fail: ResourceFailed, release: ResourceReleasing},
		ResourceUnknown:          {ensure: ResourceEnsuring, wait: ResourceRequested, provide: ResourcePresent, fail: ResourceFailed, release: ResourceReleasing, failRelease: ResourceReleaseFailed, remove: ResourceAbsent, abandon: ResourceAbandoned},
		ResourcePresent:          {ensure: ResourceEnsuring, release: ResourceReleasing},
		ResourceFailed:           {again: ResourcePlanned, release: ResourceReleasing, drop: ResourceAbsent},
		ResourceReleasing:        {wait: ResourceReleaseRequested, lose: ResourceUnknown, remove: ResourceAbsent, failRelease: ResourceReleaseFailed, abandon: ResourceAbandoned},
		ResourceReleaseRequested: {release: ResourceReleasing, remove: ResourceAbsent, failRelease: ResourceReleaseFailed, abandon: ResourceAbandoned},
		ResourceReleaseFailed:    {release: ResourceReleasing, abandon: ResourceAbandoned},
		ResourceAbsent:           {release: ResourceReleasing},
	},
	Waivers: []fsm.Waiver[ResourceState, ResourceEvent]{
		{Code: fsm.NoTimeout, State: ResourceEnsuring, Reason: deadlined},
		{Code: fsm.NoTimeout, State: ResourceRequested, Reason: deadlined},
		{Code: fsm.NoTimeout, State: ResourceUnknown, Reason: deadlined},
		{Code: fsm.NoTimeout, State: ResourceReleasing, Reason: deadlined},
		{Code: fsm.NoTimeout, State: ResourceReleaseRequested, Reason: deadlined},
	},
}

const deadlined = "the operation under way has a deadline"

var resourceMachine = fsm.MustCompile(resourceDefinition)

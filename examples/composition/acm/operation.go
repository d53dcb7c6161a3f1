package acm

import "slices"

// An operation is what an order sets going, until it completes, fails or times out.
type operation struct {
	// order is the event that begins it.
	order Event
	// working, failed and timedOut are where the instance is meanwhile and if it goes wrong.
	working, failed, timedOut State
	// words are those of the instance, and of its elements, while it is under way.
	words Words
	// done are where its elements are when they have done their part.
	done []State
	// steps says in which order its elements are asked.
	steps steps
	// spares: given again after a failure, it leaves alone the elements that have done their part.
	spares bool
	// message is the sort of order that they get.
	message string
	// limit is the property of an element that says how many milliseconds a step may take.
	limit string
}

// steps are the ways to ask elements one group after another.
type steps int

const (
	together   steps = iota // all at once
	phasesUp                // by start phase, the lowest first
	phasesDown              // by start phase, the highest first
	stagesUp                // by the stage that each is in, the lowest first
	stagesDown              // by the stage that each is in, the highest first
)

const anyWait = "maxOperationWaitMs"

// operations are all there are. Where an instance stands in two of them at once, which only what
// others wrote can say, the first in this list is the one under way.
var operations = []*operation{
	{
		order: Deploy, working: Deploying, failed: DeployFailed, timedOut: DeployTimedOut,
		words: Words{deploying, noLock, noSub}, done: []State{Locked},
		steps: phasesUp, message: "deploy", spares: true, limit: "deployTimeoutMs",
	},
	{
		order: Undeploy, working: Undeploying, failed: UndeployFailed, timedOut: UndeployTimedOut,
		words: Words{undeploying, noLock, noSub}, done: []State{Undeployed},
		steps: phasesDown, message: "stateChange", spares: true, limit: "undeployTimeoutMs",
	},
	{
		order: Delete, working: Deleting, failed: DeleteFailed, timedOut: DeleteTimedOut,
		words: Words{deleting, noLock, noSub}, done: []State{Deleted},
		steps: phasesDown, message: "stateChange", limit: "deleteTimeoutMs",
	},
	{
		order: Update, working: Updating, failed: UpdateFailed, timedOut: UpdateTimedOut,
		words: Words{updating, locked, noSub}, done: []State{Locked},
		steps: together, message: "update", limit: "updateTimeoutMs",
	},
	{
		order: UpdateRevert, working: UpdateReverting, failed: UpdateRevertFailed, timedOut: UpdateRevertTimedOut,
		words: Words{updateReverting, locked, noSub}, done: []State{Locked},
		steps: together, message: "update", limit: anyWait,
	},
	{
		order: Migrate, working: Migrating, failed: MigrateFailed, timedOut: MigrateTimedOut,
		words: Words{migrating, locked, noSub}, done: []State{Locked, Deleted},
		steps: stagesUp, message: "migrate", limit: "migrateTimeoutMs",
	},
	{
		order: MigrationRevert, working: MigrationReverting, failed: MigrationRevertFailed, timedOut: MigrationRevertTimedOut,
		words: Words{migrationReverting, locked, noSub}, done: []State{Locked, Deleted},
		steps: stagesDown, message: "migrate", limit: anyWait,
	},
	{
		order: Lock, working: Locking, failed: LockFailed, timedOut: LockTimedOut,
		words: Words{deployed, locking, noSub}, done: []State{Locked},
		steps: phasesDown, message: "stateChange", spares: true, limit: anyWait,
	},
	{
		order: Unlock, working: Unlocking, failed: UnlockFailed, timedOut: UnlockTimedOut,
		words: Words{deployed, unlocking, noSub}, done: []State{Unlocked},
		steps: phasesUp, message: "stateChange", spares: true, limit: anyWait,
	},
	{
		order: Prepare, working: Preparing, failed: PrepareFailed, timedOut: PrepareTimedOut,
		words: Words{undeployed, noLock, preparing}, done: []State{Undeployed},
		steps: stagesUp, message: "prepare", limit: anyWait,
	},
	{
		order: Review, working: Reviewing, failed: ReviewFailed, timedOut: ReviewTimedOut,
		words: Words{deployed, locked, reviewing}, done: []State{Locked},
		steps: together, message: "review", limit: anyWait,
	},
	{
		order: Precheck, working: Prechecking, failed: PrecheckFailed, timedOut: PrecheckTimedOut,
		words: Words{deployed, locked, prechecking}, done: []State{Locked},
		steps: together, message: "precheck", limit: anyWait,
	},
}

// operationAt returns the operation that an instance in this state has not come to the end of, or
// nil if there is none.
func operationAt(s State) *operation {
	for _, op := range operations {
		if s == op.working || s == op.failed || s == op.timedOut {
			return op
		}
	}
	return nil
}

// isOrder says whether an event is somebody's to give.
func isOrder(e Event) bool {
	return slices.ContainsFunc(operations, func(op *operation) bool { return op.order == e })
}

// underWay returns the operation that the words tell of, or nil if nobody is at work.
func (w Words) underWay() *operation {
	for _, op := range operations {
		if w.Deploy == op.words.Deploy && w.Deploy.transitional() ||
			w.Lock == op.words.Lock && w.Lock.transitional() ||
			w.Sub == op.words.Sub && w.Sub != noSub {
			return op
		}
	}
	return nil
}

func (s DeployState) transitional() bool {
	return !slices.Contains([]DeployState{deployed, undeployed, deleted}, s)
}

func (s LockState) transitional() bool { return s == locking || s == unlocking }

// ends says whether an element that is there has done its part in the operation.
func (op *operation) ends(s State) bool { return slices.Contains(op.done, s) }

// guide returns the id of the definition that says in which order the elements are asked: on the way to
// another definition that is the other one.
func (op *operation) guide(in *Instance) string {
	if op.order == Migrate {
		return in.Target
	}
	return in.Definition
}

package acm

// State is where an instance is. An element of one is in such a state too, but halts in none.
type State string

// Event is what can happen to an instance.
type Event string

// The states in which nobody works on an instance.
const (
	Undeployed State = "undeployed"
	Locked     State = "locked"
	Unlocked   State = "unlocked"
	Deleted    State = "deleted"
)

// The states of an instance with an operation: three each.
const (
	Deploying      State = "deploying"
	DeployFailed   State = "deploy failed"
	DeployTimedOut State = "deploy timed out"

	Undeploying      State = "undeploying"
	UndeployFailed   State = "undeploy failed"
	UndeployTimedOut State = "undeploy timed out"

	Deleting       State = "deleting"
	DeleteFailed   State = "delete failed"
	DeleteTimedOut State = "delete timed out"

	Locking      State = "locking"
	LockFailed   State = "lock failed"
	LockTimedOut State = "lock timed out"

	Unlocking      State = "unlocking"
	UnlockFailed   State = "unlock failed"
	UnlockTimedOut State = "unlock timed out"

	Updating       State = "updating"
	UpdateFailed   State = "update failed"
	UpdateTimedOut State = "update timed out"

	UpdateReverting      State = "update reverting"
	UpdateRevertFailed   State = "update revert failed"
	UpdateRevertTimedOut State = "update revert timed out"

	Migrating       State = "migrating"
	MigrateFailed   State = "migrate failed"
	MigrateTimedOut State = "migrate timed out"

	MigrationReverting      State = "migration reverting"
	MigrationRevertFailed   State = "migration revert failed"
	MigrationRevertTimedOut State = "migration revert timed out"

	Preparing       State = "preparing"
	PrepareFailed   State = "prepare failed"
	PrepareTimedOut State = "prepare timed out"

	Reviewing      State = "reviewing"
	ReviewFailed   State = "review failed"
	ReviewTimedOut State = "review timed out"

	Prechecking      State = "migrate prechecking"
	PrecheckFailed   State = "migrate precheck failed"
	PrecheckTimedOut State = "migrate precheck timed out"
)

// The superstates: what is under way has a limit, and what halted accepts the same orders whether it
// failed or timed out.
const (
	UnderWay              State = "under way"
	DeployHalted          State = "deploy or undeploy halted"
	DeleteHalted          State = "delete halted"
	LockHalted            State = "lock or unlock halted"
	UpdateHalted          State = "update halted"
	UpdateRevertHalted    State = "update revert halted"
	MigrateHalted         State = "migrate halted"
	MigrationRevertHalted State = "migration revert halted"
	PrepareHalted         State = "prepare halted"
	ReviewHalted          State = "review halted"
	PrecheckHalted        State = "migrate precheck halted"
)

// The orders.
const (
	Deploy          Event = "deploy"
	Undeploy        Event = "undeploy"
	Delete          Event = "delete"
	Lock            Event = "lock"
	Unlock          Event = "unlock"
	Update          Event = "update"
	UpdateRevert    Event = "update revert"
	Migrate         Event = "migrate"
	MigrationRevert Event = "migration revert"
	Prepare         Event = "prepare"
	Review          Event = "review"
	Precheck        Event = "migrate precheck"
)

// What becomes of an operation.
const (
	Completed Event = "completed"
	Failed    Event = "failed"
	TimedOut  Event = "timed out"
)

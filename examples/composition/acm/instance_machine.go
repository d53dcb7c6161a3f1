package acm

import "github.com/reeve-go/reeve/fsm"

// InstanceMachine is the life of an instance.
var InstanceMachine = fsm.MustCompile(InstanceDefinition)

// InstanceDefinition describes the life of an instance. Each operation has three states: in the first
// participants are at work; in the other two it halted, and only an order leads on. From one that
// timed out so does a late answer.
var InstanceDefinition = fsm.Definition[State, Event]{
	Name:    "instance",
	Doc:     "An instance of a composition: a set of elements that participants deploy, run and remove.",
	Initial: Undeployed,
	States: fsm.States[State, Event]{
		Undeployed: {Doc: "It is known here, and in no field.", Mode: fsm.Resting},
		Locked:     {Doc: "It is deployed and not in use.", Mode: fsm.Resting},
		Unlocked:   {Doc: "It is deployed and in use.", Mode: fsm.Resting},
		Deleted:    {Doc: "It is gone, here and at the participants.", Mode: fsm.Final},

		UnderWay:              {Doc: "Participants are at work on it.", After: DefaultWait, Then: TimedOut},
		DeployHalted:          {Doc: "A deployment or its removal went wrong: either can be ordered."},
		DeleteHalted:          {Doc: "Its deletion went wrong: it can be ordered again."},
		LockHalted:            {Doc: "It could not be locked or unlocked: either can be ordered."},
		UpdateHalted:          {Doc: "An update went wrong: it can be repeated, reverted or given up with the instance."},
		UpdateRevertHalted:    {Doc: "An update could not be reverted: the instance can only be undeployed."},
		MigrateHalted:         {Doc: "A migration went wrong: it can be reverted or given up with the instance."},
		MigrationRevertHalted: {Doc: "A migration could not be reverted: the instance can only be undeployed."},
		PrepareHalted:         {Doc: "A preparation went wrong: it can be repeated, or the instance deleted."},
		ReviewHalted:          {Doc: "A review went wrong: it can be repeated."},
		PrecheckHalted:        {Doc: "The check before a migration went wrong: it can be repeated."},

		Deploying:      {Doc: "Its elements are being deployed, by start phase.", Mode: fsm.Waiting, In: UnderWay},
		DeployFailed:   {Doc: "An element could not be deployed.", Mode: fsm.Waiting, In: DeployHalted},
		DeployTimedOut: {Doc: "A phase of the deployment took too long.", Mode: fsm.Waiting, In: DeployHalted},

		Undeploying:      {Doc: "Its elements are being removed from the field, the last start phase first.", Mode: fsm.Waiting, In: UnderWay},
		UndeployFailed:   {Doc: "An element could not be removed from the field.", Mode: fsm.Waiting, In: DeployHalted},
		UndeployTimedOut: {Doc: "A phase of the removal took too long.", Mode: fsm.Waiting, In: DeployHalted},

		Deleting:       {Doc: "Its elements are being deleted, the last start phase first.", Mode: fsm.Waiting, In: UnderWay},
		DeleteFailed:   {Doc: "An element could not be deleted.", Mode: fsm.Waiting, In: DeleteHalted},
		DeleteTimedOut: {Doc: "A phase of the deletion took too long.", Mode: fsm.Waiting, In: DeleteHalted},

		Locking:      {Doc: "Its elements are being locked, the last start phase first.", Mode: fsm.Waiting, In: UnderWay},
		LockFailed:   {Doc: "An element could not be locked.", Mode: fsm.Waiting, In: LockHalted},
		LockTimedOut: {Doc: "A phase of the locking took too long.", Mode: fsm.Waiting, In: LockHalted},

		Unlocking:      {Doc: "Its elements are being unlocked, by start phase.", Mode: fsm.Waiting, In: UnderWay},
		UnlockFailed:   {Doc: "An element could not be unlocked.", Mode: fsm.Waiting, In: LockHalted},
		UnlockTimedOut: {Doc: "A phase of the unlocking took too long.", Mode: fsm.Waiting, In: LockHalted},

		Updating:       {Doc: "Its elements are being given new properties.", Mode: fsm.Waiting, In: UnderWay},
		UpdateFailed:   {Doc: "An element could not be updated.", Mode: fsm.Waiting, In: UpdateHalted},
		UpdateTimedOut: {Doc: "The update took too long.", Mode: fsm.Waiting, In: UpdateHalted},

		UpdateReverting:      {Doc: "Its elements are being given their old properties again.", Mode: fsm.Waiting, In: UnderWay},
		UpdateRevertFailed:   {Doc: "An element could not be given its old properties.", Mode: fsm.Waiting, In: UpdateRevertHalted},
		UpdateRevertTimedOut: {Doc: "Reverting the update took too long.", Mode: fsm.Waiting, In: UpdateRevertHalted},

		Migrating:       {Doc: "Its elements are moving to another definition, in stages.", Mode: fsm.Waiting, In: UnderWay},
		MigrateFailed:   {Doc: "An element could not be migrated.", Mode: fsm.Waiting, In: MigrateHalted},
		MigrateTimedOut: {Doc: "A stage of the migration took too long.", Mode: fsm.Waiting, In: MigrateHalted},

		MigrationReverting:      {Doc: "Its elements are moving back to the definition they came from, the last stage first.", Mode: fsm.Waiting, In: UnderWay},
		MigrationRevertFailed:   {Doc: "An element could not go back.", Mode: fsm.Waiting, In: MigrationRevertHalted},
		MigrationRevertTimedOut: {Doc: "A stage of the way back took too long.", Mode: fsm.Waiting, In: MigrationRevertHalted},

		Preparing:       {Doc: "Its elements get ready to be deployed, in stages.", Mode: fsm.Waiting, In: UnderWay},
		PrepareFailed:   {Doc: "An element could not get ready.", Mode: fsm.Waiting, In: PrepareHalted},
		PrepareTimedOut: {Doc: "A stage of the preparation took too long.", Mode: fsm.Waiting, In: PrepareHalted},

		Reviewing:      {Doc: "Its elements are being looked over.", Mode: fsm.Waiting, In: UnderWay},
		ReviewFailed:   {Doc: "An element did not pass the review.", Mode: fsm.Waiting, In: ReviewHalted},
		ReviewTimedOut: {Doc: "The review took too long.", Mode: fsm.Waiting, In: ReviewHalted},

		Prechecking:      {Doc: "Its elements are asked whether they could migrate.", Mode: fsm.Waiting, In: UnderWay},
		PrecheckFailed:   {Doc: "An element could not migrate.", Mode: fsm.Waiting, In: PrecheckHalted},
		PrecheckTimedOut: {Doc: "The answers took too long.", Mode: fsm.Waiting, In: PrecheckHalted},
	},
	Events: fsm.Events[Event]{
		Deploy:          {Doc: "Somebody wants it in the field."},
		Undeploy:        {Doc: "Somebody wants it out of the field."},
		Delete:          {Doc: "Somebody wants it gone."},
		Lock:            {Doc: "Somebody wants nobody to use it."},
		Unlock:          {Doc: "Somebody wants it to be used."},
		Update:          {Doc: "Somebody gives it new properties."},
		UpdateRevert:    {Doc: "Somebody wants the update undone."},
		Migrate:         {Doc: "Somebody wants it to follow another definition."},
		MigrationRevert: {Doc: "Somebody wants the migration undone."},
		Prepare:         {Doc: "Somebody wants its deployment prepared."},
		Review:          {Doc: "Somebody wants it looked over."},
		Precheck:        {Doc: "Somebody wants to know whether it could migrate."},
		Completed:       {Doc: "Every element has done its part.", By: fsm.Supervisor},
		Failed:          {Doc: "A participant reports that it could not do its part.", By: fsm.Supervisor},
		TimedOut:        {Doc: "The time of the step was up.", By: fsm.Supervisor},
	},
	Table: fsm.Table[State, Event]{
		Undeployed: {Deploy: Deploying, Delete: Deleting, Prepare: Preparing},
		Locked: {
			Undeploy: Undeploying, Unlock: Unlocking, Update: Updating, Migrate: Migrating,
			Review: Reviewing, Precheck: Prechecking,
		},
		Unlocked: {Lock: Locking},

		DeployHalted:          {Deploy: Deploying, Undeploy: Undeploying},
		DeleteHalted:          {Delete: Deleting},
		LockHalted:            {Lock: Locking, Unlock: Unlocking},
		UpdateHalted:          {Update: Updating, UpdateRevert: UpdateReverting, Undeploy: Undeploying},
		UpdateRevertHalted:    {Undeploy: Undeploying},
		MigrateHalted:         {MigrationRevert: MigrationReverting, Undeploy: Undeploying},
		MigrationRevertHalted: {Undeploy: Undeploying},
		PrepareHalted:         {Prepare: Preparing, Delete: Deleting},
		ReviewHalted:          {Review: Reviewing},
		PrecheckHalted:        {Precheck: Prechecking},

		Deploying:      {Completed: Locked, Failed: DeployFailed, TimedOut: DeployTimedOut},
		DeployTimedOut: {Completed: Locked, Failed: DeployFailed, TimedOut: DeployTimedOut},

		Undeploying:      {Completed: Undeployed, Failed: UndeployFailed, TimedOut: UndeployTimedOut},
		UndeployTimedOut: {Completed: Undeployed, Failed: UndeployFailed, TimedOut: UndeployTimedOut},

		Deleting:       {Completed: Deleted, Failed: DeleteFailed, TimedOut: DeleteTimedOut},
		DeleteTimedOut: {Completed: Deleted, Failed: DeleteFailed, TimedOut: DeleteTimedOut},

		Locking:      {Completed: Locked, Failed: LockFailed, TimedOut: LockTimedOut},
		LockTimedOut: {Completed: Locked, Failed: LockFailed, TimedOut: LockTimedOut},

		Unlocking:      {Completed: Unlocked, Failed: UnlockFailed, TimedOut: UnlockTimedOut},
		UnlockTimedOut: {Completed: Unlocked, Failed: UnlockFailed, TimedOut: UnlockTimedOut},

		Updating:       {Completed: Locked, Failed: UpdateFailed, TimedOut: UpdateTimedOut},
		UpdateTimedOut: {Completed: Locked, Failed: UpdateFailed, TimedOut: UpdateTimedOut},

		UpdateReverting:      {Completed: Locked, Failed: UpdateRevertFailed, TimedOut: UpdateRevertTimedOut},
		UpdateRevertTimedOut: {Completed: Locked, Failed: UpdateRevertFailed, TimedOut: UpdateRevertTimedOut},

		Migrating:       {Completed: Locked, Failed: MigrateFailed, TimedOut: MigrateTimedOut},
		MigrateTimedOut: {Completed: Locked, Failed: MigrateFailed, TimedOut: MigrateTimedOut},

		MigrationReverting:      {Completed: Locked, Failed: MigrationRevertFailed, TimedOut: MigrationRevertTimedOut},
		MigrationRevertTimedOut: {Completed: Locked, Failed: MigrationRevertFailed, TimedOut: MigrationRevertTimedOut},

		Preparing:       {Completed: Undeployed, Failed: PrepareFailed, TimedOut: PrepareTimedOut},
		PrepareTimedOut: {Completed: Undeployed, Failed: PrepareFailed, TimedOut: PrepareTimedOut},

		Reviewing:      {Completed: Locked, Failed: ReviewFailed, TimedOut: ReviewTimedOut},
		ReviewTimedOut: {Completed: Locked, Failed: ReviewFailed, TimedOut: ReviewTimedOut},

		Prechecking:      {Completed: Locked, Failed: PrecheckFailed, TimedOut: PrecheckTimedOut},
		PrecheckTimedOut: {Completed: Locked, Failed: PrecheckFailed, TimedOut: PrecheckTimedOut},
	},
	Waivers: halts(),
}

// halts lets an operation that halted wait for an order without a limit: its answers are still heard,
// but nothing is done about it unless somebody wants it.
func halts() (waivers []fsm.Waiver[State, Event]) {
	for _, op := range operations {
		for _, s := range []State{op.failed, op.timedOut} {
			waivers = append(waivers, fsm.Waiver[State, Event]{Code: fsm.NoTimeout, State: s, Reason: "it waits for an order"})
		}
	}
	return waivers
}

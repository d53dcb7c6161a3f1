package acm

// The words in which ONAP says where a definition, an instance or an element stands, in its own
// spelling: they travel in orders and answers.
type (
	// DeployState says how far something is in the field.
	DeployState string
	// LockState says whether it may be used.
	LockState string
	// SubState says what is done to it beside that.
	SubState string
	// Result says what became of the last order.
	Result string
	// TypeState says how far a definition is at its participants.
	TypeState string
	// MigrationState says what a migration does to an element.
	MigrationState string
)

const (
	deployed           DeployState = "DEPLOYED"
	deploying          DeployState = "DEPLOYING"
	undeployed         DeployState = "UNDEPLOYED"
	undeploying        DeployState = "UNDEPLOYING"
	deleting           DeployState = "DELETING"
	deleted            DeployState = "DELETED"
	updating           DeployState = "UPDATING"
	updateReverting    DeployState = "UPDATE_REVERTING"
	migrating          DeployState = "MIGRATING"
	migrationReverting DeployState = "MIGRATION_REVERTING"

	locked    LockState = "LOCKED"
	locking   LockState = "LOCKING"
	unlocked  LockState = "UNLOCKED"
	unlocking LockState = "UNLOCKING"
	noLock    LockState = "NONE"

	preparing   SubState = "PREPARING"
	reviewing   SubState = "REVIEWING"
	prechecking SubState = "MIGRATION_PRECHECKING"
	noSub       SubState = "NONE"

	noError  Result = "NO_ERROR"
	failed   Result = "FAILED"
	timedOut Result = "TIMEOUT"

	commissioned TypeState = "COMMISSIONED"
	priming      TypeState = "PRIMING"
	primed       TypeState = "PRIMED"
	depriming    TypeState = "DEPRIMING"

	stays   MigrationState = "DEFAULT"
	added   MigrationState = "NEW"
	removed MigrationState = "REMOVED"
)

// Words say where an instance or an element stands.
type Words struct {
	Deploy DeployState `json:"deploy_state"`
	Lock   LockState   `json:"lock_state"`
	Sub    SubState    `json:"sub_state"`
}

// completed returns the words of an instance once its operation has come to its end.
func (w Words) completed() Words {
	done := Words{Deploy: w.Deploy, Lock: w.Lock, Sub: noSub}
	switch w.Lock {
	case locking:
		done.Lock = locked
	case unlocking:
		done.Lock = unlocked
	}
	switch w.Deploy {
	case deploying:
		done.Deploy, done.Lock = deployed, locked
	case undeploying:
		done.Deploy, done.Lock = undeployed, noLock
	case updating, updateReverting, migrating, migrationReverting:
		done.Deploy = deployed
	case deleting:
		done.Deploy = deleted
	}
	return done
}

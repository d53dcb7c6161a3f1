package refresh

import "github.com/reeve-go/reeve/fsm"

// ManagerState is where a manager is. It follows from what is asked for and what is under way.
type ManagerState string

// The states of a manager.
const (
	// Added: it was never refreshed; that begins at once.
	Added ManagerState = "added"
	// Idle: nothing is asked for.
	Idle ManagerState = "idle"
	// Asked: a refresh is asked for and begins once others have had the time to join it.
	Asked ManagerState = "asked"
	// Refreshing: a refresh is under way, or two.
	Refreshing ManagerState = "refreshing"
	// Failing: the last refresh failed, or did not bring everything; it is begun again after a while.
	Failing ManagerState = "failing"
	// Removing: what the manager has is removed, and the record with it.
	Removing ManagerState = "removing"
)

// ManagerEvent is what happens to a manager. Nobody fires it: it names a move in the history.
type ManagerEvent string

const (
	ask    ManagerEvent = "ask"
	begin  ManagerEvent = "begin"
	end    ManagerEvent = "end"
	fail   ManagerEvent = "fail"
	remove ManagerEvent = "remove"
)

// managerDefinition is the machine of managers. Their states are derived, and name what they wait for: a time that the
// decider sets, or the outcome of an effect, so none needs a limit.
var managerDefinition = fsm.Definition[ManagerState, ManagerEvent]{
	Name:    "manager",
	Doc:     "A manager's inventory is kept by refreshes, full ones and targeted ones side by side.",
	Initial: Added,
	States: fsm.States[ManagerState, ManagerEvent]{
		Added:      {Mode: fsm.Active, Doc: "It was never refreshed; that begins at once."},
		Idle:       {Mode: fsm.Resting, Doc: "Nothing is asked for."},
		Asked:      {Mode: fsm.Waiting, Doc: "A refresh is asked for and begins once others have had the time to join it."},
		Refreshing: {Mode: fsm.Waiting, Doc: "A refresh is under way, or two."},
		Failing:    {Mode: fsm.Waiting, Doc: "The last refresh failed, or did not bring everything; it is begun again after a while."},
		Removing:   {Mode: fsm.Waiting, Doc: "What the manager has is removed, and the record with it."},
	},
	Events: fsm.Events[ManagerEvent]{
		ask:    {Doc: "A refresh was asked for, by a host or by the schedule.", By: fsm.Outside},
		begin:  {Doc: "A refresh was begun.", By: fsm.Supervisor},
		end:    {Doc: "The refresh ended, and nothing else is asked for.", By: fsm.Supervisor},
		fail:   {Doc: "The refresh ended, and not all was saved.", By: fsm.Supervisor},
		remove: {Doc: "The manager is to be removed.", By: fsm.Outside},
	},
	Table: fsm.Table[ManagerState, ManagerEvent]{
		Added:      {begin: Refreshing, remove: Removing},
		Idle:       {ask: Asked, begin: Refreshing, remove: Removing},
		Asked:      {begin: Refreshing, remove: Removing},
		Refreshing: {ask: Asked, end: Idle, fail: Failing, remove: Removing},
		Failing:    {begin: Refreshing, remove: Removing},
	},
	Waivers: []fsm.Waiver[ManagerState, ManagerEvent]{
		{Code: fsm.NoTimeout, State: Added, Reason: "its first turn begins a refresh"},
		{Code: fsm.NoTimeout, State: Asked, Reason: "it wakes when the refresh may begin"},
		{Code: fsm.NoTimeout, State: Refreshing, Reason: "each run has a limit of its own, and always an outcome"},
		{Code: fsm.NoTimeout, State: Failing, Reason: "it wakes when the refresh may begin again"},
		{Code: fsm.NoTimeout, State: Removing, Reason: "the rows are removed however long it takes"},
		{Code: fsm.Trap, State: Removing, Reason: "the record is deleted"},
	},
}

var managerMachine = fsm.MustCompile(managerDefinition)

// stateOf derives the state.
func stateOf(m *Manager) ManagerState {
	switch {
	case m.Removing:
		return Removing
	case m.Full.Run != "" || m.Targeted.Run != "":
		return Refreshing
	case m.Full.Began.IsZero():
		return Added
	case m.Full.Failures > 0 || m.Targeted.Failures > 0:
		return Failing
	case m.Full.Wanted || m.Targeted.Wanted:
		return Asked
	default:
		return Idle
	}
}

package acm

import "github.com/reeve-go/reeve/fsm"

// ElementMachine is the life of an element.
var ElementMachine = fsm.MustCompile(ElementDefinition)

// ElementDefinition describes the life of an element: it is what it was last told to become, or last
// said to be, so the name of the event is that of the state it leads to.
var ElementDefinition = fsm.Definition[State, State]{
	Name:    "element",
	Doc:     "A part of an instance that one participant looks after.",
	Initial: Undeployed,
	States: fsm.States[State, State]{
		Undeployed: {Doc: "It is in no field.", Mode: fsm.Resting},
		Locked:     {Doc: "It is deployed and not in use.", Mode: fsm.Resting},
		Unlocked:   {Doc: "It is deployed and in use.", Mode: fsm.Resting},
		Deleted:    {Doc: "It is gone at its participant.", Mode: fsm.Resting},

		Deploying:          {Doc: "It is to be deployed.", Mode: fsm.Waiting},
		Undeploying:        {Doc: "It is to be taken out of the field.", Mode: fsm.Waiting},
		Deleting:           {Doc: "It is to be deleted.", Mode: fsm.Waiting},
		Locking:            {Doc: "It is to be locked.", Mode: fsm.Waiting},
		Unlocking:          {Doc: "It is to be unlocked.", Mode: fsm.Waiting},
		Updating:           {Doc: "It is to take over new properties.", Mode: fsm.Waiting},
		UpdateReverting:    {Doc: "It is to take its old properties back.", Mode: fsm.Waiting},
		Migrating:          {Doc: "It is to move to another definition.", Mode: fsm.Waiting},
		MigrationReverting: {Doc: "It is to move back to its definition.", Mode: fsm.Waiting},
		Preparing:          {Doc: "It is to get ready to be deployed.", Mode: fsm.Waiting},
		Reviewing:          {Doc: "It is to be looked over.", Mode: fsm.Waiting},
		Prechecking:        {Doc: "It is to say whether it could migrate.", Mode: fsm.Waiting},
	},
	Table:   fsm.Table[State, State]{fsm.Any: become()},
	Waivers: heldByTheirInstance(),
}

// become leads from anywhere to each state.
func become() map[State]State {
	row := map[State]State{Undeployed: Undeployed, Locked: Locked, Unlocked: Unlocked, Deleted: Deleted}
	for _, op := range operations {
		row[op.working] = op.working
	}
	return row
}

// heldByTheirInstance leaves elements without a limit of their own.
func heldByTheirInstance() (waivers []fsm.Waiver[State, State]) {
	for _, op := range operations {
		waivers = append(waivers, fsm.Waiver[State, State]{Code: fsm.NoTimeout, State: op.working, Reason: "the limit is that of the instance's step"})
	}
	return waivers
}

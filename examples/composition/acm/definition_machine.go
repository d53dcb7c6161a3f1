package acm

import "github.com/reeve-go/reeve/fsm"

// DefinitionState is where a definition is.
type DefinitionState string

// DefinitionEvent is what can happen to a definition.
type DefinitionEvent string

// The states of a definition. Those of its elements are the four that are not halts.
const (
	Commissioned    DefinitionState = "commissioned"
	Priming         DefinitionState = "priming"
	PrimeFailed     DefinitionState = "prime failed"
	PrimeTimedOut   DefinitionState = "prime timed out"
	Primed          DefinitionState = "primed"
	Depriming       DefinitionState = "depriming"
	DeprimeFailed   DefinitionState = "deprime failed"
	DeprimeTimedOut DefinitionState = "deprime timed out"

	// AtWork and Halted are the superstates.
	AtWork DefinitionState = "at work"
	Halted DefinitionState = "halted"
)

// The orders to a definition, and what becomes of them.
const (
	Prime     DefinitionEvent = "prime"
	Deprime   DefinitionEvent = "deprime"
	Finished  DefinitionEvent = "finished"
	WentWrong DefinitionEvent = "went wrong"
	Overdue   DefinitionEvent = "overdue"
)

// DefinitionMachine is the life of a definition.
var DefinitionMachine = fsm.MustCompile(DefinitionDefinition)

// DefinitionDefinition describes the life of a definition.
var DefinitionDefinition = fsm.Definition[DefinitionState, DefinitionEvent]{
	Name:    "definition",
	Doc:     "A composition as a template: participants are primed with its element types before instances of it can be.",
	Initial: Commissioned,
	States: fsm.States[DefinitionState, DefinitionEvent]{
		Commissioned: {Doc: "It is known here, and at no participant.", Mode: fsm.Resting},
		Primed:       {Doc: "Its participants know it: it can have instances.", Mode: fsm.Resting},

		AtWork: {Doc: "Participants are at work on it.", After: DefaultWait, Then: Overdue},
		Halted: {Doc: "Its priming, or the opposite, went wrong: either can be ordered."},

		Priming:       {Doc: "Its participants are learning of it.", Mode: fsm.Waiting, In: AtWork},
		PrimeFailed:   {Doc: "A participant could not be primed.", Mode: fsm.Waiting, In: Halted},
		PrimeTimedOut: {Doc: "Priming took too long.", Mode: fsm.Waiting, In: Halted},

		Depriming:       {Doc: "Its participants are forgetting it.", Mode: fsm.Waiting, In: AtWork},
		DeprimeFailed:   {Doc: "A participant could not forget it.", Mode: fsm.Waiting, In: Halted},
		DeprimeTimedOut: {Doc: "Depriming took too long.", Mode: fsm.Waiting, In: Halted},
	},
	Events: fsm.Events[DefinitionEvent]{
		Prime:     {Doc: "Somebody wants to have instances of it."},
		Deprime:   {Doc: "Somebody wants it forgotten by its participants."},
		Finished:  {Doc: "Every participant has done its part.", By: fsm.Supervisor},
		WentWrong: {Doc: "A participant reports that it could not do its part.", By: fsm.Supervisor},
		Overdue:   {Doc: "The time of the order was up.", By: fsm.Supervisor},
	},
	Table: fsm.Table[DefinitionState, DefinitionEvent]{
		Commissioned: {Prime: Priming},
		Primed:       {Deprime: Depriming},
		Halted:       {Prime: Priming, Deprime: Depriming},

		Priming:       {Finished: Primed, WentWrong: PrimeFailed, Overdue: PrimeTimedOut},
		PrimeTimedOut: {Finished: Primed, WentWrong: PrimeFailed},

		Depriming:       {Finished: Commissioned, WentWrong: DeprimeFailed, Overdue: DeprimeTimedOut},
		DeprimeTimedOut: {Finished: Commissioned, WentWrong: DeprimeFailed},
	},
	Waivers: []fsm.Waiver[DefinitionState, DefinitionEvent]{
		{Code: fsm.NoTimeout, State: PrimeFailed, Reason: "it waits for an order"},
		{Code: fsm.NoTimeout, State: PrimeTimedOut, Reason: "it waits for an order, or a late answer"},
		{Code: fsm.NoTimeout, State: DeprimeFailed, Reason: "it waits for an order"},
		{Code: fsm.NoTimeout, State: DeprimeTimedOut, Reason: "it waits for an order, or a late answer"},
	},
}

// NodeMachine is the life of a node of a definition at its participant.
var NodeMachine = fsm.MustCompile(NodeDefinition)

// NodeDefinition describes the life of a node: like an element it is what it was last told to become,
// or last said to be.
var NodeDefinition = fsm.Definition[DefinitionState, DefinitionState]{
	Name:    "node",
	Doc:     "The type of an element, as its participant knows it.",
	Initial: Commissioned,
	States: fsm.States[DefinitionState, DefinitionState]{
		Commissioned: {Doc: "The participant does not know it.", Mode: fsm.Resting},
		Priming:      {Doc: "The participant is to learn of it.", Mode: fsm.Waiting},
		Primed:       {Doc: "The participant knows it.", Mode: fsm.Resting},
		Depriming:    {Doc: "The participant is to forget it.", Mode: fsm.Waiting},
	},
	Table: fsm.Table[DefinitionState, DefinitionState]{
		fsm.Any: {Commissioned: Commissioned, Priming: Priming, Primed: Primed, Depriming: Depriming},
	},
	Waivers: []fsm.Waiver[DefinitionState, DefinitionState]{
		{Code: fsm.NoTimeout, State: Priming, Reason: "the limit is that of its definition"},
		{Code: fsm.NoTimeout, State: Depriming, Reason: "the limit is that of its definition"},
	},
}

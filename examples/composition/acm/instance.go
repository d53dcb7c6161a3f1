package acm

import "time"

// An Instance is what is stored of an instance of a composition beside its state.
type Instance struct {
	Words

	// Result says what became of the last order.
	Result Result `json:"result"`
	// Definition is the id of what it is an instance of; Target is what it migrates to.
	Definition string `json:"definition"`
	Target     string `json:"target,omitempty"`
	// Phase is the start phase or stage that was ordered last; nil: none.
	Phase *int `json:"phase,omitempty"`
	// Begun is the one that was ordered first; nil: none.
	Begun *int `json:"begun,omitempty"`
	// Ordered is when the last one was.
	Ordered time.Time `json:"ordered"`
	// Revision changes when participants are told how the instance stands. They name it when they
	// want to know whether they are up to date.
	Revision string `json:"revision,omitempty"`
	// Participants are those that look after its elements.
	Participants []string `json:"participants,omitempty"`
	// Rollback are the elements as they were before an update or a migration that has not ended well.
	Rollback map[string]Element `json:"rollback,omitempty"`
}

// An Element is what is stored of a part of an instance beside its state.
type Element struct {
	Words

	// Node is the node of the definition that it is an instance of, at this version.
	Node    string `json:"node"`
	Version string `json:"version"`
	// Participant looks after it.
	Participant string `json:"participant"`
	// Stage is the one that its participant asked for; nil: none.
	Stage *int `json:"stage,omitempty"`
	// Migration says what a migration does to it.
	Migration MigrationState `json:"migration,omitempty"`
	// Message is what its participant said of its last order.
	Message string `json:"message,omitempty"`
	// Properties are the user's, Out those that the participant reports.
	Properties Properties `json:"properties,omitempty"`
	Out        Properties `json:"out,omitempty"`
	// UseState and OperationalState are the participant's words for how it does.
	UseState         string `json:"use_state,omitempty"`
	OperationalState string `json:"operational_state,omitempty"`
}

// StateOf returns the state of an instance that stands there with this result.
func StateOf(w Words, r Result) State {
	op := w.underWay()
	switch {
	case op == nil:
		return w.atRest()
	case r == failed:
		return op.failed
	case r == timedOut:
		return op.timedOut
	}
	return op.working
}

// state returns the state of an element that stands there.
func (w Words) state() State { return StateOf(w, noError) }

// atRest returns the state of what nobody is at work on.
func (w Words) atRest() State {
	switch {
	case w.Deploy == undeployed:
		return Undeployed
	case w.Deploy == deleted:
		return Deleted
	case w.Lock == unlocked:
		return Unlocked
	}
	return Locked
}

// standing returns the words and the result of an instance that has come to this state by orders
// alone.
func standing(s State) (Words, Result) {
	op := operationAt(s)
	switch {
	case s == Undeployed:
		return Words{undeployed, noLock, noSub}, noError
	case s == Deleted:
		return Words{deleted, noLock, noSub}, noError
	case s == Unlocked:
		return Words{deployed, unlocked, noSub}, noError
	case op == nil:
		return Words{deployed, locked, noSub}, noError
	case s == op.failed:
		return op.words, failed
	case s == op.timedOut:
		return op.words, timedOut
	}
	return op.words, noError
}

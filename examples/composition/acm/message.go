package acm

import "github.com/reeve-go/reeve/supervision"

// What participants say, and what is said to them. Answers quote the operation and the step that they
// answer; reports need not.
var (
	// Acked says what a participant made of its order about an element.
	Acked = supervision.NewMessage[Ack]("ack")
	// Reported says how an element does, whatever is under way.
	Reported = supervision.NewMessage[Report]("report")
	// PrimeAcked says what a participant made of its order about a definition.
	PrimeAcked = supervision.NewMessage[PrimeAck]("prime ack")
	// Heartbeat says that a replica of a participant lives.
	Heartbeat = supervision.NewMessage[Life]("heartbeat")
	// NodeReported says what a participant makes of a node of a definition.
	NodeReported = supervision.NewMessage[NodeReport]("node report")

	// Ordered orders something of the participant of an element.
	Ordered = supervision.NewEffect[Order, None]("order")
	// PrimeOrdered orders something of the participant of a node.
	PrimeOrdered = supervision.NewEffect[PrimeOrder, None]("prime order")
	// Restarted tells a replica that has come, or come back, everything that its participant has to do
	// with.
	Restarted = supervision.NewEffect[Restart, None]("restart")
	// Synced tells participants how something stands.
	Synced = supervision.NewEffect[Sync, None]("sync")
)

// None is what comes of an effect whose answer comes as a message.
type None struct{}

// An Ack is a participant's answer about an element. Where it stands is applied as it is said.
type Ack struct {
	Deploy DeployState `json:"deploy_state"`
	Lock   LockState   `json:"lock_state"`
	// Result is FAILED if the participant could not do its part.
	Result Result `json:"result,omitempty"`
	// Stage is the next one that the element has to pass; nil: it has passed all.
	Stage   *int   `json:"stage,omitempty"`
	Message string `json:"message,omitempty"`
}

// A Report replaces what is known of an element.
type Report struct {
	Out              Properties `json:"out,omitempty"`
	UseState         string     `json:"use_state,omitempty"`
	OperationalState string     `json:"operational_state,omitempty"`
}

// A PrimeAck is a participant's answer about all nodes of a definition that are its.
type PrimeAck struct {
	Participant string    `json:"participant"`
	State       TypeState `json:"state"`
	Result      Result    `json:"result,omitempty"`
	Message     string    `json:"message,omitempty"`
}

// A NodeReport replaces what is known of a node.
type NodeReport struct {
	Node string     `json:"node"`
	Out  Properties `json:"out,omitempty"`
}

// An Order is what a participant is to do with an element.
type Order struct {
	// Order is what the user ordered, Message the sort of message that ONAP sends for it.
	Order   Event  `json:"order"`
	Message string `json:"message"`
	// Instance and Element are whom it is about, Participant is who is to do it.
	Instance    string `json:"instance"`
	Element     string `json:"element"`
	Participant string `json:"participant"`
	// Step is the start phase or stage, First whether it is the operation's first.
	Step  int  `json:"step"`
	First bool `json:"first,omitempty"`
	// Definition is the instance's own, Target the one that it moves to or was to move to.
	Definition string `json:"definition"`
	Target     string `json:"target,omitempty"`
	// Words, Node, Version, Migration and Properties are those of the element.
	Words      Words          `json:"words"`
	Node       string         `json:"node"`
	Version    string         `json:"version"`
	Migration  MigrationState `json:"migration,omitempty"`
	Properties Properties     `json:"properties,omitempty"`
}

// A PrimeOrder is what a participant is to do with a definition.
type PrimeOrder struct {
	Order       DefinitionEvent `json:"order"`
	Definition  string          `json:"definition"`
	Node        string          `json:"node"`
	Participant string          `json:"participant"`
}

// A Sync tells participants how an instance or a definition stands.
type Sync struct {
	// Participant is who is told; empty: all that have to do with it.
	Participant string `json:"participant,omitempty"`
	Revision    string `json:"revision"`
	// Words are an instance's, Type a definition's, Result is either's.
	Words  Words     `json:"words,omitzero"`
	Type   TypeState `json:"type,omitempty"`
	Result Result    `json:"result"`
	// Delete: it is gone, and to be forgotten.
	Delete bool `json:"delete,omitempty"`
}

// A Life is what a replica says of itself, when it registers and every now and then.
type Life struct {
	Replica string   `json:"replica"`
	Types   []string `json:"types"`
}

// A Restart names the replica that is to be told everything.
type Restart struct {
	Participant string `json:"participant"`
	Replica     string `json:"replica"`
}

// Done is the answer of a participant that has done what it was ordered.
func (o *Order) Done() Ack {
	a := Ack{Deploy: deleted, Lock: noLock, Result: noError}
	if o.Migration == removed {
		return a
	}
	for _, op := range operations {
		if op.order == o.Order {
			words, _ := standing(op.done[0])
			a.Deploy, a.Lock = words.Deploy, words.Lock
		}
	}
	return a
}

// Done is the answer of a participant that has done what it was ordered.
func (o *PrimeOrder) Done() PrimeAck {
	a := PrimeAck{Participant: o.Participant, State: primed, Result: noError}
	if o.Order == Deprime {
		a.State = commissioned
	}
	return a
}

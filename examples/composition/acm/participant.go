package acm

import (
	"slices"
	"time"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/supervision"
)

// ParticipantState says whether a participant is there.
type ParticipantState string

// ParticipantEvent is what can happen to a participant.
type ParticipantEvent string

// ReplicaState is where a replica is: there, as long as its participant has it.
type ReplicaState string

// A participant is there as long as one of its replicas is.
const (
	Online  ParticipantState = "online"
	Offline ParticipantState = "offline"

	Appeared ParticipantEvent = "appeared"
	Vanished ParticipantEvent = "vanished"

	Alive ReplicaState = "alive"
)

// ParticipantMachine is the life of a participant.
var ParticipantMachine = fsm.MustCompile(ParticipantDefinition)

// ParticipantDefinition describes the life of a participant. Its state follows from its replicas.
var ParticipantDefinition = fsm.Definition[ParticipantState, ParticipantEvent]{
	Name:    "participant",
	Doc:     "A program that looks after elements. It runs as one replica or several.",
	Initial: Offline,
	States: fsm.States[ParticipantState, ParticipantEvent]{
		Offline: {Doc: "None of its replicas has been heard of for too long.", Mode: fsm.Resting},
		Online:  {Doc: "A replica of it has been heard of lately.", Mode: fsm.Resting},
	},
	Events: fsm.Events[ParticipantEvent]{
		Appeared: {Doc: "Its first replica registered.", By: fsm.Supervisor},
		Vanished: {Doc: "Its last replica fell silent.", By: fsm.Supervisor},
	},
	Table: fsm.Table[ParticipantState, ParticipantEvent]{
		Offline: {Appeared: Online},
		Online:  {Vanished: Offline},
	},
}

// ReplicaMachine is the life of a replica, which is over when its participant removes it.
var ReplicaMachine = fsm.MustCompile(fsm.Definition[ReplicaState, ParticipantEvent]{
	Name:    "replica",
	Initial: Alive,
	States:  fsm.States[ReplicaState, ParticipantEvent]{Alive: {Doc: "It has been heard of lately.", Mode: fsm.Resting}},
})

// A Participant is what is stored of a participant beside its state.
type Participant struct {
	// Heard is when one of its replicas was heard of last.
	Heard time.Time `json:"heard,omitzero"`
}

// A Replica is what is stored of a replica.
type Replica struct {
	// Types are the types of elements that it can look after.
	Types []string `json:"types"`
}

// DecideParticipant says what is to become of a participant: it hears its replicas, and removes those
// that have been silent for too long. One that is new is told everything that it has to do with.
func (e *Estate) DecideParticipant(t *ParticipantTurn) error {
	for _, m := range t.Messages {
		if alive, ok := Heartbeat.Body(m); ok {
			e.noteLife(t, alive)
		}
	}
	for _, silent := range e.replicas.Due(t) {
		e.replicas.Remove(t, silent)
	}
	return nil
}

// noteLife notes that a replica lives. The silence that it may keep begins anew.
func (e *Estate) noteLife(t *ParticipantTurn, alive Life) {
	t.Data.Heard = t.Now
	replica, known := e.replicas.Get(t, alive.Replica)
	if !known {
		replica = e.replicas.Add(t, alive.Replica, 0, Replica{})
	}
	if !known || !slices.Equal(replica.Data.Types, alive.Types) {
		replica.Data.Types = alive.Types
		Restarted.Emit(t, Restart{Participant: t.Key.ID, Replica: alive.Replica}, supervision.Quiet(), supervision.Keep())
	}
	e.replicas.Wake(t, replica, e.options.Silence)
}

// derive is where a participant with these replicas is.
func derive(_ *Participant, replicas supervision.Tally) ParticipantState {
	if replicas.Count() > 0 {
		return Online
	}
	return Offline
}

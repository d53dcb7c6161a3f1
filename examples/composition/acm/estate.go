package acm

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"time"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

type (
	// Definitions are the definitions of a store.
	Definitions = supervision.Kind[Definition, DefinitionState, DefinitionEvent]
	// Instances are the instances of a store.
	Instances = supervision.Kind[Instance, State, Event]
	// Participants are the participants of a store.
	Participants = supervision.Kind[Participant, ParticipantState, ParticipantEvent]

	// DefinitionTurn is one look at a definition.
	DefinitionTurn = supervision.Turn[Definition, DefinitionState, DefinitionEvent]
	// InstanceTurn is one look at an instance.
	InstanceTurn = supervision.Turn[Instance, State, Event]
	// ParticipantTurn is one look at a participant.
	ParticipantTurn = supervision.Turn[Participant, ParticipantState, ParticipantEvent]
)

// Options are the options of an estate. Nil is the same as the zero value.
type Options struct {
	// Wait is how long a step may take where nobody says otherwise. Zero: [DefaultWait].
	Wait time.Duration
	// Overall is how long an order may take in all. Zero: for ever, as long as its steps go on.
	Overall time.Duration
	// Resend is how long a participant may be silent about an order before it is ordered again. Zero:
	// for ever.
	Resend time.Duration
	// Silence is how long a replica may be silent before it counts as gone. Zero: [DefaultSilence].
	Silence time.Duration
	// Compatible decides as ONAP does where its participants leave no choice: an answer that does not
	// say which order it answers counts for the one under way, an element is done when nobody is at
	// work on it any more, whether or not that is what was ordered, and no step is ordered twice.
	// Without it such an answer is stale, and an element is done when it is where the order wants it.
	Compatible bool
}

// What the zero values of [Options] stand for.
const (
	DefaultWait    = 200 * time.Second
	DefaultSilence = 150 * time.Second
)

// An Estate is the compositions of a store: their definitions, their instances, and the participants
// that look after them. It is safe for concurrent use.
type Estate struct {
	Definitions  *Definitions
	Instances    *Instances
	Participants *Participants

	options  Options
	nodes    *supervision.Elements[NodeElement, DefinitionState, DefinitionState]
	elements *supervision.Elements[Element, State, State]
	replicas *supervision.Elements[Replica, ReplicaState, ParticipantEvent]
}

// New returns the compositions of a store.
func New(store storage.Store, o *Options) (*Estate, error) {
	e := &Estate{
		nodes:    supervision.NewElements[NodeElement](NodeMachine, nil),
		elements: supervision.NewElements[Element](ElementMachine, nil),
		replicas: supervision.NewElements[Replica](ReplicaMachine, nil),
	}
	if o != nil {
		e.options = *o
	}
	e.options.Wait = cmp.Or(e.options.Wait, DefaultWait)
	e.options.Silence = cmp.Or(e.options.Silence, DefaultSilence)
	var errs [3]error
	e.Definitions, errs[0] = supervision.NewKind("definition", DefinitionMachine, store,
		&supervision.KindOptions[Definition, DefinitionState, DefinitionEvent]{Elements: e.nodes})
	e.Instances, errs[1] = supervision.NewKind("instance", InstanceMachine, store,
		&supervision.KindOptions[Instance, State, Event]{Elements: e.elements, Reads: e.reads, Explain: e.explain, Group: func(in *Instance) string { return in.Definition }})
	e.Participants, errs[2] = supervision.NewKind("participant", ParticipantMachine, store,
		&supervision.KindOptions[Participant, ParticipantState, ParticipantEvent]{Elements: e.replicas, Derive: derive})
	return e, errors.Join(errs[:]...)
}

// reads are the definitions that say in which order an instance's elements are asked.
func (e *Estate) reads(_ State, in *Instance) []storage.Key {
	keys := []storage.Key{e.Definitions.Key(in.Definition)}
	if in.Target != "" {
		keys = append(keys, e.Definitions.Key(in.Target))
	}
	return keys
}

// Elements yields the elements of an instance, by name.
func (e *Estate) Elements(ctx context.Context, instance string) iter.Seq2[supervision.Element[Element, State], error] {
	return e.elements.List(ctx, e.Instances, instance)
}

// Supervise has a supervisor look after the estate: give records their turns. Who performs the effects
// is the host's to say.
func (e *Estate) Supervise(s *supervision.Supervisor) {
	supervision.Supervise(s, e.Definitions, e.DecideDefinition, supervision.Emits(PrimeOrdered, Synced))
	supervision.Supervise(s, e.Instances, e.DecideInstance, supervision.Emits(Ordered, Synced))
	supervision.Supervise(s, e.Participants, e.DecideParticipant, supervision.Emits(Restarted))
}

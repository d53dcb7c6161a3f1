package vectors

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/reeve-go/reeve/examples/composition/acm"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// A world is what is given, and what becomes of it.
type world struct {
	given    *Given
	clock    *clock
	estate   *acm.Estate
	entities []*entity        // definitions, then instances, as they were given
	inbox    []*letter        // in the order in which they were given
	jobs     map[string]int64 // when others took a lock, by entity
	now      int64            // milliseconds since the beginning
	running  int              // the number of the run
}

// An entity is a definition or an instance as a store would have it.
type entity struct {
	record   storage.Record
	elements []storage.Element // by name
	gone     bool
	looked   bool // in this run
	// broken is what is wrong with what was given, so that no turn of it can succeed.
	broken error

	lines    []line    // what happened to it
	purposes []Purpose // why it may differ from ONAP's
	since    int       // the run from which on it may
}

// A line says that something happened in a run.
type line struct {
	run  int
	text string
}

// A letter is a message that waits for an entity.
type letter struct {
	storage.Message

	at int64
}

// beginning is the moment when the supervisor first looks.
var beginning = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func moment(ms int64) time.Time { return beginning.Add(time.Duration(ms) * time.Millisecond) }

// newWorld returns the world as it was given.
func newWorld(g *Given, c *clock) (*world, error) {
	w := &world{given: g, clock: c, jobs: map[string]int64{}}
	wait := time.Duration(g.MaxOperationWaitMs) * time.Millisecond
	var err error
	w.estate, err = acm.New(shelf{world: w}, &acm.Options{Wait: wait, Compatible: true})
	if err != nil {
		return nil, err
	}
	for i := range g.Definitions {
		w.entities = append(w.entities, w.definition(&g.Definitions[i]))
	}
	for i := range g.Instances {
		w.entities = append(w.entities, w.instance(&g.Instances[i]))
	}
	seq := uint64(0)
	for i := range g.Messages {
		seq++
		w.inbox = append(w.inbox, w.letter(&g.Messages[i], seq))
	}
	for _, j := range g.Jobs {
		w.jobs[j.Entity] = -j.StartedAgoMs
	}
	return w, nil
}

func (w *world) entity(key storage.Key) *entity {
	for _, e := range w.entities {
		if e.record.Key == key {
			return e
		}
	}
	return nil
}

// definition returns a definition as a record.
func (w *world) definition(d *Definition) *entity {
	data := acm.Definition{State: d.State, Result: d.Result, Nodes: d.Nodes, Metadata: d.Metadata, Ordered: moment(-d.LastMsgAgoMs)}
	state := acm.StateOfDefinition(d.State, d.Result)
	_, _, limited := acm.DefinitionMachine.Timeout(state)
	e := &entity{record: record(w.estate.Definitions.Key(d.ID), string(state), limited, data)}
	e.record.Step = "all"
	for _, n := range d.Elements {
		e.elements = append(e.elements, storage.Element{
			Name: n.Node, State: string(acm.StateOfDefinition(n.State, "")), Since: beginning.Add(-time.Hour),
			Data: encode(acm.NodeElement{Participant: n.Participant, State: n.State}),
		})
	}
	e.sort()
	return e
}

// instance returns an instance as a record.
func (w *world) instance(in *Instance) *entity {
	data := acm.Instance{
		Words:  acm.Words{Deploy: in.DeployState, Lock: in.LockState, Sub: in.SubState},
		Result: in.Result, Definition: in.Definition, Target: in.Target, Phase: in.Phase, Ordered: moment(-in.LastMsgAgoMs),
	}
	elements := make(map[string]*acm.Element, len(in.Elements))
	for _, e := range in.Elements {
		elements[e.ID] = &acm.Element{
			Words: acm.Words{Deploy: e.DeployState, Lock: e.LockState, Sub: e.SubState},
			Node:  e.Node, Version: e.Version, Participant: e.Participant, Stage: e.Stage, Migration: e.MigrationState, Properties: e.Properties,
		}
	}
	at, err := acm.Adopt(&data, elements, w.nodes)
	_, _, limited := acm.InstanceMachine.Timeout(at.State)
	e := &entity{record: record(w.estate.Instances.Key(in.ID), string(at.State), limited, data), broken: err}
	e.record.Step = at.Step
	for name, el := range elements {
		place := at.Elements[name]
		e.elements = append(e.elements, storage.Element{
			Name: name, State: string(place.State), Group: place.Group, Since: beginning.Add(-time.Hour), Data: encode(el),
		})
	}
	e.sort()
	return e
}

// record returns a record. If its state has a limit its time is up, so that each turn looks whether the
// order under way is overdue.
func record(key storage.Key, state string, limited bool, data any) storage.Record {
	since := beginning.Add(-24 * time.Hour)
	r := storage.Record{Key: key, State: state, Version: 1, Operation: "given", Since: since, Data: encode(data)}
	if limited {
		r.Until = since
	}
	return r
}

// nodes returns a definition as it was given.
func (w *world) nodes(id string) *acm.Definition {
	for i := range w.given.Definitions {
		if d := &w.given.Definitions[i]; d.ID == id {
			return &acm.Definition{Nodes: d.Nodes}
		}
	}
	return &acm.Definition{}
}

func (e *entity) sort() {
	slices.SortFunc(e.elements, func(a, b storage.Element) int { return strings.Compare(a.Name, b.Name) })
}

// letter returns a message as it waits.
func (w *world) letter(m *Message, seq uint64) *letter {
	out := storage.Message{ID: m.ID, Seq: seq, To: w.addressee(m), Element: m.Element}
	var body any
	switch {
	case m.Instance != "" && (m.Type == deployAck || m.Type == stateChangeAck):
		out.Name = acm.Acked.Name()
		body = acm.Ack{Deploy: m.DeployState, Lock: m.LockState, Result: m.Result, Stage: m.Stage, Message: m.Message}
	case m.Instance != "" && m.Type == participantStatus:
		out.Name = acm.Reported.Name()
		body = acm.Report{Out: m.OutProperties, UseState: m.UseState, OperationalState: m.OperationalState}
	case m.Instance == "" && m.Type == primeAck:
		out.Name = acm.PrimeAcked.Name()
		body = acm.PrimeAck{Participant: m.Participant, State: m.CompositionState, Result: m.Result, Message: m.Message}
	case m.Instance == "" && m.Type == participantStatus:
		out.Name = acm.NodeReported.Name()
		body = acm.NodeReport{Node: m.Node, Out: m.OutProperties}
	default:
		out.Name = m.Type
	}
	out.Body = encode(body)
	return &letter{Message: out, at: -*m.AgoMs}
}

// addressee returns whom a message is for.
func (w *world) addressee(m *Message) storage.Key {
	if m.Instance != "" {
		return w.estate.Instances.Key(m.Instance)
	}
	return w.estate.Definitions.Key(m.Definition)
}

// encode writes data as the kinds of an estate do.
func encode(v any) []byte {
	b, err := supervision.JSON{}.Marshal(v)
	if err != nil {
		return nil // cannot be: what is written was read as JSON
	}
	return b
}

// A shelf is where turns find the records that they read, and no more: there is no store.
type shelf struct {
	storage.Store

	world *world
}

// Load returns what the world has.
func (s shelf) Load(_ context.Context, keys []storage.Key) ([]storage.Snapshot, error) {
	out := make([]storage.Snapshot, len(keys))
	for i, key := range keys {
		out[i].Key = key
		if e := s.world.entity(key); e != nil {
			out[i].Record = e.record
		}
		out[i].Now = moment(s.world.now)
	}
	return out, nil
}

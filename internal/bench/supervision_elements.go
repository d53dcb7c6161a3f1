package main

import (
	"context"
	"fmt"
	"time"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// An instance has parts, which are started and stopped phase by phase.
type (
	instance struct {
		Name string `json:"name"`
	}
	part struct {
		Image string `json:"image"`
		Tries int    `json:"tries"`
	}

	instanceKind = supervision.Kind[instance, state, event]
	instanceTurn = supervision.Turn[instance, state, event]
	instancePart = supervision.Element[part, state]
	partPhases   = supervision.Phased[part, state, event]
)

const (
	down     state = "down"
	starting state = "starting"
	up       state = "up"
	stopping state = "stopping"
	failed   state = "failed"
)

// ordered is the event that starts what is down and stops what is up, answered the one that ends it.
const (
	ordered  event = "ordered"
	answered event = "answered"
	timedOut event = "timed out"
)

// upAndDown goes on from stopping to starting and back, for instances that are never done.
var upAndDown = fsm.MustCompile(fsm.Definition[state, event]{
	Name:    "up and down",
	Initial: down,
	States: fsm.States[state, event]{
		down:     {Mode: fsm.Resting},
		starting: {Mode: fsm.Waiting, After: time.Hour, Then: timedOut},
		up:       {Mode: fsm.Resting},
		stopping: {Mode: fsm.Waiting, After: time.Hour, Then: timedOut},
		failed:   {Mode: fsm.Resting},
	},
	Table: fsm.Table[state, event]{
		down:     {ordered: starting},
		starting: {answered: up, ordered: stopping, timedOut: failed},
		up:       {ordered: stopping},
		stopping: {answered: down, ordered: starting, timedOut: failed},
	},
})

var (
	parts = supervision.NewElements[part](upAndDown, nil)
	acked = supervision.NewMessage[struct{}]("ack")
)

func newInstances(store storage.Store) (*instanceKind, error) {
	return supervision.NewKind("instance", upAndDown, store, &supervision.KindOptions[instance, state, event]{Elements: parts})
}

// begin creates an instance and orders it to start.
func begin(ctx context.Context, instances *instanceKind, id string, start func(*instanceTurn) error) error {
	if err := instances.Create(ctx, id, instance{}); err != nil {
		return err
	}
	_, err := instances.Order(ctx, id, ordered, 0, start)
	return err
}

// addParts adds n parts to an instance, in so many phases.
func addParts(t supervision.Outbound, n, phases int) {
	for i := range n {
		parts.Add(t, partName(i), i%phases, part{Image: "registry.example/part:1.17.3"})
	}
}

func partName(i int) string { return fmt.Sprintf("part-%05d", i) }

// acks are answers of one part after the other, each with a turn of its own: of an instance with
// 10,000 parts, and of one with ten. Written, if it is not nil, notes the bytes of each change.
func acks(open backend, written *notes) func(context.Context, *setup) (sides, error) {
	return func(ctx context.Context, s *setup) (sides, error) {
		ours, err := acksOf(ctx, s, open, written, 10_000)
		if err != nil {
			return sides{}, err
		}
		peer, err := acksOf(ctx, s, open, written, 10)
		return sides{ours: ours, peer: peer}, err
	}
}

func acksOf(ctx context.Context, s *setup, open backend, written *notes, n int) (func(n int) error, error) {
	store, err := open(ctx, s, fmt.Sprintf("%d.db", n))
	if err != nil {
		return nil, err
	}
	if written != nil {
		store = weighing{store, written}
	}
	instances, err := newInstances(store)
	if err != nil {
		return nil, err
	}
	sup, err := supervision.New(nil)
	if err != nil {
		return nil, err
	}
	supervision.Supervise(sup, instances, acknowledge)
	err = begin(ctx, instances, "large", func(t *instanceTurn) error {
		addParts(t, n, 1)
		_, err := endless.Advance(t)
		return err
	})
	if err != nil {
		return nil, err
	}
	number := 0
	return func(times int) error {
		for range times {
			number++
			if err := acked.Deliver(ctx, instances, "large", struct{}{}, supervision.ToElement(partName(number%n))); err != nil {
				return err
			}
			if turns, err := sup.Pass(ctx); err != nil || turns != 1 {
				return fmt.Errorf("an ack made for %d turns; one is right: %w", turns, err)
			}
		}
		return nil
	}, nil
}

// endless has no phase after its first.
var endless = &partPhases{Elements: parts, Open: func(state) bool { return true }}

// acknowledge moves the parts that have answered, and looks whether the next phase can begin.
func acknowledge(t *instanceTurn) error {
	for _, m := range t.Messages {
		el, ok := parts.Get(t, m.Element)
		if _, ack := acked.Body(m); !ack || !ok {
			return fmt.Errorf("what part %q says cannot be understood", m.Element)
		}
		e := answered
		if el.State == up || el.State == down {
			e = ordered
		}
		if err := parts.Fire(t, el, e); err != nil {
			return err
		}
		el.Data.Tries++
	}
	_, err := endless.Advance(t)
	return err
}

// Weighing is a store that notes how many bytes of data and names each change asks it to write.
type weighing struct {
	storage.Store

	written *notes
}

func (w weighing) Apply(ctx context.Context, changes []storage.Change) ([]error, error) {
	for i := range changes {
		w.written.add(weight(&changes[i]))
	}
	return w.Store.Apply(ctx, changes)
}

func weight(c *storage.Change) float64 {
	bytes := len(c.Record.Data)
	for _, e := range c.Elements {
		bytes += len(e.Name) + len(e.State) + len(e.Data)
	}
	for _, l := range c.Lines {
		bytes += len(l.Element) + len(l.From) + len(l.Event) + len(l.To) + len(l.Cause) + len(l.Inputs)
	}
	return float64(bytes)
}

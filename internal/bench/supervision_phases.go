package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/sqlite"
	"github.com/reeve-go/reeve/supervision"
)

const (
	instanceCount = 1000
	partsOfEach   = 10
	phasesOfEach  = 2
)

var orderPart = supervision.NewEffect[string, struct{}]("order part")

var (
	raise = &partPhases{Elements: parts, Open: func(s state) bool { return s == down || s == starting }, Order: order}
	lower = &partPhases{Elements: parts, Open: func(s state) bool { return s == up || s == stopping }, Order: order}
)

// order has something done by each part.
func order(t supervision.Outbound, _ supervision.Step, els []*instancePart) error {
	for _, el := range els {
		if err := parts.Fire(t, el, ordered); err != nil {
			return err
		}
		orderPart.Emit(t, el.Data.Image, supervision.ForElement(el.Name), supervision.StepKey(), supervision.Quiet())
	}
	return nil
}

// riseAndFall starts an instance's parts phase by phase, then stops them, and so on.
func riseAndFall(t *instanceTurn) error {
	for _, m := range t.Messages {
		el, ok := parts.Get(t, m.Element)
		if _, ack := acked.Body(m); !ack || !ok {
			return fmt.Errorf("what part %q says cannot be understood", m.Element)
		}
		if err := parts.Fire(t, el, answered); err != nil {
			return err
		}
	}
	now, then := raise, lower
	if t.State == stopping {
		now, then = lower, raise
	}
	step, err := now.Advance(t)
	if err != nil || !step.Done {
		return err
	}
	if err := t.Fire(ordered); err != nil {
		return err
	}
	t.Step = ""
	_, err = then.Advance(t)
	return err
}

// thousandPhases advances a thousand instances by a phase at once. An operation begins before the
// answers of all the parts of the phase are delivered and ends when all parts of the next phase have
// got their orders: an effect each, which is performed and settled as well.
func thousandPhases(ctx context.Context, s *setup) (sides, error) {
	db, store, err := s.openSQLite(ctx, "phases.db", sqlite.Full)
	if err != nil {
		return sides{}, err
	}
	instances, err := newInstances(store)
	if err != nil {
		return sides{}, err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return sides{}, err
	}
	if err := createInstances(ctx, instances.With(tx)); err != nil {
		return sides{}, errors.Join(err, tx.Rollback())
	}
	if err := tx.Commit(); err != nil {
		return sides{}, err
	}
	return advances(ctx, s, store, instances)
}

// advances advances all instances of a store, phase by phase.
func advances(ctx context.Context, s *setup, store storage.Store, instances *instanceKind) (sides, error) {
	sup, err := supervision.New(nil)
	if err != nil {
		return sides{}, err
	}
	p := participants{ordered: make(chan struct{}, 1), newest: map[addressee]string{}}
	supervision.Supervise(sup, instances, riseAndFall, supervision.Emits(orderPart))
	supervision.Perform(sup, orderPart, p.order, nil)
	ctx, stop := running(ctx, sup)
	s.closeAfter(stop)
	return sides{ours: func(n int) error {
		for range n {
			for some := range slices.Chunk(p.answers(), 1000) {
				if err := deliver(ctx, store, some); err != nil {
					return err
				}
			}
			if err := wait(ctx, p.ordered); err != nil {
				return err
			}
		}
		return nil
	}}, wait(ctx, p.ordered)
}

// createInstances creates them in their first phase. One transaction around it makes that quick.
func createInstances(ctx context.Context, instances *instanceKind) error {
	for i := range instanceCount {
		err := begin(ctx, instances, fmt.Sprintf("instance-%04d", i), func(t *instanceTurn) error {
			addParts(t, partsOfEach, phasesOfEach)
			_, err := raise.Advance(t)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Participants answer their orders when they are asked to.
type participants struct {
	ordered chan struct{} // holds a value when all parts of a phase have got their orders

	mu      sync.Mutex
	pending []storage.Message
	newest  map[addressee]string // the order that each got last
}

type addressee struct{ instance, part string }

func (p *participants) order(_ context.Context, c supervision.Call, _ string) (struct{}, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	to := addressee{c.From.ID, c.Element}
	if p.newest[to] == c.ID { // an order can come twice, where the processor was busy with something else for long
		return struct{}{}, nil
	}
	p.newest[to] = c.ID
	p.pending = append(p.pending, storage.Message{
		ID: c.ID, To: c.From, Element: c.Element, Operation: c.Operation, Step: c.Step, Name: acked.Name(), Body: []byte("{}"),
	})
	if len(p.pending) == instanceCount*partsOfEach/phasesOfEach {
		p.ordered <- struct{}{}
	}
	return struct{}{}, nil
}

func (p *participants) answers() []storage.Message {
	p.mu.Lock()
	defer p.mu.Unlock()
	answers := p.pending
	p.pending = nil
	return answers
}

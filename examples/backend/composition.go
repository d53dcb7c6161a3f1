package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/reeve-go/reeve/examples/composition/acm"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// What is deployed: a network, and what needs it, a phase later.
var nodes = []struct{ name, participant string }{{"network", "core"}, {"radio", "edge"}}

const (
	definition = "access"
	instance   = "access-1"
	each       = 3 // elements a node

	poll     = 20 * time.Millisecond
	patience = time.Minute // after that a demonstration gives up
)

// A composition is deployed on a store. Its participants live in this process and do at once what they
// are ordered.
type composition struct {
	*acm.Estate

	mu     sync.Mutex
	orders map[string]int // how often each was given, by key
}

func newComposition(store storage.Store) (*composition, error) {
	estate, err := acm.New(store, nil)
	return &composition{Estate: estate, orders: map[string]int{}}, err
}

// whileSupervised calls do while a supervisor looks after the composition, which takes a lock as well if
// there is a locker.
func (c *composition) whileSupervised(ctx context.Context, locker storage.Locker, do func(context.Context) error) error {
	sup, err := supervision.New(&supervision.Options{Poll: poll, Locker: locker})
	if err != nil {
		return err
	}
	c.Supervise(sup)
	supervision.Perform(sup, acm.Ordered, c.order, nil)
	supervision.Perform(sup, acm.PrimeOrdered, c.prime, nil)
	supervision.Perform(sup, acm.Synced, nothing[acm.Sync], nil)
	supervision.Perform(sup, acm.Restarted, nothing[acm.Restart], nil)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- sup.Run(ctx) }()
	err = do(ctx)
	stop()
	return errors.Join(err, <-ended)
}

// order has a participant do its part with an element.
func (c *composition) order(ctx context.Context, call supervision.Call, o acm.Order) (acm.None, error) {
	c.mu.Lock()
	c.orders[call.Key]++
	c.mu.Unlock()
	return acm.None{}, acm.Acked.Deliver(ctx, c.Instances, o.Instance, o.Done(),
		supervision.About(call.Operation, call.Step), supervision.ToElement(o.Element), supervision.MessageID(call.Key))
}

// prime has a participant learn of a definition.
func (c *composition) prime(ctx context.Context, call supervision.Call, o acm.PrimeOrder) (acm.None, error) {
	return acm.None{}, acm.PrimeAcked.Deliver(ctx, c.Definitions, o.Definition, o.Done(),
		supervision.About(call.Operation, call.Step), supervision.MessageID(call.Key))
}

// nothing is what participants without a memory do about news.
func nothing[A any](context.Context, supervision.Call, A) (acm.None, error) { return acm.None{}, nil }

// prepare makes the instance, of a definition that participants know.
func (c *composition) prepare(ctx context.Context) error {
	def, participants := acm.Definition{Nodes: map[string]acm.Node{}}, map[string]string{}
	elements := map[string]acm.Element{}
	for phase, n := range nodes {
		def.Nodes[n.name] = acm.Node{Version: "1.0.0", Properties: acm.Properties{"startPhase": json.RawMessage(strconv.Itoa(phase))}}
		participants[n.name] = n.participant
		for i := range each {
			elements[fmt.Sprintf("%s-%d", n.name, i+1)] = acm.Element{Node: n.name, Version: "1.0.0", Participant: n.participant}
		}
		if err := c.Hear(ctx, n.participant, acm.Life{Replica: n.participant + "-0", Types: []string{n.name}}); err != nil {
			return err
		}
	}
	if err := c.CreateDefinition(ctx, definition, def, participants); err != nil {
		return err
	}
	err := until(ctx, "the definition is ordered to be primed", func() (bool, error) {
		_, err := c.OrderDefinition(ctx, definition, acm.Prime)
		if errors.Is(err, acm.ErrNoReplica) { // it has not been heard yet
			return false, nil
		}
		return err == nil, err
	})
	if err != nil {
		return err
	}
	err = until(ctx, "the definition is primed", func() (bool, error) {
		d, err := c.Definitions.Get(ctx, definition)
		return d.State == acm.Primed, err
	})
	if err != nil {
		return err
	}
	return c.CreateInstance(ctx, instance, definition, elements)
}

// deployed waits until the instance is deployed, by one order for each element.
func (c *composition) deployed(ctx context.Context) error {
	err := until(ctx, instance+" is deployed", func() (bool, error) {
		in, err := c.Instances.Get(ctx, instance)
		return in.State == acm.Locked, err
	})
	c.mu.Lock()
	defer c.mu.Unlock()
	if all := each * len(nodes); err == nil && len(c.orders) != all {
		err = fmt.Errorf("%d orders were given to %d elements", len(c.orders), all)
	}
	return err
}

// deploy does all of it.
func (c *composition) deploy(ctx context.Context) error {
	if err := c.prepare(ctx); err != nil {
		return err
	}
	if _, err := c.Order(ctx, instance, acm.Deploy); err != nil {
		return err
	}
	return c.deployed(ctx)
}

// until waits for something.
func until(ctx context.Context, what string, done func() (bool, error)) error {
	limit := time.After(patience)
	for {
		if ok, err := done(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(poll):
		case <-limit:
			return fmt.Errorf("waited %v in vain until %s", patience, what)
		}
	}
}

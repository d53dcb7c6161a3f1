package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// An inspection is this process at work on one node, as its settings ask.
type inspection struct {
	*settings
	nodes *Nodes
	// operation is the order that it works on. A node that got another order is no longer its own.
	operation string
	// say tells the operator what happens meanwhile.
	say func(format string, args ...any)
}

var (
	errTimeout  = errors.New("Introspection timeout") //nolint:staticcheck // ironic-inspector's words
	errCanceled = errors.New("Canceled by operator")  //nolint:staticcheck // ironic-inspector's words
	errRefused  = errors.New("the facts were refused, because of -fail")
	errNoFacts  = errors.New("it has no facts to process again; introspect it first, without -reapply")
)

// run takes the node to the end of what was asked for.
func (i *inspection) run(ctx context.Context) error {
	known, err := i.known(ctx)
	if err != nil {
		return err
	}
	if !known {
		switch {
		case i.reapply && i.db != "", i.abort && i.named:
			return i.unknown(ctx)
		case i.named && !i.reapply:
			return i.enroll(ctx)
		}
		err := i.nodes.Create(ctx, i.node, Node{}, supervision.Cause("operator"))
		if err != nil && !errors.Is(err, storage.ErrExists) { // another run may have been faster
			return err
		}
	}
	switch {
	case i.abort:
		return i.cancel(ctx)
	case i.reapply && known:
		return i.processAgain(ctx)
	}
	err = i.introspect(ctx)
	if err == nil && i.reapply {
		err = i.processAgain(ctx)
	}
	return err
}

// introspect asks a node for its facts and processes them.
func (i *inspection) introspect(ctx context.Context) error {
	if err := i.start(ctx); err != nil {
		return err
	}
	var facts *Facts
	err := i.during(ctx, func(ctx context.Context) error {
		if err := i.hold(ctx); err != nil {
			return err
		}
		var err error
		facts, err = gather(ctx) // elsewhere a ramdisk on the node does this, and calls back
		return err
	})
	if err != nil {
		return err
	}
	if err := i.fire(ctx, Process, nil, supervision.Cause("facts")); err != nil {
		return err
	}
	return i.process(ctx, facts)
}

// enroll takes in a node that nobody knew when its facts came.
func (i *inspection) enroll(ctx context.Context) error {
	facts, err := gather(ctx)
	if err != nil {
		return err
	}
	var n Node
	n.begin(facts.ReadAt)
	if err := i.nodes.Create(ctx, i.node, n, supervision.At(Enrolling), supervision.Cause("facts of an unknown node")); err != nil {
		return err
	}
	if err := i.during(ctx, i.hold); err != nil {
		return err
	}
	if err := i.order(ctx, Process, nil, supervision.Cause("facts")); err != nil {
		return err
	}
	return i.process(ctx, facts)
}

// processAgain processes the facts that are stored.
func (i *inspection) processAgain(ctx context.Context) error {
	var facts *Facts
	err := i.orderAtRest(ctx, Reapply, func(t *Turn) error {
		if t.Data.Facts == nil {
			return errNoFacts
		}
		facts = t.Data.Facts
		t.Data.begin(t.Now)
		return nil
	})
	if err != nil {
		return err
	}
	if err := i.during(ctx, i.hold); err != nil {
		return err
	}
	return i.process(ctx, facts)
}

// cancel gives up on a node that is waiting, for this run or another; one that is not is started.
func (i *inspection) cancel(ctx context.Context) error {
	r, err := i.nodes.Get(ctx, i.node)
	if err != nil {
		return err
	}
	if r.State != Waiting {
		if err := i.start(ctx); err != nil {
			return err
		}
		if err := i.during(ctx, i.hold); err != nil {
			return err
		}
	}
	if err := i.order(ctx, Abort, nil); err != nil {
		return err
	}
	return i.during(ctx, func(ctx context.Context) error {
		power := "power is off"
		if err := powerOff(ctx); err != nil {
			power = "power-off failed: " + err.Error()
		}
		i.say("%s", power)
		return i.finished(ctx, AbortEnd, errCanceled.Error(), nil, supervision.Cause(power))
	})
}

// powerOff would switch the node off.
func powerOff(context.Context) error {
	return errors.New("the node is the machine that this program runs on")
}

// start asks a node for its facts.
func (i *inspection) start(ctx context.Context) error {
	err := i.orderAtRest(ctx, Start, func(t *Turn) error {
		t.Data.begin(t.Now)
		t.Data.Patience = i.patience
		return nil
	})
	if err != nil {
		return err
	}
	// Another machine would have to be switched on here.
	return i.fire(ctx, Wait, nil)
}

// process ends an introspection with what the facts come to.
func (i *inspection) process(ctx context.Context, facts *Facts) error {
	properties, err := process(facts)
	if i.fail {
		properties, err = nil, errRefused
	}
	results := func(n *Node) { n.Facts, n.Properties = facts, properties }
	if err != nil {
		return i.failed(ctx, Error, err, results) // with the facts: they can be processed again
	}
	return i.finished(ctx, Finish, "", results)
}

// failed ends an introspection with an error and returns it.
func (i *inspection) failed(ctx context.Context, event Event, reason error, results func(*Node)) error {
	if err := i.finished(ctx, event, reason.Error(), results); err != nil {
		return err
	}
	return fmt.Errorf("the introspection of %q failed: %w", i.node, reason)
}

// finished ends an introspection: the state, when and why it ended, its results, and the removal of
// what was there on the way are one commit, so nobody ever sees half of it.
func (i *inspection) finished(ctx context.Context, event Event, reason string, results func(*Node), options ...supervision.OrderOption) error {
	return i.fire(ctx, event, func(t *Turn) error {
		t.Data.FinishedAt, t.Data.Error = t.Now, reason
		t.Data.Attributes, t.Data.Patience = nil, 0
		if results != nil {
			results(t.Data)
		}
		return nil
	}, options...)
}

package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// An inspection is what the operator wants of one node. It gives orders and looks on; what becomes of
// the node is decided elsewhere.
type inspection struct {
	*settings
	nodes *Nodes
	// say tells the operator what happens meanwhile.
	say func(format string, args ...any)
}

var errNoFacts = errors.New("it has no facts to process again; introspect it first, without -reapply")

// run sees to it that what was asked for is done.
func (i *inspection) run(ctx context.Context) error {
	known, err := i.meet(ctx)
	if err != nil {
		return err
	}
	if !known {
		switch {
		case i.reapply && i.db != "", i.abort && i.named:
			return i.unknown(ctx)
		case i.named && !i.reapply:
			return supervised(ctx, i.nodes, func(ctx context.Context) error {
				return i.follow(ctx, i.enroll)
			})
		}
		err := i.nodes.Create(ctx, i.node, Node{}, supervision.Cause("operator"))
		if err != nil && !errors.Is(err, storage.ErrExists) { // another run may have been faster
			return err
		}
	}
	return supervised(ctx, i.nodes, func(ctx context.Context) error {
		switch {
		case i.abort:
			return i.giveUp(ctx)
		case i.reapply && known:
			return i.follow(ctx, i.processAgain)
		}
		err := i.follow(ctx, i.start)
		if err == nil && i.reapply {
			err = i.follow(ctx, i.processAgain)
		}
		return err
	})
}

// meet says whether the node is known. One in the middle of an introspection is told that it was found.
func (i *inspection) meet(ctx context.Context) (known bool, err error) {
	r, err := i.nodes.Get(ctx, i.node)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return false, nil
	case err != nil || atRest(r):
		return true, err
	}
	return true, found.Deliver(ctx, i.nodes, i.node, thisProcess().String(), supervision.About(r.Operation, ""))
}

// unknown is the error of somebody who wants something of a node that is not there.
func (i *inspection) unknown(ctx context.Context) error {
	var ids []string
	for r, err := range i.nodes.List(ctx, nil) {
		if err != nil {
			return err
		}
		ids = append(ids, strconv.Quote(r.Key.ID))
	}
	if len(ids) == 0 {
		return fmt.Errorf("there is no node %q, nor any other; introspect it first", i.node)
	}
	return fmt.Errorf("there is no node %q; these are there: %s", i.node, strings.Join(ids, ", "))
}

// start has the node asked for its facts.
func (i *inspection) start(ctx context.Context) (operation string, err error) {
	return i.orderAtRest(ctx, Start, func(t *Turn) error {
		t.Data.begin(t.Now, i.options())
		return nil
	})
}

// processAgain has the facts that are stored processed.
func (i *inspection) processAgain(ctx context.Context) (operation string, err error) {
	return i.orderAtRest(ctx, Reapply, func(t *Turn) error {
		if t.Data.Facts == nil {
			return errNoFacts
		}
		t.Data.begin(t.Now, i.options())
		return nil
	})
}

// enroll takes in a node that nobody knew.
func (i *inspection) enroll(ctx context.Context) (operation string, err error) {
	err = i.nodes.Create(ctx, i.node, Node{},
		supervision.At(Enrolling), supervision.Operating(0), supervision.Cause("facts of an unknown node"),
		supervision.SetUp(func(created supervision.Outbound) error {
			t := created.(*Turn)
			t.Data.begin(t.Now, i.options())
			operation = t.Operation
			return nil
		}))
	return operation, err
}

// giveUp aborts the introspection of a node that is waiting, this run's or another's. One that is not
// is made to wait.
func (i *inspection) giveUp(ctx context.Context) error {
	r, err := i.nodes.Get(ctx, i.node)
	if err == nil && r.State != Waiting {
		err = i.wait(ctx)
	}
	if err != nil {
		return err
	}
	operation, err := i.nodes.Order(ctx, i.node, Abort, 0, nil, supervision.Cause("operator"))
	if err != nil {
		return err
	}
	return i.outcome(ctx, operation)
}

// wait starts the node, and waits for as long as -pause says.
func (i *inspection) wait(ctx context.Context) error {
	operation, err := i.start(ctx)
	if err == nil {
		err = i.middle(ctx, operation)
	}
	if err != nil {
		return err
	}
	r, err := i.until(ctx, func(r Record) bool {
		return r.Operation != operation || time.Since(r.Since) >= i.pause
	})
	if err != nil || r.Operation == operation {
		return err
	}
	return i.outcome(ctx, operation)
}

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

var errTaken = errors.New("somebody else moved the node meanwhile")

// until looks at the node until it is as wanted.
func (i *inspection) until(ctx context.Context, wanted func(Record) bool) (Record, error) {
	ticks := time.NewTicker(glance)
	defer ticks.Stop()
	for {
		r, err := i.nodes.Get(ctx, i.node)
		switch {
		case err != nil || wanted(r):
			return r, err
		case r.Status == storage.Quarantined:
			return r, fmt.Errorf("node %q is set aside: %s", i.node, r.Reason)
		}
		select {
		case <-ticks.C:
		case <-ctx.Done():
			return r, ctx.Err()
		}
	}
}

// orderAtRest gives the node an order of the operator's once nobody works on it any more.
func (i *inspection) orderAtRest(ctx context.Context, event Event, f func(*Turn) error) (operation string, err error) {
	for {
		r, err := i.settled(ctx)
		if err != nil {
			return "", err
		}
		operation, err = i.nodes.Order(ctx, i.node, event, 0, f, supervision.Cause("operator"), supervision.IfVersion(r.Version))
		if !errors.Is(err, storage.ErrConflict) { // otherwise another run was faster
			return operation, err
		}
	}
}

// settled waits until the node is at rest. What an interrupted run left in the middle is gone on with
// meanwhile, or times out.
func (i *inspection) settled(ctx context.Context) (Record, error) {
	r, err := i.nodes.Get(ctx, i.node)
	for err == nil && !atRest(r) {
		busy := r
		i.say("node %q is %s; %s has until %s", i.node, busy.State, busy.Data.Attributes, clock(busy.Until))
		r, err = i.until(ctx, func(r Record) bool { return atRest(r) || r.Operation != busy.Operation })
		if err == nil && r.Data.Error == timeout {
			i.say("node %q was left %s by %s, and its time is up: %s", i.node, busy.State, busy.Data.Attributes, timeout)
		}
	}
	return r, err
}

// follow gives an order and looks on until it is carried out.
func (i *inspection) follow(ctx context.Context, order func(context.Context) (operation string, err error)) error {
	operation, err := order(ctx)
	if err == nil {
		err = i.middle(ctx, operation)
	}
	if err != nil {
		return err
	}
	return i.outcome(ctx, operation)
}

// middle waits until the operation is where -pause holds it.
func (i *inspection) middle(ctx context.Context, operation string) error {
	r, err := i.until(ctx, func(r Record) bool { return r.Operation != operation || r.State != Starting })
	if err == nil && r.Operation == operation && i.pause > 0 {
		i.say("pausing for %v; interrupt it, or look at it from elsewhere", i.pause)
	}
	return err
}

// outcome waits until the operation is over and says how it ended, which the last line of its history
// tells. An abort is seen to its end, whoever ordered it.
func (i *inspection) outcome(ctx context.Context, operation string) error {
	_, err := i.until(ctx, func(r Record) bool { return r.Operation != operation && r.State != Aborting })
	if err != nil {
		return err
	}
	var last storage.Line
	for line, err := range i.nodes.History(ctx, i.node) {
		if err != nil {
			return err
		}
		if line.Operation == operation {
			last = line
		}
	}
	failed := func(why string) error { return fmt.Errorf("the introspection of %q failed: %s", i.node, why) }
	switch Event(last.Event) {
	case Finish:
		return nil
	case AbortEnd:
		i.say("%s", last.Cause)
		return nil
	case Error:
		return failed(last.Cause)
	case TimedOut:
		return failed(timeout)
	default:
		return errTaken
	}
}

// interrupted says what an interrupted run leaves behind.
func (i *inspection) interrupted(ctx context.Context) error {
	if i.db == "" {
		return errors.New("interrupted; the temporary database goes with it")
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	r, err := i.nodes.Get(ctx, i.node)
	switch {
	case err != nil:
		return fmt.Errorf("interrupted; what is left cannot be told: %w", err)
	case atRest(r):
		return fmt.Errorf("interrupted; node %q is at rest: %s", i.node, r.State)
	}
	return fmt.Errorf("interrupted; node %q is left %s in %s until %s; the next run goes on with it, and then starts anew",
		i.node, r.State, i.db, clock(r.Until))
}

func atRest(r Record) bool {
	mode, _ := machine.Mode(r.State)
	return mode == fsm.Resting
}

func clock(t time.Time) string { return t.Local().Format(time.TimeOnly) }

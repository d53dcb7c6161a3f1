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

// orderAtRest gives the node an order once nobody works on it any more.
func (i *inspection) orderAtRest(ctx context.Context, event Event, f func(*Turn) error) error {
	for {
		r, err := i.settle(ctx)
		if err != nil {
			return err
		}
		err = i.order(ctx, event, f, supervision.IfVersion(r.Version))
		if !errors.Is(err, storage.ErrConflict) { // otherwise another run was faster
			return err
		}
	}
}

// settle waits until the node is at rest. What an interrupted run left in the middle has timed out
// when its time is up; until then another run may be at work, so it is left alone.
func (i *inspection) settle(ctx context.Context) (Record, error) {
	var told uint64
	for {
		r, err := i.nodes.Get(ctx, i.node)
		switch {
		case err != nil || atRest(r):
			return r, err
		case time.Now().Before(r.Until):
			if told != r.Version {
				i.say("node %q is %s; %s has until %s", i.node, r.State, owner(r), clock(r.Until))
				told = r.Version
			}
			err = sleep(ctx, min(time.Until(r.Until), time.Second/4))
		default:
			err = i.expire(ctx, r)
		}
		if err != nil {
			return r, err
		}
	}
}

// expire ends what was under way when its time was up, unless somebody moved the node just now.
func (i *inspection) expire(ctx context.Context, r Record) error {
	i.operation = r.Operation
	err := i.finished(ctx, TimedOut, errTimeout.Error(), nil, supervision.Cause("found at the next run"), supervision.IfVersion(r.Version))
	if errors.Is(err, storage.ErrConflict) {
		return nil
	}
	if err == nil {
		i.say("node %q was left %s by %s, and its time is up: %v", i.node, r.State, owner(r), errTimeout)
	}
	return err
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
	return fmt.Errorf("interrupted; node %q is left %s in %s until %s; then the next run times it out and starts anew",
		i.node, r.State, i.db, clock(r.Until))
}

func atRest(r Record) bool {
	mode, _ := machine.Mode(r.State)
	return mode == fsm.Resting
}

// owner says who works on a node that is not at rest.
func owner(r Record) string {
	return fmt.Sprintf("process %s on %s", r.Data.Attributes["process"], r.Data.Attributes["host"])
}

func clock(t time.Time) string { return t.Local().Format(time.TimeOnly) }

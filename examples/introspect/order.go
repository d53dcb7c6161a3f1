package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/supervision"
)

var errTaken = errors.New("somebody else moved the node meanwhile")

// order gives the node an order of the operator's, which begins an operation.
func (i *inspection) order(ctx context.Context, event Event, f func(*Turn) error, options ...supervision.OrderOption) error {
	options = append([]supervision.OrderOption{supervision.Cause("operator")}, options...)
	operation, err := i.nodes.Order(ctx, i.node, event, 0, f, options...)
	i.operation = operation
	return err
}

// fire moves the node on within the operation.
func (i *inspection) fire(ctx context.Context, event Event, f func(*Turn) error, options ...supervision.OrderOption) error {
	options = append([]supervision.OrderOption{supervision.Cause("inspector")}, options...)
	err := i.nodes.Fire(ctx, i.node, event, func(t *Turn) error {
		if t.Operation != i.operation {
			return errTaken
		}
		if f == nil {
			return nil
		}
		return f(t)
	}, options...)
	if errors.Is(err, fsm.ErrNotPermitted) {
		return fmt.Errorf("%w: %w", errTaken, err)
	}
	return err
}

// during works while the node is in its state. When the time of that state is up first, the
// introspection has failed.
func (i *inspection) during(ctx context.Context, work func(context.Context) error) error {
	r, err := i.nodes.Get(ctx, i.node)
	if err != nil {
		return err
	}
	limited, cancel := context.WithDeadlineCause(ctx, r.Until, errTimeout)
	defer cancel()
	err = work(limited)
	if err == nil || !errors.Is(context.Cause(limited), errTimeout) {
		return err
	}
	return i.failed(ctx, TimedOut, errTimeout, nil)
}

// hold stays in the middle for as long as -pause says.
func (i *inspection) hold(ctx context.Context) error {
	if i.pause == 0 {
		return nil
	}
	i.say("pausing for %v; interrupt it, or look at it from elsewhere", i.pause)
	return sleep(ctx, i.pause)
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

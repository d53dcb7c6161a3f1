package main

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/reeve-go/reeve/supervision"
)

const (
	// glance is how long it takes at most to see what another run did, or that time is up.
	glance = 100 * time.Millisecond
	// lease is after how long others go on with what a killed run was doing.
	lease = 3 * time.Second
)

var errRefused = errors.New("the facts were refused, because of -fail")

// newSupervisor returns a supervisor of nodes that does what they want.
func newSupervisor(nodes *Nodes) (*supervision.Supervisor, error) {
	s, err := supervision.New(&supervision.Options{
		Poll:   glance,
		Lease:  lease,
		Drain:  time.Millisecond,              // who interrupts a run does not wait; the next one goes on
		Logger: slog.New(slog.DiscardHandler), // the operator reads the node's history
	})
	if err != nil {
		return nil, err
	}
	supervision.Supervise(s, nodes, decide, supervision.Emits(gathering, processing, powerOff))
	supervision.Perform(s, gathering, gatherFacts, nil)
	supervision.Perform(s, processing, processFacts, nil)
	supervision.Perform(s, powerOff, switchOff, nil)
	return s, nil
}

// gatherFacts gathers the facts. Elsewhere a ramdisk on the node does that, and sends them as a message.
func gatherFacts(ctx context.Context, _ supervision.Call, o Options) (*Facts, error) {
	if err := sleep(ctx, o.Pause); err != nil {
		return nil, err
	}
	return gather(ctx)
}

func processFacts(ctx context.Context, _ supervision.Call, s stored) (*Properties, error) {
	if err := sleep(ctx, s.Options.Pause); err != nil {
		return nil, err
	}
	if s.Options.Refuse {
		return nil, supervision.Permanent(errRefused)
	}
	properties, err := process(s.Facts)
	if err != nil {
		return nil, supervision.Permanent(err) // the same facts come to the same
	}
	return properties, nil
}

// switchOff would switch the node off.
func switchOff(context.Context, supervision.Call, struct{}) (struct{}, error) {
	return struct{}{}, supervision.Permanent(errors.New("the node is the machine that this program runs on"))
}

// sleep returns early, with the cause, when the context ends: the run was interrupted, or the node
// wants it no more.
func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// supervised works while this process supervises the nodes.
func supervised(ctx context.Context, nodes *Nodes, work func(context.Context) error) error {
	s, err := newSupervisor(nodes)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	var supervising sync.WaitGroup
	supervising.Go(func() { stop(s.Run(ctx)) })
	err = work(ctx)
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	stop(nil) // what it was doing for others is given back
	supervising.Wait()
	return err
}

package main

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

// An estate is a node in memory whose supervisor checks that decide is pure. What the node wants is
// done by the test, in the bubble's time.
type estate struct {
	*Nodes
	gather func(ctx context.Context) (*Facts, error)
}

const id = "n"

func newEstate(t *testing.T) *estate {
	t.Helper()
	nodes, err := newNodes(memory.New(nil))
	if err != nil {
		t.Fatal(err)
	}
	e := &estate{Nodes: nodes, gather: func(context.Context) (*Facts, error) { return &Facts{Hostname: id}, nil }}
	s, err := supervision.New(&supervision.Options{Verify: true, Failures: 1})
	if err != nil {
		t.Fatal(err)
	}
	supervision.Supervise(s, nodes, decide)
	supervision.Perform(s, gathering, func(ctx context.Context, _ supervision.Call, _ Options) (*Facts, error) {
		return e.gather(ctx)
	}, nil)
	supervision.Perform(s, processing, func(context.Context, supervision.Call, stored) (*Properties, error) {
		return &Properties{CPUs: 1}, nil
	}, nil)
	supervision.Perform(s, powerOff, func(context.Context, supervision.Call, struct{}) (struct{}, error) {
		return struct{}{}, nil
	}, nil)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	if err := nodes.Create(t.Context(), id, Node{}); err != nil {
		t.Fatal(err)
	}
	return e
}

func (e *estate) order(t *testing.T, event Event) {
	t.Helper()
	_, err := e.Order(t.Context(), id, event, 0, func(t *Turn) error {
		t.Data.begin(t.Now, Options{})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (e *estate) want(t *testing.T, state State, why string) Node {
	t.Helper()
	r, err := e.Get(t.Context(), id)
	if err != nil || r.State != state || r.Data.Error != why || r.Status != storage.OK {
		t.Errorf("the node is %s, %s %s, with error %q, %v; want %s with %q", r.Status, r.State, r.Reason, r.Data.Error, err, state, why)
	}
	return r.Data
}

func TestWhatRunsIsCanceledWithItsIntrospection(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		end func(t *testing.T, e *estate)
		why string
	}{
		"by the operator": {func(t *testing.T, e *estate) { e.order(t, Abort) }, canceled},
		"by its time":     {func(*testing.T, *estate) { time.Sleep(limit) }, timeout},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				e := newEstate(t)
				var cause error
				e.gather = func(ctx context.Context) (*Facts, error) {
					<-ctx.Done()
					cause = context.Cause(ctx)
					return &Facts{}, nil // too late
				}
				e.order(t, Start)
				time.Sleep(time.Second)
				e.want(t, Waiting, "")
				test.end(t, e)
				time.Sleep(supervision.DefaultLease)
				if n := e.want(t, Failed, test.why); n.Facts != nil {
					t.Errorf("the node has the facts %+v; they came after its end", n.Facts)
				}
				if !errors.Is(cause, storage.ErrCanceled) {
					t.Errorf("the context ended because of %v, want %v", cause, storage.ErrCanceled)
				}
			})
		})
	}
}

func TestGatheringIsTriedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := newEstate(t)
		tries := 0
		e.gather = func(context.Context) (*Facts, error) {
			if tries++; tries < 3 {
				return nil, errors.New("no answer")
			}
			return &Facts{Hostname: id}, nil
		}
		e.order(t, Start)
		time.Sleep(limit)
		if n := e.want(t, Finished, ""); n.Facts == nil || n.Facts.Hostname != id || n.Properties == nil {
			t.Errorf("the node is %+v after %d tries; it should have facts and properties", n, tries)
		}
	})
}

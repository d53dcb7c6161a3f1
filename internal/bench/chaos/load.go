package chaos

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// A load is a host that gives orders, each until it knows that it was taken. It is safe for concurrent
// use.
type load struct {
	kind  *instanceKind
	calls *semaphore.Weighted // on the store at once

	mu     sync.Mutex
	orders map[string][]given // by record
	faults []string
}

// A given order is one that the host is sure of.
type given struct {
	what event
	// operation is its id; empty: the answer to the order was lost.
	operation string
}

func newLoad(kind *instanceKind) *load {
	const atOnce = 8
	return &load{kind: kind, calls: semaphore.NewWeighted(atOnce), orders: map[string][]given{}}
}

// run gives all orders, over the span of the effort.
func (l *load) run(ctx context.Context, e *Effort, seed uint64) {
	dice := rand.New(rand.NewPCG(seed, 2))
	var giving sync.WaitGroup
	defer giving.Wait()
	for i := range e.Records {
		at := time.Duration(dice.Int64N(int64(e.Span * 3 / 4)))
		then := time.Duration(dice.Int64N(int64(e.Span / 4)))
		giving.Go(func() {
			id := fmt.Sprintf("i-%05d", i)
			if !wait(ctx, at) || !l.create(ctx, id) || !l.give(ctx, id, start) {
				return
			}
			if i%2 == 0 && wait(ctx, then) {
				l.give(ctx, id, stop)
			}
		})
	}
}

// create creates a record, and is false if ctx ended before that was done.
func (l *load) create(ctx context.Context, id string) bool {
	return l.insist(ctx, id, "create", func() (bool, error) {
		err := l.kind.Create(ctx, id, instance{}, supervision.SetUp(addParts))
		return err == nil || errors.Is(err, storage.ErrExists), err
	})
}

// give gives an order, and is false if ctx ended before that was done.
func (l *load) give(ctx context.Context, id string, what event) bool {
	unsure := false // whether an order was taken whose answer is lost
	return l.insist(ctx, id, string(what), func() (bool, error) {
		operation, err := l.kind.Order(ctx, id, what, operationLimit, decide)
		if refused, ok := errors.AsType[*fsm.TransitionError](err); ok {
			if refused.State == string(starting) && what == stop {
				return false, nil // it is not up yet
			}
			if !unsure {
				l.fault("order %s of %s is refused, and was never given: %v", what, id, err)
			}
			err = nil
		}
		if unsure = err != nil; unsure {
			return false, err
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		l.orders[id] = append(l.orders[id], given{what, operation})
		return true, nil
	})
}

// insist tries until it is done.
func (l *load) insist(ctx context.Context, id, what string, try func() (bool, error)) bool {
	for {
		if l.calls.Acquire(ctx, 1) != nil {
			return false
		}
		ok, err := try()
		l.calls.Release(1)
		if ok {
			return true
		}
		if !wait(ctx, 200*time.Millisecond+rand.N(300*time.Millisecond)) {
			l.fault("order %s of %s was not taken in time: %v", what, id, err)
			return false
		}
	}
}

func (l *load) fault(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults = append(l.faults, fmt.Sprintf(format, args...))
}

// given returns the orders that were given, by record.
func (l *load) given() map[string][]given {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.orders)
}

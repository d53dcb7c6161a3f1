package main

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/storage/sqlite"
	"github.com/reeve-go/reeve/supervision"
)

// supervisionRows are about package supervision: what a turn costs, how soon it comes, and that it is
// no dearer where there is more that does not concern it.
func supervisionRows() []row {
	const tenElements, resting = "the same with 10 elements", "the same over 10,000"
	var woken, healthy, written notes
	return []row{
		{"supervision/turn", "", cpu.per(batchSize), goal{}, turns},
		{"supervision/turn-allocs", "", allocations.per(batchSize), goal{}, turns},
		{"supervision/turn-with-message", "", cpu.per(batchSize), goal{}, turnsWithMessage},
		{"supervision/turn-with-message-allocs", "", allocations.per(batchSize), goal{}, turnsWithMessage},
		{"supervision/wake-up", "", woken.meter("ns", median), within(time.Millisecond), wakeUp(&woken)},
		{"supervision/one-in-100-fails-p95", "the same without", healthy.meter("ns", p95), ratioAtMost(1.25), isolation(&healthy)},
		{"supervision/pass-100k-resting", resting, cpu, ratioAtMost(1.5), idle(restingInMemory, 100_000)},
		{"supervision/pass-million-resting-sqlite", resting, cpu, ratioAtMost(1.5), idle(restingInSQLite, 1_000_000)},
		{"supervision/ack-10k-elements", tenElements, cpu, ratioAtMost(1.5), acks(inMemory, nil)},
		{"supervision/ack-10k-elements-allocated", tenElements, allocatedKiB, ratioAtMost(1.5), acks(inMemory, nil)},
		{"supervision/ack-10k-elements-written", tenElements, written.meter("B", median), ratioAtMost(1.5), acks(inMemory, &written)},
		{"supervision/ack-10k-elements-sqlite", tenElements, cpu, ratioAtMost(1.5), acks(inSQLite, nil)},
		{"supervision/ack-10k-elements-sqlite-allocated", tenElements, allocatedKiB, ratioAtMost(1.5), acks(inSQLite, nil)},
		{"supervision/thousand-phases-full-sync", "", wall, within(5 * time.Second), thousandPhases},
	}
}

type (
	nodeTurn    = supervision.Turn[inspection, state, event]
	nodeDecider = supervision.Decider[inspection, state, event]
)

var ping = supervision.NewMessage[struct{}]("ping")

// pings returns a message to each node. Number tells their ids from those of other calls.
func pings(number int, ids []string) []storage.Message {
	out := make([]storage.Message, len(ids))
	for i, id := range ids {
		out[i] = storage.Message{
			ID: strconv.Itoa(number), To: storage.Key{Kind: nodeKind, ID: id}, Name: ping.Name(), Body: []byte("{}"),
		}
	}
	return out
}

func deliver(ctx context.Context, store storage.Store, messages []storage.Message) error {
	answers, err := store.Deliver(ctx, messages)
	return errors.Join(append(answers, err)...)
}

// supervise returns a supervisor of the nodes in a store.
func supervise(store storage.Store, decide nodeDecider, o *supervision.Options) (*supervision.Supervisor, error) {
	nodes, err := supervision.NewKind[inspection](nodeKind, introspection(), store, nil)
	if err != nil {
		return nil, err
	}
	sup, err := supervision.New(o)
	if err != nil {
		return nil, err
	}
	supervision.Supervise(sup, nodes, decide)
	return sup, nil
}

// running runs a supervisor until stop is called. The context ends with it; its cause says why it
// ended by itself, if it did.
func running(ctx context.Context, sup *supervision.Supervisor) (_ context.Context, stop closer) {
	ctx, cancel := context.WithCancelCause(ctx)
	ended := make(chan error, 1)
	go func() {
		err := sup.Run(ctx)
		cancel(err)
		ended <- err
	}()
	return ctx, func() error {
		cancel(nil)
		return <-ended
	}
}

// A backend opens a store for a row.
type backend func(ctx context.Context, s *setup, name string) (storage.Store, error)

func inMemory(context.Context, *setup, string) (storage.Store, error) { return memory.New(nil), nil }

func inSQLite(ctx context.Context, s *setup, name string) (storage.Store, error) {
	_, store, err := s.openSQLite(ctx, name, sqlite.Normal)
	return store, err
}

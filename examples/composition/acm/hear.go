package acm

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// ErrNoReplica: an order needs a participant of which no replica lives.
var ErrNoReplica = errors.New("acm: a participant has no live replica")

// Hear takes a sign of life of a replica. A participant that is new is registered with it.
func (e *Estate) Hear(ctx context.Context, participant string, l Life) error {
	say := func() error {
		return Heartbeat.Deliver(ctx, e.Participants, participant, l, supervision.Slot(l.Replica))
	}
	err := say()
	if !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	if err := e.Participants.Create(ctx, participant, Participant{}); err != nil && !errors.Is(err, storage.ErrExists) {
		return err
	}
	return say()
}

// need refuses an order while a participant that it needs is not there. It names all of them.
func (e *Estate) need(ctx context.Context, now time.Time, participants []string) error {
	var errs []error
	for _, id := range participants {
		p, err := e.Participants.Get(ctx, id)
		switch {
		case errors.Is(err, storage.ErrNotFound):
			err = fmt.Errorf("%w: %q never registered", ErrNoReplica, id)
		case err == nil && p.State == Offline:
			err = fmt.Errorf("%w: %q was heard of last %v ago", ErrNoReplica, id, now.Sub(p.Data.Heard).Round(time.Millisecond))
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// explain names the participants that an instance waits for in vain.
func (e *Estate) explain(ctx context.Context, r supervision.Record[Instance, State]) (notes []string, err error) {
	op := operationAt(r.State)
	if op == nil {
		return nil, nil
	}
	waiting := map[string]int{}
	for el, err := range e.Elements(ctx, r.Key.ID) {
		if err != nil {
			return nil, err
		}
		if e.isOpen(op, el.State) {
			waiting[el.Data.Participant]++
		}
	}
	for _, id := range slices.Sorted(maps.Keys(waiting)) {
		p, err := e.Participants.Get(ctx, id)
		switch {
		case errors.Is(err, storage.ErrNotFound):
			notes = append(notes, fmt.Sprintf("participant %q, with %d open elements, has never registered", id, waiting[id]))
		case err != nil:
			return notes, err
		case p.State == Offline:
			notes = append(notes, fmt.Sprintf("participant %q, with %d open elements, has no live replica; one was heard of last at %s",
				id, waiting[id], p.Data.Heard.Format(time.TimeOnly)))
		}
	}
	return notes, nil
}

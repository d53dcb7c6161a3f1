package supervision

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// Why [Kind.Await] does not wait any longer.
var (
	// ErrPaused is a record that gets no turns because it, or its whole kind, is paused.
	ErrPaused = errors.New("it is paused")
	// ErrQuarantined is a record that gets no turns because too many of them failed.
	ErrQuarantined = errors.New("it is quarantined")
)

// Await waits until the record is as the caller wants it, and returns it as it was then. It looks again and again: at
// first every few milliseconds, and the longer it has waited the more seldom, down to five times a second. A record that
// gets no turns is not waited for: that is [ErrPaused] or [ErrQuarantined], with the reason. The other errors are those of
// [Kind.Get], and the cause of ctx when that ends first.
func (k *Kind[T, S, E]) Await(ctx context.Context, id string, wanted func(r Record[T, S]) bool) (Record[T, S], error) {
	for begun := time.Now(); ; {
		r, stopped, err := k.look(ctx, id)
		if err != nil || wanted(r) {
			return r, err
		}
		if stopped == nil && !pause(ctx, untilNextLook(time.Since(begun))) {
			stopped = context.Cause(ctx)
		}
		if stopped != nil {
			return r, k.explain("await", id, stopped)
		}
	}
}

// untilNextLook makes a wait longer by an eighth at most, with few looks.
func untilNextLook(waited time.Duration) time.Duration {
	const shortest, longest = 5 * time.Millisecond, 200 * time.Millisecond
	return min(max(waited/8, shortest), longest)
}

// look returns a record, and why it gets no turns.
func (k *Kind[T, S, E]) look(ctx context.Context, id string) (r Record[T, S], stopped, err error) {
	record, kind, err := k.loadWithSwitch(ctx, id)
	if err != nil {
		return r, nil, k.explain("await", id, err)
	}
	switch {
	case record.Status == storage.Quarantined:
		stopped = fmt.Errorf("%w: %s", ErrQuarantined, record.Reason)
	case record.Status == storage.Paused:
		stopped = fmt.Errorf("%w: %s", ErrPaused, record.Reason)
	case kind.Status == storage.Paused:
		stopped = fmt.Errorf("%w, as its whole kind is: %s", ErrPaused, kind.Reason)
	}
	r, err = k.record("await", &record.Record)
	return r, stopped, err
}

package supervision

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// Pause sets a record aside: it gets no turns until [Kind.Resume]. Orders move it all the same, what
// is said to it is kept, effects under way go on, and its limits go on running.
func (k *Kind[T, S, E]) Pause(ctx context.Context, id, why string, options ...OrderOption) error {
	return k.set(ctx, "pause", id, options, func(r *storage.Record, _ time.Time) (string, error) {
		if r.Status == storage.Quarantined || r.Final {
			return "", fmt.Errorf("%w: it gets no turns anyway: its status is %v and its state %q", storage.ErrInvalid, r.Status, r.State)
		}
		r.Status, r.Reason = storage.Paused, why
		return "paused: " + why, nil
	})
}

// Resume ends a pause. The record gets a turn at once.
func (k *Kind[T, S, E]) Resume(ctx context.Context, id string, options ...OrderOption) error {
	return k.set(ctx, "resume", id, options, func(r *storage.Record, now time.Time) (string, error) {
		if r.Status != storage.Paused {
			return "", fmt.Errorf("%w: it is not paused, its status is %v", storage.ErrInvalid, r.Status)
		}
		r.Status, r.Reason, r.Due = storage.OK, "", now
		return "resumed", nil
	})
}

// Retry gives a record that is quarantined, or that waits after a failed turn, a turn at once, with no
// failures behind it.
func (k *Kind[T, S, E]) Retry(ctx context.Context, id string, options ...OrderOption) error {
	return k.set(ctx, "retry", id, options, retried)
}

func retried(r *storage.Record, now time.Time) (string, error) {
	if r.Status != storage.Quarantined && r.Failures == 0 {
		return "", fmt.Errorf("%w: none of its turns failed, and its status is %v", storage.ErrInvalid, r.Status)
	}
	if r.Status == storage.Quarantined {
		r.Status = storage.OK
	}
	if r.Status == storage.OK {
		r.Reason = ""
	}
	r.Failures, r.NotBefore, r.Due = 0, time.Time{}, now
	return "retried", nil
}

// RetryAll is Retry for every quarantined record of the kind. It returns how many there were.
func (k *Kind[T, S, E]) RetryAll(ctx context.Context, options ...OrderOption) (int, error) {
	n := 0
	for r, err := range k.List(ctx, &Query[S]{Statuses: []storage.Status{storage.Quarantined}}) {
		if err != nil && !errors.Is(err, ErrData) {
			return n, err
		}
		err := k.Retry(ctx, r.Key.ID, options...)
		switch {
		case err == nil:
			n++
		case errors.Is(err, storage.ErrNotFound), errors.Is(err, storage.ErrInvalid): // another was faster
		default:
			return n, err
		}
	}
	return n, nil
}

// set changes a record's status. It does not look at the data, which may be what is wrong.
func (k *Kind[T, S, E]) set(ctx context.Context, op, id string, options []OrderOption, f func(r *storage.Record, now time.Time) (cause string, err error)) error {
	o := orderOptions("", options)
	return k.explain(op, id, k.try(ctx, id, o, func(seen *storage.Snapshot) (storage.Change, error) {
		r := seen.Record
		cause, err := f(&r, seen.Now)
		if o.cause != "" {
			cause += " (" + o.cause + ")"
		}
		line := storage.Line{From: r.State, To: r.State, Cause: clip(cause), Operation: r.Operation}
		return storage.Change{Key: r.Key, Version: r.Version, Record: r, Lines: []storage.Line{line}}, err
	}))
}

// PauseAll sets the whole kind aside: no record of it gets a turn, by any supervisor on the store,
// until [Kind.ResumeAll]. Supervisors notice within their poll interval.
func (k *Kind[T, S, E]) PauseAll(ctx context.Context, why string) error {
	return k.explain("pause all", "", k.turnSwitch(ctx, storage.Paused, why))
}

// ResumeAll ends a pause of the whole kind. Records that were paused one by one stay so.
func (k *Kind[T, S, E]) ResumeAll(ctx context.Context) error {
	return k.explain("resume all", "", k.turnSwitch(ctx, storage.OK, ""))
}

func (k *Kind[T, S, E]) turnSwitch(ctx context.Context, status storage.Status, why string) error {
	for try := 1; ; try++ {
		seen, err := k.loadKey(ctx, switchOf(k.name))
		if err != nil {
			return err
		}
		r := seen.Record
		r.State, r.Status, r.Reason = "there", status, why
		err = k.apply(ctx, storage.Change{Key: r.Key, Version: r.Version, Record: r})
		if !errors.Is(err, storage.ErrConflict) && !errors.Is(err, storage.ErrExists) || try == mostTries {
			return err
		}
	}
}

package supervision

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// Fire is a host's order: event e moves the record, and f, which may be nil, changes its data, in one
// commit with a line of history. The event comes first, so f sees the new state, and a refused event
// does not run it; f may fire further events. If f fails nothing is changed, and its error is
// returned. F runs again if another changed the record meanwhile, unless [IfVersion] is given.
func (k *Kind[T, S, E]) Fire(ctx context.Context, id string, e E, f func(*Turn[T, S, E]) error, options ...OrderOption) error {
	return k.order(ctx, "fire", id, e, f, options)
}

// Order is Fire that begins an operation: the record's Operation is a new id, which is returned, its
// Deadline is within from now (zero: none), and its Step is empty. Effects of the operation before
// that have not ended are canceled.
func (k *Kind[T, S, E]) Order(ctx context.Context, id string, e E, within time.Duration, f func(*Turn[T, S, E]) error, options ...OrderOption) (operation string, err error) {
	err = k.order(ctx, "order", id, e, func(t *Turn[T, S, E]) error {
		operation = t.begin(within)
		if f == nil {
			return nil
		}
		return f(t)
	}, options)
	if err != nil {
		return "", err
	}
	return operation, nil
}

func (k *Kind[T, S, E]) order(ctx context.Context, op, id string, e E, f func(*Turn[T, S, E]) error, options []OrderOption) error {
	o := orderOptions(op, options)
	err := k.change(ctx, id, o, func(seen *storage.Snapshot) (storage.Change, error) {
		t, err := k.turn(ctx, seen)
		if err != nil {
			return storage.Change{}, err
		}
		if err := t.Fire(e); err != nil {
			return storage.Change{}, err
		}
		if f != nil {
			if err := f(t); err != nil {
				return storage.Change{}, err
			}
		}
		return k.outcome(seen, t, o.cause)
	})
	return k.explain(fmt.Sprintf("%s %s", op, e), id, err)
}

// Touch sets the limit of the record's state anew: its time is up d from now. It writes no history.
func (k *Kind[T, S, E]) Touch(ctx context.Context, id string, d time.Duration, options ...OrderOption) error {
	err := k.change(ctx, id, orderOptions("touch", options), func(seen *storage.Snapshot) (storage.Change, error) {
		switch {
		case d <= 0:
			return storage.Change{}, fmt.Errorf("%w: the time is to be up after %v; a positive time is right", storage.ErrInvalid, d)
		case seen.Final:
			return storage.Change{}, fmt.Errorf("%w: its state %q is final, where no time runs", storage.ErrInvalid, seen.State)
		}
		r := seen.Record
		r.Until = seen.Now.Add(d)
		r.Due = k.due(&r, seen.Now)
		return storage.Change{Key: r.Key, Version: r.Version, Record: r}, nil
	})
	return k.explain("touch", id, err)
}

// Delete removes the record with everything that belongs to it but its history.
func (k *Kind[T, S, E]) Delete(ctx context.Context, id string, options ...OrderOption) error {
	o := orderOptions("delete", options)
	err := k.change(ctx, id, o, func(seen *storage.Snapshot) (storage.Change, error) {
		c := storage.Change{Key: seen.Key, Version: seen.Version, Delete: true}
		c.Lines = []storage.Line{{From: seen.State, Cause: o.cause, Operation: seen.Operation}}
		if k.options.Project == nil {
			return c, nil
		}
		before, err := k.decode(&seen.Record)
		c.Project = k.projection(before, nil)
		return c, err
	})
	return k.explain("delete", id, err)
}

func orderOptions(cause string, options []OrderOption) callOptions {
	o := callOptions{cause: cause}
	for _, option := range options {
		option.applyOrder(&o)
	}
	return o
}

// mostTries is how often an order starts anew because others were faster.
const mostTries = 100

// change loads the record, lets decide say what is to become of it and writes that. If another was
// faster it starts anew, unless the caller named the version.
func (k *Kind[T, S, E]) change(ctx context.Context, id string, o callOptions, decide func(*storage.Snapshot) (storage.Change, error)) error {
	for try := 1; ; try++ {
		seen, err := k.load(ctx, id)
		switch {
		case err != nil:
			return err
		case seen.Version == 0:
			return storage.ErrNotFound
		case o.version > 0 && o.version != seen.Version:
			return fmt.Errorf("%w: version %d was named, %d is there", storage.ErrConflict, o.version, seen.Version)
		}
		c, err := decide(seen)
		if err != nil {
			return err
		}
		err = k.apply(ctx, c)
		if !errors.Is(err, storage.ErrConflict) || o.version > 0 || try == mostTries {
			return err
		}
	}
}

func (k *Kind[T, S, E]) load(ctx context.Context, id string) (*storage.Snapshot, error) {
	if k.broken != nil {
		return nil, k.broken
	}
	seen, err := k.store.Load(ctx, []storage.Key{k.key(id)})
	if err != nil {
		return nil, err
	}
	return &seen[0], nil
}

func (k *Kind[T, S, E]) apply(ctx context.Context, c storage.Change) error {
	answers, err := k.store.Apply(ctx, []storage.Change{c})
	if err != nil {
		return err
	}
	return answers[0]
}

func (k *Kind[T, S, E]) explain(op, id string, err error) error {
	if err == nil {
		return nil
	}
	return &Error{Op: op, Key: k.key(id), Err: err}
}

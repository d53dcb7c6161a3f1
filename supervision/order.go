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
		operation = t.Begin(within)
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
	err := k.change(ctx, id, orderOptions(op, options), func(t *Turn[T, S, E]) error {
		if err := t.Fire(e); err != nil || f == nil {
			return err
		}
		return f(t)
	})
	return k.explain(fmt.Sprintf("%s %s", op, e), id, err)
}

// Change is Fire without an event: f changes the record's data, its elements, or what else a turn can,
// in one commit. Without a move it leaves no line in the history.
func (k *Kind[T, S, E]) Change(ctx context.Context, id string, f func(*Turn[T, S, E]) error, options ...OrderOption) error {
	return k.explain("change", id, k.change(ctx, id, orderOptions("change", options), f))
}

// Touch sets the limit of the record's state anew: its time is up d from now. It writes no history.
func (k *Kind[T, S, E]) Touch(ctx context.Context, id string, d time.Duration, options ...OrderOption) error {
	err := k.change(ctx, id, orderOptions("touch", options), func(t *Turn[T, S, E]) error {
		switch {
		case d <= 0:
			return fmt.Errorf("%w: the time is to be up after %v; a positive time is right", storage.ErrInvalid, d)
		case t.seen.Final:
			return fmt.Errorf("%w: its state %q is final, where no time runs", storage.ErrInvalid, t.State)
		}
		t.Touch(d)
		return nil
	})
	return k.explain("touch", id, err)
}

// Delete removes the record, in whatever state it is, with everything that belongs to it but its history. If there is none it is
// [storage.ErrNotFound].
func (k *Kind[T, S, E]) Delete(ctx context.Context, id string, options ...OrderOption) error {
	o := orderOptions("delete", options)
	err := k.try(ctx, id, o, func(seen *storage.Snapshot) (storage.Change, error) {
		c := storage.Change{Key: seen.Key, Version: seen.Version, Delete: true}
		c.Lines = []storage.Line{{From: seen.State, Cause: o.cause, Operation: seen.Operation}}
		return c, k.addProjection(&c, seen, nil)
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

// change gives f a turn of the record and writes what comes of it.
func (k *Kind[T, S, E]) change(ctx context.Context, id string, o callOptions, f func(*Turn[T, S, E]) error) error {
	return k.try(ctx, id, o, func(seen *storage.Snapshot) (storage.Change, error) {
		return k.ordered(ctx, seen, o.cause, f)
	})
}

// try writes what f makes of the record. If another was faster it starts anew, unless the caller named
// the version.
func (k *Kind[T, S, E]) try(ctx context.Context, id string, o callOptions, f func(*storage.Snapshot) (storage.Change, error)) error {
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
		c, err := f(seen)
		if err != nil {
			return err
		}
		err = k.apply(ctx, c)
		if !errors.Is(err, storage.ErrConflict) || o.version > 0 || try == mostTries {
			return err
		}
	}
}

// ordered returns the change that a host's order means.
func (k *Kind[T, S, E]) ordered(ctx context.Context, seen *storage.Snapshot, cause string, f func(*Turn[T, S, E]) error) (storage.Change, error) {
	reads, err := k.read(ctx, seen)
	if err != nil {
		return storage.Change{}, err
	}
	t, err := k.turn(ctx, seen)
	if err != nil {
		return storage.Change{}, err
	}
	t.core.cause, t.core.reads = cause, reads
	if err := f(t); err != nil {
		return storage.Change{}, err
	}
	return k.outcome(t)
}

func (k *Kind[T, S, E]) load(ctx context.Context, id string) (*storage.Snapshot, error) {
	return k.loadKey(ctx, k.Key(id))
}

func (k *Kind[T, S, E]) loadKey(ctx context.Context, key storage.Key) (*storage.Snapshot, error) {
	if k.broken != nil {
		return nil, k.broken
	}
	seen, err := k.store.Load(ctx, []storage.Key{key})
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
	return &Error{Op: op, Key: k.Key(id), Err: err}
}

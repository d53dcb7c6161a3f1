package refresh

import (
	"context"
	"errors"
	"fmt"
	"iter"
)

// Filled is a collection, whatever its rows are: what a parser fills.
type Filled interface{ filled() *collection }

func (c *collection) filled() *collection { return c }

var errEmpty = errors.New("nothing was brought; if there is nothing, Complete is right")

// Incomplete says that the collection may lack rows, and why. The rows that it has are created and updated all the
// same. Rows that it lacks stay as they are, with what belongs to them, and the plan gives the reason: the first one
// counts. Nil says nothing.
func (c *Collection[T]) Incomplete(why error) { c.lacks(why) }

// Complete says that the collection has all of its rows, even if those are none. A full refresh takes a collection without any row
// for a mistake, and deletes nothing, if it does not say so. Where that always holds, the function that declares the collection may call it. Incomplete is stronger.
func (c *Collection[T]) Complete() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.complete = true
}

func (c *collection) lacks(why error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.incomplete == nil {
		c.incomplete = why
	}
}

// lack makes collections incomplete.
func lack(of []Filled, why error) {
	for _, one := range of {
		one.filled().lacks(why)
	}
}

// Each calls f with all that a sequence yields, until ctx ends, the sequence ends with an error or f returns one. It
// returns that error, and the collections that it fills are incomplete then; so they are if f panics.
func Each[V any](ctx context.Context, from iter.Seq2[V, error], f func(V) error, fills ...Filled) (err error) {
	err = errPanicked
	defer func() {
		if err != nil {
			lack(fills, err)
		}
	}()
	for v, broken := range from {
		if err = each(ctx, v, broken, f); err != nil {
			return err
		}
		err = errPanicked // in the sequence, unless it ends
	}
	return nil
}

var errPanicked = errors.New("it was left by a panic")

func each[V any](ctx context.Context, v V, broken error, f func(V) error) error {
	if broken != nil {
		return broken
	}
	if ctx.Err() != nil {
		return fmt.Errorf("refresh: not all was read: %w", context.Cause(ctx))
	}
	return f(v)
}

package postgres_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// A context that ends while a call waits ends the call: nothing is written, nothing stays behind.
func TestCanceledWhileWaiting(t *testing.T) {
	t.Parallel()
	eachCall(t, allCalls, true, func(t *testing.T, i int) {
		k := newCutter(t, i)
		k.again()

		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		k.listen()
		if err := k.do(ctx, k.store, k.estate); !errors.Is(err, context.Canceled) {
			t.Errorf("canceled before it began, the call answers %v", err)
		}
		if heard := k.heard(); len(heard) > 0 {
			t.Errorf("canceled before it began, the call sends %v", heard)
		}

		host, err := k.pool.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		err = k.do(ctx, k.store, k.estate)
		host.Release()
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "connection of the pool") {
			t.Errorf("the host has the only connection, but the call answers %v", err)
		}

		for late := true; late; {
			k.again()
			late = k.canceledWaiting()
		}
		k.is("canceled", k.before)
		k.undisturbed()
		k.is("made in the end", k.after)
	})
}

// canceledWaiting cancels the call while it waits for a lock. It is too late for that, and proves nothing, once the store
// may have lost its patience: what goes together does not wait for long, and what needs no lock is made then.
func (c *cutter) canceledWaiting() (late bool) {
	c.Helper()
	const patience = 250 * time.Millisecond
	unlock := c.lockAll()
	defer unlock()
	ctx, cancel := context.WithCancel(c.Context())
	ended, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		defer cancel()
		for !c.waits() {
			select {
			case <-ended:
				return
			case <-time.After(time.Millisecond):
			}
		}
	}()
	begun := time.Now()
	err := c.do(ctx, c.store, c.estate)
	late = time.Since(begun) >= patience
	close(ended)
	<-watched
	if !late && !errors.Is(err, context.Canceled) {
		c.Errorf("canceled while it waits for a lock, the call answers %v", err)
	}
	c.settled("canceled while it waits for a lock") // though the lock is there still
	return late && (!errors.Is(err, context.Canceled) || c.now() != c.before)
}

// waiting waits until the store waits for a lock.
func (r *rig) waiting() {
	r.Helper()
	eventually(r, "the store does not wait for a lock", r.waits)
}

// waits reports whether the store waits for a lock.
func (r *rig) waits() bool {
	r.Helper()
	return ask[int](r, `SELECT count(*) FROM pg_stat_activity WHERE application_name = $1 AND wait_event_type = 'Lock'`, r.name()) > 0
}

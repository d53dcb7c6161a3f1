package natslock

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// held is a lock of a Locker.
type held struct {
	locker *Locker
	lease  storage.Lease
	ctx    context.Context //nolint:containedctx // the lock is a context
	cancel context.CancelCauseFunc
	expiry *time.Timer

	mu       sync.Mutex
	revision uint64 // of the key, as this holder wrote it last
}

// newHeld returns a lock that was asked for at a reading of our clock.
func newHeld(ctx context.Context, l *Locker, lease storage.Lease, revision uint64, asked time.Time) *held {
	h := &held{locker: l, lease: lease, revision: revision}
	h.ctx, h.cancel = context.WithCancelCause(ctx)
	h.expiry = time.AfterFunc(left(asked, lease.TTL), func() { h.cancel(storage.ErrLeaseLost) })
	return h
}

// left is how long a lock that was asked for is to be used: a tenth of its time less than it lasts.
func left(asked time.Time, ttl time.Duration) time.Duration {
	return time.Until(asked.Add(ttl - ttl/10))
}

// Lease implements [storage.Held].
func (h *held) Lease() storage.Lease { return h.lease }

// Context implements [storage.Held].
func (h *held) Context() context.Context { return h.ctx }

// Extend implements [storage.Held]. If the server cannot be asked, the lock goes on until its time is up.
func (h *held) Extend(ctx context.Context, ttl time.Duration) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	asked := time.Now()
	if h.ctx.Err() == nil {
		revision, err := h.locker.write(ctx, h.lease.Key, lock{Token: h.lease.Token, TTL: ttl}, h.revision)
		switch {
		case errors.Is(err, storage.ErrLocked):
			h.cancel(storage.ErrLeaseLost)
		case err != nil:
			return err
		default:
			h.revision = revision
		}
	}
	if h.ctx.Err() != nil { // also if that was so while the server was asked
		return storage.Errorf(storage.ErrLeaseLost, h.lease.Key, "the lock with token %d has ended", h.lease.Token)
	}
	h.expiry.Reset(left(asked, ttl))
	return nil
}

// Unlock implements [storage.Held]. If the server cannot be asked, the lock ends by itself.
func (h *held) Unlock(ctx context.Context) error {
	h.expiry.Stop()
	h.cancel(nil)
	h.mu.Lock()
	defer h.mu.Unlock()
	_, err := h.locker.write(ctx, h.lease.Key, lock{Token: h.lease.Token}, h.revision)
	if errors.Is(err, storage.ErrLocked) {
		return nil // it was not ours any more
	}
	return err
}

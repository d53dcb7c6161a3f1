package memory

import (
	"context"
	"sync"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// Locker is a [storage.Locker] in memory, for tests and for hosts of one process.
type Locker struct {
	mu    sync.Mutex
	locks map[storage.Key]lockState
}

// A lockState is the newest lock on a key. It stays after the lock has ended, for its token.
type lockState struct {
	token storage.Token
	until time.Time
}

// NewLocker returns a locker that holds no locks.
func NewLocker() *Locker { return &Locker{locks: map[storage.Key]lockState{}} }

// TryLock implements [storage.Locker]. The lock's context is derived from ctx.
func (l *Locker) TryLock(ctx context.Context, key storage.Key, after storage.Token, ttl time.Duration) (storage.Held, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if ttl <= 0 {
		return nil, storage.Errorf(storage.ErrInvalid, key, "a lock for %v was asked for; a positive time is right", ttl)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now, last := time.Now(), l.locks[key]
	if last.until.After(now) {
		return nil, storage.Errorf(storage.ErrLocked, key, "another holds it for %v more", last.until.Sub(now))
	}
	state := lockState{token: max(last.token, after) + 1, until: now.Add(ttl)}
	l.locks[key] = state

	h := &held{locker: l, lease: storage.Lease{Key: key, Token: state.token, TTL: ttl}}
	h.ctx, h.cancel = context.WithCancelCause(ctx)
	h.expiry = time.AfterFunc(ttl, func() { h.cancel(storage.ErrLeaseLost) })
	return h, nil
}

// held is a lock of a Locker.
type held struct {
	locker *Locker
	lease  storage.Lease
	ctx    context.Context //nolint:containedctx // the lock is a context
	cancel context.CancelCauseFunc
	expiry *time.Timer
}

// Lease implements [storage.Held].
func (h *held) Lease() storage.Lease { return h.lease }

// Context implements [storage.Held].
func (h *held) Context() context.Context { return h.ctx }

// Extend implements [storage.Held].
func (h *held) Extend(ctx context.Context, ttl time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	h.locker.mu.Lock()
	defer h.locker.mu.Unlock()
	now := time.Now()
	if state := h.locker.locks[h.lease.Key]; state.token != h.lease.Token || !state.until.After(now) || h.ctx.Err() != nil {
		return storage.Errorf(storage.ErrLeaseLost, h.lease.Key, "the lock with token %d has ended", h.lease.Token)
	}
	h.locker.locks[h.lease.Key] = lockState{token: h.lease.Token, until: now.Add(ttl)}
	h.expiry.Reset(ttl)
	return nil
}

// Unlock implements [storage.Held].
func (h *held) Unlock(context.Context) error {
	h.expiry.Stop()
	h.cancel(nil)
	h.locker.mu.Lock()
	defer h.locker.mu.Unlock()
	if state := h.locker.locks[h.lease.Key]; state.token == h.lease.Token {
		state.until = time.Time{}
		h.locker.locks[h.lease.Key] = state
	}
	return nil
}

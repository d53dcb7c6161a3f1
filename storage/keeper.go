package storage

import (
	"context"
	"sync"
	"time"
)

// A Keeper extends leases while the work under them goes on, many in one request, at a third of their
// time. Each has a context that ends before the lease can: when the store says that it is lost or
// canceled, or a margin before its time is up by the process's own clock, counted from before the
// request that gave or extended it. So who stalls, or cannot reach the store, stops in time.
//
// A Keeper is safe for concurrent use. It works while [Keeper.Run] does.
type Keeper struct {
	leases Leases

	mu   sync.Mutex
	kept map[*kept]struct{}
	wake chan struct{}
}

// NewKeeper returns a keeper of leases of the store.
func NewKeeper(leases Leases) *Keeper {
	return &Keeper{leases: leases, kept: map[*kept]struct{}{}, wake: make(chan struct{}, 1)}
}

// A kept lease is one whose work goes on.
type kept struct {
	lease  Lease
	cancel context.CancelCauseFunc
	expiry *time.Timer
	renew  time.Time // when to extend it
}

// margin is how long before its end a lease is given up.
func margin(ttl time.Duration) time.Duration { return ttl / 10 }

// Keep extends the lease until done is called, and returns the context for the work under it. Asked
// is a reading of the process's clock from before the lease was asked for. The context's cause is
// [ErrLeaseLost], [ErrCanceled] or that of ctx. Call done when the work has ended.
func (k *Keeper) Keep(ctx context.Context, lease Lease, asked time.Time) (work context.Context, done func()) {
	work, cancel := context.WithCancelCause(ctx)
	l := &kept{lease: lease, cancel: cancel, renew: asked.Add(lease.TTL / 3)}
	k.mu.Lock() // the time may be up already, and end must see what it ends
	l.expiry = time.AfterFunc(time.Until(asked.Add(lease.TTL-margin(lease.TTL))), func() { k.end(l, ErrLeaseLost) })
	k.kept[l] = struct{}{}
	k.mu.Unlock()
	select {
	case k.wake <- struct{}{}:
	default: // Run is going to look anyway
	}
	return work, func() { k.end(l, context.Canceled) }
}

func (k *Keeper) end(l *kept, cause error) {
	k.mu.Lock()
	delete(k.kept, l)
	k.mu.Unlock()
	l.expiry.Stop()
	l.cancel(cause)
}

// Run extends leases until ctx ends, and returns its cause. An error of the store is tried again: the
// contexts of leases that cannot be extended end by themselves.
func (k *Keeper) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-k.wake:
		case <-timer.C:
		}
		due, next := k.due(time.Now())
		if len(due) > 0 && !k.extend(ctx, due) {
			next = min(next, due[0].lease.TTL/10)
		}
		timer.Reset(next)
	}
}

// due returns the leases whose time to be extended has come, and how long the next one has.
func (k *Keeper) due(now time.Time) (due []*kept, next time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	next = time.Hour
	for l := range k.kept {
		wait := l.renew.Sub(now)
		if wait <= 0 {
			due = append(due, l)
			wait = l.lease.TTL / 3
		}
		next = min(next, wait)
	}
	return due, max(next, time.Millisecond)
}

// extend extends leases in one request. It is false if the store could not be asked.
func (k *Keeper) extend(ctx context.Context, due []*kept) bool {
	asked := time.Now()
	leases := make([]Lease, len(due))
	for i, l := range due {
		leases[i] = l.lease
	}
	answers, err := k.leases.Extend(ctx, leases)
	if err != nil {
		return false
	}
	for i, l := range due {
		if answers[i] != nil {
			k.end(l, answers[i])
			continue
		}
		k.mu.Lock()
		l.renew = asked.Add(l.lease.TTL / 3)
		if _, on := k.kept[l]; on {
			l.expiry.Reset(time.Until(asked.Add(l.lease.TTL - margin(l.lease.TTL))))
		}
		k.mu.Unlock()
	}
	return true
}

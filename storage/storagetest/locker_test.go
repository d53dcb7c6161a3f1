package storagetest

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
)

func TestLocker(t *testing.T) {
	t.Parallel()
	for name, ttl := range map[string]time.Duration{"in virtual time": 0, "in real time": 100 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			RunLocker(t, LockerHarness{Virtual: ttl == 0, TTL: ttl, New: func(testing.TB) LockerBackend {
				l := &forgetfulLocker{memory.NewLocker()}
				return LockerBackend{
					Locker: l,
					Open:   func(testing.TB) storage.Locker { return l },
					Forget: func() { l.Locker = memory.NewLocker() },
				}
			}})
		})
	}
}

type forgetfulLocker struct{ storage.Locker }

// A brokenLocker breaks one thing; nil fields break nothing.
type brokenLocker struct {
	storage.Locker
	mu    sync.Mutex
	asked func(key *storage.Key, after *storage.Token, ttl *time.Duration)
	given func(h *brokenHeld)
}

type brokenHeld struct {
	storage.Held
	lease  storage.Lease
	ctx    context.Context //nolint:containedctx // the lock is a context
	extend func() error
	unlock func() error
}

func (l *brokenLocker) TryLock(ctx context.Context, k storage.Key, after storage.Token, ttl time.Duration) (storage.Held, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.asked != nil {
		l.asked(&k, &after, &ttl)
	}
	held, err := l.Locker.TryLock(ctx, k, after, ttl)
	if err != nil {
		return nil, err
	}
	h := &brokenHeld{Held: held, lease: held.Lease(), ctx: held.Context()}
	if l.given != nil {
		l.given(h)
	}
	return h, nil
}

func (h *brokenHeld) Lease() storage.Lease     { return h.lease }
func (h *brokenHeld) Context() context.Context { return h.ctx }

func (h *brokenHeld) Extend(ctx context.Context, ttl time.Duration) error {
	if h.extend != nil {
		return h.extend()
	}
	return h.Held.Extend(ctx, ttl)
}

func (h *brokenHeld) Unlock(ctx context.Context) error {
	if h.unlock != nil {
		return h.unlock()
	}
	return h.Held.Unlock(ctx)
}

func TestLockerMutants(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]lockMutant{
		"excludes nobody": {
			func(l *brokenLocker) {
				n := 0
				l.asked = func(k *storage.Key, _ *storage.Token, _ *time.Duration) {
					n++
					k.ID = string(rune('a' + n))
				}
			}, []string{
				"a lock ends with its time",
				"a lost lock is not extended, and frees nothing",
				"a token is newer than those before it and than the one given",
				"extending makes it last",
				"one holds a lock",
				"one of many contenders wins",
				"the lease says what was asked for",
				"unlocking twice is no error",
			},
		},
		"keys share a lock": {
			func(l *brokenLocker) {
				l.asked = func(k *storage.Key, _ *storage.Token, _ *time.Duration) { k.Kind = "" }
			},
			[]string{
				"locks of other keys are free",
				"the lease says what was asked for",
			},
		},
		"does not look at the token": {
			func(l *brokenLocker) {
				l.asked = func(_ *storage.Key, after *storage.Token, _ *time.Duration) { *after = 0 }
			},
			[]string{
				"a locker that forgot everything still gives newer tokens",
				"a token is newer than those before it and than the one given",
			},
		},
		"the token is always the one after": {
			func(l *brokenLocker) {
				var last storage.Token
				l.asked = func(_ *storage.Key, after *storage.Token, _ *time.Duration) { last = *after }
				l.given = func(h *brokenHeld) { h.lease.Token = last + 1 }
			}, []string{
				"a lock ends with its time",
				"a token is newer than those before it and than the one given",
			},
		},
		"never ends": {
			func(l *brokenLocker) {
				l.asked = func(_ *storage.Key, _ *storage.Token, ttl *time.Duration) { *ttl = 1000 * time.Hour }
			}, []string{
				"a lock ends with its time",
				"a lost lock is not extended, and frees nothing",
				"the context ends when the lock is lost, and says so",
				"the lease says what was asked for",
			},
		},
		"its context never ends": {
			func(l *brokenLocker) {
				l.given = func(h *brokenHeld) { h.ctx = context.WithoutCancel(h.ctx) }
			}, []string{"the context ends when the lock is lost, and says so"},
		},
		"its context does not say why": {
			func(l *brokenLocker) {
				l.given = func(h *brokenHeld) {
					var cancel context.CancelFunc
					ended := h.ctx
					h.ctx, cancel = context.WithCancel(context.Background())
					context.AfterFunc(ended, cancel)
				}
			}, []string{"the context ends when the lock is lost, and says so"},
		},
		"extending does nothing": {
			func(l *brokenLocker) {
				l.given = func(h *brokenHeld) { h.extend = func() error { return nil } }
			}, []string{
				"a lost lock is not extended, and frees nothing",
				"extending makes it last",
			},
		},
		"unlocking does nothing": {
			func(l *brokenLocker) {
				l.given = func(h *brokenHeld) { h.unlock = func() error { return nil } }
			}, []string{
				"a token is newer than those before it and than the one given",
				"an unlocked lock is free",
				"the context ends when the lock is lost, and says so",
				"unlocking twice is no error",
			},
		},
		"unlocking twice is an error": {
			func(l *brokenLocker) {
				l.given = func(h *brokenHeld) {
					unlocked := false
					h.unlock = func() error {
						if unlocked {
							return storage.ErrLeaseLost
						}
						unlocked = true
						return h.Held.Unlock(context.Background())
					}
				}
			}, []string{"unlocking twice is no error"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m.check(t)
		})
	}
}

type lockMutant struct {
	breaks func(*brokenLocker)
	fails  []string
}

// check demands that just those tests fail on the mutant that must.
func (m lockMutant) check(t *testing.T) {
	t.Helper()
	h := LockerHarness{TTL: time.Minute, New: func(testing.TB) LockerBackend {
		inner := &forgetfulLocker{memory.NewLocker()}
		l := &brokenLocker{Locker: inner}
		m.breaks(l)
		return LockerBackend{Locker: l, Forget: func() { inner.Locker = memory.NewLocker() }}
	}}
	var failing []string
	for _, c := range lockCases() {
		synctest.Test(t, func(t *testing.T) {
			r := &recorder{TB: t}
			r.run(func() { c.run(h.open(r)) })
			if r.failed {
				failing = append(failing, c.name)
			}
		})
	}
	demand(t, failing, m.fails)
}

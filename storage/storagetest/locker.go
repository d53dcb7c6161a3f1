package storagetest

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// A LockerHarness says how [RunLocker] gets at a locker.
type LockerHarness struct {
	// New makes a place without locks for one test, and cleans up with t.Cleanup. Required.
	New func(t testing.TB) LockerBackend
	// Virtual: locks end by the process's clock, so tests run in a bubble of testing/synctest.
	// Otherwise they wait until locks have ended.
	Virtual bool
	// TTL is for how long locks are taken whose end is waited for; zero: a minute if Virtual is set, else
	// a second. All others are taken for an hour.
	TTL time.Duration
}

// A LockerBackend is a place where locks are, and a locker on it. What is nil is not tested.
type LockerBackend struct {
	// Locker is the locker. Required.
	Locker storage.Locker
	// Open makes a second locker on the same locks, as another process would.
	Open func(t testing.TB) storage.Locker
	// Forget makes the locks be forgotten, as a server does that loses its memory.
	Forget func()
}

// A lockScene is what a test of a locker plays in.
type lockScene struct {
	testing.TB
	LockerBackend
	second storage.Locker
	ctx    context.Context
	ttl    time.Duration
	late   time.Duration // how long after its end the holder of a lock may learn of it
}

// RunLocker tests a [storage.Locker]: each thing that it promises is a subtest of its own.
func RunLocker(t *testing.T, h LockerHarness) {
	t.Helper()
	if h.New == nil {
		t.Fatal("storagetest: the harness has no New; a function that makes a locker is needed")
	}
	if h.TTL == 0 {
		h.TTL = time.Second
		if h.Virtual {
			h.TTL = time.Minute
		}
	}
	for _, c := range lockCases() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if h.Virtual {
				synctest.Test(t, func(t *testing.T) { c.run(h.open(t)) })
			} else {
				c.run(h.open(t))
			}
		})
	}
}

func (h LockerHarness) open(t testing.TB) *lockScene {
	t.Helper()
	s := &lockScene{TB: t, LockerBackend: h.New(t), ctx: t.Context(), ttl: h.TTL}
	s.second = s.Locker
	if s.Open != nil {
		s.second = s.Open(t)
	}
	if !h.Virtual {
		s.late = time.Minute
	}
	return s
}

type lockCase struct {
	name string
	run  func(*lockScene)
}

func lockCases() []lockCase {
	return []lockCase{
		{"one holds a lock", oneHolds},
		{"locks of other keys are free", otherKeysFree},
		{"one of many contenders wins", oneLocks},
		{"an unlocked lock is free", unlockedIsFree},
		{"unlocking twice is no error", unlockTwice},
		{"the lease says what was asked for", heldLease},
		{"a token is newer than those before it and than the one given", tokensIncrease},
		{"a locker that forgot everything still gives newer tokens", forgetful},
		{"a lock ends with its time", lockExpires},
		{"the context ends when the lock is lost, and says so", lockContext},
		{"extending makes it last", extendLock},
		{"a lost lock is not extended, and frees nothing", lostLock},
	}
}

var lockKey = storage.Key{Kind: "node", ID: "n-17"}

// long is for longer than any test takes, so a lock is held for as long as the test wants, however slow the machine is.
const long = time.Hour

// lock takes a lock that does not end by itself.
func (s *lockScene) lock(l storage.Locker, after storage.Token) storage.Held {
	s.Helper()
	return s.lockFor(l, after, long)
}

func (s *lockScene) lockFor(l storage.Locker, after storage.Token, ttl time.Duration) storage.Held {
	s.Helper()
	held, err := l.TryLock(s.ctx, lockKey, after, ttl)
	if err != nil {
		s.Fatalf("a free lock was refused: %v", err)
	}
	s.Cleanup(func() { _ = held.Unlock(context.WithoutCancel(s.ctx)) })
	return held
}

// locked demands that another is refused.
func (s *lockScene) locked(demand string) {
	s.Helper()
	for _, l := range []storage.Locker{s.Locker, s.second} {
		if held, err := l.TryLock(s.ctx, lockKey, 0, long); !errors.Is(err, storage.ErrLocked) {
			s.Fatalf("%s: the answer is %v and %v; it must be %v", demand, held, err, storage.ErrLocked)
		}
	}
}

func (s *lockScene) unlock(held storage.Held) {
	s.Helper()
	if err := held.Unlock(s.ctx); err != nil {
		s.Fatalf("unlocking: %v; giving up a lock, even a lost one, is no error", err)
	}
}

// lose takes a lock and waits until it is lost.
func (s *lockScene) lose() storage.Held {
	s.Helper()
	lost := s.lockFor(s.Locker, 0, s.ttl)
	sleep(s.ttl + s.ttl/2)
	return lost
}

func oneHolds(s *lockScene) {
	s.lock(s.Locker, 0)
	s.locked("a lock that is held")
}

func otherKeysFree(s *lockScene) {
	s.lock(s.Locker, 0)
	for _, k := range []storage.Key{{Kind: "node", ID: "n-18"}, {Kind: "switch", ID: "n-17"}} {
		held, err := s.second.TryLock(s.ctx, k, 0, long)
		if err != nil {
			s.Fatalf("the lock on %v was refused while that on %v is held: %v", k, lockKey, err)
		}
		s.unlock(held)
	}
}

func oneLocks(s *lockScene) {
	var all sync.WaitGroup
	var winners atomic.Int32
	for i := range 8 {
		all.Go(func() {
			l := []storage.Locker{s.Locker, s.second}[i%2]
			if _, err := l.TryLock(s.ctx, lockKey, 0, long); err == nil {
				winners.Add(1)
			}
		})
	}
	all.Wait()
	if n := winners.Load(); n != 1 {
		s.Fatalf("%d of 8 contenders hold the lock; one must", n)
	}
}

func unlockedIsFree(s *lockScene) {
	s.unlock(s.lock(s.Locker, 0))
	s.lock(s.second, 0)
}

func unlockTwice(s *lockScene) {
	held := s.lock(s.Locker, 0)
	s.unlock(held)
	s.lock(s.second, 0)
	s.unlock(held)
	s.locked("a lock whose former holder unlocked it twice")
}

func heldLease(s *lockScene) {
	got := s.lock(s.Locker, 0).Lease()
	if got.Key != lockKey || got.TTL != long || got.Token == 0 {
		s.Fatalf("the lease is %+v; it must be on %v for %v, with a token", got, lockKey, long)
	}
}

func tokensIncrease(s *lockScene) {
	var last storage.Token
	for i, after := range []storage.Token{0, 0, 40, 7, 1000} {
		l := []storage.Locker{s.Locker, s.second}[i%2]
		held := s.lock(l, after)
		if token := held.Lease().Token; token <= last || token <= after {
			s.Fatalf("the token is %d, after one of %d and asked for one after %d; it must be newer than both", token, last, after)
		}
		last = held.Lease().Token
		s.unlock(held)
	}
}

func forgetful(s *lockScene) {
	if s.Forget == nil {
		s.Skip("the locks cannot be forgotten: LockerBackend.Forget is nil")
	}
	s.unlock(s.lock(s.Locker, 40))
	s.Forget()
	if token := s.lock(s.Locker, 41).Lease().Token; token <= 41 {
		s.Fatalf("the token is %d, asked for one after 41; it must be newer, whatever was forgotten", token)
	}
}

func lockExpires(s *lockScene) {
	lost := s.lose()
	if next := s.lock(s.second, 0); next.Lease().Token <= lost.Lease().Token {
		s.Fatalf("the next token is %d after %d; it must be newer", next.Lease().Token, lost.Lease().Token)
	}
}

func lockContext(s *lockScene) {
	lost := s.lose()
	select {
	case <-lost.Context().Done():
	case <-time.After(s.late):
	}
	if cause := context.Cause(lost.Context()); !errors.Is(cause, storage.ErrLeaseLost) {
		s.Fatalf("the context of a lost lock ended because of %v; it must be %v", cause, storage.ErrLeaseLost)
	}
	next := s.lock(s.second, 0)
	if err := next.Context().Err(); err != nil {
		s.Fatalf("the context of a lock that was just taken has ended: %v", err)
	}
	s.unlock(next)
	if next.Context().Err() == nil {
		s.Fatalf("the context of a lock that was given up has not ended")
	}
}

// extendLock extends a lock again and again, and beyond the time of the first ones. Who comes too late for that proves
// nothing, and tries it with more time.
func extendLock(s *lockScene) {
	asked := time.Now()
	held := s.lockFor(s.Locker, 0, s.ttl)
	for _, ttl := range []time.Duration{s.ttl, s.ttl, long} {
		sleep(s.ttl / 2)
		again := time.Now()
		err := held.Extend(s.ctx, ttl)
		if time.Since(asked) >= s.ttl {
			s.unlock(held)
			s.ttl *= 2
			extendLock(s)
			return
		}
		if err != nil {
			s.Fatalf("extending a lock in time: %v", err)
		}
		asked = again
	}
	s.locked("a lock that was extended")
	if err := held.Context().Err(); err != nil {
		s.Fatalf("the context of a lock that was extended has ended: %v", err)
	}
}

func lostLock(s *lockScene) {
	lost := s.lose()
	s.lock(s.second, 0)
	if err := lost.Extend(s.ctx, s.ttl); !errors.Is(err, storage.ErrLeaseLost) {
		s.Fatalf("extending a lost lock: %v; it must be %v", err, storage.ErrLeaseLost)
	}
	s.unlock(lost)
	s.locked("a lock whose former holder unlocked it")
}

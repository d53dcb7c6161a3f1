package natslock_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/reeve-go/reeve/examples/backend/natslock"
	"github.com/reeve-go/reeve/examples/backend/natslock/natsserver"
	"github.com/reeve-go/reeve/storage"
)

var key = storage.Key{Kind: "node", ID: "n-17"}

func lock(t *testing.T, l *natslock.Locker, ttl time.Duration) storage.Held {
	t.Helper()
	held, err := l.TryLock(t.Context(), key, 0, ttl)
	if err != nil {
		t.Fatal(err)
	}
	return held
}

// Whoever is cut off lets go before another can have the lock, although nobody tells it.
func TestCutOff(t *testing.T) {
	t.Parallel()
	s := start(t)
	first, conn := another(t, s)
	second, _ := another(t, s)
	asked := time.Now()
	held := lock(t, first, 2*time.Second)
	conn.Close()
	extended, ended := held.Extend(t.Context(), time.Minute), held.Context().Err()
	early := time.Since(asked) < 1800*time.Millisecond // the margin is a tenth; a machine may be so slow that it is over by now
	if extended == nil || early && errors.Is(extended, storage.ErrLeaseLost) {
		t.Errorf("extending without a connection: %v; it must be an error, but not that the lock is lost", extended)
	}
	if early && ended != nil {
		t.Errorf("the context has ended before its time: %v", ended)
	}
	for {
		_, err := second.TryLock(t.Context(), key, 0, time.Minute)
		if err == nil {
			break
		}
		if !errors.Is(err, storage.ErrLocked) {
			t.Fatal(err)
		}
		<-time.After(time.Millisecond)
	}
	if cause := context.Cause(held.Context()); !errors.Is(cause, storage.ErrLeaseLost) {
		t.Errorf("another has the lock, and the context of the first ended because of %v; it must be %v", cause, storage.ErrLeaseLost)
	}
	if err := held.Extend(t.Context(), time.Minute); !errors.Is(err, storage.ErrLeaseLost) {
		t.Errorf("extending a lock that is lost: %v; it must be %v", err, storage.ErrLeaseLost)
	}
}

// A server that is gone ends what was locked at it, and gives out nothing.
func TestServerGone(t *testing.T) {
	t.Parallel()
	s, err := natsserver.Start(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	l, _ := another(t, s)
	held := lock(t, l, time.Second)
	s.Stop()
	<-held.Context().Done()
	if cause := context.Cause(held.Context()); !errors.Is(cause, storage.ErrLeaseLost) {
		t.Errorf("the context ended because of %v; it must be %v", cause, storage.ErrLeaseLost)
	}
	if _, err := l.TryLock(t.Context(), key, 0, time.Second); err == nil || errors.Is(err, storage.ErrLocked) {
		t.Errorf("locking at a server that is gone: %v; it must be an error, but not that another has it", err)
	}
	if err := held.Unlock(t.Context()); err == nil {
		t.Error("unlocking at a server that is gone is no error; the lock is still there")
	}
}

// A holder that hears late that it lost its lock has lost it at once.
func TestTakenAway(t *testing.T) {
	t.Parallel()
	s := start(t)
	l, conn := another(t, s)
	held := lock(t, l, time.Hour)
	if err := natsserver.Forget(t.Context(), conn, bucket); err != nil {
		t.Fatal(err)
	}
	unlocked := lock(t, l, time.Hour)
	if err := errors.Join(unlocked.Extend(t.Context(), time.Hour), unlocked.Unlock(t.Context())); err != nil {
		t.Fatal(err)
	}
	if err := held.Extend(t.Context(), time.Hour); !errors.Is(err, storage.ErrLeaseLost) {
		t.Errorf("extending a lock that was forgotten: %v; it must be %v", err, storage.ErrLeaseLost)
	}
	if cause := context.Cause(held.Context()); !errors.Is(cause, storage.ErrLeaseLost) {
		t.Errorf("the context ended because of %v; it must be %v", cause, storage.ErrLeaseLost)
	}
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	if _, err := natslock.New(nil); err == nil || !strings.Contains(err.Error(), "the bucket is nil") {
		t.Errorf("a locker without a bucket: %v", err)
	}
	s := start(t)
	l, conn := another(t, s)
	if _, err := l.TryLock(t.Context(), key, 0, 0); !errors.Is(err, storage.ErrInvalid) {
		t.Errorf("a lock for no time: %v; it must be %v", err, storage.ErrInvalid)
	}
	locks, err := natsserver.Bucket(t.Context(), conn, bucket)
	if err != nil {
		t.Fatal(err)
	}
	if err := lock(t, l, time.Hour).Unlock(t.Context()); err != nil {
		t.Fatal(err)
	}
	keys, err := locks.Keys(t.Context())
	if err != nil || len(keys) != 1 {
		t.Fatal(keys, err)
	}
	if _, err := locks.PutString(t.Context(), keys[0], "mine"); err != nil {
		t.Fatal(err)
	}
	if _, err := l.TryLock(t.Context(), key, 0, time.Hour); err == nil || !strings.Contains(err.Error(), `holds "mine", which is no lock`) {
		t.Errorf("a key that is no lock: %v", err)
	}
	if err := locks.Delete(t.Context(), keys[0]); err != nil {
		t.Fatal(err)
	}
	lock(t, l, time.Hour) // what somebody deleted is free
}

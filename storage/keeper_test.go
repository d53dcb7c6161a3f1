package storage_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// leases answers Extend; the other methods are not there.
type leases struct {
	storage.Leases
	asked   atomic.Int32
	biggest atomic.Int32
	extend  func(storage.Lease) error
	broken  atomic.Bool
	stall   time.Duration
}

func (l *leases) Extend(_ context.Context, batch []storage.Lease) ([]error, error) {
	l.asked.Add(1)
	l.biggest.Store(max(l.biggest.Load(), int32(len(batch))))
	time.Sleep(l.stall)
	if l.broken.Load() {
		return nil, errors.New("the store is away")
	}
	answers := make([]error, len(batch))
	for i, lease := range batch {
		if l.extend != nil {
			answers[i] = l.extend(lease)
		}
	}
	return answers, nil
}

func keep(t *testing.T, l *leases) *storage.Keeper {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	k := storage.NewKeeper(l)
	ended := make(chan error, 1)
	go func() { ended <- k.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("Run returned %v", err)
		}
	})
	return k
}

func lease(id string) storage.Lease {
	return storage.Lease{Key: storage.Key{Kind: "node", ID: id}, Owner: "test", Token: 1, TTL: 30 * time.Second}
}

func TestKeeperExtendsManyInOneRequestAtAThirdOfTheirTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &leases{}
		k := keep(t, l)
		var works []context.Context
		for _, id := range []string{"a", "b", "c", "d"} {
			work, done := k.Keep(t.Context(), lease(id), time.Now())
			defer done()
			works = append(works, work)
		}
		time.Sleep(5 * time.Minute)
		for _, work := range works {
			if work.Err() != nil {
				t.Errorf("a kept lease ended: %v", context.Cause(work))
			}
		}
		if n := l.asked.Load(); n < 29 || n > 31 {
			t.Errorf("%d requests in 5 minutes for leases of 30 s, want about 30", n)
		}
		if l.biggest.Load() != 4 {
			t.Errorf("at most %d leases in a request, want all 4", l.biggest.Load())
		}
	})
}

func TestKeeperEndsTheWorkBeforeTheLeaseCanEnd(t *testing.T) {
	t.Parallel()
	for name, l := range map[string]*leases{
		"store away":  {},
		"store stuck": {stall: time.Hour},
	} {
		l.broken.Store(true)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				k := keep(t, l)
				asked := time.Now()
				time.Sleep(2 * time.Second) // the request took this long
				work, done := k.Keep(t.Context(), lease("a"), asked)
				defer done()
				<-work.Done()
				if after := time.Since(asked); after != 27*time.Second || !errors.Is(context.Cause(work), storage.ErrLeaseLost) {
					t.Errorf("the work ended after %v with %v, want 27s and ErrLeaseLost", after, context.Cause(work))
				}
			})
		})
	}
}

func TestKeeperPassesOnWhatTheStoreSays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k := keep(t, &leases{extend: func(l storage.Lease) error {
			if l.Key.ID == "canceled" {
				return storage.Errorf(storage.ErrCanceled, l.Key, "not wanted")
			}
			return nil
		}})
		canceled, done := k.Keep(t.Context(), lease("canceled"), time.Now())
		defer done()
		other, done := k.Keep(t.Context(), lease("other"), time.Now())
		time.Sleep(11 * time.Second)
		if !errors.Is(context.Cause(canceled), storage.ErrCanceled) || other.Err() != nil {
			t.Errorf("causes: %v and %v, want ErrCanceled and none", context.Cause(canceled), context.Cause(other))
		}
		done()
		if !errors.Is(context.Cause(other), context.Canceled) {
			t.Errorf("after done: %v", context.Cause(other))
		}
	})
}

func TestKeeperRecoversWhenTheStoreComesBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &leases{}
		l.broken.Store(true)
		k := keep(t, l)
		work, done := k.Keep(t.Context(), lease("a"), time.Now())
		defer done()
		time.Sleep(20 * time.Second)
		l.broken.Store(false)
		time.Sleep(time.Minute)
		if work.Err() != nil {
			t.Errorf("the work ended: %v", context.Cause(work))
		}
	})
}

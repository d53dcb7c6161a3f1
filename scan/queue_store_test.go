package scan_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
)

// A countingStore counts what a queue asks of its store.
type countingStore struct {
	*memory.Store

	claims, loads, applies, extends atomic.Int32
}

func (s *countingStore) Claim(ctx context.Context, c storage.Claim) ([]storage.Snapshot, error) {
	s.claims.Add(1)
	return s.Store.Claim(ctx, c)
}

func (s *countingStore) Load(ctx context.Context, keys []storage.Key) ([]storage.Snapshot, error) {
	s.loads.Add(1)
	return s.Store.Load(ctx, keys)
}

func (s *countingStore) Apply(ctx context.Context, changes []storage.Change) ([]error, error) {
	s.applies.Add(1)
	return s.Store.Apply(ctx, changes)
}

func (s *countingStore) Extend(ctx context.Context, leases []storage.Lease) ([]error, error) {
	s.extends.Add(1)
	return s.Store.Extend(ctx, leases)
}

// asked returns how often each was asked since it was asked for last: claims, loads, applies, extends.
func (s *countingStore) asked() string {
	return fmt.Sprint(s.claims.Swap(0), s.loads.Swap(0), s.applies.Swap(0), s.extends.Swap(0))
}

func openQueue(t testing.TB, store storage.Store, o *scan.StoreQueueOptions) *scan.StoreQueue {
	t.Helper()
	q, err := scan.NewStoreQueue(store, "requests", o)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// received receives messages, which must be so many.
func received(t testing.TB, q *scan.StoreQueue, most, want int) []scan.Delivery {
	t.Helper()
	got, err := q.Receive(t.Context(), most, time.Minute)
	if err != nil || len(got) != want {
		t.Fatalf("Receive returned %d messages and %v; want %d", len(got), err, want)
	}
	return got
}

func sent(t testing.TB, q *scan.StoreQueue, messages ...scan.Message) {
	t.Helper()
	if err := q.Send(t.Context(), messages...); err != nil {
		t.Fatal(err)
	}
}

func TestStoreQueueCosts(t *testing.T) {
	t.Parallel()
	store := &countingStore{Store: memory.New(nil)}
	q := openQueue(t, store, &scan.StoreQueueOptions{Wait: -1})
	ctx := t.Context()
	costs := func(what, want string) {
		t.Helper()
		if got := store.asked(); got != want {
			t.Errorf("%s costs %s claims, loads, applies and extends; want %s", what, got, want)
		}
	}
	messages := make([]scan.Message, 501)
	for i := range messages {
		messages[i].Key = fmt.Sprint("job-", i)
	}
	sent(t, q, messages[:500]...)
	costs("sending 500", "0 1 1 0")
	sent(t, q, messages[:1]...)
	costs("sending what is there", "0 1 0 0")
	sent(t, q, messages...)
	costs("sending 500 that are there and another", "0 2 1 0")
	got := received(t, q, 100, 100)
	costs("receiving 100", "1 0 0 0")
	if err := errors.Join(got[0].Extend(ctx, time.Minute), got[0].Ack(ctx)); err != nil {
		t.Fatal(err)
	}
	costs("extending and acking", "0 0 1 1")
	if err := got[1].Retry(ctx, 0); err != nil {
		t.Fatal(err)
	}
	costs("giving back", "0 1 1 0")
	if err := got[2].Bury(ctx, "it makes no sense"); err != nil {
		t.Fatal(err)
	}
	costs("burying", "0 0 1 0")
	stats, err := q.Stats(ctx)
	if want := (scan.QueueStats{Ready: 402, Leased: 97, Dead: 1, Oldest: stats.Oldest}); err != nil || stats != want {
		t.Errorf("Stats are %+v (%v); want %+v", stats, err, want)
	}
}

// A plain store gives no hints.
type plainStore struct{ storage.Store }

// Who waits hears at once of what is sent, if the store can hint, and else at the next poll; and leaves nothing running.
func TestStoreQueueWaits(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		wrap func(storage.Store) storage.Store
		want time.Duration
	}{
		"hints": {func(s storage.Store) storage.Store { return s }, 3500 * time.Millisecond},
		"polls": {func(s storage.Store) storage.Store { return plainStore{s} }, 4 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				q := openQueue(t, c.wrap(memory.New(nil)), nil)
				begun := time.Now()
				var all sync.WaitGroup
				for range 3 {
					all.Go(func() {
						got, err := q.Receive(t.Context(), 1, time.Minute)
						if took := time.Since(begun); err != nil || len(got) != 1 || took < 3500*time.Millisecond || took > 4*time.Second {
							t.Errorf("after %v Receive returned %d messages and %v; want one, after %v", took, len(got), err, c.want)
						}
					})
				}
				time.Sleep(3500 * time.Millisecond)
				sent(t, q, scan.Message{Key: "a"}, scan.Message{Key: "b"}, scan.Message{Key: "c"})
				all.Wait()
				if took := time.Since(begun); took != c.want {
					t.Errorf("the last one returned after %v; want %v", took, c.want)
				}
				received(t, q, 1, 0)
				if took := time.Since(begun); took != c.want+20*time.Second {
					t.Errorf("after %v of nothing Receive returned; want 20s", took-c.want)
				}
			})
		})
	}
}

// A heardStore counts how often somebody begins to listen.
type heardStore struct {
	*memory.Store

	listens atomic.Int32
}

func (s *heardStore) Listen(ctx context.Context, hint func(storage.Hint)) error {
	s.listens.Add(1)
	return s.Store.Listen(ctx, hint)
}

// Who receives again and again listens once, if he says so; and when he stops nothing is left running.
func TestStoreQueueListens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &heardStore{Store: memory.New(nil)}
		q := openQueue(t, store, &scan.StoreQueueOptions{Poll: 4 * time.Second})
		hears := func() {
			t.Helper()
			begun := time.Now()
			var all sync.WaitGroup
			all.Go(func() { received(t, q, 1, 1) })
			time.Sleep(3 * time.Second)
			sent(t, q, scan.Message{Key: fmt.Sprint(begun)})
			all.Wait()
			if took := time.Since(begun); took != 3*time.Second {
				t.Errorf("what was sent after 3s was received after %v", took)
			}
		}
		stop := q.Listen(t.Context())
		for range 3 {
			hears()
		}
		if n := store.listens.Load(); n != 1 {
			t.Errorf("with Listen, three Receives have begun to listen %d times; once is right", n)
		}
		stop()
		stop()
		hears()
		hears()
		if n := store.listens.Load(); n != 3 {
			t.Errorf("two Receives after that have begun to listen %d times; each does", n-1)
		}
	})
}

// What is delayed, or was leased to one that died, is found without a hint.
func TestStoreQueueFindsWhatTimeBrings(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := openQueue(t, memory.New(nil), nil)
		begun := time.Now()
		sent(t, q, scan.Message{Key: "a", Delay: 10 * time.Second})
		received(t, q, 1, 1)
		if took := time.Since(begun); took != 10*time.Second {
			t.Errorf("what was delayed by 10s was received after %v", took)
		}
	})
}

// Hints about anything else in the store have a waiting receiver look, but not all the time.
func TestStoreQueueBearsManyHints(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &countingStore{Store: memory.New(nil)}
		q := openQueue(t, store, &scan.StoreQueueOptions{Wait: 10 * time.Second})
		var all sync.WaitGroup
		all.Go(func() { received(t, q, 1, 0) })
		for i := range 10_000 {
			time.Sleep(time.Millisecond)
			key := storage.Key{Kind: "node", ID: fmt.Sprint(i)}
			if _, err := store.Store.Apply(t.Context(), []storage.Change{{Key: key, Record: storage.Record{State: "new", Due: time.Now()}}}); err != nil {
				t.Error(err)
			}
		}
		all.Wait()
		if n := store.claims.Load(); n > 250 {
			t.Errorf("within ten seconds of 10,000 hints the store was asked %d times; 20 a second, and each poll, are right", n)
		}
	})
}

func TestStoreQueueRefuses(t *testing.T) {
	t.Parallel()
	store := memory.New(&memory.Options{Limits: storage.Limits{Data: 1000}})
	for name, c := range map[string]struct {
		store storage.Store
		name  string
		o     scan.StoreQueueOptions
		says  string
	}{
		"no store":   {nil, "requests", scan.StoreQueueOptions{}, "has no store; it needs one"},
		"no name":    {store, "", scan.StoreQueueOptions{}, "1 to 244 are right"},
		"long name":  {store, strings.Repeat("x", 245), scan.StoreQueueOptions{}, "1 to 244 are right"},
		"poll":       {store, "requests", scan.StoreQueueOptions{Poll: -1}, "must not be negative"},
		"long owner": {store, "requests", scan.StoreQueueOptions{Owner: strings.Repeat("x", 256)}, "at most 255 are right"},
	} {
		if _, err := scan.NewStoreQueue(c.store, c.name, &c.o); err == nil || !strings.HasPrefix(err.Error(), "scan: ") || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: the error is %v; want %q in it", name, err, c.says)
		}
	}
	q := openQueue(t, store, &scan.StoreQueueOptions{Wait: -1})
	for name, c := range map[string]struct {
		message scan.Message
		err     error
		says    string
	}{
		"no key":       {scan.Message{}, storage.ErrInvalid, "is empty"},
		"long key":     {scan.Message{Key: strings.Repeat("x", 513)}, storage.ErrTooLarge, "at most 512 are right"},
		"key with 0":   {scan.Message{Key: "a\x00"}, storage.ErrInvalid, "UTF-8 without a zero byte"},
		"no text":      {scan.Message{Key: "a\xff"}, storage.ErrInvalid, "UTF-8 without a zero byte"},
		"large body":   {scan.Message{Key: "a", Body: make([]byte, 1001)}, storage.ErrTooLarge, "at most 1000 are right"},
		"far too late": {scan.Message{Key: "late", Delay: 1<<63 - 1}, nil, ""},
	} {
		err := q.Send(t.Context(), c.message)
		if !errors.Is(err, c.err) || err != nil && (!strings.HasPrefix(err.Error(), `scan: queue "requests": send: `) || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: the error is %v; want %q in it", name, err, c.says)
		}
	}
	sent(t, q, scan.Message{Key: "b", Delay: -time.Hour})
	received(t, q, 1, 1)
	for _, err := range []error{
		func() error { _, err := q.Receive(t.Context(), 0, time.Minute); return err }(),
		func() error { _, err := q.Receive(t.Context(), 1, 0); return err }(),
	} {
		if !errors.Is(err, storage.ErrInvalid) {
			t.Errorf("the error is %v; it must be ErrInvalid", err)
		}
	}
}

// Queues of other names have other messages.
func TestStoreQueuesAreApart(t *testing.T) {
	t.Parallel()
	store := memory.New(nil)
	q := openQueue(t, store, &scan.StoreQueueOptions{Wait: -1})
	other, err := scan.NewStoreQueue(store, "replies", &scan.StoreQueueOptions{Wait: -1})
	if err != nil {
		t.Fatal(err)
	}
	sent(t, q, scan.Message{Key: "a"})
	received(t, other, 1, 0)
	sent(t, other, scan.Message{Key: "a"}, scan.Message{Key: "b"})
	received(t, q, 10, 1)
	received(t, other, 10, 2)
}

// A reason is cut where a store would refuse it.
func TestBuriedForALongReason(t *testing.T) {
	t.Parallel()
	q := openQueue(t, memory.New(nil), &scan.StoreQueueOptions{Wait: -1})
	sent(t, q, scan.Message{Key: "a"})
	if err := received(t, q, 1, 1)[0].Bury(t.Context(), strings.Repeat("ü", 100_000)+"\x00"); err != nil {
		t.Fatal(err)
	}
	for m, err := range q.Dead(t.Context()) {
		if err != nil || !strings.HasPrefix(m.Reason, "üü") || len(m.Reason) > storage.MaxText {
			t.Errorf("the reason has %d bytes (%v); want as many of it as can be kept", len(m.Reason), err)
		}
	}
}

// Of two who send the same at the same time one does, and neither fails.
func TestSendersOfTheSame(t *testing.T) {
	t.Parallel()
	q := openQueue(t, memory.New(nil), &scan.StoreQueueOptions{Wait: -1})
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := range 100 {
				if err := q.Send(t.Context(), scan.Message{Key: fmt.Sprint(i)}, scan.Message{Key: fmt.Sprint(i + 1)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	received(t, q, 1000, 101)
}

func ExampleStoreQueue() {
	ctx := context.Background()
	q, err := scan.NewStoreQueue(memory.New(nil), "requests", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := q.Send(ctx, scan.Message{Key: "job-7/1", Body: []byte("look into vm-3")}); err != nil {
		fmt.Println(err)
		return
	}
	deliveries, err := q.Receive(ctx, 10, time.Minute)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, d := range deliveries {
		fmt.Printf("%s, attempt %d: %v\n", d.Message().Body, d.Attempt(), d.Ack(ctx))
	}
	// Output: look into vm-3, attempt 1: <nil>
}

package postgres_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/storage"
)

// With one connection in the pool, goroutines that do everything at the same time, and one that listens, wait
// for each other and never for ever.
func TestPoolOfOne(t *testing.T) {
	t.Parallel()
	r := newRig(t, pgtest.URL(t), 1)
	s := newStream(t, r, func(error, bool) bool { return false })
	ctx, cancel := context.WithCancel(t.Context())
	hints, listening := make(chan struct{}, 1), make(chan error, 1)
	go func() {
		listening <- r.store.Listen(ctx, func(storage.Hint) {
			select {
			case hints <- struct{}{}:
			default:
			}
		})
	}()
	s.run(func() { s.goOn(200) })

	// It hears of what others do, although nothing is left of the pool while the host has its only connection.
	host, err := r.pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for heard := false; !heard; {
		select { // what was announced before
		case <-hints:
		case <-time.After(200 * time.Millisecond):
			heard = true
		}
	}
	hand{t, r.aside()}.apply(storage.Change{Key: aNode("late"), Record: storage.Record{State: "on", Due: longAgo}})
	select {
	case <-hints:
	case <-time.After(endless):
		t.Error("there is no hint of what another process did")
	}
	host.Release()
	cancel()
	if err := <-listening; !errors.Is(err, context.Canceled) {
		t.Errorf("listening ends with %v", err)
	}
}

// A call for which the pool has no connection waits until its context ends, and says what it waited for.
func TestFullPool(t *testing.T) {
	t.Parallel()
	r := newStillRig(t)
	newEstate(hand{t, r.aside()}, r.pass)
	host, err := r.pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, do := range map[string]func(context.Context) error{
		"load":  func(ctx context.Context) error { _, err := r.store.Load(ctx, []storage.Key{aNode("a")}); return err },
		"count": func(ctx context.Context) error { _, err := r.store.Count(ctx, "node"); return err },
		"list": func(ctx context.Context) error {
			_, err := gathered(r.store.List(ctx, storage.Query{Kind: "node"}))
			return err
		},
		"claim": func(ctx context.Context) error {
			_, err := r.store.Claim(ctx, storage.Claim{Names: []string{"node"}, Owner: "h", Limit: 1, TTL: leaseTime})
			return err
		},
		"take": func(ctx context.Context) error {
			_, err := r.store.Take(ctx, storage.Claim{Names: []string{"do"}, Owner: "h", Limit: 1, TTL: leaseTime})
			return err
		},
		"migrate": func(ctx context.Context) error { return r.store.Migrate(ctx) },
		"listen":  func(ctx context.Context) error { return r.store.Listen(ctx, func(storage.Hint) {}) },
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		err := do(ctx)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s, with a full pool: %v", name, err)
		}
		if name != "listen" && !strings.Contains(err.Error(), "no connection of the pool, which has 1 at most") {
			t.Errorf("%s answers %q, which does not say that the pool is full", name, err)
		}
	}
	host.Release()
	if claimed := (hand{t, r.store}).claim(10); len(claimed) != 2 {
		t.Errorf("%d of 2 records are claimed afterwards", len(claimed))
	}
}

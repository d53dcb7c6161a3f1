package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/postgres"
)

// An impatience counts how often a lock was waited for in vain.
type impatience struct {
	untraced
	waits  atomic.Int32
	looked func() // called when it was looked what is locked
}

// TraceBatchEnd implements [pgx.BatchTracer].
func (i *impatience) TraceBatchEnd(_ context.Context, _ *pgx.Conn, data pgx.TraceBatchEndData) {
	var refused *pgconn.PgError
	if errors.As(data.Err, &refused) && refused.Code == "55P03" {
		i.waits.Add(1)
	}
}

// TraceBatchQuery implements [pgx.BatchTracer].
func (i *impatience) TraceBatchQuery(_ context.Context, _ *pgx.Conn, data pgx.TraceBatchQueryData) {
	if i.looked != nil && strings.Contains(data.SQL, "AS free") {
		i.looked()
	}
}

// A crowdedStore is a store with a hundred records, each with an effect, and with leases on all.
type crowdedStore struct {
	hand
	impatience
	pool    *pgxpool.Pool
	store   *postgres.Store
	schema  string
	leases  []storage.Lease // on the records
	wishes  []storage.Lease // on their effects
	foreign pgx.Tx
}

const crowded = 100

func newCrowdedStore(t *testing.T) *crowdedStore {
	t.Helper()
	c := &crowdedStore{}
	c.pool = tracedPool(t, inNoHurry(pgtest.URL(t)), &c.impatience)
	o := dropped(t, c.pool, postgres.Options{})
	c.schema, c.store = o.Schema, storeOn(t, c.pool, o)
	c.hand = hand{t, c.store}
	changes := make([]storage.Change, crowded)
	for i := range changes {
		id := c.id(i)
		changes[i] = storage.Change{Key: aNode(id), Record: storage.Record{State: "on", Due: longAgo}, Emit: []storage.Effect{aWish(id, "")}}
	}
	c.apply(changes...)
	byID := map[string]storage.Lease{}
	for _, e := range c.take(crowded) {
		byID[e.ID] = e.Lease
	}
	for i, s := range c.claim(crowded) {
		c.leases, c.wishes = append(c.leases, s.Lease), append(c.wishes, byID[c.id(i)])
	}
	foreign, err := c.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c.foreign = foreign
	t.Cleanup(func() { _ = foreign.Rollback(context.Background()) })
	return c
}

func (c *crowdedStore) id(i int) string { return fmt.Sprintf("n%03d", i) }

// lock lets a foreign transaction lock n rows of a table, from the last one down.
func (c *crowdedStore) lock(table string, n int) {
	c.Helper()
	if _, err := c.foreign.Exec(c.Context(), fmt.Sprintf("SELECT FROM %s.%s WHERE id >= $1 FOR UPDATE", c.schema, table), c.id(crowded-n)); err != nil {
		c.Fatal(err)
	}
	c.waits.Store(0)
}

// refused demands that just the last n are refused as locked, and that this was waited for so often.
func (c *crowdedStore) refused(n int, answers []error, err error, waits int32) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
	for i, answer := range answers {
		if locked := i >= len(answers)-n; errors.Is(answer, storage.ErrLocked) != locked || answer != nil && !locked {
			c.Errorf("the answer to the %dth of %d, the last %d of which are locked, is %v", i+1, len(answers), n, answer)
		}
	}
	if got := c.waits.Load(); got != waits {
		c.Errorf("locks were waited for in vain %d times, not %d", got, waits)
	}
}

// However many of a batch are locked by somebody else: the batch waits once, and the rest is made.
func TestManyForeignLocks(t *testing.T) {
	t.Parallel()
	for what, do := range map[string]func(c *crowdedStore) ([]error, error){
		"changes": func(c *crowdedStore) ([]error, error) {
			return c.Apply(c.Context(), c.changes(func(i int, change *storage.Change) { change.Version, change.Key = 1, aNode(c.id(i)) }))
		},
		"changes that say something": func(c *crowdedStore) ([]error, error) {
			return c.Apply(c.Context(), c.changes(func(i int, change *storage.Change) {
				change.Send = []storage.Message{{ID: "said", To: aNode(c.id(i)), Name: "news"}}
			}))
		},
		"changes that spawn": func(c *crowdedStore) ([]error, error) {
			return c.Apply(c.Context(), c.changes(func(i int, change *storage.Change) {
				change.Spawn = []storage.Spawn{{Record: storage.Record{Key: aNode(c.id(i)), State: "on"}}}
			}))
		},
		"messages": func(c *crowdedStore) ([]error, error) {
			messages := make([]storage.Message, crowded)
			for i := range messages {
				messages[i] = storage.Message{ID: "told", To: aNode(c.id(i)), Name: "news"}
			}
			return c.Deliver(c.Context(), messages)
		},
		"settlements": func(c *crowdedStore) ([]error, error) {
			settlements := make([]storage.Settlement, crowded)
			for i, l := range c.wishes {
				settlements[i] = storage.Settlement{Lease: l, As: storage.EffectDone}
			}
			return c.Settle(c.Context(), settlements)
		},
		"leases": func(c *crowdedStore) ([]error, error) { return c.Extend(c.Context(), c.leases) },
	} {
		counts := []int{crowded / 2}
		if what == "changes" {
			counts = []int{1, crowded / 2, crowded}
		}
		for _, n := range counts {
			t.Run(fmt.Sprintf("%s, %d locked", what, n), func(t *testing.T) {
				t.Parallel()
				c := newCrowdedStore(t)
				c.lock("record", n)
				answers, err := do(c)
				c.refused(n, answers, err, 1)
			})
		}
	}
}

// What is locked only while it is looked is not refused.
func TestALockForAMoment(t *testing.T) {
	t.Parallel()
	c := newCrowdedStore(t)
	c.lock("record", crowded/2)
	c.looked = func() { _ = c.foreign.Rollback(context.Background()) }
	answers, err := c.Extend(t.Context(), c.leases)
	c.refused(0, answers, err, 1)
}

// changes returns changes that create a record each, unless they are told otherwise.
func (c *crowdedStore) changes(as func(i int, change *storage.Change)) []storage.Change {
	changes := make([]storage.Change, crowded)
	for i := range changes {
		changes[i] = storage.Change{Key: aNode(fmt.Sprintf("new %03d", i)), Record: storage.Record{State: "on"}}
		as(i, &changes[i])
	}
	return changes
}

// A lease on an effect needs the effect alone, whatever becomes of its record.
func TestForeignLocksOfEffects(t *testing.T) {
	t.Parallel()
	const n = 3
	c := newCrowdedStore(t)
	c.lock("effect", n)
	answers, err := c.Extend(t.Context(), slices.Concat(c.leases, c.wishes))
	c.refused(n, answers, err, 1)

	c = newCrowdedStore(t)
	c.lock("record", n)
	answers, err = c.Extend(t.Context(), slices.Concat(c.wishes, c.leases))
	c.refused(n, answers, err, 1)
}

// Who creates a record that somebody else has created and not committed is found out by trying.
func TestALockThatCannotBeSeen(t *testing.T) {
	t.Parallel()
	c := newCrowdedStore(t)
	foreign, err := c.store.With(c.foreign)
	if err != nil {
		t.Fatal(err)
	}
	last := c.changes(func(int, *storage.Change) {})[crowded-4:]
	hand{t, foreign}.apply(last[3])
	c.waits.Store(0)
	answers, err := c.Apply(t.Context(), last)
	c.refused(1, answers, err, 3)
}

// In a host's transaction the patience is the host's. It can go on, and commits what was answered.
func TestForeignLocksInsideATransaction(t *testing.T) {
	t.Parallel()
	c := newCrowdedStore(t)
	const n = 3
	c.lock("record", n)
	tx, err := c.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.Background()) }()
	if _, err := tx.Exec(t.Context(), "SET LOCAL lock_timeout = '50ms'"); err != nil {
		t.Fatal(err)
	}
	inside, err := c.store.With(tx)
	if err != nil {
		t.Fatal(err)
	}
	messages := make([]storage.Message, crowded)
	for i := range messages {
		messages[i] = storage.Message{ID: "told", To: aNode(c.id(i)), Name: "news"}
	}
	answers, err := inside.Deliver(t.Context(), messages)
	c.refused(n, answers, err, 1)
	if err := errors.Join(c.foreign.Rollback(t.Context()), tx.Commit(t.Context())); err != nil {
		t.Fatal(err)
	}
	if told := every(c.hand, c.Messages(t.Context(), storage.MessageQuery{})); len(told) != crowded-n {
		t.Errorf("there are %d messages, not %d", len(told), crowded-n)
	}
}

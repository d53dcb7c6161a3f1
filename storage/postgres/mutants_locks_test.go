package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/postgres"
)

// deadlocks counts them, and sends what rewrite says.
type deadlocks struct {
	rewriter
	atomic.Int32
}

// TraceBatchQuery implements [pgx.BatchTracer].
func (d *deadlocks) TraceBatchQuery(_ context.Context, _ *pgx.Conn, data pgx.TraceBatchQueryData) {
	var refused *pgconn.PgError
	if errors.As(data.Err, &refused) && refused.Code == "40P01" {
		d.Add(1)
	}
}

// deadlocksAmong lets goroutines change the same records, each batch in an order of its own, and returns how
// often they got into a deadlock. All is done in the end: the store tries again.
func deadlocksAmong(t *testing.T, rewrite func(string) string) int32 {
	t.Helper()
	const crew, rounds, records = 4, 25, 6
	d := &deadlocks{rewriter: rewriter{rewrite: rewrite}}
	url := inNoHurry(pgtest.URL(t))
	o := dropped(t, poolOn(t, url), postgres.Options{})
	storeOn(t, poolOn(t, url), o)
	pool := tracedPool(t, withSetting(url, "deadlock_timeout=5ms"), d)
	var all sync.WaitGroup
	for worker := range crew {
		store := openOn(t, pool, o) // as another process
		all.Go(func() {
			for round := range rounds {
				var messages []storage.Message
				c := creation(fmt.Sprintf("sender %d %d", worker, round))
				for i := range records {
					to := aNode(fmt.Sprint((i*(worker+1) + round) % records))
					messages = append(messages, storage.Message{ID: fmt.Sprintf("%d %d %d", worker, round, i), To: to, Name: "news"})
					c.Spawn = append(c.Spawn, storage.Spawn{Record: storage.Record{Key: to, State: "new"}})
				}
				c.Send = messages[:records/2]
				answers, err := store.Apply(t.Context(), []storage.Change{c})
				if err := firstError(answers, err); err != nil {
					t.Error(err)
				}
				answers, err = store.Deliver(t.Context(), messages[records/2:])
				if err := firstError(answers, err); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	return d.Load()
}

func TestLocksAreTakenInOneOrder(t *testing.T) {
	t.Parallel()
	if n := deadlocksAmong(t, func(query string) string { return query }); n > 0 {
		t.Errorf("%d deadlocks; all lock in the order of the keys", n)
	}
	const ordered = `unnest($1::text[], $2::text[]) WITH ORDINALITY AS v(kind, id, ordinal)`
	inAnyOrder := func(query string) string {
		if !strings.Contains(query, "FOR NO KEY UPDATE) AS r") {
			return query
		}
		return strings.Replace(query, ordered, `(SELECT * FROM `+ordered+` ORDER BY random() OFFSET 0) AS v`, 1)
	}
	if n := deadlocksAmong(t, inAnyOrder); n == 0 {
		t.Error("no deadlock, although records were locked in any order; the test tells nothing")
	}
}

// While the host works on a record, others are claimed all the same, and nobody waits.
func TestAClaimPassesOverWhatTheHostHolds(t *testing.T) {
	t.Parallel()
	claim := func(rewrite func(string) string) (string, error) {
		h := newHost(t)
		for _, id := range []string{"a", "b"} {
			c := creation(id)
			c.Record.Due, c.Emit = longAgo, []storage.Effect{aWish(id, "")}
			h.apply(c)
		}
		_, inside := h.begin(pgx.TxOptions{})
		inside.apply(storage.Change{Key: aNode("a"), Version: 1, Record: storage.Record{State: "on"}, Cancel: []storage.Cancel{{}}})

		url := withSetting(pgtest.URL(t), "lock_timeout=100ms")
		store := openOn(t, tracedPool(t, url, rewriter{rewrite: rewrite}), postgres.Options{Schema: h.schema})
		c := storage.Claim{Names: []string{"node", "do"}, Owner: "test", Limit: 9, TTL: leaseTime}
		var ids []string
		claimed, err := store.Claim(t.Context(), c)
		for _, s := range claimed {
			ids = append(ids, s.Key.ID)
		}
		taken, err2 := store.Take(t.Context(), c)
		for _, e := range taken {
			ids = append(ids, e.ID)
		}
		return strings.Join(ids, " "), errors.Join(err, err2)
	}
	if got, err := claim(func(query string) string { return query }); got != "b b" || err != nil {
		t.Errorf("claimed and took %q, %v; want what the host does not work on", got, err)
	}
	if got, err := claim(func(query string) string { return strings.ReplaceAll(query, "SKIP LOCKED", "") }); err == nil {
		t.Errorf("claimed and took %q although nothing was skipped; the test tells nothing", got)
	}
}

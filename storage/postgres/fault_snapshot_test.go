package postgres_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/storage"
)

// Beside a transaction that looks at the past all the while, turns are made, messages go and effects are
// performed as always, and it sees nothing of it.
func TestOldSnapshot(t *testing.T) {
	t.Parallel()
	r := newRig(t, pgtest.URL(t), 4)
	h := hand{t, r.store}
	k := aNode("n")
	h.apply(storage.Change{Key: k, Record: storage.Record{State: "0", Due: longAgo}, Lines: []storage.Line{{To: "0"}}})

	ctx := context.Background()
	past, err := r.direct.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = past.Rollback(ctx) }()
	seen := func() (state string) {
		if err := past.QueryRow(ctx, r.here("SELECT state FROM reeve.record WHERE id = 'n'")).Scan(&state); err != nil {
			t.Fatal(err)
		}
		return state
	}
	seen()

	turns := uint64(100)
	if testing.Short() {
		turns = 20
	}
	for n := range turns {
		h.deliver(storage.Message{ID: fmt.Sprint("m", n), To: k, Name: "news"})
		claimed := h.claim(10)
		if len(claimed) != 1 || len(claimed[0].Messages) != int(min(n, 1))+1 {
			t.Fatalf("turn %d: claimed %v", n, claimed)
		}
		c := storage.Change{
			Key: k, Version: n + 1, Token: claimed[0].Lease.Token, Record: storage.Record{State: fmt.Sprint(n + 1), Due: longAgo},
			Emit: []storage.Effect{aWish(fmt.Sprint("w", n), "lane")}, Lines: []storage.Line{{To: fmt.Sprint(n + 1)}},
		}
		for _, m := range claimed[0].Messages {
			c.Consume = append(c.Consume, storage.Consumption{Seq: m.Seq, As: storage.MessageConsumed})
		}
		h.apply(c)
		taken := h.take(10)
		if len(taken) != 1 {
			t.Fatalf("turn %d: taken %v", n, taken)
		}
		h.settle(storage.Settlement{Lease: taken[0].Lease, As: storage.EffectDone, Outcome: &storage.Message{ID: fmt.Sprint("done", n), Name: "done"}})
	}
	if lines := h.lines(k); uint64(len(lines)) != turns+1 || h.version(k) != turns+1 {
		t.Errorf("after %d turns the version is %d, and there are %d lines", turns, h.version(k), len(lines))
	}
	if state := seen(); state != "0" {
		t.Errorf("the old snapshot sees the state %q", state)
	}
}

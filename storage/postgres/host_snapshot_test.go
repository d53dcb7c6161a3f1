package postgres_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/reeve-go/reeve/storage"
)

// A transaction that looks at the past would put to rest what was said to a record since, and not see which
// effect goes next in a lane. So the store does not write in one.
func TestTransactionsThatLookAtThePast(t *testing.T) {
	t.Parallel()
	for _, level := range []pgx.TxIsoLevel{pgx.RepeatableRead, pgx.Serializable} {
		t.Run(string(level), func(t *testing.T) {
			t.Parallel()
			ctx, h := t.Context(), newHost(t)
			c := creation("a")
			c.Record.Due, c.Emit = longAgo, []storage.Effect{aWish("e", "lane")}
			h.apply(c)
			lease := h.take(1)[0].Lease
			tx, inside := h.begin(pgx.TxOptions{IsoLevel: level})
			claim := storage.Claim{Names: []string{"node", "do"}, Owner: "host", Limit: 1, TTL: leaseTime}
			for call, err := range map[string]error{
				"apply":   second(inside.Apply(ctx, []storage.Change{creation("b")})),
				"deliver": second(inside.Deliver(ctx, []storage.Message{{ID: "m", To: aNode("a"), Name: "news"}})),
				"settle":  second(inside.Settle(ctx, []storage.Settlement{{Lease: lease, As: storage.EffectDone}})),
				"claim":   second(inside.Claim(ctx, claim)),
				"take":    second(inside.Take(ctx, claim)),
				"extend":  second(inside.Extend(ctx, []storage.Lease{lease})),
				"release": inside.Release(ctx, []storage.Lease{lease}, 0),
				"prune":   second(inside.Prune(ctx, storage.Retention{Lines: leaseTime}, 1)),
			} {
				says(t, err, "postgres: "+call+": ", "at "+string(level), "read committed is right")
			}
			if v := inside.version(aNode("a")); v != 1 { // it can be read, and the transaction goes on
				t.Errorf("the record is at version %d; want 1", v)
			}
			if err := h.note(ctx, tx, "a"); err != nil {
				t.Error(err)
			}
			if err := tx.Commit(context.Background()); err != nil {
				t.Error(err)
			}
			h.there("a")
		})
	}
}

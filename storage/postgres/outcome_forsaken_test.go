package postgres_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/storage"
)

// A program that is gone without the server's learning of it keeps its locks for a while, and not until
// somebody looks. Then others go on.
func TestForsakenTransaction(t *testing.T) {
	t.Parallel()
	const soon = "idle_in_transaction_session_timeout=100ms" // sooner than anybody loses patience
	eachCall(t, inTwoTrips, true, func(t *testing.T, i int) {
		k := newCutter(t, i, soon)
		k.again()
		happened := k.on(toClient, 1, (*link).forsake) // it has all its locks
		if err := k.make(k.store); err != nil {
			t.Errorf("the call answers %v", err)
		}
		<-happened
		k.is("once others go on", k.after)
	})
	t.Run("claim", func(t *testing.T) {
		t.Parallel()
		r := newStillRig(t, soon)
		newEstate(hand{t, r.aside()}, r.pass)
		h := hand{t, r.store}
		if _, err := h.Claim(t.Context(), storage.Claim{Names: []string{"nothing"}, Owner: "h", Limit: 1, TTL: leaseTime}); err != nil {
			t.Fatal(err)
		}
		r.on(toClient, 1, (*link).forsake)
		claimed := h.claim(10) // it steps over what the other has locked
		if len(claimed) > 0 && r.open() > 0 {
			t.Errorf("%d records are not locked", len(claimed))
		}
		eventually(t, "what was to be claimed stays locked", func() bool {
			claimed = append(claimed, h.claim(10)...)
			return len(claimed) == 2
		})
	})
}

// How long that while is: what the host has set, or else what the store sets for its own transactions.
func TestForsakenTransactionsEnd(t *testing.T) {
	t.Parallel()
	for setting, want := range map[string]string{
		"idle_in_transaction_session_timeout=0":  "10s",
		"idle_in_transaction_session_timeout=3s": "3s",
		"idle_in_transaction_session_timeout=1h": "1h",
	} {
		r := newRig(t, pgtest.URL(t), 1, setting)
		var got string
		hand{t, r.store}.apply(storage.Change{
			Key: aNode("n"), Record: storage.Record{State: "new"},
			Project: func(ctx context.Context, tx any) error {
				return tx.(pgx.Tx).QueryRow(ctx, "SHOW idle_in_transaction_session_timeout").Scan(&got) //nolint:forcetypeassert // it is the adapter's
			},
		})
		if got != want {
			t.Errorf("with %s, a transaction of the store's ends when it was left alone for %s, not %s", setting, got, want)
		}
		if err := r.pool.QueryRow(t.Context(), "SHOW idle_in_transaction_session_timeout").Scan(&got); err != nil || "idle_in_transaction_session_timeout="+got != setting {
			t.Errorf("with %s, it is %s after it: %v", setting, got, err)
		}
	}
}

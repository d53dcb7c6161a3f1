package postgres_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/storage"
)

// Timeouts that the host has set count in a save as anywhere: one for another save of its scope, one that copies for too long,
// and one that is left alone for too long says which it was, and nothing of it is there.
func TestTimeoutsInASave(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		setting, says string
		waits         bool // for another save of its scope
		save          func(r *rig, tx storage.InventoryTx, table string) error
	}{
		"waiting, statement_timeout": {setting: "statement_timeout", says: "statement timeout", waits: true},
		"waiting, lock_timeout":      {setting: "lock_timeout", says: "lock timeout", waits: true},
		"copying": {setting: "statement_timeout", says: "statement timeout", save: func(r *rig, tx storage.InventoryTx, table string) error {
			return tx.Insert(r.Context(), table, []storage.Column{{Name: "weight"}}, func(yield func([]storage.Value) bool) {
				for yield([]storage.Value{storage.IntValue(1)}) { // until there is nobody to read it
				}
			})
		}},
		"left alone": {setting: "idle_in_transaction_session_timeout", says: "idle-in-transaction timeout", save: func(r *rig, tx storage.InventoryTx, table string) error {
			if _, err := weigh(tx, table, 1, 0, 7); err != nil {
				return err
			}
			r.settled("left alone")
			return tx.Commit(r.Context())
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, inNoHurry(pgtest.URL(t)), 1)
			table := machinesOn(t, r.direct, r.options.Schema, 2)
			fence := storage.Fence{Scope: "s"}
			aside := openOn(t, r.direct, r.options)
			var err error
			if c.waits {
				other := saveIn(t, aside, "s")
				r.set(c.setting, "100ms")
				_, err = r.store.Begin(t.Context(), fence)
				demand(t, "close", other.Close())
			} else {
				tx, begun := r.store.Begin(t.Context(), fence)
				demand(t, "begin", begun)
				_, err = tx.Handle().(pgx.Tx).Exec(t.Context(), "SET LOCAL "+c.setting+" = '100ms'") //nolint:forcetypeassert // it is one
				demand(t, "set", err)
				err = c.save(r, tx, table)
				demand(t, "close", tx.Close())
			}
			if err == nil || !strings.Contains(err.Error(), c.says) || errors.Is(err, storage.ErrUnknown) || errors.Is(err, storage.ErrConflict) {
				t.Errorf("the save answers %v; want %q, and that nothing was saved", err, c.says)
			}
			next := saveIn(t, aside, "s")
			missed, err := weigh(next, table, 1, 0, 8)
			if n := next.Number(); err != nil || len(missed) > 0 || n != 1 {
				t.Errorf("the next save is number %d, and misses %v, %v; want the first, and none", n, missed, err)
			}
			demand(t, "commit", next.Commit(t.Context()))
			if n := askPool[int](t, r.direct, "SELECT count(*) FROM "+table); n != 2 {
				t.Errorf("there are %d rows; want 2", n)
			}
		})
	}
}

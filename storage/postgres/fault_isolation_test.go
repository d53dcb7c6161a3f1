package postgres_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/storage/storagetest"
)

// Whatever isolation the server gives to those who do not ask for one, the store keeps its contract.
func TestDefaultIsolation(t *testing.T) {
	t.Parallel()
	for _, level := range []string{"serializable", "repeatable%20read"} {
		t.Run(level, func(t *testing.T) {
			t.Parallel()
			if testing.Short() && level != "serializable" {
				t.Skip("it takes as long as the other")
			}
			p := placesOn(t, withSetting(inNoHurry(pgtest.URL(t)), "default_transaction_isolation="+level))
			var is string
			if err := p.pool.QueryRow(t.Context(), "SHOW transaction_isolation").Scan(&is); err != nil || is == "read committed" {
				t.Fatalf("the default is %q: %v", is, err)
			}
			storagetest.Run(t, storagetest.Harness{New: func(t testing.TB) storagetest.Backend {
				t.Helper()
				b := p.backend(t)
				b.Begin = func(t testing.TB) storagetest.Tx { // as hosts must
					t.Helper()
					tx, err := p.pool.BeginTx(t.Context(), pgx.TxOptions{IsoLevel: pgx.ReadCommitted})
					if err != nil {
						t.Fatal(err)
					}
					t.Cleanup(func() { _ = tx.Rollback(context.Background()) })
					return storagetest.Tx{
						Handle:   tx,
						Commit:   func() error { return tx.Commit(context.Background()) },
						Rollback: func() error { return tx.Rollback(context.Background()) },
					}
				}
				return b
			}})
		})
	}
}

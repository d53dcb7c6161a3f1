package postgres_test

import (
	"errors"
	"testing"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/postgres"
)

// demand demands that a call succeeds.
func demand(t interface {
	Helper()
	Fatalf(format string, args ...any)
}, call string, err error,
) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", call, err)
	}
}

func isInvalid(t testing.TB, err error) error {
	t.Helper()
	if !errors.Is(err, storage.ErrInvalid) {
		t.Errorf("%v is not storage.ErrInvalid", err)
	}
	return err
}

// saveIn begins a save, which is rolled back in the end if it was not committed.
func saveIn(t testing.TB, store *postgres.Store, scope string) storage.InventoryTx {
	t.Helper()
	tx, err := store.Begin(t.Context(), storage.Fence{Scope: scope, Token: 1})
	demand(t, "begin", err)
	t.Cleanup(func() { _ = tx.Close() })
	return tx
}

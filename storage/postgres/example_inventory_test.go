package postgres_test

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/postgres"
)

// A save of the host's own rows: those of a table in another schema, and a statement of the host's in the same transaction.
// Package refresh is what decides about rows.
func ExampleStore_Begin() {
	save := func(ctx context.Context, store *postgres.Store) error {
		tx, err := store.Begin(ctx, storage.Fence{Scope: "manager 17", Token: 3})
		if err != nil {
			return err
		}
		defer tx.Close() //nolint:errcheck // after the commit it does nothing
		ids, err := tx.Reserve(ctx, "cloud.vms", 1)
		if err != nil {
			return err
		}
		rows := slices.Values([][]storage.Value{{ids[0], storage.TextValue("vm-1")}})
		if err := tx.Insert(ctx, "cloud.vms", []storage.Column{{Name: "id"}, {Name: "ems_ref"}}, rows); err != nil {
			return err
		}
		if _, err := tx.Handle().(pgx.Tx).Exec(ctx, "UPDATE managers SET refreshed_at = now() WHERE id = 17"); err != nil { //nolint:forcetypeassert // it is one
			return err
		}
		return tx.Commit(ctx)
	}
	_ = save
}

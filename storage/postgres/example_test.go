package postgres_test

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/postgres"
)

// A program makes its pool as it likes, and the tables when it starts. Several that start at once do no harm.
func ExampleNew() {
	open := func(ctx context.Context) (*postgres.Store, error) {
		pool, err := pgxpool.New(ctx, "postgres://estate@db.example.com/estate")
		if err != nil {
			return nil, err
		}
		store, err := postgres.New(ctx, pool, &postgres.Options{Schema: "provisioning"})
		if err != nil {
			return nil, err
		}
		return store, store.Migrate(ctx)
	}
	_ = open
}

// Behind a pooler in transaction mode, statements cannot be prepared by name.
func ExampleNew_pooler() {
	open := func(ctx context.Context) (*postgres.Store, error) {
		pool, err := pgxpool.New(ctx, "postgres://estate@pgbouncer.example.com:6432/estate?default_query_exec_mode=cache_describe")
		if err != nil {
			return nil, err
		}
		return postgres.New(ctx, pool, &postgres.Options{Pooled: true})
	}
	_ = open
}

// A host puts a row of its own and a record into one transaction: both are there, or neither.
func ExampleStore_With() {
	order := func(ctx context.Context, pool *pgxpool.Pool, store *postgres.Store) error {
		return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, "INSERT INTO tenants (node, team) VALUES ('n-17', 'team-a')"); err != nil {
				return err
			}
			inside, err := store.With(tx)
			if err != nil {
				return err
			}
			node := storage.Key{Kind: "node", ID: "n-17"}
			answers, err := inside.Apply(ctx, []storage.Change{{Key: node, Record: storage.Record{State: "waiting"}}})
			if err != nil {
				return err
			}
			return answers[0]
		})
	}
	_ = order
}

// A host keeps the data of its machines where its other programs find it.
func ExampleTable() {
	type machine struct{ Cores int }
	machines := postgres.Table{
		Save: func(ctx context.Context, tx pgx.Tx, r storage.Record) error {
			var m machine
			if err := json.Unmarshal(r.Data, &m); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, `INSERT INTO machines (name, power, cores) VALUES ($1, $2, $3)
				ON CONFLICT (name) DO UPDATE SET power = excluded.power, cores = excluded.cores`, r.Key.ID, r.State, m.Cores)
			return err
		},
		Delete: func(ctx context.Context, tx pgx.Tx, id string) error {
			_, err := tx.Exec(ctx, `DELETE FROM machines WHERE name = $1`, id)
			return err
		},
		Load: func(ctx context.Context, tx pgx.Tx, ids []string) (map[string][]byte, error) {
			rows, err := tx.Query(ctx, `SELECT name, cores FROM machines WHERE name = ANY($1)`, ids)
			if err != nil {
				return nil, err
			}
			found := map[string][]byte{}
			var name string
			var m machine
			_, err = pgx.ForEachRow(rows, []any{&name, &m.Cores}, func() (err error) {
				found[name], err = json.Marshal(m)
				return err
			})
			return found, err
		},
	}
	options := postgres.Options{Tables: map[string]postgres.Table{"machine": machines}}
	fmt.Println(len(options.Tables), "kind is in a table of the host's")
	// Output:
	// 1 kind is in a table of the host's
}

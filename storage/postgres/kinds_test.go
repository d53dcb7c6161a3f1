package postgres_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/reeve-go/reeve/internal/kindtest"
	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/postgres"
)

func TestKinds(t *testing.T) {
	t.Parallel()
	p := placesOn(t, inNoHurry(pgtest.URL(t)))
	kindtest.Run(t, func(t *testing.T) storage.Store {
		t.Helper()
		return p.take(t).store
	})
}

func TestKindsOfAHost(t *testing.T) {
	t.Parallel()
	pool := poolOn(t, pgtest.URL(t))
	kindtest.RunHost(t, func(t *testing.T) kindtest.Host {
		t.Helper()
		o := dropped(t, pool, postgres.Options{})
		store, notes := storeOn(t, pool, o), pgx.Identifier{o.Schema, "notes"}.Sanitize()
		must(t, pool, "CREATE TABLE "+notes+" (nr serial, was integer, is_now integer CHECK (is_now < 2))")
		return kindtest.Host{
			Store: store,
			Begin: begin(pool),
			Note: func(ctx context.Context, tx any, was, is int) error {
				_, err := tx.(pgx.Tx).Exec(ctx, "INSERT INTO "+notes+" (was, is_now) VALUES ($1, $2)", was, is)
				return err
			},
			Notes: func(t testing.TB) (rows string) {
				t.Helper()
				err := pool.QueryRow(t.Context(), "SELECT coalesce(string_agg(was || '>' || is_now, ' ' ORDER BY nr), '') FROM "+notes).Scan(&rows)
				if err != nil {
					t.Fatal(err)
				}
				return rows
			},
		}
	})
}

// TestSupervisorProcess is no test: it is what the processes of others do.
func TestSupervisorProcess(t *testing.T) { //nolint:paralleltest // it has its process to itself
	kindtest.SupervisorProcess(t, openAddress)
}

func TestSupervisorsAreKilled(t *testing.T) {
	t.Parallel()
	url := inNoHurry(pgtest.URL(t))
	pool := poolOn(t, url)
	o := dropped(t, pool, postgres.Options{})
	kindtest.Killed(t, storeOn(t, pool, o), o.Schema+" "+url, 3, 9)
}

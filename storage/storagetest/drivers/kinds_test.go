package drivers

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/reeve-go/reeve/internal/kindtest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/sqlite"
)

func TestKinds(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) {
		kindtest.Run(t, func(t *testing.T) storage.Store {
			return storeOn(t, open(t, driver, dsnOf(filepath.Join(t.TempDir(), "estate.db"))), sqlite.Options{})
		})
	})
}

func TestKindsOfAHost(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) {
		kindtest.RunHost(t, func(t *testing.T) kindtest.Host {
			db := open(t, driver, dsnOf(filepath.Join(t.TempDir(), "estate.db")))
			if _, err := db.ExecContext(t.Context(), "CREATE TABLE notes (was INTEGER, is_now INTEGER CHECK (is_now < 2))"); err != nil {
				t.Fatal(err)
			}
			return kindtest.Host{
				Store: storeOn(t, db, sqlite.Options{}),
				Begin: begin(db),
				Note: func(ctx context.Context, tx any, was, is int) error {
					_, err := tx.(sqlite.Tx).ExecContext(ctx, "INSERT INTO notes VALUES (?, ?)", was, is)
					return err
				},
				Notes: func(t testing.TB) (rows string) {
					const query = "SELECT coalesce(group_concat(was || '>' || is_now, ' '), '') FROM (SELECT * FROM notes ORDER BY rowid)"
					if err := db.QueryRowContext(t.Context(), query).Scan(&rows); err != nil {
						t.Fatal(err)
					}
					return rows
				},
			}
		})
	})
}

// TestSupervisorProcess is no test: it is what the processes of others do.
func TestSupervisorProcess(t *testing.T) { //nolint:paralleltest // it has its process to itself
	kindtest.SupervisorProcess(t, openAddress)
}

func TestSupervisorsAreKilled(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) {
		path := filepath.Join(t.TempDir(), "estate.db")
		kindtest.Killed(t, storeOn(t, open(t, driver, dsnOf(path)), sqlite.Options{}), addressOf(driver, path), 2, 16)
	})
}

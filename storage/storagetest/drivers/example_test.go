package drivers_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/sqlite"
)

// A host opens the database with the driver it likes, and puts a row of its own and a record into one
// transaction.
func Example() {
	if err := estate(context.Background()); err != nil {
		slog.Error(err.Error())
	}
	// Output:
	// node/n-17 is waiting, for team-a
}

func estate(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "estate")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // it is only an example
	db, err := sql.Open("sqlite", sqlite.DSN(filepath.Join(dir, "estate.db")))
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // it is only an example

	store, err := sqlite.New(ctx, db, nil)
	if err != nil {
		return err
	}
	if err := store.Migrate(ctx); err != nil {
		return err
	}
	if _, err := db.ExecContext(ctx, "CREATE TABLE tenants (node TEXT PRIMARY KEY, team TEXT)"); err != nil {
		return err
	}

	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after the commit there is nothing to roll back
	if _, err := tx.ExecContext(ctx, "INSERT INTO tenants VALUES ('n-17', 'team-a')"); err != nil {
		return err
	}
	inside, err := store.With(tx)
	if err != nil {
		return err
	}
	key := storage.Key{Kind: "node", ID: "n-17"}
	answers, err := inside.Apply(ctx, []storage.Change{{Key: key, Record: storage.Record{State: "waiting"}}})
	if err != nil {
		return err
	}
	if answers[0] != nil {
		return answers[0]
	}
	if err := tx.Commit(); err != nil {
		return err
	}

	found, err := store.Load(ctx, []storage.Key{key})
	if err != nil {
		return err
	}
	var team string
	err = db.QueryRowContext(ctx, "SELECT team FROM tenants WHERE node = ?", key.ID).Scan(&team)
	fmt.Printf("%s is %s, for %s\n", found[0].Key, found[0].State, team)
	return err
}

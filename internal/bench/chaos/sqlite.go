package chaos

import (
	"context"
	"database/sql"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/sqlite"
)

// unhurried does not wait for the disk at each commit: processes are killed here, but nobody pulls the
// plug.
var unhurried = sqlite.Options{Synchronous: sqlite.Normal}

func beginSQLite(ctx context.Context, folder string) (*database, error) {
	file := filepath.Join(folder, "estate.db")
	db, err := sql.Open("sqlite", unhurried.DSN(file))
	if err != nil {
		return nil, err
	}
	base := &database{
		address: file, direct: file, end: func() { _ = db.Close() },
		blocked: func(ctx context.Context) bool { return isBlocked(ctx, db) },
	}
	store, err := sqlite.New(ctx, db, &unhurried)
	if err == nil {
		err = store.Migrate(ctx)
	}
	if err == nil {
		db.SetMaxOpenConns(1)
		_, err = db.ExecContext(ctx, "PRAGMA busy_timeout = 20") // milliseconds
	}
	return base, err
}

// isBlocked reports whether a transaction that writes cannot begin soon.
func isBlocked(ctx context.Context, db *sql.DB) bool {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return true
	}
	_ = tx.Rollback()
	return false
}

func openSQLite(ctx context.Context, file string) (storage.Store, func(), error) {
	db, err := sql.Open("sqlite", unhurried.DSN(file))
	if err != nil {
		return nil, nil, err
	}
	store, err := sqlite.New(ctx, db, &unhurried)
	if err != nil {
		_ = db.Close()
		return nil, nil, err
	}
	return store, func() { _ = db.Close() }, nil
}

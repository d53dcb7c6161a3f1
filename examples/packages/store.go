package main

import (
	"context"
	"database/sql"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver, the host's choice

	"github.com/reeve-go/reeve/storage/sqlite"
)

//go:embed tables.sql
var tables string

// open opens the database, with the tables of the inventory.
func open(ctx context.Context, file string) (db *sql.DB, store *sqlite.Store, err error) {
	const ownerAlone = 0o700
	if err := os.MkdirAll(filepath.Dir(file), ownerAlone); err != nil {
		return nil, nil, err
	}
	db, err = sql.Open("sqlite", sqlite.DSN(file)+"&_pragma=foreign_keys(1)")
	if err != nil {
		return nil, nil, err
	}
	if store, err = sqlite.New(ctx, db, nil); err == nil {
		err = store.Migrate(ctx)
	}
	if err == nil {
		_, err = db.ExecContext(ctx, tables)
	}
	if err != nil {
		_ = db.Close()
		return nil, nil, fmt.Errorf("%s: %w", file, err)
	}
	return db, store, nil
}

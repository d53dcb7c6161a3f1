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

// usual is the file of the inventory unless another one is asked for: in the user's cache, because it can be made
// again at any time.
func usual() (string, error) {
	folder, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("this user has no cache folder (%w); give a file with -db", err)
	}
	return filepath.Join(folder, "reeve", "inventory.db"), nil
}

// open opens the database, with the tables of the library and those of the inventory.
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

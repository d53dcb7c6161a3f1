package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver, the host's choice

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/sqlite"
)

// open opens the store in a file, or in a temporary one that release removes.
func open(ctx context.Context, path string) (store storage.Store, release func(), err error) {
	temporary := ""
	if path == "" {
		if temporary, err = os.MkdirTemp("", "introspect-"); err != nil {
			return nil, nil, err
		}
		path = filepath.Join(temporary, "introspect.db")
	}
	db, err := sql.Open("sqlite", sqlite.DSN(path))
	release = func() {
		if db != nil {
			_ = db.Close()
		}
		if temporary != "" {
			_ = os.RemoveAll(temporary)
		}
	}
	if err == nil {
		store, err = migrated(ctx, db)
	}
	if err != nil {
		release()
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return store, release, nil
}

func migrated(ctx context.Context, db *sql.DB) (storage.Store, error) {
	store, err := sqlite.New(ctx, db, nil)
	if err != nil {
		return nil, err
	}
	return store, store.Migrate(ctx)
}

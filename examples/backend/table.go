package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver, the host's choice

	"github.com/reeve-go/reeve/examples/backend/cmdb"
	"github.com/reeve-go/reeve/storage/sqlite"
)

// onTable deploys a service that the host has had in its own table before, and that belongs to somebody.
func onTable(ctx context.Context, folder string) (seen string, err error) {
	db, store, err := openSQLite(ctx, folder, &sqlite.Options{Tables: map[string]sqlite.Table{"instance": cmdb.Services()}})
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.ExecContext(ctx, cmdb.Schema); err != nil {
		return "", err
	}
	if err := cmdb.Assign(ctx, db, instance, "the network team", "4711"); err != nil {
		return "", err
	}
	c, err := newComposition(store)
	if err != nil {
		return "", err
	}
	if err := c.whileSupervised(ctx, nil, c.deploy); err != nil {
		return "", err
	}
	services, err := cmdb.Report(ctx, db)
	if err != nil || len(services) != 1 {
		return "", errors.Join(err, fmt.Errorf("the desk sees %d services", len(services)))
	}
	s := services[0]
	return fmt.Sprintf("the desk sees no. %d, %s, %s, of %s", s.No, s.Tag, s.Status, s.Owner), nil
}

// openSQLite opens a store in a file of a folder.
func openSQLite(ctx context.Context, folder string, o *sqlite.Options) (*sql.DB, *sqlite.Store, error) {
	db, err := sql.Open("sqlite", o.DSN(filepath.Join(folder, "estate.db")))
	if err != nil {
		return nil, nil, err
	}
	store, err := sqlite.New(ctx, db, o)
	if err == nil {
		err = store.Migrate(ctx)
	}
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	return db, store, nil
}

package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/reeve-go/reeve/storage/sqlite"
)

// hold keeps other runs out of a folder until it is released, or this process ends, however it does. A transaction on a database with nothing in it is a
// lock that every system has.
func hold(ctx context.Context, folder string) (release func() error, err error) {
	db, err := sql.Open("sqlite", sqlite.DSN(filepath.Join(folder, "lock")))
	if err != nil {
		return nil, err
	}
	conn, err := db.Conn(ctx)
	if err == nil {
		_, err = conn.ExecContext(ctx, "PRAGMA busy_timeout = 0; BEGIN IMMEDIATE")
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("another run has %s, or it cannot be used: %w", folder, err), db.Close())
	}
	return func() error { return errors.Join(conn.Close(), db.Close()) }, nil
}

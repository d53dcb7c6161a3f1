package main

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	_ "modernc.org/sqlite" // the driver, the host's choice

	"github.com/reeve-go/reeve/examples/composition/acm"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/sqlite"
)

// The times of the demonstration, in beats. Those of an estate are some hundred times as long.
const (
	workBeats    = 2  // what a participant needs for an element
	silenceBeats = 6  // after that a replica counts as gone
	resendBeats  = 5  // after that an order is given again
	downBeats    = 4  // how long there is no supervisor
	awayBeats    = 8  // how long a participant is gone
	waitBeats    = 80 // what a step may take

	lease    = time.Second     // after that another takes over what a supervisor held
	patience = 2 * time.Minute // after that the demonstration gives up
)

// estate opens the compositions in the file.
func (s *settings) estate(ctx context.Context, file string) (*acm.Estate, func(), error) {
	db, err := sql.Open("sqlite", sqlite.DSN(file))
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", file, err)
	}
	release := func() { _ = db.Close() }
	store, err := migrated(ctx, db)
	var e *acm.Estate
	if err == nil {
		e, err = acm.New(store, &acm.Options{
			Wait: s.beats(waitBeats), Resend: s.beats(resendBeats), Silence: s.beats(silenceBeats),
		})
	}
	if err != nil {
		release()
		return nil, nil, fmt.Errorf("%s: %w", file, err)
	}
	return e, release, nil
}

func migrated(ctx context.Context, db *sql.DB) (storage.Store, error) {
	store, err := sqlite.New(ctx, db, nil)
	if err != nil {
		return nil, err
	}
	return store, store.Migrate(ctx)
}

func (s *settings) beats(n int) time.Duration { return time.Duration(n) * s.beat }

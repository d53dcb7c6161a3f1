package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/reeve-go/reeve/storage"
)

// errAborted: the connection ended during a commit, and the server says that it was not made.
var errAborted = errors.New("the connection ended before the commit")

const (
	statusOf = `SELECT pg_xact_status($1::text::xid8)`

	// endTransaction ends the connection on which a transaction waits for a client that is gone.
	endTransaction = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE backend_xid = ($1::text::xid8)::xid AND usename = current_user`
)

// numberUnknown is what the server answers of a transaction that a crash has taken from it: its number has
// not been given out yet.
const numberUnknown = "22023"

// How long to look for what became of a transaction, and when to end one that is still open.
const (
	lookFor   = 30 * time.Second
	overstays = time.Second
)

// whatBecame finds out, after a connection ended during a COMMIT, whether the transaction was made: the
// server keeps that under its number. Nil: it was. The error is [storage.ErrUnknown] if the server
// cannot be asked for so long that somebody has to be told.
func (s *Store) whatBecame(ctx context.Context, xid string, cause error) error {
	ctx, cancel := linger(ctx)
	defer cancel()
	ctx, giveUp := context.WithTimeout(ctx, lookFor)
	defer giveUp()
	begun := time.Now()
	for wait := time.Millisecond; ; wait = min(2*wait, 200*time.Millisecond) {
		var status *string
		var refused *pgconn.PgError
		err := s.one(ctx, statusOf, []any{&status}, xid)
		switch {
		case errors.As(err, &refused) && refused.Code == numberUnknown:
			return fmt.Errorf("%w: %w", errAborted, cause)
		case err != nil: // ask again
		case status == nil:
			return fmt.Errorf("%w: transaction %s is too old to be asked for: %w", storage.ErrUnknown, xid, cause)
		case *status == "committed":
			return nil
		case *status == "aborted":
			return fmt.Errorf("%w: %w", errAborted, cause)
		case time.Since(begun) > overstays:
			_ = s.one(ctx, endTransaction, nil, xid) // the next look will tell
		}
		if !pause(ctx, wait) {
			return fmt.Errorf("%w: the server cannot be asked what became of transaction %s: %w", storage.ErrUnknown, xid, errors.Join(cause, err))
		}
	}
}

// one runs a statement on a connection of its own and scans its first row, if there is one.
func (s *Store) one(ctx context.Context, query string, to []any, args ...any) error {
	return s.send(ctx, func(tx *session) {
		tx.query(query, func(rows pgx.Rows) error {
			if to == nil {
				return nil
			}
			return rows.Scan(to...)
		}, args...)
	})
}

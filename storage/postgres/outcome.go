package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/reeve-go/reeve/storage"
)

// errAborted: the connection ended during a commit, and the transaction was not made.
var errAborted = errors.New("the connection ended before the commit")

// How long to look for what became of a transaction, and when to end one that is still open.
const (
	lookFor   = 30 * time.Second
	overstays = time.Second
)

// whatBecame finds out, after a connection ended during a COMMIT, whether the transaction was made: once it is not
// open any more, its witness is there or not. Nil: it was made. The error is [storage.ErrUnknown] if the server cannot be
// asked for so long that somebody has to be told.
func (s *Store) whatBecame(ctx context.Context, w witness, cause error) error {
	ctx, cancel := linger(ctx)
	defer cancel()
	ctx, giveUp := context.WithTimeout(ctx, lookFor)
	defer giveUp()
	begun := time.Now()
	for wait := time.Millisecond; ; wait = min(2*wait, 200*time.Millisecond) {
		var open, made bool
		err := s.one(ctx, isOpen, []any{&open}, w.pid, w.xid)
		if err == nil && !open { // what it wrote is seen by now
			err = s.one(ctx, wasMade, []any{&made}, s.witnesses.store, w.slot, w.n)
		}
		switch {
		case err != nil: // ask again
		case made:
			return nil
		case !open:
			return fmt.Errorf("%w: %w", errAborted, cause)
		case time.Since(begun) > overstays:
			_ = s.one(ctx, endTransaction, nil, w.pid, w.xid) // the next look will tell
		}
		if !pause(ctx, wait) {
			return fmt.Errorf("%w: the server cannot be asked what became of transaction %s: %w", storage.ErrUnknown, w.xid, errors.Join(cause, err))
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

package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/reeve-go/reeve/storage"
)

// A lent transaction is what the host's code gets inside a change. It must not end it.
type lent struct{ pgx.Tx }

var errLent = errors.New("postgres: the transaction is that of the change, which the store commits or rolls back; an error undoes the change")

// Commit implements [pgx.Tx].
func (lent) Commit(context.Context) error { return errLent }

// Rollback implements [pgx.Tx].
func (lent) Rollback(context.Context) error { return errLent }

// check says what the host's code has done to the transaction although it returned no error.
func (l lent) check() error {
	conn := l.Conn()
	switch {
	case conn == nil:
		return nil
	case conn.PgConn().TxStatus() == 'E':
		return errors.New("postgres: a statement of the host's failed and its error was overlooked; return it")
	case conn.PgConn().TxStatus() == 'I':
		return fmt.Errorf("%w: the host's code has ended the transaction by a statement of its own; %w", storage.ErrUnknown, errLent)
	}
	return nil
}

package sqlite

import (
	"database/sql"
	"fmt"

	"github.com/reeve-go/reeve/storage"
)

// With implements [storage.Transactor]: tx is a *sql.Tx, or a *sql.Conn on which a transaction was
// begun, of the database that the store is on. Each call that writes has a savepoint in it, so that
// one that fails leaves nothing behind and the transaction can go on. Begin the transaction as a
// writer, as [DSN] arranges it, if it reads before it writes: SQLite does not let a reader become a
// writer once another process has written.
func (s *Store) With(tx any) (storage.Store, error) {
	inside := *s
	inside.turn = make(chan struct{}, 1)
	switch tx := tx.(type) {
	case *sql.Tx:
		inside.host = tx
	case *sql.Conn:
		inside.host = tx
	default:
		return nil, fmt.Errorf("sqlite: with: the transaction is a %T; a *sql.Tx, or a *sql.Conn with a transaction begun, is right", tx)
	}
	return &inside, nil
}

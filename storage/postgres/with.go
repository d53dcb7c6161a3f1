package postgres

import (
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/reeve-go/reeve/storage"
)

// With implements [storage.Transactor]: tx is a [pgx.Tx] of the database that the store is on. Each call
// that writes has a savepoint in it, so that one that fails leaves nothing behind and the transaction can
// go on.
//
// The transaction has to be at read committed, PostgreSQL's default, else calls that write or lease are refused: the
// other levels look at the past, where what was said to a record since is not seen, and so would be lost.
func (s *Store) With(tx any) (storage.Store, error) {
	host, ok := tx.(pgx.Tx)
	if !ok || host == nil {
		return nil, fmt.Errorf("postgres: with: the transaction is a %T; a pgx.Tx is right", tx)
	}
	return s.inside(host), nil
}

const isolationLevel = `SELECT current_setting('transaction_isolation')`

// begin begins a call inside the host's transaction.
func (s *session) begin() {
	s.exec("SAVEPOINT reeve_call")
	s.query(isolationLevel, func(rows pgx.Rows) error {
		var level string
		if err := rows.Scan(&level); err != nil {
			return err
		}
		if level == string(pgx.RepeatableRead) || level == string(pgx.Serializable) {
			return fmt.Errorf("the host's transaction is at %s, where what others have written since it began is not seen; read committed is right", level)
		}
		return nil
	})
}

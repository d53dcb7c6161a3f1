package postgres

import (
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/reeve-go/reeve/storage"
)

// With implements [storage.Transactor]: tx is a [pgx.Tx] of the database that the store is on. Each call
// that writes has a savepoint in it, so that one that fails leaves nothing behind and the transaction can
// go on. Under repeatable read or serializable the host has to expect the failures of these levels.
func (s *Store) With(tx any) (storage.Store, error) {
	host, ok := tx.(pgx.Tx)
	if !ok || host == nil {
		return nil, fmt.Errorf("postgres: with: the transaction is a %T; a pgx.Tx is right", tx)
	}
	return s.inside(host), nil
}

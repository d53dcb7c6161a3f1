package postgres

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/reeve-go/reeve/storage"
)

// refusal says what it is to an inventory that the server has refused values or rows of a table; empty: the one that it names.
func refusal(table string, err error) error {
	var refused *pgconn.PgError
	if !errors.As(err, &refused) {
		return err
	}
	var is error
	switch {
	case refused.Code == "23502", refused.Code == "23514", strings.HasPrefix(refused.Code, "22"):
		is = storage.ErrInvalid // null, a check, a value that a type does not have
	case strings.HasPrefix(refused.Code, "23"):
		is = storage.ErrConflict // something unique, or a reference
	default:
		return err
	}
	if table == "" {
		table = refused.TableName
	}
	return fmt.Errorf("%w: table %q: %w", is, table, inFull(err, refused))
}

// ended says what it is to an inventory that the server has ended a transaction for the sake of another one.
func ended(err error) error {
	var refused *pgconn.PgError
	if !errors.As(err, &refused) || refused.Code != serializationFailure && refused.Code != deadlockDetected {
		return err
	}
	return fmt.Errorf("%w: another transaction is in the way, and the server has ended this one: %w", storage.ErrConflict, inFull(err, refused))
}

// inFull adds what else the server says: of what values it speaks, and where it was.
func inFull(err error, refused *pgconn.PgError) error {
	for _, more := range []string{refused.Detail, refused.Where} {
		if more != "" {
			err = fmt.Errorf("%w: %s", err, more)
		}
	}
	return err
}

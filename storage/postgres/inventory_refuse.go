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
	for _, more := range []string{refused.Detail, refused.Where} {
		if more != "" {
			err = fmt.Errorf("%w: %s", err, more)
		}
	}
	return fmt.Errorf("%w: table %q: %w", is, table, err)
}

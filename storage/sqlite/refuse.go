package sqlite

import (
	"context"
	"database/sql"

	"github.com/reeve-go/reeve/storage"
)

// guards are what a change to a record has to match.
type guards struct {
	version uint64
	token   storage.Token
}

const selectGuards = `WITH v (kind, id) AS (VALUES {rows})
SELECT r.kind, r.id, r.version, r.token FROM v CROSS JOIN reeve_record AS r ON r.kind = v.kind AND r.id = v.id`

// refuse answers the steps that were not let pass.
func (s *session) refuse(ctx context.Context, steps []*step) error {
	there := map[storage.Key]*guards{}
	err := s.query(ctx, selectGuards, keysOf(steps), func(rows *sql.Rows) error {
		var k storage.Key
		var g guards
		err := rows.Scan(&k.Kind, &k.ID, numberColumn[uint64]{&g.version}, numberColumn[storage.Token]{&g.token})
		there[k] = &g
		return err
	})
	for _, c := range steps {
		*c.answer = c.refusal(there[c.Key])
	}
	return err
}

// refusal says why a change was not let pass. The guards are nil if there is no record.
func (c *step) refusal(r *guards) error {
	switch {
	case r == nil && c.Version > 0:
		return storage.Errorf(storage.ErrNotFound, c.Key, "it cannot be changed at version %d", c.Version)
	case r != nil && c.Version == 0:
		return storage.Errorf(storage.ErrExists, c.Key, "it is at version %d", r.version)
	case r != nil && c.Token != 0 && r.token > c.Token:
		return storage.Errorf(storage.ErrLeaseLost, c.Key, "token %d is too old; the newest is %d", c.Token, r.token)
	case r != nil && r.version != c.Version:
		return storage.Errorf(storage.ErrConflict, c.Key, "version %d was expected, %d is there", c.Version, r.version)
	case c.foreign != "":
		return storage.Errorf(storage.ErrExists, c.Key, "effect %q is another record's; choose an id of its own", c.foreign)
	default:
		return storage.Errorf(storage.ErrConflict, c.Key, "the batch changes it twice; one change a record is right")
	}
}

// keysOf returns the keys of steps as rows of kind and id.
func keysOf(steps []*step) values {
	var v values
	for _, c := range steps {
		v.row(c.Key.Kind, c.Key.ID)
	}
	return v
}

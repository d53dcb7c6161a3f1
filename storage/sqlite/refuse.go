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
	there := map[storage.Key]guards{}
	err := s.query(ctx, selectGuards, keysOf(steps), func(rows *sql.Rows) error {
		var k storage.Key
		var g guards
		err := rows.Scan(&k.Kind, &k.ID, numberColumn[uint64]{&g.version}, numberColumn[storage.Token]{&g.token})
		there[k] = g
		return err
	})
	for _, c := range steps {
		*c.answer = c.refusal(there[c.Key])
	}
	return err
}

// refusal says why a change was not let pass. The guards are zero if there is no record.
func (c *step) refusal(r guards) error {
	if err := c.Guard(r.version, r.token); err != nil {
		return err
	}
	if c.foreign != "" {
		return storage.Errorf(storage.ErrExists, c.Key, "effect %q is another record's; choose an id of its own", c.foreign)
	}
	return storage.Errorf(storage.ErrConflict, c.Key, "the batch changes it twice; one change a record is right")
}

// keysOf returns the keys of steps as rows of kind and id.
func keysOf(steps []*step) values {
	var v values
	for _, c := range steps {
		v.row(c.Key.Kind, c.Key.ID)
	}
	return v
}

package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/reeve-go/reeve/storage"
)

// Rows of questions, by keys: those that are there and that another's transaction keeps locked.
var (
	lockedRecords = lockedOf(`reeve.record AS t`, ofKey)
	lockedEffects = lockedOf(`reeve.effect AS t`, ofEffect+`t.effect_id = v.id`)
	// lockedOwners are effects whose records are locked.
	lockedOwners = lockedOf(`reeve.effect AS e JOIN reeve.record AS t ON t.kind = e.kind AND t.id = e.id`, ofEffect+`e.effect_id = v.id`)
)

const ofEffect = `v.kind = '` + storage.EffectKind + `' AND `

func lockedOf(tables, where string) string {
	rows := ` FROM ` + tables + ` WHERE ` + where + ` OFFSET 0`
	return `SELECT v.kind, v.id FROM ` + keyRow.as("v", 1) + `
CROSS JOIN LATERAL (SELECT` + rows + `) AS there
LEFT JOIN LATERAL (SELECT true AS had` + rows + ` FOR NO KEY UPDATE OF t SKIP LOCKED) AS free ON true
WHERE free.had IS NULL`
}

// errLooked ends a transaction that was to find out something, so that it keeps no locks.
var errLooked = errors.New("there is nothing to write")

// lockedAmong returns what statements find to be locked. Where that cannot be said, as the tables themselves are
// locked, it is all.
func (s *Store) lockedAmong(ctx context.Context, keys []storage.Key, statements []string) (map[storage.Key]bool, error) {
	locked := map[storage.Key]bool{}
	err := s.write(ctx, writing{
		look: func(tx *session) {
			clear(locked)
			for _, statement := range statements {
				tx.each(statement, keyRows(keys), func(rows pgx.Rows) error {
					var k storage.Key
					err := rows.Scan(&k.Kind, &k.ID)
					locked[k] = true
					return err
				})
			}
		},
		act:       func(context.Context, *session) error { return errLooked },
		impatient: true,
	})
	switch {
	case errors.Is(err, errLooked):
		return locked, nil
	case isLocked(err):
		for _, k := range keys {
			locked[k] = true
		}
		return locked, nil
	}
	return nil, err
}

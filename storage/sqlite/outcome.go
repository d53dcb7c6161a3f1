package sqlite

import (
	"context"
	"database/sql"

	"github.com/reeve-go/reeve/storage"
)

const selectLineAt = `SELECT 1 FROM reeve_line WHERE kind = ? AND id = ? AND version = ? AND n = 0 AND at = ?`

// wasMade finds out, after a commit that failed, whether the batch was made all the same: its first
// line stands in the history, or its first record is as it was to be. All of a batch is in one
// transaction, so one change speaks for the others. What cannot be found out counts as not made.
func (s *Store) wasMade(ctx context.Context, b *batch) bool {
	ctx = context.WithoutCancel(ctx)
	for _, c := range b.made {
		if len(c.lines()) == 0 {
			continue
		}
		found := false
		err := s.read(ctx, func(tx *session) error {
			return tx.queryWhole(ctx, selectLineAt, values{}, func(*sql.Rows) error {
				found = true
				return nil
			}, c.Key.Kind, c.Key.ID, integer(c.version), b.now.UnixMicro())
		})
		return err == nil && found
	}
	if len(b.made) == 0 {
		return true // there was nothing to commit
	}
	c := b.made[0]
	found, err := s.Load(ctx, []storage.Key{c.Key})
	return err == nil && found[0].Version == c.version && found[0].State == c.Record.State &&
		string(found[0].Data) == string(c.Record.Data)
}

package sqlite

import (
	"context"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// spawn creates the records that steps spawn and that do not exist, and returns these as steps.
func (s *session) spawn(ctx context.Context, steps []*step, now time.Time) ([]*step, error) {
	var wanted []*step
	seen := map[storage.Key]bool{}
	for _, c := range steps {
		for i := range c.Spawn {
			sp := &c.Spawn[i]
			if k := sp.Record.Key; !seen[k] {
				seen[k] = true
				wanted = append(wanted, &step{Change: &storage.Change{
					Key: k, Record: sp.Record, Elements: sp.Elements, Lines: sp.Lines,
				}})
			}
		}
	}
	err := s.writeRecords(ctx, wanted, now)
	created, _ := split(wanted, func(c *step) bool { return c.version > 0 })
	for _, c := range created {
		s.touched.addRecords(c.Key)
	}
	return created, err
}

// belongings goes with a record. What is marked in its history as kept is kept no longer.
var belongings = [...]string{
	`DELETE FROM reeve_element WHERE (kind, id) IN (VALUES {rows})`,
	`DELETE FROM reeve_tally WHERE (kind, id) IN (VALUES {rows})`,
	`DELETE FROM reeve_message WHERE (kind, id) IN (VALUES {rows})`,
	`DELETE FROM reeve_effect WHERE (kind, id) IN (VALUES {rows})`,
	unkeepLines,
}

// removeBelongings removes what belonged to records that were deleted, but for their history.
func (s *session) removeBelongings(ctx context.Context, steps []*step) error {
	for _, query := range belongings {
		if err := s.exec(ctx, query, keysOf(steps)); err != nil {
			return err
		}
	}
	return nil
}

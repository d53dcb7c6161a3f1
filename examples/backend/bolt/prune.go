package bolt

import (
	"context"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// Prune implements [storage.Journal], in one transaction.
func (s *Store) Prune(ctx context.Context, keep storage.Retention, limit int) (int, error) {
	removed := 0
	err := s.update(ctx, "prune", func(t *tx) {
		removed += prune(t, endedMessages, keep.Messages, limit-removed, t.messagesAt)
		removed += prune(t, deadMessages, keep.Dead, limit-removed, t.messagesAt)
		removed += prune(t, endedEffects, keep.Effects, limit-removed, t.effectsAt)
		removed += prune(t, deadEffects, keep.Dead, limit-removed, t.effectsAt)
		removed += prune(t, oldLines, keep.Lines, limit-removed, t.linesAt)
	})
	if err != nil {
		return 0, err
	}
	return removed, nil
}

// prune removes up to n rows that an index has from longer ago than keep, and returns how many.
func prune[R row](t *tx, in index, keep time.Duration, n int, at func([]hit) []R) int {
	if keep <= 0 || n <= 0 {
		return 0
	}
	old := at(t.find(in, "", moment(t.now.Add(-keep)), n))
	for _, r := range old {
		t.remove(r)
	}
	return len(old)
}

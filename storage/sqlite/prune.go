package sqlite

import (
	"context"
	"database/sql"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// Prune implements [storage.Journal]. It is one transaction, or a few if many newest lines have become
// old: each looks at as many lines as may be removed.
func (s *Store) Prune(ctx context.Context, keep storage.Retention, limit int) (int, error) {
	removed := 0
	for more := true; more && removed < limit; {
		var ended, lines int
		err := s.write(ctx, func(ctx context.Context, tx *session) (err error) {
			now := now()
			ended, err = tx.pruneEnded(ctx, keep, now, limit-removed)
			if more = keep.Lines > 0; more && err == nil {
				lines, more, err = tx.pruneLines(ctx, now.Add(-keep.Lines), limit-removed-ended)
			}
			return err
		})
		if err != nil {
			return removed, failed("prune", err)
		}
		removed += ended + lines
	}
	return removed, nil
}

const (
	pruneMessages = `DELETE FROM reeve_message WHERE seq IN (
	SELECT seq FROM reeve_message WHERE status = ? AND ended < ? ORDER BY ended LIMIT ? + 0)`

	pruneEffects = `DELETE FROM reeve_effect WHERE seq IN (
	SELECT seq FROM reeve_effect WHERE status = ? AND ended < ? ORDER BY ended LIMIT ? + 0)`
)

// pruneEnded removes old messages and effects, up to limit.
func (s *session) pruneEnded(ctx context.Context, keep storage.Retention, now time.Time, limit int) (int, error) {
	removed := 0
	for _, old := range []struct {
		query  string
		status interface{ String() string }
		keep   time.Duration
	}{
		{pruneMessages, storage.MessageConsumed, keep.Messages},
		{pruneMessages, storage.MessageStale, keep.Messages},
		{pruneMessages, storage.MessageReplaced, keep.Messages},
		{pruneMessages, storage.MessageDead, keep.Dead},
		{pruneEffects, storage.EffectDone, keep.Effects},
		{pruneEffects, storage.EffectCanceled, keep.Effects},
		{pruneEffects, storage.EffectDead, keep.Dead},
	} {
		if old.keep <= 0 {
			continue
		}
		n, err := s.execWhole(ctx, old.query, values{}, old.status.String(), now.Add(-old.keep).UnixMicro(), limit-removed)
		if err != nil {
			return 0, err
		}
		removed += int(n)
	}
	return removed, nil
}

const (
	// oldLines says of old lines whether their record exists and they are its newest.
	oldLines = `SELECT l.kind, l.id, l.version, l.n,
	EXISTS (SELECT 1 FROM reeve_record AS r WHERE r.kind = l.kind AND r.id = l.id) AND NOT EXISTS (
		SELECT 1 FROM reeve_line AS n WHERE n.kind = l.kind AND n.id = l.id AND (n.version, n.n) > (l.version, l.n))
FROM reeve_line AS l WHERE l.kept IS NULL AND l.at < ? ORDER BY l.at LIMIT ? + 0`

	removeLines = `DELETE FROM reeve_line WHERE (kind, id, version, n) IN (VALUES {rows})`

	// The newest line of a record that exists is kept. A mark on both saves the next calls from looking
	// at it again.
	keepLines   = `UPDATE reeve_line SET kept = 1 WHERE (kind, id, version, n) IN (VALUES {rows})`
	keepRecords = `UPDATE reeve_record SET kept = 1 WHERE (kind, id) IN (VALUES {rows})`

	// Updating such a record with a newer line notes that the mark is wrong.
	outdatedRecords = `SELECT kind, id FROM reeve_record WHERE kept = 2 LIMIT ? + 0`
	unkeepLines     = `UPDATE reeve_line SET kept = NULL WHERE (kind, id) IN (VALUES {rows}) AND kept = 1`
	unkeepRecords   = `UPDATE reeve_record SET kept = NULL WHERE (kind, id) IN (VALUES {rows})`
)

// pruneLines looks at up to limit lines from before a time and removes those that need not be kept. It
// reports whether there are more to look at.
func (s *session) pruneLines(ctx context.Context, before time.Time, limit int) (removed int, more bool, err error) {
	outdated, err := s.unkeep(ctx, limit)
	if err != nil {
		return 0, false, err
	}
	var old, kept values
	var keptOf []storage.Key
	err = s.queryWhole(ctx, oldLines, values{}, func(rows *sql.Rows) error {
		var k storage.Key
		var version, n int64
		var newest bool
		if err := rows.Scan(&k.Kind, &k.ID, &version, &n, &newest); err != nil {
			return err
		}
		if newest {
			kept.row(k.Kind, k.ID, version, n)
			keptOf = append(keptOf, k)
		} else {
			old.row(k.Kind, k.ID, version, n)
		}
		return nil
	}, before.UnixMicro(), limit)
	if err != nil {
		return 0, false, err
	}
	return old.rows(), outdated == limit || old.rows()+kept.rows() == limit, inOrder(
		func() error { return s.exec(ctx, removeLines, old) },
		func() error { return s.exec(ctx, keepLines, kept) },
		func() error { return s.exec(ctx, keepRecords, keyValues(keptOf)) },
	)
}

// unkeep takes wrong marks away, up to limit, and returns how many it found.
func (s *session) unkeep(ctx context.Context, limit int) (int, error) {
	var outdated values
	err := s.queryWhole(ctx, outdatedRecords, values{}, func(rows *sql.Rows) error {
		var k storage.Key
		err := rows.Scan(&k.Kind, &k.ID)
		outdated.row(k.Kind, k.ID)
		return err
	}, limit)
	if err != nil {
		return 0, err
	}
	return outdated.rows(), inOrder(
		func() error { return s.exec(ctx, unkeepLines, outdated) },
		func() error { return s.exec(ctx, unkeepRecords, outdated) },
	)
}

package postgres

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/reeve-go/reeve/storage"
)

// Prune implements [storage.Journal]. It is one transaction, or a few if many newest lines have become
// old: each looks at as many lines as may be removed.
func (s *Store) Prune(ctx context.Context, keep storage.Retention, limit int) (int, error) {
	removed := 0
	for more := true; more && removed < limit; {
		p := &pruning{keep: keep, left: limit - removed}
		err := s.write(ctx, writing{
			look: func(*session) { *p = pruning{keep: keep, left: limit - removed} },
			act:  p.prune,
		})
		if err != nil {
			return removed, failed("prune", err)
		}
		removed += p.removed
		more = p.more
	}
	return removed, nil
}

const (
	pruneMessages = `DELETE FROM reeve.message WHERE seq = ANY(ARRAY(
	SELECT seq FROM reeve.message WHERE status = $1 AND ended < $2 ORDER BY ended LIMIT $3 FOR UPDATE SKIP LOCKED)) RETURNING 1`

	pruneEffects = `DELETE FROM reeve.effect WHERE seq = ANY(ARRAY(
	SELECT seq FROM reeve.effect WHERE status = $1 AND ended < $2 ORDER BY ended LIMIT $3 FOR UPDATE SKIP LOCKED)) RETURNING 1`
)

// A pruning is one transaction of Prune.
type pruning struct {
	keep    storage.Retention
	left    int // how many rows may be removed
	removed int
	more    bool // there are more lines to look at
}

func (p *pruning) prune(ctx context.Context, tx *session) error {
	tx.exec(forgetWitnesses)
	for _, old := range []struct {
		query  string
		status interface{ String() string }
		keep   time.Duration
	}{
		{pruneMessages, storage.MessageConsumed, p.keep.Messages},
		{pruneMessages, storage.MessageStale, p.keep.Messages},
		{pruneMessages, storage.MessageReplaced, p.keep.Messages},
		{pruneMessages, storage.MessageDead, p.keep.Dead},
		{pruneEffects, storage.EffectDone, p.keep.Effects},
		{pruneEffects, storage.EffectCanceled, p.keep.Effects},
		{pruneEffects, storage.EffectDead, p.keep.Dead},
	} {
		if old.keep <= 0 || p.left == 0 {
			continue
		}
		tx.query(old.query, p.count, old.status.String(), tx.now.Add(-old.keep), p.left)
		if err := tx.flush(ctx); err != nil {
			return err
		}
	}
	if p.keep.Lines <= 0 {
		return nil
	}
	return p.pruneLines(ctx, tx)
}

func (p *pruning) count(pgx.Rows) error {
	p.removed++
	p.left--
	return nil
}

var (
	lineName = columnsOf(`kind text, id text, version bigint, n integer`)

	ofLine = ofKey + ` AND t.version = v.version AND t.n = v.n`

	// oldLines says of old lines whether their record exists and they are its newest.
	oldLines = `SELECT l.kind, l.id, l.version, l.n,
	EXISTS (SELECT 1 FROM reeve.record AS r WHERE r.kind = l.kind AND r.id = l.id) AND NOT EXISTS (
		SELECT 1 FROM reeve.line AS n WHERE n.kind = l.kind AND n.id = l.id AND (n.version, n.n) > (l.version, l.n))
FROM reeve.line AS l WHERE l.kept IS NULL AND l.at < $1 ORDER BY l.at LIMIT $2`

	removeLines = `DELETE FROM reeve.line AS l USING ` + lineName.at(1, "reeve.line", ofLine) + `
WHERE l.ctid = found.at RETURNING 1`

	// The newest line of a record that exists is kept. A mark on both saves the next calls from looking
	// at it again. The record is locked and looked at once more, because it may have moved.
	keepLines = `WITH marked AS (
	UPDATE reeve.record AS r SET kept = 1 FROM ` + lineName.at(1, "reeve.record", ofKey) + ` WHERE r.ctid = found.at)
UPDATE reeve.line AS l SET kept = 1 FROM ` + lineName.at(1, "reeve.line", ofLine) + ` WHERE l.ctid = found.at`

	// Updating such a record with a newer line notes that the mark is wrong.
	outdatedRecords = `SELECT kind, id FROM reeve.record WHERE kept = 2 ORDER BY kind, id LIMIT $1 FOR NO KEY UPDATE SKIP LOCKED`

	unkeepLines = `UPDATE reeve.line AS l SET kept = NULL FROM ` + keyRow.at(1, "reeve.line", ofKey+` AND t.kept = 1`) + `
WHERE l.ctid = found.at`

	unkeepRecords = `UPDATE reeve.record AS r SET kept = NULL FROM ` + keyRow.at(1, "reeve.record", ofKey) + ` WHERE r.ctid = found.at`
)

// An oldLine is one from before the time that lines are kept for.
type oldLine struct {
	of      storage.Key
	version int64
	n       int
	newest  bool
}

// pruneLines looks at some old lines and removes those that need not be kept.
func (p *pruning) pruneLines(ctx context.Context, tx *session) error {
	var outdated []storage.Key
	tx.query(outdatedRecords, func(rows pgx.Rows) error {
		var k storage.Key
		err := rows.Scan(&k.Kind, &k.ID)
		outdated = append(outdated, k)
		return err
	}, max(p.left, 1))
	if err := tx.flush(ctx); err != nil {
		return err
	}
	tx.over(unkeepLines, keyRows(outdated))
	tx.over(unkeepRecords, keyRows(outdated))
	old, err := p.look(ctx, tx)
	if err != nil {
		return err
	}
	newest := map[storage.Key]bool{}
	for _, l := range old {
		newest[l.of] = newest[l.of] || l.newest
	}
	maps.DeleteFunc(newest, func(_ storage.Key, is bool) bool { return !is })
	if len(newest) > 0 { // what was the newest line may not be it any more, once its record is locked
		tx.lockRecords(slices.Collect(maps.Keys(newest)), nil)
		if old, err = p.look(ctx, tx); err != nil {
			return err
		}
	}
	remove, keep := lineName.rows(len(old)), lineName.rows(len(old))
	for _, l := range old {
		switch {
		case !l.newest:
			remove.add(l.of.Kind, l.of.ID, l.version, l.n)
		case newest[l.of]:
			keep.add(l.of.Kind, l.of.ID, l.version, l.n)
		}
	}
	p.more = len(outdated) > 0 || len(old) == p.left && p.left > 0
	tx.each(removeLines, remove, p.count)
	tx.over(keepLines, keep)
	return tx.flush(ctx)
}

// look returns as many old lines as may be removed.
func (p *pruning) look(ctx context.Context, tx *session) (old []oldLine, err error) {
	tx.query(oldLines, func(rows pgx.Rows) error {
		var l oldLine
		err := rows.Scan(&l.of.Kind, &l.of.ID, &l.version, &l.n, &l.newest)
		old = append(old, l)
		return err
	}, tx.now.Add(-p.keep.Lines), p.left)
	return old, tx.flush(ctx)
}

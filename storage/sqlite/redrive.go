package sqlite

import (
	"context"
	"database/sql"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// Redriving is done by people, so each effect has statements of its own.
const (
	// selectDeadEffect selects a dead effect, with the one that has its key and has not ended, if any.
	selectDeadEffect = `SELECT e.kind, e.id, e.lane, ifnull(o.effect_id, ''), ifnull(o.status, 'pending')
FROM reeve_effect AS e LEFT JOIN reeve_effect AS o ON o.kind = e.kind AND o.id = e.id AND o.key = e.key AND o.ended IS NULL
WHERE e.effect_id = ? AND e.status = 'dead'`

	redriveEffect = `UPDATE reeve_effect SET
	status = 'pending', reason = '', attempt = 0, ended = NULL, behind = lane <> '', deadline = ?1,
	due = iif(lane = '', min(?2, ifnull(?1, ?2)), ?1)
WHERE effect_id = ?3`
)

// RedriveEffects implements [storage.Outbox].
func (s *Store) RedriveEffects(ctx context.Context, ids []string, deadline time.Duration) ([]error, error) {
	answers := make([]error, len(ids))
	err := s.write(ctx, func(ctx context.Context, tx *session) (err error) {
		now := now()
		var until time.Time
		if deadline > 0 {
			until = storage.Time(now.Add(deadline))
		}
		for i, id := range ids {
			if answers[i], err = tx.redriveEffect(ctx, id, until, now); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, failed("redrive effects", err)
	}
	return answers, nil
}

// redriveEffect returns the answer to one id.
func (s *session) redriveEffect(ctx context.Context, id string, deadline, now time.Time) (answer, err error) {
	answer = storage.Errorf(storage.ErrNotFound, effectKey(id), "no dead effect has this id")
	joined := lanes{}
	err = s.queryWhole(ctx, selectDeadEffect, values{}, func(rows *sql.Rows) error {
		var from storage.Key
		var lane, other string
		var status storage.EffectStatus
		if err := rows.Scan(&from.Kind, &from.ID, &lane, &other, nameColumn{&status}); err != nil {
			return err
		}
		if answer = nil; other != "" {
			answer = storage.Errorf(storage.ErrExists, effectKey(id), "effect %q, which is %v, has its key; it is for the same", other, status)
		}
		joined.add(from, lane)
		return nil
	}, id)
	if err != nil || answer != nil {
		return answer, err
	}
	if _, err := s.execWhole(ctx, redriveEffect, values{}, micros(deadline), now.UnixMicro(), id); err != nil {
		return nil, err
	}
	s.touched.addEffects(id)
	return nil, s.advance(ctx, joined, now)
}

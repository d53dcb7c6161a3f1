package sqlite

import (
	"context"
	"database/sql"
	"time"

	"github.com/reeve-go/reeve/storage"
)

const (
	extendRecords = `WITH v (kind, id, token, until) AS (VALUES {rows})
UPDATE reeve_record AS r SET lease_until = v.until, due = iif(r.status = 'ok' AND NOT r.final, max(v.until, ifnull(r.not_before, 0)), NULL)
FROM v WHERE r.kind = v.kind AND r.id = v.id AND r.token = v.token AND r.lease_until IS NOT NULL
RETURNING kind, id, token`

	extendEffects = `WITH v (effect_id, until) AS (VALUES {rows})
UPDATE reeve_effect AS e SET lease_until = v.until, due = v.until FROM v WHERE e.effect_id = v.effect_id`

	releaseRecords = `WITH v (kind, id, token) AS (VALUES {rows})
UPDATE reeve_record AS r SET token = r.token + 1, owner = '', lease_until = NULL,
	due = max(CASE WHEN r.status <> 'ok' OR r.final THEN NULL WHEN ` + hasOpenMessage + ` THEN ? ELSE ? END, ifnull(r.not_before, 0))
FROM v WHERE r.kind = v.kind AND r.id = v.id AND r.token = v.token AND r.lease_until IS NOT NULL`
)

// A leaseName tells leases apart.
type leaseName struct {
	key   storage.Key
	token storage.Token
}

// Extend implements [storage.Leases].
func (s *Store) Extend(ctx context.Context, leases []storage.Lease) ([]error, error) {
	answers := make([]error, len(leases))
	err := s.write(ctx, func(ctx context.Context, tx *session) error {
		now := now()
		attempts, err := tx.attempts(ctx, leases)
		if err != nil {
			return err
		}
		var records, effects values
		for i, l := range leases {
			until := storage.Time(now.Add(l.TTL)).UnixMicro()
			if l.Key.Kind != storage.EffectKind {
				records.row(l.Key.Kind, l.Key.ID, integer(l.Token), until)
				continue
			}
			switch a := attempts[l.Key.ID]; {
			case a == nil:
				answers[i] = storage.Errorf(storage.ErrLeaseLost, l.Key, "the effect is gone")
			case a.check(l) != nil:
				answers[i] = a.check(l)
			case a.status == storage.EffectCanceled:
				answers[i] = storage.Errorf(storage.ErrCanceled, l.Key, "its record does not want it any more")
			default:
				effects.row(l.Key.ID, until)
			}
		}
		if err := tx.exec(ctx, extendEffects, effects); err != nil {
			return err
		}
		return tx.extendRecords(ctx, records, leases, answers)
	})
	if err != nil {
		return nil, failed("extend", err)
	}
	return answers, nil
}

func (s *session) extendRecords(ctx context.Context, rows values, leases []storage.Lease, answers []error) error {
	held := map[leaseName]bool{}
	err := s.query(ctx, extendRecords, rows, func(rows *sql.Rows) error {
		var n leaseName
		err := rows.Scan(&n.key.Kind, &n.key.ID, numberColumn[storage.Token]{&n.token})
		held[n] = true
		return err
	})
	for i, l := range leases {
		if l.Key.Kind != storage.EffectKind && !held[leaseName{l.Key, l.Token}] {
			answers[i] = storage.Errorf(storage.ErrLeaseLost, l.Key, "the lease with token %d has ended", l.Token)
		}
	}
	return err
}

// Release implements [storage.Leases].
func (s *Store) Release(ctx context.Context, leases []storage.Lease, after time.Duration) error {
	err := s.write(ctx, func(ctx context.Context, tx *session) error {
		now := now()
		at := storage.Time(now.Add(after))
		attempts, err := tx.attempts(ctx, leases)
		if err != nil {
			return err
		}
		var records values
		e := &endings{left: lanes{}, freed: lanes{}}
		for _, l := range leases {
			if l.Key.Kind != storage.EffectKind {
				records.row(l.Key.Kind, l.Key.ID, integer(l.Token))
				tx.touched.addRecords(l.Key)
			} else if a := attempts[l.Key.ID]; a != nil && a.check(l) == nil {
				if a.status == storage.EffectRunning {
					a.attempts-- // it was not tried
				}
				e.end(l.Key.ID, a, storage.EffectPending, nil, at, now)
			}
		}
		if err := tx.exec(ctx, releaseRecords, records, now.UnixMicro(), at.UnixMicro()); err != nil {
			return err
		}
		return tx.endAttempts(ctx, e, now)
	})
	return failed("release", err)
}

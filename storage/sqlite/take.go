package sqlite

import (
	"context"
	"database/sql"

	"github.com/reeve-go/reeve/storage"
)

const (
	// dueEffects looks at what is due of each name, in its index and no further than the limit.
	dueEffects = `WITH v (name) AS (VALUES {rows})
SELECT ` + effectColumns + `, e.token FROM v CROSS JOIN reeve_effect AS e ON e.seq IN (
	SELECT d.seq FROM reeve_effect AS d WHERE d.name = v.name AND d.due <= ? ORDER BY d.due, d.seq LIMIT ? + 0)
ORDER BY e.due, e.seq LIMIT ? + 0`

	anyDueEffect = `WITH v (name) AS (VALUES {rows})
SELECT 1 FROM v WHERE EXISTS (SELECT 1 FROM reeve_effect AS d WHERE d.name = v.name AND d.due <= ?) LIMIT 1`

	leaseEffects = `WITH v (seq) AS (VALUES {rows})
UPDATE reeve_effect AS e SET
	status = 'running', attempt = e.attempt + 1, token = e.token + 1, owner = ?, lease_until = ?, due = ?
FROM v WHERE e.seq = v.seq`
)

// Take implements [storage.Leases]. While nothing is due it only reads.
func (s *Store) Take(ctx context.Context, c storage.Claim) ([]storage.Taken, error) {
	if err := s.limits.CheckClaim(&c); err != nil {
		return nil, err
	}
	names := nameValues(c.Names)
	var out []storage.Taken
	due, err := s.anyDue(ctx, anyDueEffect, names, 1)
	if err == nil && due {
		err = s.write(ctx, func(ctx context.Context, tx *session) error {
			out, err = tx.take(ctx, c, names)
			return err
		})
	}
	if err != nil {
		return nil, failed("take", err)
	}
	return out, nil
}

func (s *session) take(ctx context.Context, c storage.Claim, names values) ([]storage.Taken, error) {
	now := now()
	until := storage.Time(now.Add(c.TTL))
	var out []storage.Taken
	var seqs values
	err := s.queryWhole(ctx, dueEffects, names, func(rows *sql.Rows) error {
		t := storage.Taken{Now: now}
		var token storage.Token
		if err := scanEffect(rows, &t.Effect, now, numberColumn[storage.Token]{&token}); err != nil {
			return err
		}
		t.Status, t.Attempt, t.Owner, t.Due = storage.EffectRunning, t.Attempt+1, c.Owner, until
		t.Lease = storage.Lease{Key: effectKey(t.ID), Owner: c.Owner, Token: token + 1, TTL: c.TTL}
		out = append(out, t)
		seqs.row(integer(t.Seq))
		return nil
	}, now.UnixMicro(), c.Limit, c.Limit)
	if err != nil {
		return nil, err
	}
	return out, s.exec(ctx, leaseEffects, seqs, c.Owner, until.UnixMicro(), until.UnixMicro())
}

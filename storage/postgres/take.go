package postgres

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/reeve-go/reeve/storage"
)

// takeEffects looks at what is due of each name, in its index and no further than the limit, and steps
// over what another is taking at the same time.
const takeEffects = `WITH due AS MATERIALIZED (
	SELECT d.at FROM unnest($1::text[]) AS v(name) CROSS JOIN LATERAL (
		SELECT e.ctid AS at, e.seq, e.due FROM reeve.effect AS e
		WHERE e.name = v.name AND e.due >= $5 AND e.due <= reeve.clock() AND (e.lease_until IS NULL OR e.lease_until <= reeve.clock())
		ORDER BY e.due, e.seq LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED) AS d
	ORDER BY d.due, d.seq LIMIT $2)
UPDATE reeve.effect AS e SET status = 'running', attempt = e.attempt + 1, token = e.token + 1, owner = $3,
	lease_until = reeve.clock() + $4::bigint * interval '1 microsecond'
FROM due WHERE e.ctid = due.at
RETURNING ` + effectColumns + `, e.due, e.token, reeve.clock()`

// Take implements [storage.Leases].
func (s *Store) Take(ctx context.Context, c storage.Claim) ([]storage.Taken, error) {
	if err := s.limits.CheckClaim(&c); err != nil {
		return nil, err
	}
	var out []storage.Taken
	err := s.taking.claim(ctx, c.Names, func(names []string, f *front) error {
		return s.lease(ctx, func(tx *session) (n int, err error) {
			out, err = tx.take(ctx, names, f, c)
			return len(out), err
		})
	})
	if err != nil {
		return nil, failed("take", err)
	}
	return out, nil
}

func (s *session) take(ctx context.Context, names []string, f *front, c storage.Claim) (out []storage.Taken, err error) {
	since := map[string]time.Time{}
	err = f.look(c.Limit, func(from time.Time, limit int) (n int, last time.Time, err error) {
		s.query(takeEffects, func(rows pgx.Rows) error {
			var t storage.Taken
			var until, due time.Time
			t.Lease.Owner, t.Lease.TTL = c.Owner, c.TTL
			if err := scanEffect(rows, &t.Effect, &until, timeColumn{&due}, (*uint64)(&t.Lease.Token), timeColumn{&t.Now}); err != nil {
				return err
			}
			if n++; due.After(last) {
				last = due
			}
			t.Lease.Key = effectKey(t.ID)
			since[t.ID] = due
			out = append(out, t)
			return nil
		}, names, limit, c.Owner, c.TTL.Microseconds(), from)
		err = s.flush(ctx)
		return n, last, err
	})
	slices.SortFunc(out, func(a, b storage.Taken) int {
		return cmp.Or(since[a.ID].Compare(since[b.ID]), cmp.Compare(a.Seq, b.Seq))
	})
	return out, err
}

package sqlite

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/reeve-go/reeve/storage"
)

const (
	// dueRecords looks at what is due of each kind, in its index and no further than the limit.
	dueRecords = `WITH v (kind) AS (VALUES {rows})
SELECT ` + recordColumns + `, ` + tallyColumn + `, r.token FROM v CROSS JOIN reeve_record AS r ON r.row IN (
	SELECT d.row FROM reeve_record AS d
	WHERE d.kind = v.kind AND d.due <= ? AND (d.lease_until IS NULL OR d.lease_until <= ?) ORDER BY d.due, d.id LIMIT ? + 0)
ORDER BY r.due, r.kind, r.id LIMIT ? + 0`

	anyDueRecord = `WITH v (kind) AS (VALUES {rows})
SELECT 1 FROM v WHERE EXISTS (
	SELECT 1 FROM reeve_record AS d
	WHERE d.kind = v.kind AND d.due <= ? AND (d.lease_until IS NULL OR d.lease_until <= ?)) LIMIT 1`

	leaseRecords = `WITH v (kind, id) AS (VALUES {rows})
UPDATE reeve_record AS r SET token = r.token + 1, owner = ?, lease_until = ?, due = ?
FROM v WHERE r.kind = v.kind AND r.id = v.id`
)

// Claim implements [storage.Leases]. While nothing is due it only reads.
func (s *Store) Claim(ctx context.Context, c storage.Claim) ([]storage.Snapshot, error) {
	if err := s.limits.CheckClaim(&c); err != nil {
		return nil, err
	}
	if c.Most == 0 {
		c.Most = storage.DefaultMost
	}
	names := nameValues(c.Names)
	var out []storage.Snapshot
	due, err := s.anyDue(ctx, anyDueRecord, names, 2)
	if err == nil && due {
		err = s.write(ctx, func(ctx context.Context, tx *session) error {
			out, err = tx.claim(ctx, c, names, now())
			return err
		})
	}
	if err != nil {
		return nil, failed("claim", err)
	}
	return out, nil
}

// anyDue reports whether there is something to lease, without taking the write lock. The statement
// takes the time a number of times.
func (s *Store) anyDue(ctx context.Context, query string, names values, times int) (due bool, err error) {
	err = s.read(ctx, func(tx *session) error {
		return tx.queryWhole(ctx, query, names, func(*sql.Rows) error {
			due = true
			return nil
		}, slices.Repeat([]any{now().UnixMicro()}, times)...)
	})
	return due, err
}

// nameValues returns each name as a row, once.
func nameValues(names []string) values {
	var v values
	for _, name := range slices.Compact(slices.Sorted(slices.Values(names))) {
		v.row(name)
	}
	return v
}

func (s *session) claim(ctx context.Context, c storage.Claim, names values, now time.Time) ([]storage.Snapshot, error) {
	at, until := now.UnixMicro(), storage.Time(now.Add(c.TTL))
	var out []storage.Snapshot
	err := s.queryWhole(ctx, dueRecords, names, func(rows *sql.Rows) error {
		var token storage.Token
		snapshot, err := scanSnapshot(rows, now, numberColumn[storage.Token]{&token})
		snapshot.Due = until
		snapshot.Lease = storage.Lease{Key: snapshot.Key, Owner: c.Owner, Token: token + 1, TTL: c.TTL}
		out = append(out, snapshot)
		return err
	}, at, at, c.Limit, c.Limit)
	if err != nil {
		return nil, err
	}
	keys, records := make([]storage.Key, len(out)), make([]*storage.Record, len(out))
	for i := range out {
		keys[i], records[i] = out[i].Key, &out[i].Record
	}
	if err := s.exec(ctx, leaseRecords, keyValues(keys), c.Owner, until.UnixMicro(), until.UnixMicro()); err != nil {
		return nil, err
	}
	if err := s.loadRows(ctx, records); err != nil {
		return nil, err
	}
	return out, s.fill(ctx, out, c.Most, at)
}

package postgres

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/reeve-go/reeve/storage"
)

// claimRecords looks at what is due of each kind, in its index and no further than the limit, and steps
// over what another is claiming at the same time.
const claimRecords = `WITH due AS MATERIALIZED (
	SELECT d.at FROM unnest($1::text[]) AS v(kind) CROSS JOIN LATERAL (
		SELECT r.ctid AS at, r.due, r.kind, r.id FROM reeve.record AS r
		WHERE r.kind = v.kind AND r.due >= $5 AND r.due <= reeve.clock() AND (r.lease_until IS NULL OR r.lease_until <= reeve.clock())
		ORDER BY r.due, r.id LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED) AS d
	ORDER BY d.due, d.kind, d.id LIMIT $2)
UPDATE reeve.record AS r SET token = r.token + 1, owner = $3, lease_until = reeve.clock() + $4::bigint * interval '1 microsecond'
FROM due WHERE r.ctid = due.at
RETURNING ` + recordColumns + `, r.parts, r.token, reeve.clock()`

// Claim implements [storage.Leases].
func (s *Store) Claim(ctx context.Context, c storage.Claim) (out []storage.Snapshot, err error) {
	if err := s.limits.CheckClaim(&c); err != nil {
		return nil, err
	}
	c.Most = cmp.Or(c.Most, storage.DefaultMost)
	err = s.claiming.claim(ctx, c.Names, func(kinds []string, f *front) error {
		return s.lease(ctx, func(tx *session) (int, error) {
			out, err = tx.claim(ctx, kinds, f, c)
			return len(out), err
		})
	})
	if err != nil {
		return nil, failed("claim", err)
	}
	return out, nil
}

func (s *session) claim(ctx context.Context, kinds []string, f *front, c storage.Claim) (out []storage.Snapshot, err error) {
	var divided []storage.Key // those that have elements
	err = f.look(c.Limit, func(from time.Time, limit int) (n int, last time.Time, err error) {
		s.query(claimRecords, func(rows pgx.Rows) error {
			var r storage.Snapshot
			var parts bool
			var token storage.Token
			if err := scanRecord(rows, &r.Record, &parts, (*uint64)(&token), timeColumn{&r.Now}); err != nil {
				return err
			}
			if parts {
				divided = append(divided, r.Key)
			}
			if n++; r.Due.After(last) {
				last = r.Due
			}
			r.Lease = storage.Lease{Key: r.Key, Owner: c.Owner, Token: token, TTL: c.TTL}
			out = append(out, r)
			return nil
		}, kinds, limit, c.Owner, c.TTL.Microseconds(), from)
		err = s.flush(ctx)
		return n, last, err
	})
	if err != nil || len(out) == 0 {
		return nil, err
	}
	slices.SortFunc(out, func(a, b storage.Snapshot) int {
		return cmp.Or(a.Due.Compare(b.Due), compareKeys(a.Key, b.Key))
	})
	records := make([]*storage.Record, len(out))
	for i := range out {
		out[i].Due = storage.Time(out[i].Now.Add(c.TTL))
		records[i] = &out[i].Record
	}
	if err := s.loadRows(ctx, records); err != nil {
		return nil, err
	}
	s.fill(out, divided, c.Most)
	return out, nil
}

// distinct returns each name once.
func distinct(names []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(names)))
}

var (
	firstMessages = `SELECT ` + messageColumns + ` FROM ` + keyRow.as("v", 1) + ` CROSS JOIN LATERAL (
	SELECT * FROM reeve.message AS o WHERE o.kind = v.kind AND o.id = v.id AND o.ended IS NULL ORDER BY o.seq LIMIT $3) AS m
ORDER BY m.seq`

	firstDueElements = `SELECT ` + elementColumns + ` FROM ` + keyRow.as("v", 1) + ` CROSS JOIN LATERAL (
	SELECT * FROM reeve.element AS d WHERE d.kind = v.kind AND d.id = v.id AND d.due <= $3 ORDER BY d.due, d.name LIMIT $4) AS e
ORDER BY e.due, e.name`

	// namedElements are those that the first messages name.
	namedElements = `SELECT ` + elementColumns + ` FROM ` + keyRow.as("v", 1) + ` CROSS JOIN LATERAL (
	SELECT DISTINCT o.element FROM (
		SELECT m.element FROM reeve.message AS m WHERE m.kind = v.kind AND m.id = v.id AND m.ended IS NULL ORDER BY m.seq LIMIT $3) AS o
	WHERE o.element <> '') AS named
CROSS JOIN LATERAL (SELECT * FROM reeve.element AS t WHERE ` + ofKey + ` AND t.name = named.element OFFSET 0) AS e`

	selectTallies = `SELECT t.kind, t.id, t.grp, t.state, t.n FROM ` + keyRow.with("t", "reeve.tally", ofKey) + `
ORDER BY t.kind, t.id, t.grp, t.state`
)

// fill collects what a turn needs beside the record: messages, the elements that these name or that are
// due, and the tally. It reads after the records were leased, and so never less than what made them due.
func (s *session) fill(out []storage.Snapshot, divided []storage.Key, most int) {
	byKey := map[storage.Key]*storage.Snapshot{}
	keys := make([]storage.Key, len(out))
	for i := range out {
		keys[i], byKey[out[i].Key] = out[i].Key, &out[i]
	}
	now := out[0].Now
	s.each(firstMessages, keyRows(keys), func(rows pgx.Rows) error {
		m, err := scanMessage(rows)
		if err != nil {
			return err
		}
		if to := byKey[m.To]; len(to.Messages) < most {
			to.Messages = append(to.Messages, m)
		} else {
			to.More = true
		}
		return nil
	}, most+1)
	of := keyRows(divided)
	s.each(firstDueElements, of, func(rows pgx.Rows) error {
		k, e, err := scanElement(rows)
		if err != nil {
			return err
		}
		if to := byKey[k]; len(to.Elements) < most {
			addElement(to, e)
		} else {
			to.More = true
		}
		return nil
	}, now, most+1)
	s.each(namedElements, of, func(rows pgx.Rows) error {
		k, e, err := scanElement(rows)
		if err == nil {
			addElement(byKey[k], e)
		}
		return err
	}, most)
	s.each(selectTallies, of, func(rows pgx.Rows) error {
		var k storage.Key
		var t storage.Tally
		err := rows.Scan(&k.Kind, &k.ID, &t.Group, &t.State, &t.N)
		byKey[k].Tally = append(byKey[k].Tally, t)
		return err
	})
}

// addElement adds an element in the order of the names, unless it is there.
func addElement(to *storage.Snapshot, e storage.Element) {
	at, there := slices.BinarySearchFunc(to.Elements, e.Name, func(e storage.Element, name string) int {
		return strings.Compare(e.Name, name)
	})
	if !there {
		to.Elements = slices.Insert(to.Elements, at, e)
	}
}

// until returns when a lease that is given now ends.
func (s *session) until(ttl time.Duration) time.Time { return storage.Time(s.now.Add(ttl)) }

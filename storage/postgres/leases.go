package postgres

import (
	"cmp"
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/reeve-go/reeve/storage"
)

// A leaseState is what a store knows of a record that somebody has, or had, a lease on.
type leaseState struct {
	token storage.Token
	on    bool // there is a lease, be it over
}

const leaseStates = `SELECT r.kind, r.id, r.token, r.lease_until IS NOT NULL FROM `

var (
	lockLeases = leaseStates + keyRow.as("v", 1) + `
CROSS JOIN LATERAL (SELECT * FROM reeve.record AS t WHERE ` + ofKey + ` OFFSET 0 FOR NO KEY UPDATE) AS r`

	extendedRow = columnsOf(`kind text, id text, until timestamptz`)

	// A record is looked at again when the lease ends, also if it was put to rest meanwhile. Mostly it is due already, and the
	// index is left alone.
	extendRecords = `UPDATE reeve.record AS r SET lease_until = v.until,
	due = CASE WHEN r.status = 'ok' AND NOT r.final THEN greatest(least(r.due, v.until), r.not_before) END FROM ` + extendedRow.at(1, "reeve.record", ofKey) + `
WHERE r.ctid = found.at`

	extendedEffectRow = columnsOf(`seq bigint, until timestamptz`)

	extendEffects = `UPDATE reeve.effect AS e SET lease_until = v.until FROM ` + extendedEffectRow.at(1, "reeve.effect", `t.seq = v.seq`) + `
WHERE e.ctid = found.at`

	releaseRecords = `UPDATE reeve.record AS r SET token = r.token + 1, owner = '', lease_until = NULL,
	due = CASE WHEN r.status = 'ok' AND NOT r.final THEN greatest(CASE WHEN ` + hasOpenMessage + ` THEN $3 ELSE $4::timestamptz END, r.not_before) END
FROM ` + keyRow.at(1, "reeve.record", ofKey) + ` WHERE r.ctid = found.at
RETURNING r.due <= $3`
)

// leased is what is known of what leases are on.
type leased struct {
	records  map[storage.Key]leaseState
	attempts map[string]*attempt
}

// lockLeased locks what leases are on: records first, then effects.
func (s *session) lockLeased(leases []storage.Lease) *leased {
	l := &leased{records: map[storage.Key]leaseState{}}
	var keys []storage.Key
	var ids []string
	for _, one := range leases {
		if one.Key.Kind == storage.EffectKind {
			ids = append(ids, one.Key.ID)
		} else {
			keys = append(keys, one.Key)
		}
	}
	s.each(lockLeases, keyRows(keys), func(rows pgx.Rows) error {
		var k storage.Key
		var r leaseState
		err := rows.Scan(&k.Kind, &k.ID, (*uint64)(&r.token), &r.on)
		l.records[k] = r
		return err
	})
	l.attempts = s.lockAttempts(ids)
	return l
}

// holds reports whether a lease on a record is its newest and has not ended.
func (l *leased) holds(one storage.Lease) bool {
	r := l.records[one.Key]
	return r.on && r.token == one.Token
}

// Extend implements [storage.Leases]. Small calls that come at the same time go together.
func (s *Store) Extend(ctx context.Context, leases []storage.Lease) ([]error, error) {
	if len(leases) == 0 {
		return []error{}, nil
	}
	extend := s.leasePieces(s.extend).answer
	if s.gathers(len(leases)) {
		extend = s.extends.call
	}
	answers, err := extend(ctx, leases)
	if err != nil {
		return nil, failed("extend", err)
	}
	return answers, nil
}

// leasePieces answer questions about leases.
func (s *Store) leasePieces(do func(context.Context, []storage.Lease) ([]error, error)) *pieces[storage.Lease] {
	return &pieces[storage.Lease]{store: s, rows: []string{lockedRecords, lockedEffects}, needs: func(l storage.Lease) []storage.Key {
		return []storage.Key{l.Key}
	}, do: do}
}

// extend never waits long for a lock: the time of the other leases goes on.
func (s *Store) extend(ctx context.Context, leases []storage.Lease) ([]error, error) {
	answers := make([]error, len(leases))
	var found *leased
	err := s.write(ctx, writing{
		look: func(tx *session) { found = tx.lockLeased(leases) },
		act: func(_ context.Context, tx *session) error {
			records, effects := extendedRow.rows(len(leases)), extendedEffectRow.rows(len(leases))
			for i, l := range leases {
				answers[i] = nil
				switch a := found.attempts[l.Key.ID]; {
				case l.Key.Kind != storage.EffectKind && found.holds(l):
					records.add(l.Key.Kind, l.Key.ID, tx.until(l.TTL))
				case l.Key.Kind != storage.EffectKind:
					answers[i] = storage.Errorf(storage.ErrLeaseLost, l.Key, "the lease with token %d has ended", l.Token)
				case a == nil:
					answers[i] = storage.Errorf(storage.ErrLeaseLost, l.Key, "the effect is gone")
				case a.check(l) != nil:
					answers[i] = a.check(l)
				case a.status == storage.EffectCanceled:
					answers[i] = storage.Errorf(storage.ErrCanceled, l.Key, "its record does not want it any more")
				default:
					effects.add(a.seq, tx.until(l.TTL))
				}
			}
			tx.over(extendRecords, records)
			tx.over(extendEffects, effects)
			return nil
		},
		impatient: true,
	})
	return answers, err
}

// Release implements [storage.Leases].
func (s *Store) Release(ctx context.Context, leases []storage.Lease, after time.Duration) error {
	if len(leases) == 0 {
		return nil
	}
	answers, err := s.leasePieces(func(ctx context.Context, some []storage.Lease) ([]error, error) {
		return make([]error, len(some)), s.release(ctx, some, after)
	}).answer(ctx, leases)
	for _, locked := range answers { // the others are released
		err = cmp.Or(err, locked)
	}
	return failed("release", err)
}

// release does not wait long for what is locked: its lease ends by itself.
func (s *Store) release(ctx context.Context, leases []storage.Lease, after time.Duration) error {
	var found *leased
	return s.write(ctx, writing{
		look: func(tx *session) { found = tx.lockLeased(leases) },
		act: func(_ context.Context, tx *session) error {
			at := tx.until(after)
			var keys []storage.Key
			e := newEndings(len(leases))
			for _, l := range leases {
				if l.Key.Kind != storage.EffectKind {
					if found.holds(l) {
						keys = append(keys, l.Key)
					}
				} else if a := found.attempts[l.Key.ID]; a != nil && a.check(l) == nil {
					if a.status == storage.EffectRunning {
						a.attempts-- // it was not tried
					}
					e.end(a, storage.EffectPending, nil, at, tx.now)
				}
			}
			tx.dueOver(storage.HintRecords, releaseRecords, keyRows(keys), tx.now, at)
			tx.endAttempts(e)
			return nil
		},
		impatient: true,
	})
}

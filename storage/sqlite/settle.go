package sqlite

import (
	"context"
	"database/sql"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// An attempt is what a store knows of an effect that somebody has, or had, a lease on.
type attempt struct {
	from                        storage.Key
	lane                        string
	status                      storage.EffectStatus
	token                       storage.Token
	leaseUntil, deadline, ended time.Time
	attempts                    int
}

const selectAttempts = `WITH v (effect_id) AS (VALUES {rows})
SELECT e.effect_id, e.kind, e.id, e.lane, e.status, e.token, e.lease_until, e.deadline, e.ended, e.attempt
FROM v CROSS JOIN reeve_effect AS e ON e.effect_id = v.effect_id`

// attempts returns the effects that leases are on, by their ids. Those of records are passed over.
func (s *session) attempts(ctx context.Context, leases []storage.Lease) (map[string]*attempt, error) {
	out := map[string]*attempt{}
	var ids values
	for _, l := range leases {
		if l.Key.Kind == storage.EffectKind {
			ids.row(l.Key.ID)
		}
	}
	err := s.query(ctx, selectAttempts, ids, func(rows *sql.Rows) error {
		var id string
		var a attempt
		err := rows.Scan(&id, &a.from.Kind, &a.from.ID, &a.lane, nameColumn{&a.status}, numberColumn[storage.Token]{&a.token},
			timeColumn{&a.leaseUntil}, timeColumn{&a.deadline}, timeColumn{&a.ended}, &a.attempts)
		out[id] = &a
		return err
	})
	return out, err
}

// check says whether a lease is the effect's newest and has not ended.
func (a *attempt) check(l storage.Lease) error {
	if a.token != l.Token || a.leaseUntil.IsZero() {
		return storage.Errorf(storage.ErrLeaseLost, l.Key, "the lease with token %d has ended; the newest is %d", l.Token, a.token)
	}
	return nil
}

const endAttempts = `WITH v (effect_id, status, reason, attempt, due, ended) AS (VALUES {rows})
UPDATE reeve_effect AS e SET
	status = v.status, reason = ifnull(v.reason, e.reason), attempt = v.attempt, due = v.due, ended = v.ended,
	token = e.token + 1, owner = '', lease_until = NULL
FROM v WHERE e.effect_id = v.effect_id`

// endings are attempts that end together.
type endings struct {
	rows  values
	again []string // effects that are to be tried again
	left  lanes    // whose effect has ended
	freed lanes    // whose canceled effect is not running outside any more
}

// end ends an attempt: the effect is tried again at due, if that is set, or has ended as status. A nil
// reason keeps the old one.
func (e *endings) end(id string, a *attempt, as storage.EffectStatus, reason any, due, now time.Time) {
	switch {
	case a.status == storage.EffectCanceled:
		if a.leaseUntil.After(now) {
			e.freed.add(a.from, a.lane)
		}
		due = time.Time{}
	case as == storage.EffectPending:
		a.status, due = as, notAfter(due, a.deadline)
		e.again = append(e.again, id)
	default:
		a.status, a.ended, due = as, now, time.Time{}
		e.left.add(a.from, a.lane)
	}
	a.leaseUntil = time.Time{}
	e.rows.row(id, a.status.String(), reason, a.attempts, micros(due), micros(a.ended))
}

func (s *session) endAttempts(ctx context.Context, e *endings, now time.Time) error {
	s.touched.addEffects(e.again...)
	if err := s.exec(ctx, endAttempts, e.rows); err != nil {
		return err
	}
	if err := s.advance(ctx, e.left, now); err != nil {
		return err
	}
	return s.free(ctx, e.freed, now)
}

// Settle implements [storage.Outbox].
func (s *Store) Settle(ctx context.Context, settlements []storage.Settlement) ([]error, error) {
	answers := make([]error, len(settlements))
	var leases []storage.Lease
	for i := range settlements {
		if answers[i] = s.limits.CheckSettlement(&settlements[i]); answers[i] == nil {
			leases = append(leases, settlements[i].Lease)
		}
	}
	err := s.write(ctx, func(ctx context.Context, tx *session) error {
		now := now()
		attempts, err := tx.attempts(ctx, leases)
		if err != nil {
			return err
		}
		e := &endings{left: lanes{}, freed: lanes{}}
		var outcomes []*posting
		for i := range settlements {
			st := &settlements[i]
			if answers[i] != nil {
				continue
			}
			a := attempts[st.Lease.Key.ID]
			if answers[i] = checkAttempt(a, st.Lease); answers[i] != nil {
				continue
			}
			e.end(st.Lease.Key.ID, a, st.As, st.Reason, storage.Time(now.Add(st.Retry)), now)
			if st.Outcome != nil {
				outcomes = append(outcomes, &posting{Message: st.Outcome, to: a.from})
			}
		}
		if err := tx.endAttempts(ctx, e, now); err != nil {
			return err
		}
		return tx.post(ctx, outcomes, refuseIfAbsent, now)
	})
	if err != nil {
		return nil, failed("settle", err)
	}
	return answers, nil
}

func checkAttempt(a *attempt, l storage.Lease) error {
	if a == nil {
		return storage.Errorf(storage.ErrNotFound, l.Key, "the effect is gone")
	}
	return a.check(l)
}

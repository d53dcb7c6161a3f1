package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/reeve-go/reeve/storage"
)

// An attempt is what a store knows of an effect that somebody has, or had, a lease on.
type attempt struct {
	of                   storage.Key
	seq                  int64
	lane, key            string
	status               storage.EffectStatus
	token                storage.Token
	leaseUntil, deadline time.Time
	ended                time.Time
	attempts             int
}

const (
	// lockRecordsOf locks the records of effects. An effect never changes its record.
	lockRecordsOf = `SELECT r.kind, r.id, r.version, r.token, r.state, r.final FROM reeve.record AS r
WHERE (r.kind, r.id) IN (SELECT e.kind, e.id FROM reeve.effect AS e WHERE e.effect_id = ANY($1::text[]))
ORDER BY r.kind, r.id FOR NO KEY UPDATE`

	lockAttempts = `SELECT e.effect_id, e.kind, e.id, e.seq, e.lane, e.key, e.status, e.token, e.lease_until, e.deadline, e.ended, e.attempt
FROM reeve.effect AS e WHERE e.effect_id = ANY($1::text[]) ORDER BY e.seq FOR NO KEY UPDATE`
)

// lockRecordsOf locks the records of effects, and returns what is known of them once it was sent.
func (s *session) lockRecordsOf(ids []string) map[storage.Key]*held {
	known := map[storage.Key]*held{}
	s.query(lockRecordsOf, scanHeld(known), ids)
	return known
}

// lockAttempts does the same with the effects. Whoever needs both locks the records first.
func (s *session) lockAttempts(ids []string) map[string]*attempt {
	known := map[string]*attempt{}
	if len(ids) == 0 {
		return known
	}
	s.query(lockAttempts, func(rows pgx.Rows) error {
		var id string
		var a attempt
		err := rows.Scan(&id, &a.of.Kind, &a.of.ID, &a.seq, &a.lane, &a.key, nameColumn{&a.status}, (*uint64)(&a.token),
			timeColumn{&a.leaseUntil}, timeColumn{&a.deadline}, timeColumn{&a.ended}, &a.attempts)
		known[id] = &a
		return err
	}, ids)
	return known
}

// check says whether a lease is the effect's newest and has not ended.
func (a *attempt) check(l storage.Lease) error {
	if a.token != l.Token || a.leaseUntil.IsZero() {
		return storage.Errorf(storage.ErrLeaseLost, l.Key, "the lease with token %d has ended; the newest is %d", l.Token, a.token)
	}
	return nil
}

var (
	endedRow = columnsOf(`seq bigint, status text, reason text, says boolean, attempt integer, due timestamptz, ended timestamptz`)

	endAttempts = `UPDATE reeve.effect AS e SET
	status = v.status, reason = CASE WHEN v.says THEN v.reason ELSE e.reason END, attempt = v.attempt, due = v.due, ended = v.ended,
	token = e.token + 1, owner = '', lease_until = NULL
FROM ` + endedRow.at(1, "reeve.effect", `t.seq = v.seq`) + ` WHERE e.ctid = found.at
RETURNING e.due <= $8`
)

// endings are attempts that end together.
type endings struct {
	rows  *rows
	left  lanes // whose effect has ended
	freed lanes // whose canceled effect is not running outside any more
}

func newEndings(n int) *endings {
	return &endings{rows: endedRow.rows(n), left: lanes{}, freed: lanes{}}
}

// end ends an attempt: the effect is tried again at due, if that is set, or has ended as status. A nil
// reason keeps the old one.
func (e *endings) end(a *attempt, as storage.EffectStatus, reason *string, due, now time.Time) {
	switch {
	case a.status == storage.EffectCanceled:
		if a.leaseUntil.After(now) {
			e.freed.add(a.of, a.lane)
		}
		due = time.Time{}
	case as == storage.EffectPending:
		a.status, due = as, earliest(due, a.deadline)
	default:
		a.status, a.ended, due = as, now, time.Time{}
		e.left.add(a.of, a.lane)
	}
	a.leaseUntil = time.Time{}
	text := ""
	if reason != nil {
		text = *reason
	}
	e.rows.add(a.seq, a.status.String(), text, reason != nil, a.attempts, due, a.ended)
}

func (s *session) endAttempts(e *endings) {
	s.dueOver(storage.HintEffects, endAttempts, e.rows, s.now)
	s.advance(e.left)
	s.free(e.freed)
}

// Settle implements [storage.Outbox].
func (s *Store) Settle(ctx context.Context, settlements []storage.Settlement) ([]error, error) {
	answers := make([]error, len(settlements))
	var valid []*storage.Settlement
	for i := range settlements {
		if answers[i] = s.limits.CheckSettlement(&settlements[i]); answers[i] == nil {
			valid = append(valid, &settlements[i])
		}
	}
	if len(valid) == 0 {
		return answers, nil
	}
	settle := s.settleAll
	if s.gathers(len(valid)) {
		settle = s.settles.call
	}
	made, err := settle(ctx, valid)
	if err != nil {
		return nil, failed("settle", err)
	}
	return merge(answers, made), nil
}

// settleAll makes settlements that are valid. One whose record is locked is in nobody's way.
func (s *Store) settleAll(ctx context.Context, settlements []*storage.Settlement) ([]error, error) {
	p := pieces[*storage.Settlement]{store: s, rows: []string{lockedOwners, lockedEffects}, needs: func(st *storage.Settlement) []storage.Key {
		return []storage.Key{st.Lease.Key}
	}, do: func(ctx context.Context, some []*storage.Settlement) ([]error, error) {
		return s.settle(ctx, some, len(settlements) > 1)
	}}
	return p.answer(ctx, settlements)
}

// settle makes settlements that are valid.
func (s *Store) settle(ctx context.Context, settlements []*storage.Settlement, impatient bool) ([]error, error) {
	answers, ids := make([]error, len(settlements)), make([]string, len(settlements))
	for i, st := range settlements {
		ids[i] = st.Lease.Key.ID
	}
	var known map[storage.Key]*held
	var attempts map[string]*attempt
	err := s.write(ctx, writing{
		look: func(tx *session) {
			known = tx.lockRecordsOf(ids)
			attempts = tx.lockAttempts(ids)
		},
		act: func(_ context.Context, tx *session) error {
			e := newEndings(len(settlements))
			var outcomes []*posting
			for i, st := range settlements {
				a := attempts[st.Lease.Key.ID]
				if answers[i] = checkAttempt(a, st.Lease); answers[i] != nil {
					continue
				}
				e.end(a, st.As, &st.Reason, storage.Time(tx.now.Add(st.Retry)), tx.now)
				if st.Outcome != nil {
					outcomes = append(outcomes, &posting{Message: st.Outcome, to: a.of})
				}
			}
			tx.endAttempts(e)
			tx.post(outcomes, func(k storage.Key) fate { return known[k].fate() })
			return nil
		},
		impatient: impatient,
	})
	return answers, err
}

func checkAttempt(a *attempt, l storage.Lease) error {
	if a == nil {
		return storage.Errorf(storage.ErrNotFound, l.Key, "the effect is gone")
	}
	return a.check(l)
}

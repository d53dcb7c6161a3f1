package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/reeve-go/reeve/storage"
)

const (
	lockRecordsOfDead = `SELECT r.kind, r.id, r.version, r.token, r.state, r.final FROM reeve.record AS r
WHERE (r.kind, r.id) IN (SELECT m.kind, m.id FROM reeve.message AS m WHERE m.seq = ANY($1::bigint[]) AND m.status = 'dead')
ORDER BY r.kind, r.id FOR NO KEY UPDATE`

	lockDead = `SELECT m.seq, m.kind, m.id, m.slot FROM reeve.message AS m
WHERE m.seq = ANY($1::bigint[]) AND m.status = 'dead' ORDER BY m.seq FOR NO KEY UPDATE`
)

var (
	redrivenRow = columnsOf(`seq bigint, status text, reason text, ended timestamptz`)

	redriveMessages = `UPDATE reeve.message AS m SET status = v.status, reason = v.reason, ended = v.ended
FROM ` + redrivenRow.at(1, "reeve.message", `t.seq = v.seq`) + ` WHERE m.ctid = found.at`

	takenRow = columnsOf(`kind text, id text, slot text, seq bigint`)

	// takeSlots ends the open messages of slots but for those that took them.
	takeSlots = `UPDATE reeve.message AS m SET status = 'replaced', ended = $5 FROM ` + takenRow.at(1, "reeve.message", inSlot+` AND t.seq <> v.seq`) + `
WHERE m.ctid = found.at`
)

// A deadMessage can be opened again.
type deadMessage struct {
	to   storage.Key
	slot string
}

// RedriveMessages implements [storage.Inbox].
func (s *Store) RedriveMessages(ctx context.Context, seqs []uint64) ([]error, error) {
	answers := make([]error, len(seqs))
	asked := make([]int64, len(seqs))
	for i, seq := range seqs {
		asked[i] = integer(seq)
	}
	var known map[storage.Key]*held
	var dead map[int64]deadMessage
	err := s.write(ctx, writing{
		look: func(tx *session) {
			known, dead = map[storage.Key]*held{}, map[int64]deadMessage{}
			tx.query(lockRecordsOfDead, scanHeld(known), asked)
			tx.query(lockDead, func(rows pgx.Rows) error {
				var seq int64
				var m deadMessage
				err := rows.Scan(&seq, &m.to.Kind, &m.to.ID, &m.slot)
				dead[seq] = m
				return err
			}, asked)
		},
		act: func(_ context.Context, tx *session) error {
			for i, seq := range asked {
				m, found := dead[seq]
				if !found || known[m.to] == nil {
					answers[i] = storage.Errorf(storage.ErrNotFound, storage.Key{}, "no dead message of an existing record has the number %d", seq)
					continue
				}
				answers[i] = nil
				delete(dead, seq) // it is not dead any more
				tx.reopen(seq, m, known[m.to].fate())
			}
			return nil
		},
	})
	if err != nil {
		return nil, failed("redrive messages", err)
	}
	return answers, nil
}

// reopen opens a dead message again. That is done by people, so each has statements of its own.
func (s *session) reopen(seq int64, m deadMessage, f fate) {
	var ended time.Time
	if !f.open() {
		ended = s.now
	}
	redriven, taken := redrivenRow.rows(1), takenRow.rows(1)
	redriven.add(seq, f.status.String(), f.reason, ended)
	s.over(redriveMessages, redriven)
	if f.open() && m.slot != "" {
		taken.add(m.to.Kind, m.to.ID, m.slot, seq)
	}
	s.over(takeSlots, taken, s.now)
	s.dueOver(storage.HintRecords, wakeRecords, keyRows([]storage.Key{m.to}), s.now)
}

const (
	// openTwins are the effects that have not ended and have the key of one of those.
	openTwins = `SELECT e.effect_id, o.effect_id, o.status FROM reeve.effect AS e
JOIN reeve.effect AS o ON o.kind = e.kind AND o.id = e.id AND o.key = e.key AND o.ended IS NULL
WHERE e.effect_id = ANY($1::text[])`

	redriveEffect = `UPDATE reeve.effect AS e SET
	status = 'pending', reason = '', attempt = 0, ended = NULL, behind = e.lane <> '', deadline = $2::timestamptz,
	due = CASE WHEN e.lane = '' THEN least($3::timestamptz, $2) ELSE $2 END
WHERE e.effect_id = $1 RETURNING e.due <= $3`
)

// RedriveEffects implements [storage.Outbox].
func (s *Store) RedriveEffects(ctx context.Context, ids []string, deadline time.Duration) ([]error, error) {
	answers := make([]error, len(ids))
	type twin struct {
		id     string
		status storage.EffectStatus
	}
	var known map[string]*attempt
	var twins map[string]twin
	err := s.write(ctx, writing{
		look: func(tx *session) {
			twins = map[string]twin{}
			tx.lockRecordsOf(ids)
			known = tx.lockAttempts(ids)
			tx.query(openTwins, func(rows pgx.Rows) error {
				var id string
				var t twin
				err := rows.Scan(&id, &t.id, nameColumn{&t.status})
				twins[id] = t
				return err
			}, ids)
		},
		act: func(_ context.Context, tx *session) error {
			var until *time.Time
			if deadline > 0 {
				until = new(storage.Time(tx.now.Add(deadline)))
			}
			joined, redriven := lanes{}, map[openKey]string{}
			for i, id := range ids {
				a, t := known[id], twins[id]
				if a == nil || a.status != storage.EffectDead {
					answers[i] = storage.Errorf(storage.ErrNotFound, effectKey(id), "no dead effect has this id")
					continue
				}
				if other, done := redriven[openKey{a.of, a.key}]; done {
					t = twin{other, storage.EffectPending}
				}
				if t.id != "" {
					answers[i] = storage.Errorf(storage.ErrExists, effectKey(id), "effect %q, which is %v, has its key; it is for the same", t.id, t.status)
					continue
				}
				answers[i], a.status = nil, storage.EffectPending
				redriven[openKey{a.of, a.key}] = id
				tx.queryDue(storage.HintEffects, redriveEffect, id, until, tx.now)
				joined.add(a.of, a.lane)
			}
			tx.advance(joined)
			return nil
		},
	})
	if err != nil {
		return nil, failed("redrive effects", err)
	}
	return answers, nil
}

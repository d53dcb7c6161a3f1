package sqlite

import (
	"context"
	"database/sql"
	"iter"
	"time"

	"github.com/reeve-go/reeve/storage"
)

const (
	selectForeign = `WITH v (effect_id, kind, id) AS (VALUES {rows})
SELECT v.kind, v.id, v.effect_id FROM v CROSS JOIN reeve_effect AS e ON e.effect_id = v.effect_id
WHERE e.kind <> v.kind OR e.id <> v.id`

	// insertEffects leaves out those that the record emitted before, and those whose key is open: two
	// unique indexes find them, also among the rows themselves.
	insertEffects = `INSERT INTO reeve_effect
	(effect_id, key, kind, id, lane, name, element, operation, step, deadline, keep, quiet, grp, status, behind, due, body)
VALUES {rows}
ON CONFLICT DO NOTHING`

	cancelEffects = `WITH v (kind, id, operation, lane) AS (VALUES {rows})
UPDATE reeve_effect AS e SET status = 'canceled', due = NULL, ended = ?
FROM v WHERE e.kind = v.kind AND e.id = v.id AND e.ended IS NULL
	AND (v.operation = '' OR e.operation = v.operation)
	AND (v.lane = '' AND NOT e.keep OR v.lane <> '' AND e.lane = v.lane)
RETURNING kind, id, lane`
)

// findForeignEffects marks the steps that emit what another record emitted.
func (s *session) findForeignEffects(ctx context.Context, steps []*step) error {
	var emitted values
	byKey := map[storage.Key]*step{}
	for _, c := range steps {
		byKey[c.Key] = c
		if c.Delete {
			continue
		}
		for i := range c.Emit {
			emitted.row(c.Emit[i].ID, c.Key.Kind, c.Key.ID)
		}
	}
	return s.query(ctx, selectForeign, emitted, func(rows *sql.Rows) error {
		var k storage.Key
		var id string
		if err := rows.Scan(&k.Kind, &k.ID, &id); err != nil {
			return err
		}
		byKey[k].foreign = id
		return nil
	})
}

// cancelEffects cancels what the records do not want any more.
func (s *session) cancelEffects(ctx context.Context, steps []*step, now time.Time) error {
	var cancels values
	for _, c := range steps {
		for _, cancel := range c.Cancel {
			cancels.row(c.Key.Kind, c.Key.ID, cancel.Operation, cancel.Lane)
		}
	}
	left := lanes{}
	err := s.query(ctx, cancelEffects, cancels, func(rows *sql.Rows) error {
		var k storage.Key
		var name string
		err := rows.Scan(&k.Kind, &k.ID, &name)
		left.add(k, name)
		return err
	}, now.UnixMicro())
	if err != nil {
		return err
	}
	return s.advance(ctx, left, now)
}

// emit adds effects. In a lane each begins behind the others, and the first of them moves up.
func (s *session) emit(ctx context.Context, steps []*step, now time.Time) error {
	var emitted values
	joined := lanes{}
	for _, c := range steps {
		for i := range c.Emit {
			e := &c.Emit[i]
			deadline := storage.Time(e.Deadline)
			due := micros(deadline)
			if e.Lane == "" {
				due = micros(notAfter(now, deadline))
			}
			emitted.row(e.ID, e.Key, c.Key.Kind, c.Key.ID, e.Lane, e.Name, e.Element, e.Operation, e.Step,
				micros(deadline), e.Keep, e.Quiet, e.Group, storage.EffectPending.String(), e.Lane != "", due, blob(e.Body))
			joined.add(c.Key, e.Lane)
			s.touched.addEffects(e.ID)
		}
	}
	if err := s.exec(ctx, insertEffects, emitted); err != nil {
		return err
	}
	return s.advance(ctx, joined, now)
}

// notAfter returns at, or the deadline if that is earlier: then the effect has to be given up.
func notAfter(at, deadline time.Time) time.Time {
	if !deadline.IsZero() && deadline.Before(at) {
		return deadline
	}
	return at
}

const effectColumns = `e.seq, e.effect_id, e.key, e.kind, e.id, e.lane, e.name, e.element, e.operation, e.step,
	e.deadline, e.keep, e.quiet, e.grp, e.attempt, e.owner, e.lease_until, e.due, e.status, e.reason, e.body`

// scanEffect scans effectColumns, and what more the statement selects.
func scanEffect(rows *sql.Rows, e *storage.Effect, now time.Time, more ...any) error {
	var leaseUntil time.Time
	to := []any{
		numberColumn[uint64]{&e.Seq},
		&e.ID, &e.Key, &e.From.Kind, &e.From.ID, &e.Lane, &e.Name, &e.Element, &e.Operation,
		&e.Step,
		timeColumn{&e.Deadline},
		&e.Keep, &e.Quiet, &e.Group, &e.Attempt, &e.Owner,
		timeColumn{&leaseUntil},
		timeColumn{&e.Due},
		nameColumn{&e.Status},
		&e.Reason, &e.Body,
	}
	err := rows.Scan(append(to, more...)...)
	if !leaseUntil.After(now) {
		e.Owner = ""
	}
	return err
}

// Effects implements [storage.Outbox].
func (s *Store) Effects(ctx context.Context, q storage.EffectQuery) iter.Seq2[storage.Effect, error] {
	return pages("effects", q.Limit, func(last *storage.Effect, size int) ([]storage.Effect, error) {
		after := q.After
		if last != nil {
			after = last.Seq
		}
		var f filter
		f.add("e.seq > ?", integer(after))
		addKey(&f, "e", q.From)
		addIn(&f, "e.status", namesOf(q.Statuses))
		query := "SELECT " + effectColumns + " FROM reeve_effect AS e" + f.where() + " ORDER BY e.seq LIMIT ?"
		var out []storage.Effect
		err := s.read(ctx, func(tx *session) error {
			return tx.list(ctx, query, append(f.args, size), func(rows *sql.Rows) error {
				var e storage.Effect
				err := scanEffect(rows, &e, now())
				out = append(out, e)
				return err
			})
		})
		return out, err
	})
}

func effectKey(id string) storage.Key { return storage.Key{Kind: storage.EffectKind, ID: id} }

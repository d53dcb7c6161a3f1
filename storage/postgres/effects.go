package postgres

import (
	"context"
	"iter"
	"maps"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/internal/adapter"
)

// knownEffects is what is known of the effects that a batch emits or cancels, before it does.
type knownEffects struct {
	owners   map[string]storage.Key // of the effects that were emitted before, by their ids
	open     map[openKey]int64      // the effects that have not ended, by their keys
	canceled map[*step][]wanted     // what its change cancels
}

// An openKey is what no two effects that have not ended share.
type openKey struct {
	of  storage.Key
	key string
}

// A wanted effect has not ended.
type wanted struct {
	seq  int64
	lane string
}

var (
	emittedRow = columnsOf(`effect_id text, kind text, id text, key text`)

	// effectsLikeThem are those that have their ids, and those that have their keys and have not ended.
	effectsLikeThem = `SELECT e.effect_id, e.kind, e.id, e.key, e.seq, false FROM ` +
		emittedRow.with("e", "reeve.effect", `t.effect_id = v.effect_id`) + `
UNION ALL SELECT e.effect_id, e.kind, e.id, e.key, e.seq, true FROM ` +
		emittedRow.with("e", "reeve.effect", ofKey+` AND t.key = v.key AND t.ended IS NULL`)

	cancelRow = columnsOf(`kind text, id text, operation text, lane text`)

	// effectsToCancel locks them, in one order for all who do.
	effectsToCancel = `SELECT v.ordinal, e.seq, e.lane FROM ` + cancelRow.with("c", "reeve.effect", ofKey+` AND t.ended IS NULL
	AND (v.operation = '' OR t.operation = v.operation)
	AND (v.lane = '' AND NOT t.keep OR v.lane <> '' AND t.lane = v.lane)`) + `
JOIN reeve.effect AS e ON e.seq = c.seq AND e.ended IS NULL
ORDER BY e.seq FOR NO KEY UPDATE OF e`
)

// lookForEffects finds out what is known of the effects that steps emit or cancel.
func (s *session) lookForEffects(steps []*step) *knownEffects {
	k := &knownEffects{
		owners: map[string]storage.Key{}, open: map[openKey]int64{},
		canceled: map[*step][]wanted{},
	}
	emitted, cancels := emittedRow.rows(len(steps)), cancelRow.rows(len(steps))
	var cancelling []*step
	for _, c := range steps {
		for i := range c.Emit {
			emitted.add(c.Emit[i].ID, c.Key.Kind, c.Key.ID, c.Emit[i].Key)
		}
		for _, cancel := range c.Cancel {
			cancels.add(c.Key.Kind, c.Key.ID, cancel.Operation, cancel.Lane)
			cancelling = append(cancelling, c)
		}
	}
	s.each(effectsLikeThem, emitted, func(rows pgx.Rows) error {
		var id string
		var o openKey
		var seq int64
		var open bool
		err := rows.Scan(&id, &o.of.Kind, &o.of.ID, &o.key, &seq, &open)
		if open {
			k.open[o] = seq
		} else {
			k.owners[id] = o.of
		}
		return err
	})
	s.each(effectsToCancel, cancels, func(rows pgx.Rows) error {
		var ordinal int
		var w wanted
		err := rows.Scan(&ordinal, &w.seq, &w.lane)
		c := cancelling[ordinal-1]
		k.canceled[c] = append(k.canceled[c], w)
		return err
	})
	return k
}

// clone returns a copy, for what may be taken back.
func (k *knownEffects) clone() *knownEffects {
	return &knownEffects{maps.Clone(k.owners), maps.Clone(k.open), k.canceled}
}

// refusal says why a change must not emit what it does.
func (k *knownEffects) refusal(c *step) error {
	for i := range c.Emit {
		id := c.Emit[i].ID
		if of, before := k.owners[id]; before && of != c.Key {
			return storage.Errorf(storage.ErrExists, c.Key, "effect %q is another record's; choose an id of its own", id)
		}
	}
	return nil
}

// admit notes what a change does to effects. What it cancels frees its keys. What adds nothing is left out: what
// was emitted before, and what has the key of one that has not ended.
func (k *knownEffects) admit(c *step) {
	if c.Delete {
		maps.DeleteFunc(k.owners, func(_ string, of storage.Key) bool { return of == c.Key })
		maps.DeleteFunc(k.open, func(key openKey, _ int64) bool { return key.of == c.Key })
		return
	}
	gone := map[int64]bool{}
	for _, w := range k.canceled[c] {
		gone[w.seq] = true
	}
	if len(gone) > 0 {
		maps.DeleteFunc(k.open, func(_ openKey, seq int64) bool { return gone[seq] })
	}
	for i := range c.Emit {
		e := &c.Emit[i]
		key := openKey{c.Key, e.Key}
		_, before := k.owners[e.ID]
		_, open := k.open[key]
		if !before && !open {
			k.owners[e.ID], k.open[key] = c.Key, 0
			c.emitted = append(c.emitted, e)
		}
	}
}

const cancelEffects = `UPDATE reeve.effect SET status = 'canceled', due = NULL, ended = $2 WHERE seq = ANY($1::bigint[])`

// cancelEffects cancels what the records do not want any more.
func (s *session) cancelEffects(steps []*step, known *knownEffects) {
	var seqs []int64
	left := lanes{}
	for _, c := range steps {
		for _, w := range known.canceled[c] {
			seqs = append(seqs, w.seq)
			left.add(c.Key, w.lane)
		}
	}
	if len(seqs) > 0 {
		s.exec(cancelEffects, seqs, s.now)
	}
	s.advance(left)
}

var (
	effectRow = columnsOf(`effect_id text, key text, kind text, id text, lane text, name text, element text, operation text, step text,
	deadline timestamptz, keep boolean, quiet boolean, grp text, status text, behind boolean, due timestamptz, body bytea`)

	// insertEffects fails if another record has emitted one of them at the same time: then the transaction is
	// tried again, and sees it.
	insertEffects = `INSERT INTO reeve.effect (` + effectRow.names("") + `)
SELECT ` + effectRow.names("v.") + ` FROM ` + effectRow.as("v", 1) + ` ORDER BY v.ordinal
RETURNING due <= $18`
)

// emit adds effects. In a lane each begins behind the others, and the first of them moves up.
func (s *session) emit(steps []*step) {
	emitted, joined := effectRow.rows(len(steps)), lanes{}
	for _, c := range steps {
		for _, e := range c.emitted {
			deadline := storage.Time(e.Deadline)
			due := deadline
			if e.Lane == "" {
				due = earliest(s.now, deadline)
			}
			emitted.add(e.ID, e.Key, c.Key.Kind, c.Key.ID, e.Lane, e.Name, e.Element, e.Operation, e.Step,
				deadline, e.Keep, e.Quiet, e.Group, storage.EffectPending.String(), e.Lane != "", due, e.Body)
			joined.add(c.Key, e.Lane)
		}
	}
	s.dueOver(storage.HintEffects, insertEffects, emitted, s.now)
	s.advance(joined)
}

// effectColumns are what an effect e is read from. While somebody performs it, it is due when his lease ends.
const effectColumns = `e.seq, e.effect_id, e.key, e.kind, e.id, e.lane, e.name, e.element, e.operation, e.step,
	e.deadline, e.keep, e.quiet, e.grp, e.attempt, e.owner, e.lease_until,
	CASE WHEN e.status = 'running' THEN e.lease_until ELSE e.due END, e.status, e.reason, e.body`

// scanEffect scans effectColumns, and what more the statement returns.
func scanEffect(rows pgx.Rows, e *storage.Effect, leaseUntil *time.Time, more ...any) error {
	to := [...]any{
		&e.Seq, &e.ID, &e.Key, &e.From.Kind, &e.From.ID, &e.Lane, &e.Name, &e.Element, &e.Operation, &e.Step,
		timeColumn{&e.Deadline},
		&e.Keep, &e.Quiet, &e.Group, &e.Attempt, &e.Owner,
		timeColumn{leaseUntil},
		timeColumn{&e.Due},
		nameColumn{&e.Status},
		&e.Reason, &e.Body,
	}
	return rows.Scan(append(to[:], more...)...)
}

// Effects implements [storage.Outbox].
func (s *Store) Effects(ctx context.Context, q storage.EffectQuery) iter.Seq2[storage.Effect, error] {
	return adapter.Pages(q.Limit, func(last *storage.Effect, size int) ([]storage.Effect, error) {
		after := q.After
		if last != nil {
			after = last.Seq
		}
		var f filter
		f.add("e.seq > $", integer(after))
		f.addKey("e", q.From)
		addStatuses(&f, "e.status", q.Statuses)
		query := `SELECT ` + effectColumns + `, reeve.clock() FROM reeve.effect AS e` + f.where() + ` ORDER BY e.seq`
		return list(ctx, s, "effects", query, &f, size, func(rows pgx.Rows) (e storage.Effect, err error) {
			var leaseUntil, now time.Time
			err = scanEffect(rows, &e, &leaseUntil, timeColumn{&now})
			if !leaseUntil.After(now) {
				e.Owner = ""
			}
			return e, err
		})
	})
}

func effectKey(id string) storage.Key { return storage.Key{Kind: storage.EffectKind, ID: id} }

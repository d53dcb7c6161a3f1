package sqlite

import (
	"context"
	"database/sql"
	"iter"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// Deliver implements [storage.Inbox].
func (s *Store) Deliver(ctx context.Context, messages []storage.Message) ([]error, error) {
	answers := make([]error, len(messages))
	postings := make([]*posting, len(messages))
	var valid []*posting
	for i := range messages {
		m := &messages[i]
		if answers[i] = s.limits.CheckMessage(m); answers[i] == nil {
			postings[i] = &posting{Message: m, to: m.To}
			valid = append(valid, postings[i])
		}
	}
	err := s.write(ctx, func(ctx context.Context, tx *session) error {
		return tx.post(ctx, valid, refuseIfAbsent, now())
	})
	if err != nil {
		return nil, failed("deliver", err)
	}
	for i, p := range postings {
		switch {
		case p == nil:
		case p.absent:
			answers[i] = storage.Errorf(storage.ErrNotFound, p.to, "message %q has no record to go to", p.ID)
		case p.seq == 0:
			answers[i] = storage.Errorf(storage.ErrDuplicate, p.to, "message %q was accepted before", p.ID)
		}
	}
	return answers, nil
}

const (
	consumeMessages = `WITH v (seq, kind, id, status, reason) AS (VALUES {rows})
UPDATE reeve_message AS m SET status = v.status, reason = v.reason, ended = ?
FROM v WHERE m.seq = v.seq AND m.kind = v.kind AND m.id = v.id AND m.ended IS NULL`

	staleMessages = `WITH v (kind, id) AS (VALUES {rows})
UPDATE reeve_message AS m SET status = 'stale', reason = 'the record is final', ended = ?
FROM v WHERE m.kind = v.kind AND m.id = v.id AND m.ended IS NULL`
)

// consume notes what became of messages. Those that a final record leaves open are stale.
func (s *session) consume(ctx context.Context, steps []*step, now time.Time) error {
	var consumed values
	var final []storage.Key
	for _, c := range steps {
		seen := map[uint64]bool{}
		for _, m := range c.Consume {
			if !seen[m.Seq] {
				seen[m.Seq] = true
				consumed.row(integer(m.Seq), c.Key.Kind, c.Key.ID, m.As.String(), m.Reason)
			}
		}
		if c.Record.Final {
			final = append(final, c.Key)
		}
	}
	if err := s.exec(ctx, consumeMessages, consumed, now.UnixMicro()); err != nil {
		return err
	}
	return s.exec(ctx, staleMessages, keyValues(final), now.UnixMicro())
}

const messageColumns = `m.seq, m.kind, m.id, m.message_id, m.slot, m.element, m.from_kind, m.from_id, m.name,
	m.operation, m.step, m.status, m.reason, m.at, m.body`

func scanMessage(rows *sql.Rows) (m storage.Message, err error) {
	err = rows.Scan(numberColumn[uint64]{&m.Seq}, &m.To.Kind, &m.To.ID, &m.ID, &m.Slot, &m.Element, &m.From.Kind, &m.From.ID,
		&m.Name, &m.Operation, &m.Step, nameColumn{&m.Status}, &m.Reason, timeColumn{&m.At}, &m.Body)
	return m, err
}

// Messages implements [storage.Inbox].
func (s *Store) Messages(ctx context.Context, q storage.MessageQuery) iter.Seq2[storage.Message, error] {
	return pages("messages", q.Limit, func(last *storage.Message, size int) ([]storage.Message, error) {
		after := q.After
		if last != nil {
			after = last.Seq
		}
		var f filter
		f.add("m.seq > ?", integer(after))
		addKey(&f, "m", q.To)
		addIn(&f, "m.status", namesOf(q.Statuses))
		query := "SELECT " + messageColumns + " FROM reeve_message AS m" + f.where() + " ORDER BY m.seq LIMIT ?"
		var out []storage.Message
		err := s.read(ctx, func(tx *session) error {
			return tx.list(ctx, query, append(f.args, size), func(rows *sql.Rows) error {
				m, err := scanMessage(rows)
				out = append(out, m)
				return err
			})
		})
		return out, err
	})
}

const (
	selectDead = `WITH v (seq) AS (VALUES {rows})
SELECT m.seq, m.kind, m.id, m.slot FROM v CROSS JOIN reeve_message AS m ON m.seq = v.seq AND m.status = 'dead'`

	redriveMessages = `WITH v (seq, status, reason, ended) AS (VALUES {rows})
UPDATE reeve_message AS m SET status = v.status, reason = v.reason, ended = v.ended FROM v WHERE m.seq = v.seq`
)

// RedriveMessages implements [storage.Inbox].
func (s *Store) RedriveMessages(ctx context.Context, seqs []uint64) ([]error, error) {
	answers := make([]error, len(seqs))
	err := s.write(ctx, func(ctx context.Context, tx *session) error {
		return tx.redriveMessages(ctx, seqs, answers, now())
	})
	if err != nil {
		return nil, failed("redrive messages", err)
	}
	return answers, nil
}

func (s *session) redriveMessages(ctx context.Context, seqs []uint64, answers []error, now time.Time) error {
	var asked values
	for _, seq := range seqs {
		asked.row(integer(seq))
	}
	dead := map[uint64]openMessage{}
	var keys []storage.Key
	err := s.query(ctx, selectDead, asked, func(rows *sql.Rows) error {
		var m openMessage
		err := rows.Scan(&m.seq, &m.to.Kind, &m.to.ID, &m.slot)
		dead[m.seq], keys = m, append(keys, m.to)
		return err
	})
	if err != nil {
		return err
	}
	fates, err := s.fates(ctx, keys)
	if err != nil {
		return err
	}
	var redriven values
	var opened []openMessage
	for i, seq := range seqs {
		m, found := dead[seq]
		f := fates[m.to]
		if !found || f.status == storage.MessageDead {
			answers[i] = storage.Errorf(storage.ErrNotFound, storage.Key{}, "no dead message of an existing record has the number %d", seq)
			continue
		}
		delete(dead, seq) // it is not dead any more
		if f.open() {
			redriven.row(integer(seq), f.status.String(), f.reason, nil)
			opened = append(opened, m)
		} else {
			redriven.row(integer(seq), f.status.String(), f.reason, now.UnixMicro())
		}
	}
	if err := s.exec(ctx, redriveMessages, redriven); err != nil {
		return err
	}
	return s.announce(ctx, opened, now)
}

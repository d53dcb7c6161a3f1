package postgres

import (
	"context"
	"iter"

	"github.com/jackc/pgx/v5"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/internal/adapter"
)

var (
	consumedRow = columnsOf(`seq bigint, kind text, id text, status text, reason text`)

	consumeMessages = `UPDATE reeve.message AS m SET status = v.status, reason = v.reason, ended = $6
FROM ` + consumedRow.at(1, "reeve.message", `t.seq = v.seq AND `+ofKey+` AND t.ended IS NULL`) + `
WHERE m.ctid = found.at`

	staleMessages = `UPDATE reeve.message AS m SET status = 'stale', reason = 'the record is final', ended = $3
FROM ` + keyRow.at(1, "reeve.message", ofKey+` AND t.ended IS NULL`) + `
WHERE m.ctid = found.at`
)

// consume notes what became of messages. Those that a final record leaves open are stale.
func (s *session) consume(steps []*step) {
	consumed := consumedRow.rows(len(steps))
	var final []storage.Key
	for _, c := range steps {
		seen := map[uint64]bool{}
		for _, m := range c.Consume {
			if !seen[m.Seq] {
				seen[m.Seq] = true
				consumed.add(integer(m.Seq), c.Key.Kind, c.Key.ID, m.As.String(), m.Reason)
			}
		}
		if c.Record.Final {
			final = append(final, c.Key)
		}
	}
	s.over(consumeMessages, consumed, s.now)
	s.over(staleMessages, keyRows(final), s.now)
}

const messageColumns = `m.seq, m.kind, m.id, m.message_id, m.slot, m.element, m.from_kind, m.from_id, m.name,
	m.operation, m.step, m.status, m.reason, m.at, m.body`

func scanMessage(rows pgx.Rows) (m storage.Message, err error) {
	err = rows.Scan(&m.Seq, &m.To.Kind, &m.To.ID, &m.ID, &m.Slot, &m.Element, &m.From.Kind, &m.From.ID,
		&m.Name, &m.Operation, &m.Step, nameColumn{&m.Status}, &m.Reason, timeColumn{&m.At}, &m.Body)
	return m, err
}

// Messages implements [storage.Inbox].
func (s *Store) Messages(ctx context.Context, q storage.MessageQuery) iter.Seq2[storage.Message, error] {
	return adapter.Pages(q.Limit, func(last *storage.Message, size int) ([]storage.Message, error) {
		after := q.After
		if last != nil {
			after = last.Seq
		}
		var f filter
		f.add("m.seq > $", integer(after))
		f.addKey("m", q.To)
		addStatuses(&f, "m.status", q.Statuses)
		return list(ctx, s, "messages", `SELECT `+messageColumns+` FROM reeve.message AS m`+f.where()+` ORDER BY m.seq`, &f, size, scanMessage)
	})
}

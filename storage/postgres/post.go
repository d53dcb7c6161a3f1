package postgres

import (
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/reeve-go/reeve/storage"
)

// A posting is a message on its way to a record.
type posting struct {
	*storage.Message
	to storage.Key
}

// A fate is what becomes of a message when it comes.
type fate struct {
	status storage.MessageStatus
	reason string
}

func (f fate) open() bool { return f.status == storage.MessageOpen }

// fate returns what becomes of a message to the record.
func (h *held) fate() fate {
	switch {
	case h == nil || h.version == 0:
		return fate{storage.MessageDead, "no such record"}
	case h.final:
		return fate{storage.MessageStale, "the record is final"}
	}
	return fate{}
}

var (
	messageRow = columnsOf(`kind text, id text, message_id text, slot text, element text, from_kind text, from_id text, name text,
	operation text, step text, status text, reason text, at timestamptz, ended timestamptz, body bytea`)

	// insertMessages leaves out what was accepted before.
	insertMessages = `INSERT INTO reeve.message (` + messageRow.names("") + `)
SELECT ` + messageRow.names("v.") + ` FROM ` + messageRow.as("v", 1) + ` ORDER BY v.ordinal
ON CONFLICT (kind, id, message_id) DO NOTHING`

	slotRow = columnsOf(`kind text, id text, slot text`)

	inSlot = ofKey + ` AND t.slot = v.slot AND t.slot <> '' AND t.ended IS NULL`

	// replaceMessages ends the open messages of slots but for the newest ones.
	replaceMessages = `UPDATE reeve.message AS m SET status = 'replaced', ended = $4
FROM ` + slotRow.at(1, "reeve.message", inSlot) + `
WHERE m.ctid = found.at AND m.seq < (
	SELECT max(n.seq) FROM reeve.message AS n WHERE n.kind = v.kind AND n.id = v.id AND n.slot = v.slot AND n.slot <> '' AND n.ended IS NULL)`

	// wakeRecords makes records due now that have an open message, unless they are due already or nobody may
	// work on them.
	wakeRecords = `UPDATE reeve.record AS r SET due = greatest($3, r.not_before)
FROM ` + keyRow.at(1, "reeve.record", ofKey) + `
WHERE r.ctid = found.at AND r.status = 'ok' AND NOT r.final AND (r.due IS NULL OR r.due > $3) AND ` + hasOpenMessage + `
RETURNING r.due <= $3 AND r.lease_until IS NULL`
)

// post stores messages in their order, lets them take their slots, and wakes the records that are to
// look at them.
func (s *session) post(postings []*posting, fateAt func(storage.Key) fate) {
	messages, slots := messageRow.rows(len(postings)), slotRow.rows(0)
	var woken []storage.Key
	for _, p := range postings {
		f := fateAt(p.to)
		var ended time.Time
		if f.open() {
			woken = append(woken, p.to)
			if p.Slot != "" {
				slots.add(p.to.Kind, p.to.ID, p.Slot)
			}
		} else {
			ended = s.now
		}
		messages.add(p.to.Kind, p.to.ID, p.ID, p.Slot, p.Element, p.From.Kind, p.From.ID, p.Name,
			p.Operation, p.Step, f.status.String(), f.reason, s.now, ended, p.Body)
	}
	s.over(insertMessages, messages)
	s.over(replaceMessages, slots, s.now)
	s.dueOver(storage.HintRecords, wakeRecords, keyRows(woken), s.now)
	s.wakes = s.wakes || len(woken) > 0
}

var (
	messageName = columnsOf(`kind text, id text, message_id text`)

	acceptedBefore = `SELECT m.kind, m.id, m.message_id FROM ` + messageName.with("m", "reeve.message", ofKey+` AND t.message_id = v.message_id`)
)

// A nameOfMessage is what it is accepted under once.
type nameOfMessage struct {
	to storage.Key
	id string
}

// lookForMessages finds out which of messages were accepted before.
func (s *session) lookForMessages(messages []*posting) map[nameOfMessage]bool {
	names, before := messageName.rows(len(messages)), map[nameOfMessage]bool{}
	for _, p := range messages {
		names.add(p.to.Kind, p.to.ID, p.ID)
	}
	s.each(acceptedBefore, names, func(rows pgx.Rows) error {
		var n nameOfMessage
		err := rows.Scan(&n.to.Kind, &n.to.ID, &n.id)
		before[n] = true
		return err
	})
	return before
}

// targets returns the records that messages go to.
func targets(postings []*posting) []storage.Key {
	keys := make([]storage.Key, len(postings))
	for i, p := range postings {
		keys[i] = p.to
	}
	slices.SortFunc(keys, compareKeys)
	return slices.Compact(keys)
}

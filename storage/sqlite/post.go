package sqlite

import (
	"context"
	"database/sql"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// A posting is a message on its way to a record.
type posting struct {
	*storage.Message
	to     storage.Key
	absent bool   // there is no such record
	seq    uint64 // the number it was accepted with; zero if its ID was accepted before
}

// An absence says what becomes of a message to a record that does not exist.
type absence uint8

const (
	refuseIfAbsent absence = iota
	deadIfAbsent
)

const (
	selectTargets = `WITH v (kind, id) AS (VALUES {rows})
SELECT r.kind, r.id, r.final FROM v CROSS JOIN reeve_record AS r ON r.kind = v.kind AND r.id = v.id`

	// insertMessages leaves out what was accepted before, and returns the others.
	insertMessages = `INSERT INTO reeve_message
	(kind, id, message_id, slot, element, from_kind, from_id, name, operation, step, status, reason, at, ended, body)
VALUES {rows}
ON CONFLICT (kind, id, message_id) DO NOTHING
RETURNING seq, kind, id, message_id`

	// replaceMessages ends the open messages of slots but for the newest ones, which are named.
	replaceMessages = `WITH v (kind, id, slot, seq) AS (VALUES {rows})
UPDATE reeve_message AS m SET status = 'replaced', ended = ?
FROM v WHERE m.kind = v.kind AND m.id = v.id AND m.slot = v.slot AND m.slot <> '' AND m.ended IS NULL AND m.seq <> v.seq`
)

// A fate is what becomes of a message when it comes.
type fate struct {
	status storage.MessageStatus
	reason string
}

func (f fate) open() bool { return f.status == storage.MessageOpen }

// fates returns what becomes of messages to records.
func (s *session) fates(ctx context.Context, keys []storage.Key) (map[storage.Key]fate, error) {
	out := map[storage.Key]fate{}
	var asked []storage.Key
	for _, k := range keys {
		if _, known := out[k]; !known {
			out[k] = fate{storage.MessageDead, "no such record"}
			asked = append(asked, k)
		}
	}
	err := s.query(ctx, selectTargets, keyValues(asked), func(rows *sql.Rows) error {
		var k storage.Key
		var final bool
		err := rows.Scan(&k.Kind, &k.ID, &final)
		out[k] = fate{}
		if final {
			out[k] = fate{storage.MessageStale, "the record is final"}
		}
		return err
	})
	return out, err
}

// post stores messages in their order and wakes the records that are to look at them.
func (s *session) post(ctx context.Context, postings []*posting, as absence, now time.Time) error {
	if len(postings) == 0 {
		return nil
	}
	keys := make([]storage.Key, len(postings))
	for i, p := range postings {
		keys[i] = p.to
	}
	fates, err := s.fates(ctx, keys)
	if err != nil {
		return err
	}
	type name struct {
		to storage.Key
		id string
	}
	var rows values
	first := map[name]*posting{}
	for _, p := range postings {
		f := fates[p.to]
		if p.absent = f.status == storage.MessageDead; p.absent && as == refuseIfAbsent {
			continue
		}
		var ended any
		if !f.open() {
			ended = now.UnixMicro()
		}
		rows.row(p.to.Kind, p.to.ID, p.ID, p.Slot, p.Element, p.From.Kind, p.From.ID, p.Name, p.Operation, p.Step,
			f.status.String(), f.reason, now.UnixMicro(), ended, blob(p.Body))
		if n := (name{p.to, p.ID}); first[n] == nil {
			first[n] = p
		}
	}
	err = s.query(ctx, insertMessages, rows, func(rows *sql.Rows) error {
		var seq uint64
		var n name
		if err := rows.Scan(&seq, &n.to.Kind, &n.to.ID, &n.id); err != nil {
			return err
		}
		first[n].seq = seq
		return nil
	})
	if err != nil {
		return err
	}
	var opened []openMessage
	for _, p := range postings {
		if p.seq > 0 && fates[p.to].open() {
			opened = append(opened, openMessage{p.to, p.Slot, p.seq})
		}
	}
	return s.announce(ctx, opened, now)
}

// An openMessage is one that has just become open.
type openMessage struct {
	to   storage.Key
	slot string
	seq  uint64
}

// announce lets messages that became open take their slots, in their order, and wakes their records.
func (s *session) announce(ctx context.Context, opened []openMessage, now time.Time) error {
	type slot struct {
		to   storage.Key
		name string
	}
	newest := map[slot]uint64{}
	woken := map[storage.Key]bool{}
	var keys []storage.Key
	for _, m := range opened {
		if m.slot != "" {
			newest[slot{m.to, m.slot}] = m.seq
		}
		if !woken[m.to] {
			woken[m.to] = true
			keys = append(keys, m.to)
		}
	}
	var replaced values
	for sl, seq := range newest {
		replaced.row(sl.to.Kind, sl.to.ID, sl.name, integer(seq))
	}
	if err := s.exec(ctx, replaceMessages, replaced, now.UnixMicro()); err != nil {
		return err
	}
	return s.wake(ctx, keys, now)
}

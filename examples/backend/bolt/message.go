package bolt

import (
	"time"

	"github.com/reeve-go/reeve/storage"
)

// A message is a row of the table of messages.
type message struct {
	indexed
	storage.Message

	Ended time.Time // zero: it is open
}

func (m *message) place() place { return place{messages, number(m.Seq)} }

func (m *message) entries() []entry {
	all := []entry{
		{messagesByID, name(m.To) + text(m.ID)},
		{messagesOf, name(m.To) + number(m.Seq)},
	}
	switch m.Status {
	case storage.MessageOpen:
		all = append(all, entry{openMessages, name(m.To) + number(m.Seq)})
		if m.Slot != "" {
			all = append(all, entry{openSlots, name(m.To) + text(m.Slot)})
		}
	case storage.MessageDead:
		all = append(all, entry{deadMessages, moment(m.Ended) + number(m.Seq)})
	default:
		all = append(all, entry{endedMessages, moment(m.Ended) + number(m.Seq)})
	}
	return all
}

// message returns a message by its number; nil if there is none.
func (t *tx) message(seq uint64) *message {
	m, _ := t.load(place{messages, number(seq)}, &message{}).(*message)
	return m
}

// messagesAt returns the messages that were found.
func (t *tx) messagesAt(hits []hit) []*message {
	return read(t, messages, hits, func() *message { return &message{} })
}

// openMessages returns up to n open messages of a record, zero for all, by number.
func (t *tx) openMessages(of storage.Key, n int) []*message {
	return t.messagesAt(t.find(openMessages, name(of), end(name(of)), n))
}

// post accepts a message, and wakes its record. It is false if its ID was accepted before.
func (t *tx) post(sent storage.Message) bool {
	if t.any(messagesByID, name(sent.To)+text(sent.ID)) {
		return false
	}
	m := &message{Message: sent}
	m.Seq, m.At, m.Body = t.next(messages), t.now, own(sent.Body)
	t.open(m)
	return true
}

// open makes a message open, or what it has to be where nobody will look at it.
func (t *tx) open(m *message) {
	r := t.record(m.To)
	switch {
	case r == nil:
		t.end(m, storage.MessageDead, "no such record")
		return
	case r.Final:
		t.end(m, storage.MessageStale, "the record is final")
		return
	}
	if slot := name(m.To) + text(m.Slot); m.Slot != "" {
		for _, old := range t.messagesAt(t.find(openSlots, slot, end(slot), 1)) {
			t.end(old, storage.MessageReplaced, "")
		}
	}
	m.Status, m.Reason, m.Ended = storage.MessageOpen, "", time.Time{}
	t.save(m)
	t.wake(r)
}

// end notes what became of a message.
func (t *tx) end(m *message, as storage.MessageStatus, reason string) {
	m.Status, m.Reason, m.Ended = as, reason, t.now
	t.save(m)
}

// consume notes what a change did with messages. Those that a final record leaves open are stale.
func (t *tx) consume(r *record, consumed []storage.Consumption) {
	for _, c := range consumed {
		if m := t.message(c.Seq); m != nil && m.To == r.Key && m.Status == storage.MessageOpen {
			t.end(m, c.As, c.Reason)
		}
	}
	if r.Final {
		for _, m := range t.openMessages(r.Key, 0) {
			t.end(m, storage.MessageStale, "the record is final")
		}
	}
}

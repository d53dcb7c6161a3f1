package memory

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// A mailbox holds what was said to a record, also to one that does not exist.
type mailbox struct {
	byID map[string]*message
	open []*message // by number
}

type message struct {
	storage.Message
	ended time.Time
	place place[*message]
}

func compareMessages(a, b *message) int { return cmp.Compare(a.Seq, b.Seq) }

func (m *message) copy() storage.Message {
	out := m.Message
	out.Body = cloneBytes(m.Body)
	return out
}

func (b *mailbox) openOrNone() []*message {
	if b == nil {
		return nil
	}
	return b.open
}

// close takes a message from the open ones, if it is one of them.
func (b *mailbox) close(m *message) {
	if at, ok := slices.BinarySearchFunc(b.open, m, compareMessages); ok {
		b.open = slices.Delete(b.open, at, at+1)
	}
}

func (s *shard) box(k storage.Key) *mailbox {
	return getOrMake(s.mail, k, func() *mailbox { return &mailbox{byID: map[string]*message{}} })
}

// Deliver implements [storage.Inbox]. What is said to one record in a row is there at once, so that one turn hears all of it.
func (s *Store) Deliver(ctx context.Context, messages []storage.Message) ([]error, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	now, answers := now(), make([]error, len(messages))
	for from, to := 0, 0; from < len(messages); from = to {
		for to < len(messages) && messages[to].To == messages[from].To {
			to++
		}
		unlock := s.lock(messages[from].To)
		for i := from; i < to; i++ {
			answers[i] = s.deliver(&messages[i], now)
		}
		unlock()
	}
	return answers, nil
}

// deliver delivers one message. The shard of its record is locked.
func (s *Store) deliver(m *storage.Message, now time.Time) error {
	if err := s.limits.CheckMessage(m); err != nil {
		return err
	}
	shard := s.shardOf(m.To)
	if shard.records[m.To] == nil {
		return storage.Errorf(storage.ErrNotFound, m.To, "message %q has no record to go to", m.ID)
	}
	if !shard.post(s, *m, now) {
		return storage.Errorf(storage.ErrDuplicate, m.To, "message %q was accepted before", m.ID)
	}
	return nil
}

// post stores a message and wakes its record. It is false if the ID was accepted before.
func (s *shard) post(store *Store, m storage.Message, now time.Time) bool {
	box := s.box(m.To)
	if box.byID[m.ID] != nil {
		return false
	}
	m.Body = cloneBytes(m.Body)
	m.Seq, m.At, m.Reason = store.seq.Add(1), now, ""
	stored := &message{Message: m}
	stored.place.value = stored
	box.byID[m.ID] = stored
	s.open(stored, now)
	return true
}

// open makes a message open, or what it has to be where nobody will look at it.
func (s *shard) open(m *message, now time.Time) {
	r := s.records[m.To]
	switch {
	case r == nil:
		s.end(m, storage.MessageDead, "no such record", now)
		return
	case r.Final:
		s.end(m, storage.MessageStale, "the record is final", now)
		return
	}
	box := s.box(m.To)
	if m.Slot != "" {
		for _, old := range box.open {
			if old.Slot == m.Slot {
				s.end(old, storage.MessageReplaced, "", now)
				break
			}
		}
	}
	m.Status, m.Reason, m.ended = storage.MessageOpen, "", time.Time{}
	at, _ := slices.BinarySearchFunc(box.open, m, compareMessages)
	box.open = slices.Insert(box.open, at, m)
	s.endedMessages.set(&m.place, time.Time{})
	s.wake(r, now)
}

// end takes a message from the open ones and notes what became of it.
func (s *shard) end(m *message, as storage.MessageStatus, reason string, now time.Time) {
	s.box(m.To).close(m)
	m.Status, m.Reason, m.ended = as, reason, now
	if as == storage.MessageDead {
		s.deadMessages.set(&m.place, now)
	} else {
		s.endedMessages.set(&m.place, now)
	}
}

// forget removes a message, and with it its ID.
func (s *shard) forget(m *message) {
	box := s.box(m.To)
	delete(box.byID, m.ID)
	box.close(m)
	s.queueOf(m).set(&m.place, time.Time{})
	if len(box.byID) == 0 {
		delete(s.mail, m.To)
	}
}

func (s *shard) queueOf(m *message) *queue[*message] {
	if m.Status == storage.MessageDead {
		return s.deadMessages
	}
	return s.endedMessages
}

// Messages implements [storage.Inbox].
func (s *Store) Messages(ctx context.Context, q storage.MessageQuery) iter.Seq2[storage.Message, error] {
	return pages(ctx, q.Limit, func() []storage.Message {
		var out []storage.Message
		s.eachShard(q.To, func(shard *shard) {
			for k, box := range shard.mail {
				if !selects(q.To, k) {
					continue
				}
				for _, m := range box.byID {
					if m.Seq > q.After && matches(q.Statuses, m.Status) {
						out = append(out, m.copy())
					}
				}
			}
		})
		slices.SortFunc(out, func(a, b storage.Message) int { return cmp.Compare(a.Seq, b.Seq) })
		return out
	})
}

// RedriveMessages implements [storage.Inbox].
func (s *Store) RedriveMessages(ctx context.Context, seqs []uint64) ([]error, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	defer s.lockAll()()
	now, answers := now(), make([]error, len(seqs))
	for i, seq := range seqs {
		answers[i] = s.redriveMessage(seq, now)
	}
	return answers, nil
}

func (s *Store) redriveMessage(seq uint64, now time.Time) error {
	for i := range s.shards {
		shard := &s.shards[i]
		for _, p := range shard.deadMessages.places {
			if m := p.value; m.Seq == seq && shard.records[m.To] != nil {
				shard.deadMessages.set(&m.place, time.Time{})
				shard.open(m, now)
				return nil
			}
		}
	}
	return storage.Errorf(storage.ErrNotFound, storage.Key{}, "no dead message of an existing record has the number %d", seq)
}

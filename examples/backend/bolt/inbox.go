package bolt

import (
	"context"
	"iter"
	"slices"

	"github.com/reeve-go/reeve/storage"
)

// Deliver implements [storage.Inbox].
func (s *Store) Deliver(ctx context.Context, messages []storage.Message) ([]error, error) {
	answers := make([]error, len(messages))
	err := s.update(ctx, "deliver", func(t *tx) {
		for i := range messages {
			answers[i] = s.deliver(t, &messages[i])
		}
	})
	if err != nil {
		return nil, err
	}
	return answers, nil
}

func (s *Store) deliver(t *tx, m *storage.Message) error {
	if err := s.limits.CheckMessage(m); err != nil {
		return err
	}
	if t.record(m.To) == nil {
		return storage.Errorf(storage.ErrNotFound, m.To, "message %q has no record to go to", m.ID)
	}
	if !t.post(*m) {
		return storage.Errorf(storage.ErrDuplicate, m.To, "message %q was accepted before", m.ID)
	}
	return nil
}

// RedriveMessages implements [storage.Inbox].
func (s *Store) RedriveMessages(ctx context.Context, seqs []uint64) ([]error, error) {
	answers := make([]error, len(seqs))
	err := s.update(ctx, "redrive messages", func(t *tx) {
		for i, seq := range seqs {
			m := t.message(seq)
			if m == nil || m.Status != storage.MessageDead || t.record(m.To) == nil {
				answers[i] = storage.Errorf(storage.ErrNotFound, storage.Key{}, "no dead message of an existing record has the number %d", seq)
				continue
			}
			t.open(m)
		}
	})
	if err != nil {
		return nil, err
	}
	return answers, nil
}

// Messages implements [storage.Inbox]. Those of one record stand together; others are found among all.
func (s *Store) Messages(ctx context.Context, q storage.MessageQuery) iter.Seq2[storage.Message, error] {
	of := byNumber(messages, messagesOf, q.To, q.After)
	return pages(ctx, s, "messages", q.Limit, of, func(t *tx, hits []hit) (page []storage.Message) {
		for _, m := range t.messagesAt(hits) {
			if selects(q.To, m.To) && matches(q.Statuses, m.Status) {
				page = append(page, m.Message)
			}
		}
		return page
	})
}

// selects reports whether a query asks for what belongs to a record: to it, to its kind, or to any.
func selects(asked, k storage.Key) bool {
	return asked == k || asked.ID == "" && (asked.Kind == "" || asked.Kind == k.Kind)
}

// matches reports whether v is among the wanted; none wanted: any.
func matches[T comparable](wanted []T, v T) bool {
	return len(wanted) == 0 || slices.Contains(wanted, v)
}

package storagetest

import (
	"context"
	"errors"
	"time"

	"github.com/reeve-go/reeve/storage"
)

func messageMutants() []mutant {
	// sent are those of a record that were not there before.
	sent := func(before, s *state) (out []*messageRow) {
		for _, m := range s.Messages {
			if before.message(m.Seq) == nil {
				out = append(out, m)
			}
		}
		return out
	}
	return []mutant{
		{"an id is accepted twice", delivered(func(_, s *state, m *storage.Message, answer error, now time.Time) error {
			if !errors.Is(answer, storage.ErrDuplicate) {
				return answer
			}
			s.Seq++
			again := &messageRow{Message: copyMessage(*m)}
			again.Seq, again.At = s.Seq, now
			s.post(again, now)
			s.Messages = append(s.Messages, again)
			return nil
		}), []string{
			"4 no wake-up is lost/a message that is not new wakes nobody",
			"5 messages/an id is accepted once",
			"5 messages/each has its own answer",
			"5 messages/to a final record it is stale",
		}},
		{"a duplicate replaces", delivered(func(_, s *state, m *storage.Message, answer error, _ time.Time) error {
			for _, old := range s.Messages {
				if errors.Is(answer, storage.ErrDuplicate) && old.To == m.To && old.ID == m.ID {
					old.Body = m.Body
				}
			}
			return answer
		}), []string{"5 messages/an id is accepted once"}},
		{"an id is everybody's", func(b *broken) {
			b.deliver = func(ctx context.Context, messages []storage.Message) (all []error, err error) {
				if err := ctx.Err(); err != nil {
					return nil, err
				}
				for _, m := range messages {
					known := false
					for _, old := range b.before().Messages {
						known = known || old.ID == m.ID && old.To != m.To
					}
					if known {
						all = append(all, storage.ErrDuplicate)
						continue
					}
					answers, err := b.model.Deliver(ctx, []storage.Message{m})
					if err != nil {
						return nil, err
					}
					all = append(all, answers[0])
				}
				return all, nil
			}
		}, []string{
			"3 a claim hides what it hands out/the snapshot is bounded and says so",
			"4 no wake-up is lost/delivering wakes",
			"5 messages/a slot is a record's own and holds what is open",
			"5 messages/an id is a record's own",
		}},
		{"a slot holds two", delivered(func(before, s *state, _ *storage.Message, answer error, _ time.Time) error {
			for _, m := range s.Messages {
				if m.Status == storage.MessageReplaced {
					m.Status = storage.MessageOpen
				}
			}
			return answer
		}), []string{"5 messages/a slot holds the newest"}},
		{"a slot holds the oldest", delivered(func(before, s *state, _ *storage.Message, answer error, _ time.Time) error {
			for _, m := range s.Messages {
				if m.Status != storage.MessageReplaced {
					continue
				}
				for _, newer := range s.open(m.To) {
					if newer.Slot == m.Slot && newer.Seq > m.Seq {
						m.Status, newer.Status = storage.MessageOpen, storage.MessageReplaced
					}
				}
			}
			return answer
		}), []string{
			"5 messages/a slot holds the newest",
			"9 what has ended is pruned/messages, by when they ended",
		}},
		{"a slot is everybody's", delivered(func(_, s *state, m *storage.Message, answer error, _ time.Time) error {
			for _, old := range s.Messages {
				if old.Status == storage.MessageOpen && m.Slot != "" && old.Slot == m.Slot && old.To != m.To {
					old.Status = storage.MessageReplaced
				}
			}
			return answer
		}), []string{"5 messages/a slot is a record's own and holds what is open"}},
		{"a slot replaces what was consumed", delivered(func(_, s *state, m *storage.Message, answer error, _ time.Time) error {
			for _, old := range s.Messages {
				if old.Status == storage.MessageConsumed && m.Slot != "" && old.Slot == m.Slot {
					old.Status = storage.MessageReplaced
				}
			}
			return answer
		}), []string{"5 messages/a slot is a record's own and holds what is open"}},
		{"a message to nobody is kept", delivered(func(_, s *state, m *storage.Message, answer error, now time.Time) error {
			if errors.Is(answer, storage.ErrNotFound) {
				s.send(*m, now)
			}
			return answer
		}), []string{"5 messages/to an unknown record nothing is stored"}},
		{"a message to a final record is open", delivered(func(before, s *state, m *storage.Message, answer error, _ time.Time) error {
			for _, m := range sent(before, s) {
				if m.Status == storage.MessageStale {
					m.Status, m.Reason = storage.MessageOpen, ""
				}
			}
			return answer
		}), []string{"5 messages/to a final record it is stale"}},
		{"a message to a final record is refused", delivered(func(before, s *state, m *storage.Message, answer error, _ time.Time) error {
			if r := s.Records[m.To]; r != nil && r.Final && answer == nil {
				s.Messages = before.Messages
				return storage.ErrNotFound
			}
			return answer
		}), []string{
			"4 no wake-up is lost/final records sleep for ever",
			"5 messages/to a final record it is stale",
			"9 what has ended is pruned/messages, by when they ended",
			"9 what has ended is pruned/no more than the limit at a time",
			"9 what has ended is pruned/what reaches back to before 1970 keeps everything",
			"9 what has ended is pruned/zero keeps for ever",
		}},
		{"a record becomes final with open messages", applied(func(before, s *state, c *storage.Change, _ time.Time) {
			for _, m := range s.Messages {
				old := before.message(m.Seq)
				if old != nil && old.Status == storage.MessageOpen && m.Reason == "the record is final" {
					m.Status = storage.MessageOpen
				}
			}
		}), []string{"5 messages/a record that becomes final leaves its open ones stale"}},
		{"stale without a reason", applied(func(before, s *state, _ *storage.Change, _ time.Time) {
			for _, m := range s.Messages {
				if m.Reason == "the record is final" {
					m.Reason = ""
				}
			}
		}), []string{"5 messages/a record that becomes final leaves its open ones stale"}},
		{"everything is consumed", applied(func(_, s *state, c *storage.Change, _ time.Time) {
			for _, consumed := range c.Consume {
				if m := s.message(consumed.Seq); m != nil && m.To == c.Key && m.Status != storage.MessageOpen {
					m.Status = storage.MessageConsumed
				}
			}
		}), []string{
			"5 messages/a dead one is opened again",
			"5 messages/one opened again obeys slot and final",
			"5 messages/what a turn makes of it is kept",
			"9 what has ended is pruned/what is dead has a time of its own",
		}},
		{"what has ended is consumed again", changes(func(s *state, c *storage.Change) {
			for _, consumed := range c.Consume {
				if m := s.message(consumed.Seq); m != nil && m.To == c.Key && m.Status != storage.MessageOpen {
					m.Status = consumed.As
				}
			}
		}), []string{"5 messages/only open ones are consumed"}},
		{"others' messages are consumed", changes(func(s *state, c *storage.Change) {
			for _, consumed := range c.Consume {
				if m := s.message(consumed.Seq); m != nil && m.To != c.Key {
					m.Status = consumed.As
				}
			}
		}), []string{"5 messages/only the record's own are consumed"}},
		{"up to a number is consumed", applied(func(_, s *state, c *storage.Change, _ time.Time) {
			for _, consumed := range c.Consume {
				for _, m := range s.open(c.Key) {
					if m.Seq < consumed.Seq {
						m.Status = consumed.As
					}
				}
			}
		}), []string{
			"3 a claim hides what it hands out/the snapshot has the open messages",
			"5 messages/are found by record and status",
			"9 what has ended is pruned/messages, by when they ended",
		}},
		{"reasons are lost", changes(func(_ *state, c *storage.Change) {
			c.Consume = append([]storage.Consumption(nil), c.Consume...)
			for i := range c.Consume {
				c.Consume[i].Reason = ""
			}
		}), []string{"5 messages/what a turn makes of it is kept"}},
		{"what is sent to nobody is lost", applied(func(before, s *state, _ *storage.Change, _ time.Time) {
			s.Messages = keepOthers(s.Messages, func(m *messageRow) bool { return s.Records[m.To] == nil })
		}), []string{
			"5 messages/one sent to an unknown record is dead",
			"5 messages/only dead ones are opened again",
			"9 what has ended is pruned/what is dead has a time of its own",
		}},
		{"a redriven message ignores its slot", func(b *broken) {
			b.redrive = func(ctx context.Context, seqs []uint64) ([]error, error) {
				before := b.before()
				answers, err := b.model.RedriveMessages(ctx, seqs)
				b.tamper(func(s *state, _ time.Time) {
					for _, m := range s.Messages {
						if m.Status == storage.MessageReplaced {
							m.Status = before.message(m.Seq).Status
						}
					}
				})
				return answers, err
			}
		}, []string{"5 messages/one opened again obeys slot and final"}},
		{"anything is redriven", func(b *broken) {
			b.redrive = func(ctx context.Context, seqs []uint64) ([]error, error) {
				b.tamper(func(s *state, _ time.Time) {
					for _, seq := range seqs {
						if m := s.message(seq); m != nil {
							m.Status = storage.MessageDead
						}
					}
				})
				return b.model.RedriveMessages(ctx, seqs)
			}
		}, []string{"5 messages/only dead ones are opened again"}},
		{"the sender numbers messages", delivered(func(_, s *state, m *storage.Message, answer error, _ time.Time) error {
			for _, stored := range s.Messages {
				if m.Seq > 0 && stored.To == m.To && stored.ID == m.ID {
					stored.Seq = m.Seq
				}
			}
			return answer
		}), []string{"7 time is the store's/what the store sets is not taken from the caller"}},
		{"the sender's clock counts", delivered(func(_, s *state, m *storage.Message, answer error, _ time.Time) error {
			for _, stored := range s.Messages {
				if !m.At.IsZero() && stored.To == m.To && stored.ID == m.ID {
					stored.At = m.At
				}
			}
			return answer
		}), []string{"7 time is the store's/what the store sets is not taken from the caller"}},
		{"a message loses its step", delivered(func(before, s *state, _ *storage.Message, answer error, _ time.Time) error {
			for _, m := range sent(before, s) {
				m.Step = ""
			}
			return answer
		}), []string{"5 messages/every field comes back"}},
		{"a message is looked for before it is checked", func(b *broken) {
			b.deliver = func(ctx context.Context, messages []storage.Message) ([]error, error) {
				before := b.before()
				answers, err := b.model.Deliver(ctx, messages)
				for i := range answers {
					if errors.Is(answers[i], storage.ErrTooLarge) && before.Records[messages[i].To] == nil {
						answers[i] = storage.ErrNotFound
					}
				}
				return answers, err
			}
		}, []string{"8 sizes and names are limited/a message is checked before its record is looked for"}},
	}
}

package postgres

import (
	"context"

	"github.com/reeve-go/reeve/storage"
)

// Deliver implements [storage.Inbox].
func (s *Store) Deliver(ctx context.Context, messages []storage.Message) ([]error, error) {
	answers := make([]error, len(messages))
	var valid []*storage.Message
	for i := range messages {
		if answers[i] = s.limits.CheckMessage(&messages[i]); answers[i] == nil {
			valid = append(valid, &messages[i])
		}
	}
	if len(valid) == 0 {
		return answers, nil
	}
	deliver := s.deliverAll
	if s.gathers(len(valid)) {
		deliver = s.delivers.call
	}
	made, err := deliver(ctx, valid)
	if err != nil {
		return nil, failed("deliver", err)
	}
	return merge(answers, made), nil
}

// merge puts the answers to what was valid in the places that have none yet.
func merge(answers, made []error) []error {
	for i := range answers {
		if answers[i] == nil {
			answers[i], made = made[0], made[1:]
		}
	}
	return answers
}

// deliverAll delivers messages that are valid. One to a record that is locked is in nobody's way.
func (s *Store) deliverAll(ctx context.Context, messages []*storage.Message) ([]error, error) {
	p := pieces[*storage.Message]{store: s, rows: []string{lockedRecords}, needs: func(m *storage.Message) []storage.Key {
		return []storage.Key{m.To}
	}, do: func(ctx context.Context, some []*storage.Message) ([]error, error) {
		return s.deliver(ctx, some, len(messages) > 1)
	}}
	return p.answer(ctx, messages)
}

// deliver delivers messages that are valid.
func (s *Store) deliver(ctx context.Context, messages []*storage.Message, impatient bool) ([]error, error) {
	answers, postings := make([]error, len(messages)), make([]*posting, len(messages))
	for i, m := range messages {
		postings[i] = &posting{Message: m, to: m.To}
	}
	var known map[storage.Key]*held
	var before map[nameOfMessage]bool
	err := s.write(ctx, writing{
		look: func(tx *session) {
			known = tx.lockRecords(targets(postings), nil)
			before = tx.lookForMessages(postings)
		},
		act: func(_ context.Context, tx *session) error {
			var accepted []*posting
			for i, p := range postings {
				name := nameOfMessage{p.to, p.ID}
				switch {
				case known[p.to].version == 0:
					answers[i] = storage.Errorf(storage.ErrNotFound, p.to, "message %q has no record to go to", p.ID)
				case before[name]:
					answers[i] = storage.Errorf(storage.ErrDuplicate, p.to, "message %q was accepted before", p.ID)
				default:
					answers[i], before[name] = nil, true
					accepted = append(accepted, p)
				}
			}
			tx.post(accepted, func(k storage.Key) fate { return known[k].fate() })
			return nil
		},
		impatient: impatient,
	})
	return answers, err
}

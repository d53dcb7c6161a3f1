package postgres

import (
	"context"

	"github.com/reeve-go/reeve/storage"
)

// Deliver implements [storage.Inbox].
func (s *Store) Deliver(ctx context.Context, messages []storage.Message) ([]error, error) {
	answers := make([]error, len(messages))
	var valid []*posting
	var places []int
	for i := range messages {
		if answers[i] = s.limits.CheckMessage(&messages[i]); answers[i] == nil {
			valid = append(valid, &posting{Message: &messages[i], to: messages[i].To})
			places = append(places, i)
		}
	}
	if len(valid) == 0 {
		return answers, nil
	}
	var known map[storage.Key]*held
	var before map[nameOfMessage]bool
	err := s.write(ctx, writing{
		look: func(tx *session) {
			known = tx.lockRecords(targets(valid), nil)
			before = tx.lookForMessages(valid)
		},
		act: func(_ context.Context, tx *session) error {
			var accepted []*posting
			for i, p := range valid {
				name, answer := nameOfMessage{p.to, p.ID}, &answers[places[i]]
				switch {
				case known[p.to].version == 0:
					*answer = storage.Errorf(storage.ErrNotFound, p.to, "message %q has no record to go to", p.ID)
				case before[name]:
					*answer = storage.Errorf(storage.ErrDuplicate, p.to, "message %q was accepted before", p.ID)
				default:
					*answer, before[name] = nil, true
					accepted = append(accepted, p)
				}
			}
			tx.post(accepted, func(k storage.Key) fate { return known[k].fate() })
			return nil
		},
	})
	if err != nil {
		return nil, failed("deliver", err)
	}
	return answers, nil
}

package supervision

import (
	"context"
	"errors"

	"github.com/reeve-go/reeve/storage"
)

// Deliver says something to a record: the message is kept for the record's next turn. To is set to
// the record. An ID that the record accepted before is no error, so that a sender who does not know
// whether it was heard may say it again.
func (k *Kind[T, S, E]) Deliver(ctx context.Context, id string, m storage.Message) error {
	return k.explain("deliver", id, k.deliver(ctx, id, m))
}

func (k *Kind[T, S, E]) deliver(ctx context.Context, id string, m storage.Message) error {
	if k.broken != nil {
		return k.broken
	}
	m.To = k.key(id)
	answers, err := k.store.Deliver(ctx, []storage.Message{m})
	if err == nil {
		err = answers[0]
	}
	if errors.Is(err, storage.ErrDuplicate) {
		return nil
	}
	return err
}

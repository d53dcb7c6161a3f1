package supervision

import (
	"context"
	"errors"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// Redrive gives what a record has given up another chance: its dead messages are open again, and its
// dead effects are performed again, with that time from now (zero: any). It returns how many of both
// there were. What does not understand a message, or cannot perform an effect, should be mended first.
func (k *Kind[T, S, E]) Redrive(ctx context.Context, id string, within time.Duration) (int, error) {
	if k.broken != nil {
		return 0, k.explain("redrive", id, k.broken)
	}
	messages, err := k.redriveMessages(ctx, k.Key(id))
	if err != nil {
		return messages, k.explain("redrive", id, err)
	}
	effects, err := k.redriveEffects(ctx, k.Key(id), within)
	return messages + effects, k.explain("redrive", id, err)
}

func (k *Kind[T, S, E]) redriveMessages(ctx context.Context, key storage.Key) (int, error) {
	var dead []uint64
	for m, err := range k.store.Messages(ctx, storage.MessageQuery{To: key, Statuses: []storage.MessageStatus{storage.MessageDead}}) {
		if err != nil {
			return 0, err
		}
		dead = append(dead, m.Seq)
	}
	if len(dead) == 0 {
		return 0, nil
	}
	return redriven(k.store.RedriveMessages(ctx, dead))
}

func (k *Kind[T, S, E]) redriveEffects(ctx context.Context, key storage.Key, within time.Duration) (int, error) {
	var dead []string
	for e, err := range k.store.Effects(ctx, storage.EffectQuery{From: key, Statuses: []storage.EffectStatus{storage.EffectDead}}) {
		if err != nil {
			return 0, err
		}
		dead = append(dead, e.ID)
	}
	if len(dead) == 0 {
		return 0, nil
	}
	return redriven(k.store.RedriveEffects(ctx, dead, within))
}

// redriven counts what was. What is not dead any more, or is wanted again already, is passed over.
func redriven(answers []error, err error) (int, error) {
	n := 0
	for _, answer := range answers {
		switch {
		case answer == nil:
			n++
		case errors.Is(answer, storage.ErrNotFound), errors.Is(answer, storage.ErrExists):
		default:
			err = errors.Join(err, answer)
		}
	}
	return n, err
}

package supervision

import (
	"context"
	"errors"
	"iter"
	"slices"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// Redrive gives what a record has given up another chance: its dead messages are open again, and its
// dead effects are performed again, with that time from now (zero: any). It returns how many of both
// there were. What does not understand a message, or cannot perform an effect, should be mended first.
func (k *Kind[T, S, E]) Redrive(ctx context.Context, id string, within time.Duration) (int, error) {
	n, err := k.redrive(ctx, k.Key(id), within)
	return n, k.explain("redrive", id, err)
}

// RedriveAll is Redrive for everything that records of the kind have given up. Messages to records
// that do not exist stay dead.
func (k *Kind[T, S, E]) RedriveAll(ctx context.Context, within time.Duration) (int, error) {
	n, err := k.redrive(ctx, storage.Key{Kind: k.name}, within)
	return n, k.explain("redrive all", "", err)
}

// DeadMessages yields the messages to records of the kind that could not be understood, or whose
// record did not exist, oldest first, each with its Reason. The sequence ends with the first error.
func (k *Kind[T, S, E]) DeadMessages(ctx context.Context) iter.Seq2[storage.Message, error] {
	return func(yield func(storage.Message, error) bool) {
		if k.broken != nil {
			yield(storage.Message{}, k.explain("dead messages", "", k.broken))
			return
		}
		for m, err := range k.deadMessages(ctx, storage.Key{Kind: k.name}) {
			if !yield(m, k.explain("dead messages", "", err)) {
				return
			}
		}
	}
}

// DeadEffects yields the effects of the kind's records that were given up, oldest first, each with its
// Reason. The sequence ends with the first error.
func (k *Kind[T, S, E]) DeadEffects(ctx context.Context) iter.Seq2[storage.Effect, error] {
	return func(yield func(storage.Effect, error) bool) {
		if k.broken != nil {
			yield(storage.Effect{}, k.explain("dead effects", "", k.broken))
			return
		}
		for e, err := range k.deadEffects(ctx, storage.Key{Kind: k.name}) {
			if !yield(e, k.explain("dead effects", "", err)) {
				return
			}
		}
	}
}

func (k *Kind[T, S, E]) deadMessages(ctx context.Context, to storage.Key) iter.Seq2[storage.Message, error] {
	return k.store.Messages(ctx, storage.MessageQuery{To: to, Statuses: []storage.MessageStatus{storage.MessageDead}})
}

func (k *Kind[T, S, E]) deadEffects(ctx context.Context, from storage.Key) iter.Seq2[storage.Effect, error] {
	return k.store.Effects(ctx, storage.EffectQuery{From: from, Statuses: []storage.EffectStatus{storage.EffectDead}})
}

// mostRedriven is how many are redriven in one request.
const mostRedriven = 1000

// redrive redrives what one record has given up, or all of the kind if the key has no id.
func (k *Kind[T, S, E]) redrive(ctx context.Context, key storage.Key, within time.Duration) (n int, err error) {
	if k.broken != nil {
		return 0, k.broken
	}
	var seqs []uint64
	for m, err := range k.deadMessages(ctx, key) {
		if err != nil {
			return 0, err
		}
		seqs = append(seqs, m.Seq)
	}
	var ids []string
	for e, err := range k.deadEffects(ctx, key) {
		if err != nil {
			return 0, err
		}
		ids = append(ids, e.ID)
	}
	for batch := range slices.Chunk(seqs, mostRedriven) {
		more, err := redriven(k.store.RedriveMessages(ctx, batch))
		if n += more; err != nil {
			return n, err
		}
	}
	for batch := range slices.Chunk(ids, mostRedriven) {
		more, err := redriven(k.store.RedriveEffects(ctx, batch, within))
		if n += more; err != nil {
			return n, err
		}
	}
	return n, nil
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

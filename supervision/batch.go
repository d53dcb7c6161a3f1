package supervision

import (
	"context"
	"errors"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// GetAll is Get for many records with one question to the store. It returns them in the order of the ids; one that does not exist
// has version zero. One whose data cannot be read fails the call with [ErrData].
func (k *Kind[T, S, E]) GetAll(ctx context.Context, ids []string) ([]Record[T, S], error) {
	seen, err := k.loadAll(ctx, ids)
	if err != nil {
		return nil, k.explain("get", "", err)
	}
	out := make([]Record[T, S], len(seen))
	for i := range seen {
		if seen[i].Version == 0 {
			out[i].Key = k.Key(ids[i])
			continue
		}
		if out[i], err = k.record("get", &seen[i].Record); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (k *Kind[T, S, E]) loadAll(ctx context.Context, ids []string) ([]storage.Snapshot, error) {
	if k.broken != nil || len(ids) == 0 {
		return nil, k.broken
	}
	keys := make([]storage.Key, len(ids))
	for i, id := range ids {
		keys[i] = k.Key(id)
	}
	return k.store.Load(ctx, keys)
}

// A Birth is a record that [Kind.CreateAll] makes.
type Birth[T any] struct {
	ID   string
	Data T
	// Options are those of [Kind.Create].
	Options []CreateOption
}

// CreateAll is Create for many records, in one commit each but together: with two statements where the store can. The answers are in the
// order of the records, nil for one that was made; err is about all of them. Of two with one id the second is [storage.ErrExists]. What another
// transaction keeps locked is waited for, as with Create, until ctx ends.
func (k *Kind[T, S, E]) CreateAll(ctx context.Context, records []Birth[T]) (answers []error, err error) {
	ids := make([]string, len(records))
	for i := range records {
		ids[i] = records[i].ID
	}
	seen, err := k.loadAll(ctx, ids) // for the store's time
	if err != nil {
		return nil, k.explain("create", "", err)
	}
	answers = make([]error, len(records))
	changes, of := make([]storage.Change, 0, len(records)), make([]int, 0, len(records))
	for i := range records {
		c, err := k.creation(ctx, &seen[i], &records[i].Data, k.createOptions("create", records[i].Options))
		if err != nil {
			answers[i] = k.explain("create", ids[i], err)
			continue
		}
		changes, of = append(changes, c), append(of, i)
	}
	if len(changes) == 0 {
		return answers, nil
	}
	applied, err := k.applyPatiently(ctx, changes)
	if err != nil {
		return nil, k.explain("create", "", err)
	}
	for n, i := range of {
		answers[i] = k.explain("create", ids[i], applied[n])
	}
	return answers, nil
}

// applyPatiently makes again, until ctx ends, the changes that the store refuses because what they need is locked: it does not
// wait for one of many as it does for one alone.
func (k *Kind[T, S, E]) applyPatiently(ctx context.Context, changes []storage.Change) ([]error, error) {
	answers, err := k.store.Apply(ctx, changes)
	if err != nil {
		return nil, err
	}
	for {
		var refused []int
		var again []storage.Change
		for i, answer := range answers {
			if errors.Is(answer, storage.ErrLocked) {
				refused, again = append(refused, i), append(again, changes[i])
			}
		}
		if len(refused) == 0 || !pause(ctx, lockedPause) {
			return answers, nil
		}
		late, err := k.store.Apply(ctx, again)
		for n, i := range refused {
			if answers[i] = err; err == nil {
				answers[i] = late[n]
			}
		}
	}
}

// lockedPause is what lies between two tries of what is locked. A store waits for a while in each.
const lockedPause = 10 * time.Millisecond

// DeliverAll is Deliver for many messages to records of any kind on the kind's store, each with its To, as [MessageOf.To] makes them: with one
// statement where the store can. The answers are in the order of the messages; err is about all of them. A message to
// a record that another transaction keeps locked is [storage.ErrLocked], where the store does not wait for one of many: say it again.
func (k *Kind[T, S, E]) DeliverAll(ctx context.Context, messages []storage.Message) (answers []error, err error) {
	if k.broken != nil || len(messages) == 0 {
		return nil, k.explain("deliver", "", k.broken)
	}
	given, err := k.store.Deliver(ctx, messages)
	if err != nil {
		return nil, k.explain("deliver", "", err)
	}
	answers = make([]error, len(given))
	for i, err := range given {
		if !errors.Is(err, storage.ErrDuplicate) {
			answers[i] = k.explain("deliver", messages[i].To.ID, err)
		}
	}
	return answers, nil
}

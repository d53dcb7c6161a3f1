package scan

import (
	"context"

	"github.com/reeve-go/reeve/storage"
)

// Withdraw implements [Withdrawer].
func (q *StoreQueue) Withdraw(ctx context.Context, keys ...string) error {
	at := make([]storage.Key, len(keys))
	for i, key := range keys {
		at[i] = q.key(key)
	}
	seen, err := q.store.Load(ctx, at)
	if err != nil {
		return q.failed("withdraw", err)
	}
	var changes []storage.Change
	for i := range seen {
		if seen[i].Version > 0 && seen[i].State == queueWaiting {
			changes = append(changes, storage.Change{Key: at[i], Version: seen[i].Version, Delete: true})
		}
	}
	if len(changes) == 0 {
		return nil
	}
	answers, err := q.store.Apply(ctx, changes)
	for _, answer := range answers {
		if err == nil && !isLost(answer) {
			err = answer
		}
	}
	return q.failed("withdraw", err)
}

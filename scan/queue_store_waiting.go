package scan

import (
	"context"
	"iter"
)

var _ interface {
	Lister
	Withdrawer
} = (*StoreQueue)(nil)

// Waiting implements [Lister]. It reads all messages that are not dead, bodies included, a page at a time.
func (q *StoreQueue) Waiting(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for m, err := range q.all(ctx, q.ids(ctx, queueWaiting)) {
			if err != nil {
				yield("", q.failed("list what waits", err))
				return
			}
			if m.State == queueWaiting && !m.HeldUntil.After(m.Now) && !m.Due.After(m.Now) && !yield(m.Key.ID, nil) {
				return
			}
		}
	}
}

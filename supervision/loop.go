package supervision

import (
	"context"
	"iter"
	"runtime"

	"golang.org/x/sync/semaphore"
)

// loop gets work again and again while there are at least so many slots free: at once if there was
// as much as was asked for, else when the bell rings or after the poll interval. Get takes as much
// work as it is told at most, and sees to it that each piece's slot is released.
func (w *worker) loop(ctx context.Context, b bell, work string, slots *semaphore.Weighted, least int, get func(most int) (int, error)) {
	for {
		if slots.Acquire(ctx, int64(least)) != nil {
			return
		}
		most := least
		for most < w.options.Batch && slots.TryAcquire(1) {
			most++
		}
		n, err := get(most)
		slots.Release(int64(most - n))
		if ctx.Err() != nil {
			return
		}
		w.troubles.tell(w.log, "asking the store for "+work, err)
		if (n < most || err != nil) && !b.wait(ctx, w.options.Poll) {
			return
		}
	}
}

// batches yields what comes from a channel: all that is there, at least one and at most so many.
func batches[V any](from <-chan V, most int) iter.Seq[[]V] {
	return func(yield func([]V) bool) {
		for first := range from {
			batch := []V{first}
			runtime.Gosched() // those that are as good as done go along
			for len(batch) < most {
				select {
				case v, ok := <-from:
					if ok {
						batch = append(batch, v)
						continue
					}
				default:
				}
				break
			}
			if !yield(batch) {
				return
			}
		}
	}
}

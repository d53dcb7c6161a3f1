package supervision

import (
	"context"

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

package supervision

import (
	"context"
	"time"
)

// prune removes what is not to be kept any more, now and then and in small batches, until ctx ends.
func (w *worker) prune(ctx context.Context) {
	const interval, most = time.Minute, 1000
	for {
		n, err := w.store.Prune(ctx, *w.options.Retention, most)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			w.log.Warn("old rows cannot be removed", "error", err)
		case n == most:
			pause(ctx, w.options.Poll)
			continue
		}
		pause(ctx, interval)
	}
}

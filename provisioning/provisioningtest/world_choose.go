package provisioningtest

import (
	"context"
	"time"
)

// way chooses one of some ways; none is the plainest.
func (w *World) way(of Ways) Ways {
	var ways []Ways
	for one := Works; one <= AllWays; one <<= 1 {
		if one&of&^w.options.Without != 0 {
			ways = append(ways, one)
		}
	}
	if n := w.choose(2*len(ways) + 1); n > len(ways) {
		return ways[n-len(ways)-1]
	}
	return 0
}

// span chooses how long something takes, at most so long.
func (w *World) span(most time.Duration) time.Duration {
	spans := []time.Duration{most / 600, most / 60, most / 6, most}
	return spans[w.choose(len(spans))]
}

// late chooses when a late call arrives.
func (w *World) late() time.Time { return time.Now().Add(w.span(w.options.Work)) }

// dawdle takes its time, unless the context ends. Its error says that it did.
func (w *World) dawdle(ctx context.Context) error {
	w.mu.Lock()
	slow := w.options.Slow
	if slow > 0 {
		slow = w.span(slow)
	}
	w.mu.Unlock()
	if slow > 0 {
		select {
		case <-ctx.Done():
		case <-time.After(slow):
		}
	}
	return context.Cause(ctx)
}

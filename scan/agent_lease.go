package scan

import (
	"context"
	"errors"
	"slices"
	"time"
)

// adopt takes on another delivery of the same request, to be extended and acknowledged with the first. It is no progress, so the lease is
// not longer for it. It is false if the request is lost already.
func (t *task) adopt(d Delivery) bool {
	if t.held.Err() != nil {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.deliveries = append(t.deliveries, &delivery{d})
	return true
}

// extend has the request hidden from others for another while, unless that was just done.
func (t *task) extend(ctx context.Context) {
	var left time.Duration
	for _, d := range t.mine() {
		asked := time.Now()
		if d.Expires().Sub(asked) > t.shift.options.Lease-t.shift.options.Beat/2 {
			continue
		}
		err := t.shift.call(ctx, func(ctx context.Context) error { return d.Extend(ctx, t.shift.options.Lease) })
		switch {
		case errors.Is(err, ErrLeaseLost):
			t.disown(d)
		case err != nil:
			t.shift.tell("a lease could not be extended", err, "job", t.request.Job, "epoch", t.request.Epoch)
		default:
			left = max(left, min(time.Until(d.Expires()), t.shift.options.Lease-time.Since(asked)))
		}
	}
	if left > 0 && t.held.Err() == nil {
		t.expiry.Reset(t.nearly(left))
	}
}

// mine returns the deliveries that there are by now.
func (t *task) mine() []*delivery {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.deliveries)
}

// disown forgets a delivery that is not this agent's any more. With the last one the request is lost.
func (t *task) disown(d *delivery) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if i := slices.Index(t.deliveries, d); i >= 0 {
		if t.deliveries = slices.Delete(t.deliveries, i, i+1); len(t.deliveries) == 0 {
			t.lose(errLost)
		}
	}
}

// nearly returns for how long the request may be worked on, if the lease goes on for that long: not quite, so that nothing is said after it.
func (t *task) nearly(left time.Duration) time.Duration { return left - t.shift.options.Lease/10 }

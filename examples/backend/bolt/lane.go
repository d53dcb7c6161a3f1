package bolt

import (
	"time"

	"github.com/reeve-go/reeve/storage"
)

// The open effects of a lane stand in openLanes: first its head, which can be taken or was, then those
// behind it, by number. There is a head as long as there are effects. Those without a lane do not stand
// there, and run beside each other.

// lane is the part of a key for an effect's lane.
func (e *effect) lane() string { return name(e.From) + text(e.Lane) }

// rank is the part of a key that puts the head of a lane before the others.
func (e *effect) rank() string {
	if e.Behind {
		return "1"
	}
	return "0"
}

// advance makes the first effect of e's lane its head, if it has none.
func (t *tx) advance(e *effect) {
	if first := t.effect(openLanes, e.lane()); first != nil && first.Behind {
		first.Behind = false
		if first.Status == storage.EffectPending {
			t.offer(first, t.free(e.lane()))
		} else {
			t.save(first) // it was taken although it was behind, because its deadline had passed
		}
	}
}

// free is when the head of a lane can be taken: now, or when the leases on its canceled effects have
// ended, which may still be running outside.
func (t *tx) free(lane string) time.Time {
	at := t.now
	for _, e := range t.effectsAt(t.last(string(canceledInLanes), lane, inIndex)) {
		at = later(at, e.LeaseUntil)
	}
	return at
}

// endLease ends the lease on an effect. If it was canceled, what waited for it waits no longer.
func (t *tx) endLease(e *effect) {
	waited := e.Status == storage.EffectCanceled && e.LeaseUntil.After(t.now)
	e.LeaseUntil = time.Time{}
	t.save(e)
	if head := t.effect(openLanes, e.lane()); waited && head != nil && head.Status == storage.EffectPending {
		t.offer(head, t.free(e.lane()))
	}
}

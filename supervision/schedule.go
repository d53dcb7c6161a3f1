package supervision

import (
	"fmt"
	"hash/fnv"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// A Schedule says when something next happens periodically: after t, and not at t itself. The
// schedules of cron libraries have this method. It must be pure.
type Schedule interface {
	Next(t time.Time) time.Time
}

// Every is the schedule of every d, to the microsecond, at the times that are spread's own share of d
// away from whole multiples of it: records with different ids do not all come at once, and each comes
// at the same times whatever happens in between.
func Every(d time.Duration, spread string) Schedule {
	h := fnv.New64a()
	_, _ = h.Write([]byte(spread))
	d = max(d.Truncate(time.Microsecond), time.Millisecond)
	offset := time.Duration(h.Sum64()>>1) % d
	return every{d, offset.Truncate(time.Microsecond)}
}

type every struct{ period, offset time.Duration }

func (e every) Next(t time.Time) time.Time {
	return t.Add(-e.offset).Truncate(e.period).Add(e.period + e.offset)
}

// scheduled returns when the record's schedule wants its next turn.
func (k *Kind[T, S, E]) scheduled(t *Turn[T, S, E]) time.Time {
	if k.options.Schedule == nil {
		return time.Time{}
	}
	s := k.options.Schedule(t.Key.ID, t.State, t.Data)
	if s == nil {
		return time.Time{}
	}
	next := storage.Time(s.Next(t.Now))
	if !next.IsZero() && !next.After(t.Now) {
		t.core.fail(fmt.Errorf("its schedule names %v as the next time after %v; a later one is right", next, t.Now))
	}
	return next
}

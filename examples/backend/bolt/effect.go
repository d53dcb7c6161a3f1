package bolt

import (
	"slices"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// An effect is a row of the table of effects.
type effect struct {
	indexed
	storage.Effect

	Token      storage.Token
	LeaseUntil time.Time // zero: no lease
	Behind     bool      // another of its lane goes first
	Ended      time.Time // zero: it is open, which means pending or running
}

func (e *effect) place() place { return place{effects, number(e.Seq)} }

func (e *effect) entries() []entry {
	all := []entry{
		{effectsByID, text(e.ID)},
		{effectsOf, name(e.From) + number(e.Seq)},
	}
	switch {
	case e.open():
		all = append(all, entry{openEffects, name(e.From) + number(e.Seq)}, entry{openKeys, name(e.From) + text(e.Key)})
		if e.Lane != "" {
			all = append(all, entry{openLanes, e.lane() + e.rank() + number(e.Seq)})
		}
	case e.Status == storage.EffectDead:
		all = append(all, entry{deadEffects, moment(e.Ended) + number(e.Seq)})
	default:
		all = append(all, entry{endedEffects, moment(e.Ended) + number(e.Seq)})
	}
	if e.Status == storage.EffectCanceled && e.Lane != "" && !e.LeaseUntil.IsZero() {
		all = append(all, entry{canceledInLanes, e.lane() + moment(e.LeaseUntil) + number(e.Seq)})
	}
	if !e.Due.IsZero() {
		all = append(all, entry{effectsByDue, text(e.Name) + moment(e.Due) + number(e.Seq)})
	}
	return all
}

func (e *effect) open() bool {
	return e.Status == storage.EffectPending || e.Status == storage.EffectRunning
}

// effectsAt returns the effects that were found.
func (t *tx) effectsAt(hits []hit) []*effect {
	return read(t, effects, hits, func() *effect { return &effect{} })
}

// effect returns the first effect that an index has under a prefix; nil if there is none.
func (t *tx) effect(in index, prefix string) *effect {
	for _, e := range t.effectsAt(t.find(in, prefix, end(prefix), 1)) {
		return e
	}
	return nil
}

// effectByID returns an effect; nil if there is none.
func (t *tx) effectByID(id string) *effect { return t.effect(effectsByID, text(id)) }

// emit adds an effect to a record, unless that adds nothing: the record emitted it before, or one that
// is for the same is open.
func (t *tx) emit(from storage.Key, wanted storage.Effect) {
	if t.any(effectsByID, text(wanted.ID)) || t.any(openKeys, name(from)+text(wanted.Key)) {
		return
	}
	e := &effect{Effect: wanted}
	e.From, e.Seq, e.Body, e.Deadline = from, t.next(effects), own(wanted.Body), storage.Time(wanted.Deadline)
	e.Attempt, e.Owner, e.Reason = 0, "", ""
	t.enqueue(e)
}

// enqueue makes an effect pending: to be taken now, or when its lane lets it.
func (t *tx) enqueue(e *effect) {
	e.Status, e.Ended = storage.EffectPending, time.Time{}
	if e.Behind = e.Lane != ""; !e.Behind {
		t.offer(e, t.now)
		return
	}
	t.offer(e, time.Time{})
	t.advance(e)
}

// offer saves an effect with the time from which on it can be taken, zero for none: but not after its
// deadline, because then it has to be given up.
func (t *tx) offer(e *effect, at time.Time) {
	if e.open() && !e.Deadline.IsZero() && (at.IsZero() || e.Deadline.Before(at)) {
		at = e.Deadline
	}
	e.Due = storage.Time(at)
	t.hint(storage.HintEffects, at)
	t.save(e)
}

// finish ends an effect. Its lane has to advance afterwards.
func (t *tx) finish(e *effect, as storage.EffectStatus, reason string) {
	e.Status, e.Reason, e.Ended = as, reason, t.now
	t.offer(e, time.Time{})
}

// cancel ends all effects of a record that it does not want any more before any lane advances, so that
// the next waits for each of them that may still be running outside.
func (t *tx) cancel(from storage.Key, cancels []storage.Cancel) {
	if len(cancels) == 0 {
		return
	}
	var canceled []*effect
	for _, e := range t.effectsAt(t.find(openEffects, name(from), end(name(from)), 0)) {
		if slices.ContainsFunc(cancels, func(c storage.Cancel) bool { return c.Matches(&e.Effect) }) {
			t.finish(e, storage.EffectCanceled, e.Reason)
			canceled = append(canceled, e)
		}
	}
	for _, e := range canceled {
		t.advance(e)
	}
}

// seen returns an effect as a caller gets it.
func (t *tx) seen(e *effect) storage.Effect {
	out := e.Effect
	if !e.LeaseUntil.After(t.now) {
		out.Owner = ""
	}
	return out
}

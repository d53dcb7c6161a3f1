package supervision

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// An attempted effect is one that was tried, with what is to be said of it.
type attempted struct {
	*storage.Taken

	piece      *piece // its place under the caps
	settlement storage.Settlement
	settle     bool // false: it is given back, or lost
	err        error
	took       time.Duration
	locked     int // how often its record was, when that was to be said
}

// take takes up to n effects that can be performed.
func (w *worker) take(ctx context.Context, n int) ([]*piece, error) {
	return w.effectGates.get(ctx, slices.Sorted(maps.Keys(w.performers)), n)
}

// takeEffects asks the store for up to n effects of these names.
func (w *worker) takeEffects(ctx context.Context, names []string, n int) ([]*piece, error) {
	begun := time.Now()
	taken, err := w.store.Take(ctx, storage.Claim{Names: names, Owner: w.options.Name, Limit: n, TTL: w.options.Lease})
	w.observe.Taken(ClaimEvent{Effects: len(taken), Took: time.Since(begun), Err: err})
	pieces := make([]*piece, len(taken))
	for i := range taken {
		t := &taken[i]
		pieces[i] = &piece{name: t.Name, group: t.Group, lease: t.Lease, asked: begun, effect: t}
	}
	return pieces, err
}

// attempt tries an effect, while its lease is extended.
func (w *worker) attempt(ctx context.Context, p *piece) attempted {
	begun, e := time.Now(), p.effect
	ctx = w.observe.Performing(ctx, callOf(e), e.Name)
	work, done := w.keeper.Keep(p.keep(ctx, w.keeper), e.Lease, p.asked)
	defer done()
	a := attempted{Taken: e, piece: p}
	a.settlement, a.settle, a.err = w.performers[e.Name].attempt(work, e)
	a.took = time.Since(begun)
	w.observe.Performed(ctx, EffectEvent{Call: callOf(e), Name: e.Name, As: a.settlement.As, Settled: a.settle, Took: a.took, Err: a.err})
	return a
}

// settleAll says what came of effects, in one request. It returns those of which that has to be said again soon, because somebody else's transaction keeps
// their records locked: what was done outside is not to be done again for that.
func (w *worker) settleAll(ctx context.Context, batch []attempted) (locked []attempted) {
	var pieces []*piece
	defer func() { w.leave(ctx, pieces...) }()
	var settlements []storage.Settlement
	var settled []*attempted
	for i := range batch {
		a := &batch[i]
		if a.locked == 0 {
			w.logAttempt(a)
		}
		pieces = append(pieces, a.piece)
		if a.settle {
			settlements, settled = append(settlements, a.settlement), append(settled, a)
		} else {
			w.release(ctx, 0, a.Lease)
		}
	}
	if len(settlements) == 0 {
		return nil
	}
	writing, cancel := w.writing(ctx)
	defer cancel()
	answers, err := w.settle(writing, settlements)
	w.troubles.tell(w.log, "writing outcomes", err)
	if err != nil {
		return nil // the effects are performed again
	}
	w.turns.ring()
	w.effects.ring() // the next of a lane
	for i, answer := range answers {
		a := settled[i]
		if errors.Is(answer, storage.ErrLocked) && a.locked < mostLocked {
			a.locked++
			locked = append(locked, *a)
			pieces = slices.DeleteFunc(pieces, func(p *piece) bool { return p == a.piece })
			continue
		}
		w.unsettled(writing, a, answer)
	}
	return locked
}

// settle writes outcomes, and tries that several times: what was done outside is not to be done again
// because the store was away for a moment.
func (w *worker) settle(ctx context.Context, settlements []storage.Settlement) (answers []error, err error) {
	wait := w.options.Lease / 64
	for range 5 {
		if answers, err = w.store.Settle(ctx, settlements); err == nil {
			return answers, nil
		}
		pause(ctx, wait)
		wait *= 2
	}
	return nil, err
}

// unsettled sees to an effect whose outcome the store did not accept.
func (w *worker) unsettled(ctx context.Context, a *attempted, answer error) {
	switch {
	case answer == nil || errors.Is(answer, storage.ErrNotFound): // its record is gone
		return
	case errors.Is(answer, storage.ErrLocked):
		w.log.Warn("the outcome of an effect cannot be written while its record is locked; it is performed again", "effect", a.Name, "id", a.ID, "record", a.From)
		return
	case errors.Is(answer, storage.ErrLeaseLost):
		w.log.Warn("an effect was taken over while it was performed", "effect", a.Name, "id", a.ID, "record", a.From)
		return
	}
	w.log.Error("the outcome of an effect is refused; it is given up", "effect", a.Name, "id", a.ID, "record", a.From, "error", answer)
	reason := clip("its outcome is refused: " + answer.Error())
	failed := &EffectError{Attempts: a.Attempt, Text: reason}
	s := storage.Settlement{Lease: a.Lease, As: storage.EffectDead, Reason: reason, Outcome: w.performers[a.Name].outcome(a.Taken, nil, failed)}
	answers, err := w.store.Settle(ctx, []storage.Settlement{s})
	if err = errors.Join(append(answers, err)...); err != nil {
		w.log.Error("nor can it be given up", "effect", a.Name, "id", a.ID, "error", err)
	}
}

func (w *worker) logAttempt(a *attempted) {
	switch {
	case a.err == nil:
	case a.settlement.As == storage.EffectDead:
		w.log.Error("an effect is given up", "effect", a.Name, "id", a.ID, "record", a.From, "attempts", a.Attempt, "error", a.err, stackOf(a.err))
	default:
		w.log.Warn("an effect failed", "effect", a.Name, "id", a.ID, "record", a.From, "attempt", a.Attempt, "again_in", a.settlement.Retry, "error", a.err, stackOf(a.err))
	}
}

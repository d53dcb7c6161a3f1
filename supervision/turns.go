package supervision

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// A decision is what a turn came to: a change, or why there is none.
type decision struct {
	claimed

	change storage.Change
	err    error
	locked int // how often the record was, when that was to be written
}

// decideOne has a claimed record decided.
func (w *worker) decideOne(ctx context.Context, c claimed) decision {
	ctx, done := w.keeper.Keep(c.piece.keep(ctx, w.keeper), c.Lease, c.begun)
	defer done()
	d := decision{claimed: c, err: c.err}
	if d.err == nil {
		d.change, d.err = w.decide(ctx, &c)
	}
	if d.err != nil && ctx.Err() == nil && !errors.Is(d.err, errUnread) {
		d.change = w.failure(c.Snapshot, d.err)
	}
	return d
}

// decide is one turn. Under Verify the decider runs twice.
func (w *worker) decide(ctx context.Context, c *claimed) (storage.Change, error) {
	if w.options.Verify {
		return w.verified(ctx, c)
	}
	return w.decideAs(ctx, c)
}

func (w *worker) decideAs(ctx context.Context, c *claimed) (storage.Change, error) {
	change, err := c.kind.decide(ctx, c.Snapshot, c.reads)
	if err != nil {
		return change, err
	}
	for i := range change.Emit {
		if name := change.Emit[i].Name; !w.performs(name) {
			return change, fmt.Errorf("it emits effect %q, and nobody performs it; call Perform, or name it in Elsewhere", name)
		}
	}
	return change, nil
}

// failure returns the change that a failed turn is: the record waits, and in the end it is
// quarantined.
func (w *worker) failure(seen *storage.Snapshot, err error) storage.Change {
	r := seen.Record
	r.Failures++
	r.Reason = clip(err.Error())
	r.Due = seen.Now
	r.NotBefore = seen.Now.Add(w.options.Backoff(r.Failures))
	c := storage.Change{Key: r.Key, Version: r.Version, Token: seen.Lease.Token}
	if r.Failures >= w.options.Failures {
		r.Status, r.NotBefore = storage.Quarantined, time.Time{}
		c.Lines = []storage.Line{{From: r.State, To: r.State, Cause: clip("quarantined: " + r.Reason), Operation: r.Operation}}
	}
	c.Record = r
	return c
}

// applyAll makes decisions true, in one request, and sees to those that could not be. It returns those that are to be written again soon, because somebody
// else's transaction keeps their records locked.
func (w *worker) applyAll(ctx context.Context, batch []decision) (locked []decision) {
	var over []*piece
	defer func() { w.leave(ctx, over...) }()
	batch = slices.DeleteFunc(batch, func(d decision) bool {
		may := w.mayApply(ctx, &d)
		if !may {
			over = append(over, d.piece)
		}
		return !may
	})
	if len(batch) == 0 {
		return nil
	}
	answers, err := w.apply(ctx, batch)
	if err == nil {
		w.ring(batch)
	}
	var failed []decision
	for i := range batch {
		d := &batch[i]
		switch {
		case err != nil:
			w.finish(ctx, d, err)
		case d.err == nil && isFailure(answers[i]):
			d.err = answers[i]
			d.change = w.failure(d.Snapshot, d.err)
			failed = append(failed, *d)
			continue
		case errors.Is(answers[i], storage.ErrLocked) && d.locked < mostLocked:
			d.locked++
			locked = append(locked, *d)
			continue
		default:
			w.finish(ctx, d, answers[i])
		}
		over = append(over, d.piece)
	}
	if len(failed) > 0 {
		locked = append(locked, w.applyAll(ctx, failed)...)
	}
	return locked
}

// mostLocked is how often something is written again whose record is locked.
const mostLocked = 10

// untilFree waits before that for the nth time, longer each time up to a poll.
func (w *worker) untilFree(ctx context.Context, n int) {
	pause(ctx, min(w.options.Poll, w.options.Lease>>max(9-n, 4)))
}

// mayApply reports whether the record is still ours to write.
func (w *worker) mayApply(ctx context.Context, d *decision) bool {
	switch {
	case errors.Is(d.err, errUnread):
		w.log.Warn("the turn is put off", "record", d.Key, "error", d.err)
		w.postpone(ctx, &d.claimed)
		return false
	case d.err != nil && d.change.Key == (storage.Key{}): // the work was ended
		w.putBack(ctx, &d.claimed)
		return false
	case d.held != nil && d.held.Context().Err() != nil:
		w.log.Warn("the host's lock was lost during the turn; the record gets another", "record", d.Key)
		w.putBack(ctx, &d.claimed)
		return false
	}
	return true
}

// apply writes decisions. Where the store cannot, they are made again after a while.
func (w *worker) apply(ctx context.Context, batch []decision) ([]error, error) {
	changes := make([]storage.Change, len(batch))
	for i := range batch {
		changes[i] = batch[i].change
	}
	ctx, cancel := w.writing(ctx)
	defer cancel()
	begun := time.Now()
	answers, err := w.store.Apply(ctx, changes)
	w.observe.Applied(ApplyEvent{Changes: len(changes), Took: time.Since(begun), Err: err})
	w.troubles.tell(w.log, "writing decisions", err)
	if err == nil {
		return answers, nil
	}
	leases := make([]storage.Lease, len(batch))
	for i := range batch {
		leases[i] = batch[i].Lease
	}
	w.hold(ctx, w.options.Poll, leases...)
	return nil, err
}

// ring wakes the loops after a batch was written: something may have been said to a record during its
// turn. A store that is a [storage.Notifier] does so, too, and also for what others do.
func (w *worker) ring(batch []decision) {
	w.turns.ring()
	if slices.ContainsFunc(batch, func(d decision) bool { return len(d.change.Emit) > 0 }) {
		w.effects.ring()
	}
}

// isFailure reports whether a store's answer is the decision's own fault, so that deciding again
// would not mend it.
func isFailure(answer error) bool {
	return answer != nil && !errors.Is(answer, storage.ErrConflict) && !errors.Is(answer, storage.ErrLeaseLost) &&
		!errors.Is(answer, storage.ErrNotFound) && !errors.Is(answer, storage.ErrLocked)
}

// finish ends a turn.
func (w *worker) finish(ctx context.Context, d *decision, answer error) {
	switch {
	case errors.Is(answer, storage.ErrConflict):
		w.release(ctx, 0, d.Lease) // an order was faster; the record is decided again
		w.turns.ring()
	case errors.Is(answer, storage.ErrLocked):
		w.hold(ctx, w.options.Poll, d.Lease) // somebody's transaction goes on and on; it is decided again
	}
	w.unlock(ctx, &d.claimed)
	w.report(d, answer)
}

// report tells the log and the observer how a turn ended.
func (w *worker) report(d *decision, answer error) {
	e := TurnEvent{
		Key: d.Key, From: d.State, To: d.change.Record.State, Messages: len(d.Messages),
		Lag: d.lag(), Took: time.Since(d.begun), Err: d.err, Answer: answer,
		Failures: d.change.Record.Failures, Quarantined: d.err != nil && d.change.Record.Status == storage.Quarantined,
	}
	w.observe.Turned(e)
	switch {
	case errors.Is(answer, storage.ErrLeaseLost):
		w.log.Warn("the turn came too late; another has the record", "record", d.Key, "took", e.Took)
	case d.err == nil:
	case answer != nil && isFailure(answer):
		w.log.Error("the turn failed, and that cannot be written", "record", d.Key, "error", d.err, "answer", answer)
	case e.Quarantined:
		w.log.Error("the record is quarantined", "record", d.Key, "failures", e.Failures, "error", d.err, stackOf(d.err))
	default:
		w.log.Warn("the turn failed", "record", d.Key, "failures", e.Failures, "error", d.err, stackOf(d.err))
	}
}

// lag is how long the oldest message waited.
func (c *claimed) lag() time.Duration {
	if len(c.Messages) == 0 {
		return 0
	}
	return c.Now.Sub(c.Messages[0].At)
}

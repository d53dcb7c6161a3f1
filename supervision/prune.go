package supervision

import (
	"context"
	"encoding/json"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// retention is the record under whose lease a store is pruned, so that of many supervisors one does it
// at a time. Its data are the figures.
var retention = storage.Key{Kind: ownPrefix + "retention", ID: "store"}

const (
	mostPruned = 1000        // rows in one turn
	pruneSoon  = time.Minute // until the next run, if this one removed something
	pruneLate  = time.Hour   // at most, if not
)

// prune removes what is not to be kept any more, whenever it is time and no other supervisor does,
// until ctx ends.
func (w *worker) prune(ctx context.Context) {
	if *w.options.Retention == (storage.Retention{}) {
		return // all is kept
	}
	for wait := w.options.Poll; pause(ctx, wait); {
		wait = w.pruneTurn(ctx)
	}
}

// pruneTurn is one turn of the record of retention: a batch. It returns when to ask for the next one.
func (w *worker) pruneTurn(ctx context.Context) time.Duration {
	asked := time.Now()
	seen, err := w.store.Claim(ctx, storage.Claim{Names: []string{retention.Kind}, Owner: w.options.Name, Limit: 1, TTL: w.options.Lease})
	wait := w.options.Poll
	if err == nil && len(seen) == 0 {
		wait, err = w.untilPruning(ctx)
	}
	if ctx.Err() == nil {
		w.troubles.tell(w.log, "asking for the lease on retention", err)
	}
	if len(seen) == 0 {
		return wait
	}
	s := &seen[0]
	work, done := w.keeper.Keep(ctx, s.Lease, asked)
	begun := time.Now()
	n, err := w.store.Prune(work, *w.options.Retention, mostPruned)
	took, stopped := time.Since(begun), work.Err() != nil
	done()
	if err != nil && stopped { // the supervisor stops, or another may have taken over
		w.release(ctx, 0, s.Lease)
		return wait
	}
	w.troubles.tell(w.log, "removing what is not to be kept any more", err)
	return w.notePruned(ctx, s, n, took, err)
}

// untilPruning returns how long another supervisor has the record, or it is not due. It makes it, if
// there is none.
func (w *worker) untilPruning(ctx context.Context) (time.Duration, error) {
	seen, err := w.store.Load(ctx, []storage.Key{retention})
	if err != nil {
		return w.options.Poll, err
	}
	s := &seen[0]
	if s.Version == 0 {
		return w.options.Poll, w.ensure(ctx, retention)
	}
	return max(w.options.Poll, s.Due.Sub(s.Now), s.HeldUntil.Sub(s.Now)), nil
}

// notePruned writes the figures of a turn and when the next one is due. A turn that failed is tried
// again like any record's, with a growing wait, but for ever: the record is never set aside, because
// then nobody would prune.
func (w *worker) notePruned(ctx context.Context, s *storage.Snapshot, n int, took time.Duration, failed error) time.Duration {
	r, p := s.Record, pruningOf(&s.Record)
	if !p.Behind {
		p.Began, p.Removed, p.Took = s.Now, 0, 0
	}
	p.By, p.Retention, p.At = w.options.Name, *w.options.Retention, s.Now
	p.Removed, p.Total, p.Took = p.Removed+n, p.Total+n, p.Took+took
	p.Behind = failed != nil || n >= mostPruned
	r.Failures, r.Reason = 0, ""
	wait := p.wait()
	if failed != nil {
		r.Failures, r.Reason = s.Failures+1, clip(failed.Error())
		wait = w.options.Backoff(r.Failures)
	}
	r.Due = s.Now.Add(wait)
	var err error
	if r.Data, err = json.Marshal(p); err == nil {
		ctx, cancel := w.writing(ctx)
		defer cancel()
		_, err = w.store.Apply(ctx, []storage.Change{{Key: s.Key, Version: s.Version, Token: s.Lease.Token, Record: r}})
	}
	w.troubles.tell(w.log, "noting what was removed", err) // the lease ends by itself
	return wait
}

// wait returns how long after a turn that did not fail the next one is due: at once if there may be
// more, soon while there is something to remove, and else so that nothing is kept much longer than it
// is to be.
func (p *Pruning) wait() time.Duration {
	switch {
	case p.Behind:
		return 0
	case p.Removed > 0:
		return pruneSoon
	}
	wait := pruneLate
	for _, keep := range []time.Duration{p.Retention.Messages, p.Retention.Effects, p.Retention.Dead, p.Retention.Lines} {
		if keep > 0 {
			wait = min(wait, keep/60)
		}
	}
	return max(wait, pruneSoon)
}

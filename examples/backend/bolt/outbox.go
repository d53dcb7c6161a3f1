package bolt

import (
	"context"
	"iter"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// Settle implements [storage.Outbox].
func (s *Store) Settle(ctx context.Context, settlements []storage.Settlement) ([]error, error) {
	answers := make([]error, len(settlements))
	err := s.update(ctx, "settle", func(t *tx) {
		for i := range settlements {
			answers[i] = s.settle(t, &settlements[i])
		}
	})
	if err != nil {
		return nil, err
	}
	return answers, nil
}

func (s *Store) settle(t *tx, st *storage.Settlement) error {
	if err := s.limits.CheckSettlement(st); err != nil {
		return err
	}
	e := t.effectByID(st.Lease.Key.ID)
	if e == nil {
		return storage.Errorf(storage.ErrNotFound, st.Lease.Key, "the effect is gone")
	}
	if err := e.check(st.Lease); err != nil {
		return err
	}
	switch {
	case e.Status == storage.EffectCanceled:
		e.Reason = st.Reason
	case st.As == storage.EffectPending:
		e.Status, e.Reason = storage.EffectPending, st.Reason
		t.offer(e, t.now.Add(st.Retry))
	default:
		t.finish(e, st.As, st.Reason)
		t.advance(e)
	}
	t.endLease(e)
	if st.Outcome != nil {
		outcome := *st.Outcome
		outcome.To = e.From
		t.post(outcome)
	}
	return nil
}

// check says whether a lease on the effect is the newest and has not been ended.
func (e *effect) check(l storage.Lease) error {
	if e.Token != l.Token || e.LeaseUntil.IsZero() {
		return storage.Errorf(storage.ErrLeaseLost, l.Key, "the lease with token %d has ended; the newest is %d", l.Token, e.Token)
	}
	return nil
}

// Effects implements [storage.Outbox]. Those of one record stand together; others are found among all.
func (s *Store) Effects(ctx context.Context, q storage.EffectQuery) iter.Seq2[storage.Effect, error] {
	of := byNumber(effects, effectsOf, q.From, q.After)
	return pages(ctx, s, "effects", q.Limit, of, func(t *tx, hits []hit) (page []storage.Effect) {
		for _, e := range t.effectsAt(hits) {
			if selects(q.From, e.From) && matches(q.Statuses, e.Status) {
				page = append(page, t.seen(e))
			}
		}
		return page
	})
}

// RedriveEffects implements [storage.Outbox].
func (s *Store) RedriveEffects(ctx context.Context, ids []string, deadline time.Duration) ([]error, error) {
	answers := make([]error, len(ids))
	err := s.update(ctx, "redrive effects", func(t *tx) {
		for i, id := range ids {
			answers[i] = t.redrive(id, deadline)
		}
	})
	if err != nil {
		return nil, err
	}
	return answers, nil
}

func (t *tx) redrive(id string, deadline time.Duration) error {
	e := t.effectByID(id)
	if e == nil || e.Status != storage.EffectDead {
		return storage.Errorf(storage.ErrNotFound, effectKey(id), "no dead effect has this id")
	}
	if other := t.effect(openKeys, name(e.From)+text(e.Key)); other != nil {
		return storage.Errorf(storage.ErrExists, effectKey(id), "effect %q, which is %v, has its key; it is for the same", other.ID, other.Status)
	}
	e.Reason, e.Attempt, e.Deadline = "", 0, time.Time{}
	if deadline > 0 {
		e.Deadline = storage.Time(t.now.Add(deadline))
	}
	t.enqueue(e)
	return nil
}

func effectKey(id string) storage.Key { return storage.Key{Kind: storage.EffectKind, ID: id} }

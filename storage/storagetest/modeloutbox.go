package storagetest

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"time"

	"github.com/reeve-go/reeve/storage"
)

func (s *state) effect(id string) *effectRow {
	for _, e := range s.Effects {
		if e.ID == id {
			return e
		}
	}
	return nil
}

// emit adds an effect, unless the record emitted one of its ID before or has an open one of its key.
func (s *state) emit(from storage.Key, effect storage.Effect, now time.Time) error {
	if old := s.effect(effect.ID); old != nil {
		if old.From != from {
			return storage.Errorf(storage.ErrExists, from, "effect %q is another record's", effect.ID)
		}
		return nil
	}
	if s.openOfKey(from, effect.Key) == nil {
		s.add(from, effect, now)
	}
	return nil
}

// openOfKey returns the effect of a record that has a key and has not ended.
func (s *state) openOfKey(from storage.Key, key string) *effectRow {
	for _, e := range s.Effects {
		if e.From == from && e.Key == key && e.active() {
			return e
		}
	}
	return nil
}

func (s *state) add(from storage.Key, effect storage.Effect, now time.Time) {
	s.Seq++
	e := &effectRow{Effect: copyEffect(effect)}
	e.From, e.Seq, e.Deadline = from, s.Seq, storage.Time(e.Deadline)
	e.Attempt, e.Owner, e.Reason = 0, "", ""
	s.Effects = append(s.Effects, e)
	s.enqueue(e, now)
}

// enqueue makes an effect pending, behind others of its lane if there are.
func (s *state) enqueue(e *effectRow, now time.Time) {
	e.Status, e.Ended, e.Behind = storage.EffectPending, time.Time{}, false
	for _, o := range s.lane(e) {
		e.Behind = e.Behind || o != e && o.active()
	}
	if e.Behind {
		e.Due = e.Deadline
	} else {
		e.retry(s.free(e, now))
	}
}

// lane returns the effects of e's record and lane, e among them; only e if it is in none.
func (s *state) lane(e *effectRow) (out []*effectRow) {
	for _, o := range s.Effects {
		if o == e || e.Lane != "" && o.Lane == e.Lane && o.From == e.From {
			out = append(out, o)
		}
	}
	return out
}

func (e *effectRow) active() bool {
	return e.Status == storage.EffectPending || e.Status == storage.EffectRunning
}

// free returns when a lane's first effect can be taken: now, or when the leases of its canceled
// effects have ended, which may still be running outside.
func (s *state) free(e *effectRow, now time.Time) time.Time {
	at := now
	for _, o := range s.lane(e) {
		if o.Status == storage.EffectCanceled && o.LeaseUntil.After(at) {
			at = o.LeaseUntil
		}
	}
	return at
}

// retry makes an effect pending from at on, at the latest when its deadline has passed.
func (e *effectRow) retry(at time.Time) {
	if !e.Deadline.IsZero() && e.Deadline.Before(at) {
		at = e.Deadline
	}
	e.Status, e.Due = storage.EffectPending, at
}

// end ends an effect; the next in its lane moves up.
func (s *state) end(e *effectRow, as storage.EffectStatus, now time.Time) {
	e.Status, e.Due, e.Ended = as, time.Time{}, now
	s.moveUp(e, now)
}

// moveUp lets the first effect of e's lane be taken when the lane is free, if none can be yet.
func (s *state) moveUp(e *effectRow, now time.Time) {
	var next *effectRow
	for _, o := range s.lane(e) {
		if o.active() && !o.Behind {
			return
		}
		if next == nil && o.active() {
			next = o
		}
	}
	if next != nil {
		next.Behind = false
		if next.Status == storage.EffectPending {
			next.retry(s.free(next, now))
		}
	}
}

// cancel cancels effects all at once: what comes after them in a lane waits for each that runs.
func (s *state) cancel(from storage.Key, cancels []storage.Cancel, now time.Time) {
	var canceled []*effectRow
	for _, e := range s.Effects {
		matches := func(c storage.Cancel) bool { return c.Matches(&e.Effect) }
		if e.From == from && e.active() && slices.ContainsFunc(cancels, matches) {
			e.Status, e.Due, e.Ended = storage.EffectCanceled, time.Time{}, now
			canceled = append(canceled, e)
		}
	}
	for _, e := range canceled {
		s.moveUp(e, now)
	}
}

// endLease ends the lease on an effect. If it was canceled, what waited for that waits no longer.
func (s *state) endLease(e *effectRow, now time.Time) {
	blocking := e.Status == storage.EffectCanceled && e.LeaseUntil.After(now)
	e.LeaseUntil = time.Time{}
	for _, o := range s.lane(e) {
		if blocking && o.Status == storage.EffectPending && !o.Behind {
			o.retry(s.free(o, now))
		}
	}
}

func (m *model) Take(ctx context.Context, c storage.Claim) ([]storage.Taken, error) {
	return m.take(ctx, c, func(storage.Key) bool { return true })
}

func (m *model) take(ctx context.Context, c storage.Claim, wanted func(storage.Key) bool) ([]storage.Taken, error) {
	if err := m.limits.CheckClaim(&c); err != nil {
		return nil, err
	}
	now, err := m.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	var due []*effectRow
	for _, e := range m.state.Effects {
		if slices.Contains(c.Names, e.Name) && wanted(effectKey(e.ID)) && e.active() && reached(e.Due, now) {
			due = append(due, e)
		}
	}
	slices.SortFunc(due, func(a, b *effectRow) int { return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.Seq, b.Seq)) })
	var out []storage.Taken
	for _, e := range due[:min(c.Limit, len(due))] {
		e.Status, e.Attempt, e.Token = storage.EffectRunning, e.Attempt+1, e.Token+1
		e.Owner, e.LeaseUntil = c.Owner, storage.Time(now.Add(c.TTL))
		e.Due = e.LeaseUntil
		lease := storage.Lease{Key: effectKey(e.ID), Owner: c.Owner, Token: e.Token, TTL: c.TTL}
		out = append(out, storage.Taken{Effect: copyEffect(e.Effect), Lease: lease, Now: now})
	}
	return out, nil
}

func effectKey(id string) storage.Key { return storage.Key{Kind: storage.EffectKind, ID: id} }

func (m *model) Settle(ctx context.Context, settlements []storage.Settlement) ([]error, error) {
	now, err := m.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	answers := make([]error, len(settlements))
	for i := range settlements {
		if answers[i] = m.limits.CheckSettlement(&settlements[i]); answers[i] == nil {
			answers[i] = m.state.settleEffect(&settlements[i], now)
		}
	}
	return answers, nil
}

func (s *state) settleEffect(st *storage.Settlement, now time.Time) error {
	k := st.Lease.Key
	if s.effect(k.ID) == nil {
		return storage.Errorf(storage.ErrNotFound, k, "there is no such effect")
	}
	_, e := s.held(st.Lease)
	if e == nil {
		return storage.Errorf(storage.ErrLeaseLost, k, "the lease with token %d has ended", st.Lease.Token)
	}
	e.Reason = st.Reason
	switch {
	case e.Status == storage.EffectCanceled:
	case st.As == storage.EffectPending:
		e.retry(storage.Time(now.Add(st.Retry)))
	default:
		s.end(e, st.As, now)
	}
	s.endLease(e, now)
	if st.Outcome != nil {
		outcome := *st.Outcome
		outcome.To = e.From
		s.send(outcome, now)
	}
	return nil
}

func (m *model) Effects(ctx context.Context, q storage.EffectQuery) iter.Seq2[storage.Effect, error] {
	now := m.now()
	return read(ctx, m, q.Limit, func(s *state) (out []storage.Effect) {
		for _, e := range s.Effects {
			if e.Seq > q.After && selects(q.From, e.From) && among(q.Statuses, e.Status) {
				effect := copyEffect(e.Effect)
				if !e.LeaseUntil.After(now) {
					effect.Owner = ""
				}
				out = append(out, effect)
			}
		}
		return out
	})
}

func (m *model) RedriveEffects(ctx context.Context, ids []string, deadline time.Duration) ([]error, error) {
	now, err := m.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	answers := make([]error, len(ids))
	for i, id := range ids {
		e := m.state.effect(id)
		if e == nil || e.Status != storage.EffectDead {
			answers[i] = storage.Errorf(storage.ErrNotFound, effectKey(id), "there is no such dead effect")
			continue
		}
		if m.state.openOfKey(e.From, e.Key) != nil {
			answers[i] = storage.Errorf(storage.ErrExists, effectKey(id), "its key is open")
			continue
		}
		e.Attempt, e.Reason, e.Deadline = 0, "", time.Time{}
		if deadline > 0 {
			e.Deadline = storage.Time(now.Add(deadline))
		}
		m.state.enqueue(e, now)
	}
	return answers, nil
}

package memory

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"time"

	"github.com/reeve-go/reeve/storage"
)

type effect struct {
	storage.Effect
	token      storage.Token
	leaseUntil time.Time // zero: no lease
	behind     bool      // another of its lane goes first
	ended      time.Time
	place      place[*effect]
}

func compareEffects(a, b *effect) int { return cmp.Compare(a.Seq, b.Seq) }

func (e *effect) copy(now time.Time) storage.Effect {
	out := e.Effect
	if !e.leaseUntil.After(now) {
		out.Owner = ""
	}
	out.Body = cloneBytes(e.Body)
	return out
}

func (e *effect) open() bool {
	return e.Status == storage.EffectPending || e.Status == storage.EffectRunning
}

// A lane holds the effects that have not ended, by number, and the canceled ones that may still be
// running outside.
type lane struct {
	open     []*effect
	canceled []*effect
}

// head returns the effect that may be taken or is; nil if there is none.
func (l *lane) head() *effect {
	for _, e := range l.open {
		if !e.behind {
			return e
		}
	}
	return nil
}

// free returns when the lane's next effect can be taken.
func (l *lane) free(now time.Time) time.Time {
	at := now
	for _, e := range l.canceled {
		at = later(at, e.leaseUntil)
	}
	return at
}

func (r *record) lane(name string) *lane {
	return getOrMake(r.lanes, name, func() *lane { return &lane{} })
}

// emit adds an effect to a record.
func (s *shard) emit(store *Store, r *record, e storage.Effect, now time.Time) {
	e.Body = cloneBytes(e.Body)
	e.Deadline = storage.Time(e.Deadline)
	e.From, e.Seq = r.Key, store.seq.Add(1)
	e.Attempt, e.Owner, e.Due, e.Status, e.Reason = 0, "", time.Time{}, storage.EffectPending, ""
	stored := &effect{Effect: e}
	stored.place.value = stored
	store.effects.add(stored)
	r.effects = append(r.effects, stored)
	s.enqueue(r, stored, now)
}

// enqueue makes an effect wait for its turn, in its lane if it has one.
func (s *shard) enqueue(r *record, e *effect, now time.Time) {
	r.unfinished[e.Key] = e
	if e.Lane == "" {
		s.scheduleEffect(e, now, now)
		return
	}
	l := r.lane(e.Lane)
	at, _ := slices.BinarySearchFunc(l.open, e, compareEffects)
	l.open = slices.Insert(l.open, at, e)
	e.behind = true
	s.scheduleEffect(e, time.Time{}, now)
	s.moveUp(r, e.Lane, now)
}

// moveUp lets the first effect of a lane be taken, as soon as the lane is free, unless another has
// been let already.
func (s *shard) moveUp(r *record, name string, now time.Time) {
	l := r.lanes[name]
	if l == nil {
		return
	}
	l.canceled = slices.DeleteFunc(l.canceled, func(e *effect) bool { return !e.leaseUntil.After(now) })
	if l.head() == nil && len(l.open) > 0 {
		first := l.open[0]
		first.behind = false
		if first.Status == storage.EffectPending {
			s.scheduleEffect(first, l.free(now), now)
		}
	}
	if len(l.open)+len(l.canceled) == 0 {
		delete(r.lanes, name)
	}
}

// scheduleEffect puts an effect where Take finds it: at a time, but not after its deadline, because
// then it has to be given up. The zero time stands for none but the deadline.
func (s *shard) scheduleEffect(e *effect, at, now time.Time) {
	if e.open() && !e.Deadline.IsZero() && (at.IsZero() || e.Deadline.Before(at)) {
		at = e.Deadline
	}
	e.Due = at
	s.workOf(e.Name).set(&e.place, at)
	s.hintAt(storage.HintEffects, at, now)
}

func (s *shard) workOf(name string) *queue[*effect] {
	return getOrMake(s.work, name, func() *queue[*effect] { return newQueue(compareEffects) })
}

// endEffect takes an effect from those to be performed. Its lane has to move up afterwards.
func (s *shard) endEffect(r *record, e *effect, as storage.EffectStatus, reason string, now time.Time) {
	e.Status, e.Reason, e.ended = as, reason, now
	delete(r.unfinished, e.Key)
	s.scheduleEffect(e, time.Time{}, now)
	s.endedQueue(e).set(&e.place, now)
	if l := r.lanes[e.Lane]; l != nil {
		l.open = slices.DeleteFunc(l.open, func(o *effect) bool { return o == e })
		if as == storage.EffectCanceled && !e.leaseUntil.IsZero() {
			l.canceled = append(l.canceled, e)
		}
	}
}

// endLease ends the lease on an effect. What waited for it although it was canceled waits no longer.
func (s *shard) endLease(r *record, e *effect, now time.Time) {
	blocked := e.Status == storage.EffectCanceled && e.leaseUntil.After(now)
	e.token++
	e.leaseUntil = time.Time{}
	l := r.lanes[e.Lane]
	if l == nil || !blocked {
		return
	}
	if head := l.head(); head != nil && head.Status == storage.EffectPending {
		s.scheduleEffect(head, l.free(now), now)
	}
	s.moveUp(r, e.Lane, now)
}

func (s *shard) endedQueue(e *effect) *queue[*effect] {
	if e.Status == storage.EffectDead {
		return s.deadEffects
	}
	return s.endedEffects
}

// removeEffect removes an effect as if it had never been.
func (s *shard) removeEffect(store *Store, r *record, e *effect) {
	if e.open() {
		s.workOf(e.Name).set(&e.place, time.Time{})
	} else {
		s.endedQueue(e).set(&e.place, time.Time{})
	}
	store.effects.remove(e)
	if at, ok := slices.BinarySearchFunc(r.effects, e, compareEffects); ok {
		r.effects = slices.Delete(r.effects, at, at+1)
	}
}

// Settle implements [storage.Outbox].
func (s *Store) Settle(ctx context.Context, settlements []storage.Settlement) ([]error, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	now, answers := now(), make([]error, len(settlements))
	for i := range settlements {
		answers[i] = s.settle(&settlements[i], now)
	}
	return answers, nil
}

func (s *Store) settle(st *storage.Settlement, now time.Time) error {
	if err := s.limits.CheckSettlement(st); err != nil {
		return err
	}
	e, shard, r, unlock := s.lockEffect(st.Lease.Key.ID)
	defer unlock()
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
		shard.scheduleEffect(e, storage.Time(now.Add(st.Retry)), now)
	default:
		shard.endEffect(r, e, st.As, st.Reason, now)
		shard.moveUp(r, e.Lane, now)
	}
	shard.endLease(r, e, now)
	if st.Outcome != nil {
		m := *st.Outcome
		m.To = e.From
		shard.post(s, m, now)
	}
	return nil
}

// check says whether a lease on the effect is the newest and has not ended.
func (e *effect) check(l storage.Lease) error {
	if e.token != l.Token || e.leaseUntil.IsZero() {
		return storage.Errorf(storage.ErrLeaseLost, l.Key, "the lease with token %d has ended; the newest is %d", l.Token, e.token)
	}
	return nil
}

// lockEffect finds an effect and locks the shard of its record. The effect is nil if there is none.
func (s *Store) lockEffect(id string) (*effect, *shard, *record, func()) {
	e := s.effects.find(id)
	if e == nil {
		return nil, nil, nil, func() {}
	}
	unlock := s.lock(e.From)
	if s.effects.find(id) != e { // it went while the lock was waited for
		return nil, nil, nil, unlock
	}
	shard := s.shardOf(e.From)
	return e, shard, shard.records[e.From], unlock
}

func effectKey(id string) storage.Key { return storage.Key{Kind: storage.EffectKind, ID: id} }

// Effects implements [storage.Outbox].
func (s *Store) Effects(ctx context.Context, q storage.EffectQuery) iter.Seq2[storage.Effect, error] {
	return pages(ctx, q.Limit, func() []storage.Effect {
		now := now()
		var out []storage.Effect
		s.eachShard(q.From, func(shard *shard) {
			for k, r := range shard.records {
				if !selects(q.From, k) {
					continue
				}
				for _, e := range r.effects {
					if e.Seq > q.After && matches(q.Statuses, e.Status) {
						out = append(out, e.copy(now))
					}
				}
			}
		})
		slices.SortFunc(out, func(a, b storage.Effect) int { return cmp.Compare(a.Seq, b.Seq) })
		return out
	})
}

// RedriveEffects implements [storage.Outbox].
func (s *Store) RedriveEffects(ctx context.Context, ids []string, deadline time.Duration) ([]error, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	now, answers := now(), make([]error, len(ids))
	for i, id := range ids {
		answers[i] = s.redriveEffect(id, deadline, now)
	}
	return answers, nil
}

func (s *Store) redriveEffect(id string, deadline time.Duration, now time.Time) error {
	e, shard, r, unlock := s.lockEffect(id)
	defer unlock()
	if e == nil || e.Status != storage.EffectDead {
		return storage.Errorf(storage.ErrNotFound, effectKey(id), "no dead effect has this id")
	}
	if open := r.unfinished[e.Key]; open != nil {
		return storage.Errorf(storage.ErrExists, effectKey(id), "effect %q, which is %v, has its key; it is for the same", open.ID, open.Status)
	}
	shard.deadEffects.set(&e.place, time.Time{})
	e.Status, e.Reason, e.Attempt, e.ended = storage.EffectPending, "", 0, time.Time{}
	e.Deadline = time.Time{}
	if deadline > 0 {
		e.Deadline = storage.Time(now.Add(deadline))
	}
	shard.enqueue(r, e, now)
	return nil
}

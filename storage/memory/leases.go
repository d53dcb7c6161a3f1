package memory

import (
	"context"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// Claim implements [storage.Leases].
func (s *Store) Claim(ctx context.Context, c storage.Claim) ([]storage.Snapshot, error) {
	if err := s.checkClaim(ctx, &c); err != nil {
		return nil, err
	}
	defer s.lockAll()()
	now := now()
	var queues []*queue[*record]
	for i := range s.shards {
		for _, kind := range c.Names {
			queues = append(queues, s.shards[i].due[kind])
		}
	}
	var out []storage.Snapshot
	takeDue(queues, now, c.Limit, func(r *record) {
		shard := s.shardOf(r.Key)
		r.token++
		r.holder, r.leaseUntil = c.Owner, storage.Time(now.Add(c.TTL))
		r.Due = r.leaseUntil
		shard.schedule(r, now)
		snapshot := r.turn(shard.mail[r.Key], now, c.Most)
		snapshot.Lease = storage.Lease{Key: r.Key, Owner: c.Owner, Token: r.token, TTL: c.TTL}
		out = append(out, snapshot)
	})
	return out, nil
}

// Take implements [storage.Leases].
func (s *Store) Take(ctx context.Context, c storage.Claim) ([]storage.Taken, error) {
	if err := s.checkClaim(ctx, &c); err != nil {
		return nil, err
	}
	defer s.lockAll()()
	now := now()
	var queues []*queue[*effect]
	for i := range s.shards {
		for _, name := range c.Names {
			queues = append(queues, s.shards[i].work[name])
		}
	}
	var out []storage.Taken
	takeDue(queues, now, c.Limit, func(e *effect) {
		e.Status = storage.EffectRunning
		e.Attempt++
		e.Owner = c.Owner
		e.token++
		s.shardOf(e.From).leaseEffect(e, storage.Time(now.Add(c.TTL)))
		lease := storage.Lease{Key: effectKey(e.ID), Owner: c.Owner, Token: e.token, TTL: c.TTL}
		out = append(out, storage.Taken{Effect: e.copy(now), Lease: lease, Now: now})
	})
	return out, nil
}

func (s *Store) checkClaim(ctx context.Context, c *storage.Claim) error {
	if c.Most == 0 {
		c.Most = storage.DefaultMost
	}
	if err := s.limits.CheckClaim(c); err != nil {
		return err
	}
	return ctx.Err()
}

// leaseEffect hides an effect from Take until the lease ends, also if its deadline passes before.
func (s *shard) leaseEffect(e *effect, until time.Time) {
	e.leaseUntil, e.Due = until, until
	s.workOf(e.Name).set(&e.place, until)
}

// Extend implements [storage.Leases].
func (s *Store) Extend(ctx context.Context, leases []storage.Lease) ([]error, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	now, answers := now(), make([]error, len(leases))
	for i, l := range leases {
		if l.Key.Kind == storage.EffectKind {
			answers[i] = s.extendEffect(l, now)
		} else {
			answers[i] = s.extendRecord(l, now)
		}
	}
	return answers, nil
}

func (s *Store) extendRecord(l storage.Lease, now time.Time) error {
	defer s.lock(l.Key)()
	shard := s.shardOf(l.Key)
	r := shard.records[l.Key]
	if !r.holds(l) {
		return storage.Errorf(storage.ErrLeaseLost, l.Key, "the lease with token %d has ended", l.Token)
	}
	r.leaseUntil = storage.Time(now.Add(l.TTL))
	r.Due = r.leaseUntil
	shard.schedule(r, now)
	return nil
}

func (s *Store) extendEffect(l storage.Lease, now time.Time) error {
	e, shard, _, unlock := s.lockEffect(l.Key.ID)
	defer unlock()
	if e == nil {
		return storage.Errorf(storage.ErrLeaseLost, l.Key, "the effect is gone")
	}
	if err := e.check(l); err != nil {
		return err
	}
	if e.Status == storage.EffectCanceled {
		return storage.Errorf(storage.ErrCanceled, l.Key, "its record does not want it any more")
	}
	shard.leaseEffect(e, storage.Time(now.Add(l.TTL)))
	return nil
}

// Release implements [storage.Leases].
func (s *Store) Release(ctx context.Context, leases []storage.Lease, after time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	now := now()
	for _, l := range leases {
		if l.Key.Kind == storage.EffectKind {
			s.releaseEffect(l, now, after)
		} else {
			s.releaseRecord(l, now, after)
		}
	}
	return nil
}

func (s *Store) releaseRecord(l storage.Lease, now time.Time, after time.Duration) {
	defer s.lock(l.Key)()
	shard := s.shardOf(l.Key)
	if r := shard.records[l.Key]; r.holds(l) {
		r.token++
		r.leaseUntil = time.Time{}
		r.Due = storage.Time(now.Add(after))
		if len(shard.mail[r.Key].openOrNone()) > 0 {
			r.Due = now
		}
		shard.schedule(r, now)
	}
}

func (s *Store) releaseEffect(l storage.Lease, now time.Time, after time.Duration) {
	e, shard, r, unlock := s.lockEffect(l.Key.ID)
	defer unlock()
	if e == nil || e.check(l) != nil {
		return
	}
	if e.Status == storage.EffectRunning {
		e.Status = storage.EffectPending
		e.Attempt--
		shard.scheduleEffect(e, storage.Time(now.Add(after)), now)
	}
	shard.endLease(r, e, now)
}

// holds reports whether the lease is the record's newest and has not ended.
func (r *record) holds(l storage.Lease) bool {
	return r != nil && r.token == l.Token && !r.leaseUntil.IsZero()
}

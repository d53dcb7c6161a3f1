package bolt

import (
	"context"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// Extend implements [storage.Leases].
func (s *Store) Extend(ctx context.Context, leases []storage.Lease) ([]error, error) {
	answers := make([]error, len(leases))
	err := s.update(ctx, "extend", func(t *tx) {
		for i, l := range leases {
			if l.Key.Kind == storage.EffectKind {
				answers[i] = t.extendEffect(l)
			} else {
				answers[i] = t.extendRecord(l)
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return answers, nil
}

func (t *tx) extendRecord(l storage.Lease) error {
	r := t.record(l.Key)
	if !r.holds(l) {
		return storage.Errorf(storage.ErrLeaseLost, l.Key, "the lease with token %d has ended", l.Token)
	}
	t.leaseRecord(r, l.TTL)
	return nil
}

func (t *tx) extendEffect(l storage.Lease) error {
	e := t.effectByID(l.Key.ID)
	if e == nil {
		return storage.Errorf(storage.ErrLeaseLost, l.Key, "the effect is gone")
	}
	if err := e.check(l); err != nil {
		return err
	}
	if e.Status == storage.EffectCanceled {
		return storage.Errorf(storage.ErrCanceled, l.Key, "its record does not want it any more")
	}
	t.leaseEffect(e, l.TTL)
	return nil
}

// leaseRecord hides a record from Claim until the lease ends, and makes it due then.
func (t *tx) leaseRecord(r *record, ttl time.Duration) {
	r.LeaseUntil = storage.Time(t.now.Add(ttl))
	r.Due = r.LeaseUntil
	t.schedule(r)
}

// leaseEffect hides an effect from Take until the lease ends, also if its deadline passes before.
func (t *tx) leaseEffect(e *effect, ttl time.Duration) {
	e.LeaseUntil = storage.Time(t.now.Add(ttl))
	e.Due = e.LeaseUntil
	t.save(e)
}

// Release implements [storage.Leases].
func (s *Store) Release(ctx context.Context, leases []storage.Lease, after time.Duration) error {
	return s.update(ctx, "release", func(t *tx) {
		for _, l := range leases {
			if l.Key.Kind == storage.EffectKind {
				t.releaseEffect(l, after)
			} else {
				t.releaseRecord(l, after)
			}
		}
	})
}

func (t *tx) releaseRecord(l storage.Lease, after time.Duration) {
	r := t.record(l.Key)
	if !r.holds(l) {
		return
	}
	r.endLease(r.Token + 1)
	if r.Due = storage.Time(t.now.Add(after)); t.any(openMessages, name(r.Key)) {
		r.Due = t.now
	}
	t.schedule(r)
}

func (t *tx) releaseEffect(l storage.Lease, after time.Duration) {
	e := t.effectByID(l.Key.ID)
	if e == nil || e.check(l) != nil {
		return
	}
	if e.Status == storage.EffectRunning {
		e.Status = storage.EffectPending
		e.Attempt-- // it was not tried
		t.offer(e, t.now.Add(after))
	}
	t.endLease(e)
}

// holds reports whether a lease is the record's newest and has not been ended.
func (r *record) holds(l storage.Lease) bool {
	return r != nil && r.Token == l.Token && !r.LeaseUntil.IsZero()
}

// endLease ends the record's lease. Tokens below newest are no longer good.
func (r *record) endLease(newest storage.Token) {
	r.Token, r.LeaseUntil = max(r.Token, newest), time.Time{}
}

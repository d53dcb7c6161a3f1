package storagetest

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/reeve-go/reeve/storage"
)

func (m *model) Claim(ctx context.Context, c storage.Claim) ([]storage.Snapshot, error) {
	return m.claim(ctx, c, func(storage.Key) bool { return true })
}

// claim claims records that are wanted, so that the model can follow a backend where the contract
// leaves it a choice.
func (m *model) claim(ctx context.Context, c storage.Claim, wanted func(storage.Key) bool) ([]storage.Snapshot, error) {
	if err := m.limits.CheckClaim(&c); err != nil {
		return nil, err
	}
	now, err := m.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	var due []*recordRow
	for k, r := range m.state.Records {
		if slices.Contains(c.Names, k.Kind) && wanted(k) && r.Status == storage.OK && !r.Final &&
			reached(r.Due, now) && !r.LeaseUntil.After(now) {
			due = append(due, r)
		}
	}
	slices.SortFunc(due, func(a, b *recordRow) int {
		return cmp.Or(a.Due.Compare(b.Due), a.Key.Compare(b.Key))
	})
	most := cmp.Or(c.Most, storage.DefaultMost)
	var out []storage.Snapshot
	for _, r := range due[:min(c.Limit, len(due))] {
		r.Token++
		r.Holder, r.LeaseUntil = c.Owner, storage.Time(now.Add(c.TTL))
		r.Due = r.LeaseUntil
		snapshot := m.state.snapshot(r, most, now)
		snapshot.Lease = storage.Lease{Key: r.Key, Owner: c.Owner, Token: r.Token, TTL: c.TTL}
		out = append(out, snapshot)
	}
	return out, nil
}

// reached reports whether t is set and not after now.
func reached(t, now time.Time) bool { return !t.IsZero() && !t.After(now) }

func byName(a, b storage.Element) int { return strings.Compare(a.Name, b.Name) }

// dueElements returns the elements that are due, oldest first.
func (r *recordRow) dueElements(now time.Time) (out []storage.Element) {
	for _, e := range r.Elements {
		if reached(e.Due, now) {
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(a, b storage.Element) int { return cmp.Or(a.Due.Compare(b.Due), byName(a, b)) })
	return out
}

func (m *model) Extend(ctx context.Context, leases []storage.Lease) ([]error, error) {
	now, err := m.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	answers := make([]error, len(leases))
	for i, l := range leases {
		r, e := m.state.held(l)
		switch {
		case r == nil && e == nil:
			answers[i] = storage.Errorf(storage.ErrLeaseLost, l.Key, "the lease with token %d has ended", l.Token)
		case r != nil:
			r.LeaseUntil = storage.Time(now.Add(l.TTL))
			r.Due = r.LeaseUntil
			r.rest()
		case e.Status == storage.EffectCanceled:
			answers[i] = storage.Errorf(storage.ErrCanceled, l.Key, "its record does not want it any more")
		default:
			e.LeaseUntil = storage.Time(now.Add(l.TTL))
			e.Due = e.LeaseUntil
		}
	}
	return answers, nil
}

func (m *model) Release(ctx context.Context, leases []storage.Lease, after time.Duration) error {
	now, err := m.lock(ctx)
	if err != nil {
		return err
	}
	defer m.mu.Unlock()
	for _, l := range leases {
		switch r, e := m.state.held(l); {
		case r != nil:
			r.Token++
			r.LeaseUntil = time.Time{}
			r.Due = storage.Time(now.Add(after))
			if len(m.state.open(r.Key)) > 0 {
				r.Due = now
			}
			r.rest()
		case e != nil:
			if e.Status == storage.EffectRunning {
				e.Attempt--
				e.retry(storage.Time(now.Add(after)))
			}
			m.state.endLease(e, now)
		}
	}
	return nil
}

// held returns what the lease holds: a record, an effect, or nothing if it has ended.
func (s *state) held(l storage.Lease) (*recordRow, *effectRow) {
	if l.Key.Kind == storage.EffectKind {
		if e := s.effect(l.Key.ID); e != nil && e.Token == l.Token && !e.LeaseUntil.IsZero() {
			return nil, e
		}
		return nil, nil
	}
	if r := s.Records[l.Key]; r != nil && r.Token == l.Token && !r.LeaseUntil.IsZero() {
		return r, nil
	}
	return nil, nil
}

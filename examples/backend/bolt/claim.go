package bolt

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/reeve-go/reeve/storage"
)

// Claim implements [storage.Leases]. It looks at what is due and at nothing else.
func (s *Store) Claim(ctx context.Context, c storage.Claim) (out []storage.Snapshot, err error) {
	if err := s.limits.CheckClaim(&c); err != nil {
		return nil, err
	}
	c.Most = cmp.Or(c.Most, storage.DefaultMost)
	err = s.update(ctx, "claim", func(t *tx) {
		for _, r := range t.dueRecords(c.Names, c.Limit) {
			r.Token++
			r.Holder = c.Owner
			t.leaseRecord(r, c.TTL)
			turn := t.turn(r, c.Most)
			turn.Lease = storage.Lease{Key: r.Key, Owner: c.Owner, Token: r.Token, TTL: c.TTL}
			out = append(out, turn)
		}
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// dueRecords returns up to n records of some kinds that are due and free, those due longest first.
func (t *tx) dueRecords(kinds []string, n int) []*record {
	due := t.recordsAt(t.dueIn(recordsByDue, kinds, n))
	slices.SortFunc(due, func(a, b *record) int {
		return cmp.Or(a.ready().Compare(b.ready()), strings.Compare(name(a.Key), name(b.Key)))
	})
	return due[:min(n, len(due))]
}

// dueIn returns up to n entries for each name whose time has come.
func (t *tx) dueIn(in index, names []string, n int) (hits []hit) {
	for _, called := range slices.Compact(slices.Sorted(slices.Values(names))) {
		hits = append(hits, t.find(in, text(called), text(called)+past(t.now), n)...)
	}
	return hits
}

// turn returns what a turn needs: the record, and up to most of its open messages and due elements, with
// the elements that those messages name.
func (t *tx) turn(r *record, most int) storage.Snapshot {
	s := t.snapshot(r)
	open, due := t.openMessages(r.Key, most+1), t.dueElements(r.Key, most+1)
	s.More = len(open) > most || len(due) > most
	wanted := due[:min(most, len(due))]
	for _, m := range open[:min(most, len(open))] {
		s.Messages = append(s.Messages, m.Message)
		if e := t.element(r.Key, m.Element); e != nil && !slices.Contains(wanted, e) {
			wanted = append(wanted, e)
		}
	}
	for _, e := range wanted {
		s.Elements = append(s.Elements, e.Element)
	}
	slices.SortFunc(s.Elements, func(a, b storage.Element) int { return strings.Compare(a.Name, b.Name) })
	return s
}

// Take implements [storage.Leases]. It looks at what is due and at nothing else.
func (s *Store) Take(ctx context.Context, c storage.Claim) (out []storage.Taken, err error) {
	if err := s.limits.CheckClaim(&c); err != nil {
		return nil, err
	}
	err = s.update(ctx, "take", func(t *tx) {
		for _, e := range t.dueEffects(c.Names, c.Limit) {
			e.Status, e.Owner = storage.EffectRunning, c.Owner
			e.Attempt++
			e.Token++
			t.leaseEffect(e, c.TTL)
			lease := storage.Lease{Key: effectKey(e.ID), Owner: c.Owner, Token: e.Token, TTL: c.TTL}
			out = append(out, storage.Taken{Effect: e.Effect, Lease: lease, Now: t.now})
		}
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// dueEffects returns up to n effects of some names that can be taken, those due longest first.
func (t *tx) dueEffects(names []string, n int) []*effect {
	due := t.effectsAt(t.dueIn(effectsByDue, names, n))
	slices.SortFunc(due, func(a, b *effect) int { return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.Seq, b.Seq)) })
	return due[:min(n, len(due))]
}

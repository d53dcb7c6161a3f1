package storagetest

import (
	"cmp"
	"slices"

	"github.com/reeve-go/reeve/storage"
)

// A loan is a lease from the backend and the model's of the same claim; their tokens may differ.
type loan struct {
	backend, model storage.Lease
	record         storage.Key
}

// from returns the lease that a store knows.
func (d *duel) from(s storage.Store, l loan) storage.Lease {
	if s == storage.Store(d.m) {
		return l.model
	}
	return l.backend
}

// claim lets the backend choose, where the limit makes it choose, and the model follow.
func (d *duel) claim() {
	c := d.draw.claim(d.Kind, other)
	due, err := d.future().Claim(d.ctx, unlimited(c))
	d.is("claim of the model", err, nil)
	got := d.claimOf(c)
	d.same("how many records a claim returns", len(got), min(c.Limit, len(due)))
	if len(got) == 0 {
		return
	}
	chosen := func(k storage.Key) bool {
		return slices.ContainsFunc(got, func(s storage.Snapshot) bool { return s.Key == k })
	}
	want, err := d.m.claim(d.ctx, c, chosen)
	d.is("claim of the model", err, nil)
	slices.SortFunc(got, func(a, b storage.Snapshot) int { return a.Key.Compare(b.Key) })
	slices.SortFunc(want, func(a, b storage.Snapshot) int { return a.Key.Compare(b.Key) })
	d.seen = append(d.seen, want...)
	for i := range want {
		d.held = append(d.held, loan{got[i].Lease, want[i].Lease, want[i].Key})
	}
	d.same("what a claim returns", d.plain(got), d.plain(want))
}

// future returns a copy of the model, to see what would be.
func (d *duel) future() *model {
	m := newModel(d.m.now, d.Limits)
	m.state = d.m.state.clone()
	return m
}

func unlimited(c storage.Claim) storage.Claim {
	c.Limit = 1000
	return c
}

func (d *duel) take() {
	c := d.draw.claim(performed, "something else")
	due, err := d.future().Take(d.ctx, unlimited(c))
	d.is("take of the model", err, nil)
	got, err := d.Store.Take(d.ctx, c)
	d.is("take", err, nil)
	d.same("how many effects a take returns", len(got), min(c.Limit, len(due)))
	if len(got) == 0 {
		return
	}
	chosen := func(k storage.Key) bool {
		return slices.ContainsFunc(got, func(e storage.Taken) bool { return e.Lease.Key == k })
	}
	want, err := d.m.take(d.ctx, c, chosen)
	d.is("take of the model", err, nil)
	for _, taken := range [][]storage.Taken{got, want} {
		slices.SortFunc(taken, func(a, b storage.Taken) int { return cmp.Compare(a.Seq, b.Seq) })
	}
	for i := range want {
		d.held = append(d.held, loan{got[i].Lease, want[i].Lease, want[i].From})
		got[i].Seq, got[i].Reason, got[i].Lease.Token = want[i].Seq, want[i].Reason, want[i].Lease.Token
	}
	d.same("what a take returns", got, want)
}

func (d *duel) settle() {
	l := d.draw.lease(true)
	st := d.draw.settlement()
	d.both("settle", func(s storage.Store) ([]error, error) {
		st.Lease = d.from(s, l)
		return s.Settle(d.ctx, []storage.Settlement{st, st})
	})
}

func (d *duel) extend() {
	first, second := d.draw.lease(false), d.draw.lease(false)
	d.both("extend", func(s storage.Store) ([]error, error) {
		return s.Extend(d.ctx, []storage.Lease{d.from(s, first), d.from(s, second)})
	})
}

func (d *duel) release() {
	l, after := d.draw.lease(false), d.draw.duration("after")
	d.both("release", func(s storage.Store) ([]error, error) {
		return nil, s.Release(d.ctx, []storage.Lease{d.from(s, l)}, after)
	})
}

package storagetest

import (
	"cmp"
	"slices"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// claim claims up to limit records.
func (s *scene) claim(limit int) []storage.Snapshot {
	s.Helper()
	return s.claimOf(storage.Claim{Names: []string{s.Kind}, Owner: owner, Limit: limit, TTL: ttl})
}

func (s *scene) claimOf(c storage.Claim) []storage.Snapshot {
	s.Helper()
	got, err := s.Store.Claim(s.ctx, c)
	s.is("claim", err, nil)
	return got
}

// claimed demands that a claim returns these records, and returns what it knows of them in the order
// in which they are named.
func (s *scene) claimed(demand string, ids ...string) []storage.Snapshot {
	s.Helper()
	got := s.claim(100)
	inOrder(got, ids, func(r storage.Snapshot) string { return r.Key.ID })
	s.same(demand+": a claim must return these records", idsOf(got), ids)
	return got
}

// inOrder puts things into the order of their ids.
func inOrder[T any](things []T, ids []string, id func(T) string) {
	place := func(v T) uint { return uint(slices.Index(ids, id(v))) } // those not named come last
	slices.SortStableFunc(things, func(a, b T) int { return cmp.Compare(place(a), place(b)) })
}

func idsOf(snapshots []storage.Snapshot) (ids []string) {
	for _, snapshot := range snapshots {
		ids = append(ids, snapshot.Key.ID)
	}
	return ids
}

func (s *scene) extend(leases ...storage.Lease) []error {
	s.Helper()
	answers, err := s.Store.Extend(s.ctx, leases)
	s.is("extend", err, nil)
	if len(answers) != len(leases) {
		s.Fatalf("extend gave %d answers to %d leases; each has its own", len(answers), len(leases))
	}
	return answers
}

func (s *scene) release(after time.Duration, leases ...storage.Lease) {
	s.Helper()
	s.is("release", s.Store.Release(s.ctx, leases, after), nil)
}

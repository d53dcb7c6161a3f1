package storagetest

import (
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
	s.inOrder(demand+": a claim must return these records", ids, len(got), func(i int) string { return got[i].Key.ID },
		func(i, j int) { got[i], got[j] = got[j], got[i] })
	return got
}

// inOrder demands that n things have these ids, and puts them into their order.
func (s *scene) inOrder(demand string, ids []string, n int, id func(i int) string, swap func(i, j int)) {
	s.Helper()
	for i := range min(n, len(ids)) {
		for j := i + 1; j < n && id(i) != ids[i]; j++ {
			swap(i, j)
		}
	}
	var got []string
	for i := range n {
		got = append(got, id(i))
	}
	s.same(demand, got, ids)
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

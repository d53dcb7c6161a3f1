package postgres_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/postgres"
)

// Many who extend a lease each at the same time cost few transactions, and each is told of his own.
func TestExtendTogether(t *testing.T) {
	t.Parallel()
	const n = 40
	c := &counter{}
	pool := tracedPool(t, inNoHurry(pgtest.URL(t)), c)
	h := hand{t, storeOn(t, pool, dropped(t, pool, postgres.Options{}))}
	life{h, "n", n, func(string) {}}.create()
	claimed := h.claim(n)
	h.right(h.Extend(t.Context(), []storage.Lease{claimed[0].Lease}))
	c.since()
	h.right(h.Extend(t.Context(), []storage.Lease{claimed[0].Lease}))
	alone, _, _ := c.since()
	var all sync.WaitGroup
	begin := make(chan struct{})
	for i := range claimed {
		lease := claimed[i].Lease
		lease.TTL = 100 * time.Hour
		if i%4 == 0 {
			lease.Token--
		}
		all.Go(func() {
			<-begin
			answers, err := h.Extend(t.Context(), []storage.Lease{lease})
			if lost := err == nil && errors.Is(answers[0], storage.ErrLeaseLost); err != nil || lost != (i%4 == 0) {
				t.Errorf("lease %d: %v, %v", i, answers, err)
			}
		})
	}
	close(begin)
	all.Wait()
	if trips, _, _ := c.since(); trips >= n*alone/2 {
		t.Errorf("%d extensions took %d round trips, one alone takes %d", n, trips, alone)
	}
	for i, s := range h.nowOf(claimed) {
		if left := s.HeldUntil.Sub(s.Now); (left > 50*time.Hour) != (i%4 != 0) {
			t.Errorf("lease %d goes on for %v", i, left)
		}
	}
}

// nowOf returns records as they are now.
func (h hand) nowOf(claimed []storage.Snapshot) []storage.Snapshot {
	h.Helper()
	keys := make([]storage.Key, len(claimed))
	for i := range claimed {
		keys[i] = claimed[i].Key
	}
	now, err := h.Load(h.Context(), keys)
	if err != nil {
		h.Fatal(err)
	}
	return now
}

package supervision_test

import (
	"context"
	"sync"
	"time"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
)

// A spy is a store that a test looks at and interferes with. It gives no hints, so that what a
// supervisor asks it is a matter of polling.
type spy struct {
	storage.Store

	mu    sync.Mutex
	calls map[string]int
	// before is called with each call that matters, one after another; its error is the store's.
	before func(method string) error
	// applying is called before changes are applied.
	applying func(changes []storage.Change)
	// claimed is called after records were claimed.
	claimed func(seen []storage.Snapshot)
	// taken is called after effects were taken.
	taken func(n int)
}

func spyOn(s *memory.Store) *spy { return &spy{Store: s, calls: map[string]int{}} }

func (s *spy) called(method string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[method]++
	if s.before != nil {
		return s.before(method)
	}
	return nil
}

func (s *spy) count(method string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[method]
}

// interfere sets what happens before each call.
func (s *spy) interfere(before func(method string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = before
}

func (s *spy) Load(ctx context.Context, keys []storage.Key) ([]storage.Snapshot, error) {
	if err := s.called("Load"); err != nil {
		return nil, err
	}
	return s.Store.Load(ctx, keys)
}

func (s *spy) Apply(ctx context.Context, changes []storage.Change) ([]error, error) {
	if err := s.called("Apply"); err != nil {
		return nil, err
	}
	if s.applying != nil {
		s.applying(changes)
	}
	return s.Store.Apply(ctx, changes)
}

func (s *spy) Claim(ctx context.Context, c storage.Claim) ([]storage.Snapshot, error) {
	if err := s.called("Claim"); err != nil {
		return nil, err
	}
	seen, err := s.Store.Claim(ctx, c)
	if s.claimed != nil {
		s.claimed(seen)
	}
	return seen, err
}

func (s *spy) Take(ctx context.Context, c storage.Claim) ([]storage.Taken, error) {
	if err := s.called("Take"); err != nil {
		return nil, err
	}
	taken, err := s.Store.Take(ctx, c)
	if s.taken != nil {
		s.taken(len(taken))
	}
	return taken, err
}

func (s *spy) Extend(ctx context.Context, leases []storage.Lease) ([]error, error) {
	if err := s.called("Extend"); err != nil {
		return nil, err
	}
	return s.Store.Extend(ctx, leases)
}

func (s *spy) Release(ctx context.Context, leases []storage.Lease, after time.Duration) error {
	if err := s.called("Release"); err != nil {
		return err
	}
	return s.Store.Release(ctx, leases, after)
}

func (s *spy) Settle(ctx context.Context, settlements []storage.Settlement) ([]error, error) {
	if err := s.called("Settle"); err != nil {
		return nil, err
	}
	return s.Store.Settle(ctx, settlements)
}

// A loudSpy is a spy that passes on the hints of its store.
type loudSpy struct {
	*spy
	storage.Notifier
}

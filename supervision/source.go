package supervision

import (
	"context"
	"fmt"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// A source is a supervised pump.
type source struct {
	name  string
	store storage.Store
	pump  func(ctx context.Context) error
}

func (s *source) key() storage.Key {
	return storage.Key{Kind: ownPrefix + "source." + s.name, ID: s.name}
}

// Source has the supervisor keep a pump running: a function that brings something in, such as replies
// from a queue, until its context ends. Of all the supervisors on the store one runs it at a time,
// under a lease of that name; when that one stops or dies another takes over. A pump that returns is
// started again, after a while that grows if it fails. Call it before Run.
func (s *Supervisor) Source(name string, store storage.Store, pump func(ctx context.Context) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if name == "" || store == nil || pump == nil {
		s.refuse("source %q: a name, a store and a function are needed", name)
		return
	}
	for _, other := range s.sources {
		if other.name == name && other.store == store {
			s.refuse("source %q is given twice; once is right", name)
		}
	}
	s.sources = append(s.sources, &source{name, store, pump})
}

// pump runs a source whenever the lease on it can be had, until ctx ends.
func (w *worker) pump(ctx context.Context, s *source) {
	failures := 0
	for ctx.Err() == nil {
		begun := time.Now()
		lease, ok := w.leaseOf(ctx, s)
		if !ok {
			pause(ctx, w.options.Poll)
			continue
		}
		work, done := w.keeper.Keep(ctx, lease, begun)
		err := s.run(work)
		done()
		if ctx.Err() != nil {
			w.release(ctx, 0, lease)
			return
		}
		wait := w.options.Poll
		if err == nil || time.Since(begun) > w.options.Lease {
			failures = 0
		}
		if err != nil {
			failures++
			wait = w.options.Backoff(failures)
			w.log.Warn("a source ended; it is started again", "source", s.name, "again_in", wait, "error", err, stackOf(err))
		}
		w.release(ctx, wait, lease)
	}
}

func (s *source) run(ctx context.Context) (err error) {
	defer recoverTo(&err)
	return s.pump(ctx)
}

// leaseOf claims the record that stands for the source.
func (w *worker) leaseOf(ctx context.Context, s *source) (storage.Lease, bool) {
	key := s.key()
	seen, err := w.store.Claim(ctx, storage.Claim{Names: []string{key.Kind}, Owner: w.options.Name, Limit: 1, TTL: w.options.Lease})
	if err == nil && len(seen) == 1 {
		return seen[0].Lease, true
	}
	if err == nil {
		err = w.ensure(ctx, key)
	}
	if ctx.Err() == nil {
		w.troubles.tell(w.log, fmt.Sprintf("asking for the lease on source %q", s.name), err)
	}
	return storage.Lease{}, false
}

// ensure creates a record of the supervisor's own, if there is none: one that is always due, so that
// whoever claims it has the lease.
func (w *worker) ensure(ctx context.Context, key storage.Key) error {
	seen, err := w.store.Load(ctx, []storage.Key{key})
	if err != nil || seen[0].Version > 0 {
		return err
	}
	record := storage.Record{Key: key, State: "there", Due: seen[0].Now}
	if _, err = w.store.Apply(ctx, []storage.Change{{Key: key, Record: record}}); err != nil { // another may have been faster
		return fmt.Errorf("making %s: %w", key, err)
	}
	return nil
}

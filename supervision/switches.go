package supervision

import (
	"context"
	"sync"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// Switches say which kinds are paused, by a record for each kind that was ever paused. They are read
// once a poll interval.
type switches struct {
	mu     sync.Mutex
	read   time.Time
	paused map[string]bool
}

func switchOf(kind string) storage.Key { return storage.Key{Kind: ownPrefix + "kind", ID: kind} }

// loadWithSwitch loads a record that there is, and the switch of its kind.
func (k *Kind[T, S, E]) loadWithSwitch(ctx context.Context, id string) (record, kind *storage.Snapshot, err error) {
	if k.broken != nil {
		return nil, nil, k.broken
	}
	seen, err := k.store.Load(ctx, []storage.Key{k.Key(id), switchOf(k.name)})
	if err != nil {
		return nil, nil, err
	}
	if seen[0].Version == 0 {
		return nil, nil, storage.ErrNotFound
	}
	return &seen[0], &seen[1], nil
}

// off reports whether a kind is paused. While the store cannot be asked what was true last is.
func (s *switches) off(ctx context.Context, w *worker, kind string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := time.Now(); s.paused == nil || now.Sub(s.read) >= w.options.Poll {
		paused, err := w.readSwitches(ctx)
		if err == nil {
			s.paused, s.read = paused, now
		}
		if ctx.Err() == nil {
			w.troubles.tell(w.log, "asking which kinds are paused", err)
		}
	}
	return s.paused == nil || s.paused[kind]
}

func (w *worker) readSwitches(ctx context.Context) (map[string]bool, error) {
	keys := make([]storage.Key, 0, len(w.kinds))
	for kind := range w.kinds {
		keys = append(keys, switchOf(kind))
	}
	seen, err := w.store.Load(ctx, keys)
	if err != nil {
		return nil, err
	}
	paused := map[string]bool{}
	for i := range seen {
		paused[seen[i].Key.ID] = seen[i].Status == storage.Paused
	}
	return paused, nil
}

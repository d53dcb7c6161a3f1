package supervision

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// A claimed record is one whose turn has begun.
type claimed struct {
	*storage.Snapshot

	kind  *supervised
	reads reads
	err   error        // why what it reads is not known
	held  storage.Held // the host's lock, if there is one
	begun time.Time
	piece *piece // its place under the caps
}

// claim claims up to n records that are due, with what they read.
func (w *worker) claim(ctx context.Context, n int) ([]claimed, error) {
	pieces, err := w.turnGates.get(ctx, w.claimable(ctx), n)
	out := make([]claimed, 0, len(pieces))
	for _, p := range pieces {
		c := claimed{Snapshot: p.record, kind: w.kinds[p.name], begun: p.asked, piece: p}
		if w.lock(ctx, &c) {
			out = append(out, c)
		} else {
			w.leave(ctx, p)
		}
	}
	if failed := w.load(ctx, out); failed != nil {
		w.leave(ctx, pieces...)
		return nil, failed
	}
	return out, err
}

// claimRecords asks the store for up to n records of these kinds that are due.
func (w *worker) claimRecords(ctx context.Context, kinds []string, n int) ([]*piece, error) {
	begun := time.Now()
	seen, err := w.store.Claim(ctx, storage.Claim{Names: kinds, Owner: w.options.Name, Limit: n, TTL: w.options.Lease})
	w.observe.Claimed(ClaimEvent{Records: len(seen), Took: time.Since(begun), Err: err})
	pieces := make([]*piece, len(seen))
	for i := range seen {
		s := &seen[i]
		pieces[i] = &piece{name: s.Key.Kind, group: s.Group, lease: s.Lease, asked: begun, record: s}
	}
	return pieces, err
}

// claimable returns the kinds that may have turns.
func (w *worker) claimable(ctx context.Context) []string {
	names := slices.Sorted(maps.Keys(w.kinds))
	return slices.DeleteFunc(names, func(kind string) bool { return w.switches.off(ctx, w, kind) })
}

// lock takes the host's lock on a record. Where another has it, the record is put back for a while.
func (w *worker) lock(ctx context.Context, c *claimed) bool {
	if w.options.Locker == nil {
		return true
	}
	// The lock's context may be derived from ours, and a turn is finished when the work ends.
	held, err := w.options.Locker.TryLock(context.WithoutCancel(ctx), c.Key, c.Fence, w.options.Lease)
	if err == nil {
		c.held = held
		return true
	}
	if !errors.Is(err, storage.ErrLocked) {
		w.log.Warn("the host's lock cannot be taken; the record waits", "record", c.Key, "error", err)
	}
	w.postpone(ctx, c)
	return false
}

// unlock gives the host's lock back.
func (w *worker) unlock(ctx context.Context, c *claimed) {
	if c.held == nil {
		return
	}
	ctx, cancel := w.writing(ctx)
	defer cancel()
	if err := c.held.Unlock(ctx); err != nil {
		w.log.Warn("the host's lock could not be given back; it ends by itself", "record", c.Key, "error", err)
	}
}

// load reads what the records of a batch read, all in one request.
func (w *worker) load(ctx context.Context, batch []claimed) error {
	var keys []storage.Key
	wanted := make([][]storage.Key, len(batch))
	for i := range batch {
		c := &batch[i]
		if wanted[i], c.err = readsOf(c); c.err == nil {
			keys = append(keys, wanted[i]...)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	slices.SortFunc(keys, storage.Key.Compare)
	keys = slices.Compact(keys)
	loaded, err := w.store.Load(ctx, keys)
	if err != nil {
		for i := range batch {
			w.postpone(ctx, &batch[i])
		}
		return err
	}
	found := readsFrom(loaded)
	for i := range batch {
		batch[i].reads = make(reads, len(wanted[i]))
		for _, key := range wanted[i] {
			batch[i].reads[key] = found[key]
		}
	}
	return nil
}

func readsOf(c *claimed) (keys []storage.Key, err error) {
	defer recoverTo(&err)
	return c.kind.reads(c.Snapshot)
}

// postpone keeps a claimed record from its turn for a while.
func (w *worker) postpone(ctx context.Context, c *claimed) {
	w.hold(ctx, w.options.Poll, c.Lease)
	w.unlock(ctx, c)
}

// putBack gives a claimed record back without a turn.
func (w *worker) putBack(ctx context.Context, c *claimed) {
	w.release(ctx, 0, c.Lease)
	w.unlock(ctx, c)
}

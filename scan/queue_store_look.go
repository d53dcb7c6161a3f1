package scan

import (
	"context"
	"errors"
	"iter"
	"slices"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// queuePage is how many messages are looked at in one request.
const queuePage = 100

// Stats implements [Gauge]. It reads all messages that wait, bodies included, a page at a time, and so is for now and then. What changes
// meanwhile may be counted as it was or as it is.
func (q *StoreQueue) Stats(ctx context.Context) (QueueStats, error) {
	counts, err := q.store.Count(ctx, q.kind)
	if err != nil {
		return QueueStats{}, q.failed("stats", err)
	}
	stats := QueueStats{Dead: counts[queueDead]}
	if counts[queueWaiting] == 0 {
		return stats, nil
	}
	for m, err := range q.all(ctx, q.ids(ctx, queueWaiting)) {
		if err != nil {
			return QueueStats{}, q.failed("stats", err)
		}
		switch {
		case m.State != queueWaiting:
		case m.HeldUntil.After(m.Now):
			stats.Leased++
		case m.Due.After(m.Now):
			stats.Delayed++
		default:
			stats.Ready++
			stats.Oldest = max(stats.Oldest, m.Now.Sub(m.Due))
		}
	}
	return stats, nil
}

// Dead implements [Graveyard].
func (q *StoreQueue) Dead(ctx context.Context) iter.Seq2[DeadMessage, error] {
	return func(yield func(DeadMessage, error) bool) {
		ids, err := q.dead(ctx)
		if err != nil {
			yield(DeadMessage{}, q.failed("list the dead", err))
			return
		}
		for m, err := range q.all(ctx, each(ids)) {
			if err != nil {
				yield(DeadMessage{}, q.failed("list the dead", err))
				return
			}
			if m.State == queueDead && !yield(DeadMessage{
				Message: Message{Key: m.Key.ID, Body: m.Data}, Reason: m.Reason, Attempts: m.Failures, At: m.Since,
			}, nil) {
				return
			}
		}
	}
}

// Redrive implements [Graveyard]. Their attempts are counted anew.
func (q *StoreQueue) Redrive(ctx context.Context, keys ...string) (int, error) {
	if len(keys) == 0 {
		var err error
		if keys, err = q.dead(ctx); err != nil {
			return 0, q.failed("redrive", err)
		}
	}
	n := 0
	for page := range slices.Chunk(keys, queuePage) {
		some, err := q.redrive(ctx, page)
		if n += some; err != nil {
			return n, q.failed("redrive", err)
		}
	}
	return n, nil
}

func (q *StoreQueue) redrive(ctx context.Context, keys []string) (n int, err error) {
	var changes []storage.Change
	for m, err := range q.all(ctx, each(keys)) {
		if err != nil {
			return 0, err
		}
		if m.State == queueDead {
			changes = append(changes, storage.Change{Key: m.Key, Version: m.Version, Record: waiting(m.Data, m.Now)})
		}
	}
	if len(changes) == 0 {
		return 0, nil
	}
	answers, err := q.store.Apply(ctx, changes)
	for _, answer := range answers {
		if answer == nil {
			n++
		} else if !isLost(answer) { // who redrives the same at the same time has done it
			err = errors.Join(err, answer)
		}
	}
	return n, err
}

// dead returns the keys of the messages that were buried, those buried first first.
func (q *StoreQueue) dead(ctx context.Context) ([]string, error) {
	type buried struct {
		id string
		at time.Time
	}
	var all []buried
	for r, err := range q.store.List(ctx, storage.Query{Kind: q.kind, States: []string{queueDead}}) {
		if err != nil {
			return nil, err
		}
		all = append(all, buried{r.Key.ID, r.Since})
	}
	slices.SortStableFunc(all, func(a, b buried) int { return a.at.Compare(b.at) })
	ids := make([]string, len(all))
	for i := range all {
		ids[i] = all[i].id
	}
	return ids, nil
}

// ids yields the keys of the messages in a state.
func (q *StoreQueue) ids(ctx context.Context, state string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for r, err := range q.store.List(ctx, storage.Query{Kind: q.kind, States: []string{state}}) {
			if !yield(r.Key.ID, err) {
				return
			}
		}
	}
}

func each(ids []string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for _, id := range ids {
			if !yield(id, nil) {
				return
			}
		}
	}
}

// all yields the messages of keys as they are now, and when that is; those that are not there are of no state.
func (q *StoreQueue) all(ctx context.Context, ids iter.Seq2[string, error]) iter.Seq2[storage.Snapshot, error] {
	return func(yield func(storage.Snapshot, error) bool) {
		var page []storage.Key
		flush := func() bool {
			there, err := q.store.Load(ctx, page)
			page = page[:0]
			if err != nil {
				yield(storage.Snapshot{}, err)
				return false
			}
			for i := range there {
				if !yield(there[i], nil) {
					return false
				}
			}
			return true
		}
		for id, err := range ids {
			if err != nil {
				yield(storage.Snapshot{}, err)
				return
			}
			page = append(page, q.key(id))
			if len(page) == queuePage && !flush() {
				return
			}
		}
		if len(page) > 0 {
			flush()
		}
	}
}

// now reads the store's clock.
func (q *StoreQueue) now(ctx context.Context) (time.Time, error) {
	none, err := q.store.Load(ctx, []storage.Key{q.key("the time")})
	if err != nil {
		return time.Time{}, err
	}
	return none[0].Now, nil
}

package memory

import (
	"context"
	"iter"
	"maps"
	"slices"

	"github.com/reeve-go/reeve/storage"
)

// Load implements [storage.Records].
func (s *Store) Load(ctx context.Context, keys []storage.Key) ([]storage.Snapshot, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	now, out := now(), make([]storage.Snapshot, len(keys))
	for i, k := range keys {
		out[i] = storage.Snapshot{Record: storage.Record{Key: k}, Now: now}
		s.view(k, func(shard *shard) {
			if r := shard.records[k]; r != nil {
				out[i] = r.snapshot(now)
				if r.leaseUntil.After(now) {
					out[i].Holder, out[i].HeldUntil = r.holder, r.leaseUntil
				}
			}
		})
	}
	return out, nil
}

// Elements implements [storage.Records].
func (s *Store) Elements(ctx context.Context, key storage.Key, q storage.ElementQuery) iter.Seq2[storage.Element, error] {
	return pages(ctx, q.Limit, func() []storage.Element {
		var out []storage.Element
		s.view(key, func(shard *shard) {
			r := shard.records[key]
			if r == nil {
				return
			}
			names := slices.Compact(slices.Sorted(slices.Values(q.Names)))
			if len(names) == 0 {
				names = slices.Sorted(maps.Keys(r.elements))
			}
			for _, name := range names {
				if e := r.elements[name]; e != nil && q.Matches(&e.Element) {
					out = append(out, e.copy())
				}
			}
		})
		return out
	})
}

// List implements [storage.Records].
func (s *Store) List(ctx context.Context, q storage.Query) iter.Seq2[storage.Record, error] {
	return pages(ctx, q.Limit, func() []storage.Record {
		var out []storage.Record
		s.eachShard(storage.Key{Kind: q.Kind}, func(shard *shard) {
			for k, r := range shard.records {
				if k.Kind == q.Kind && k.ID > q.After && (q.Group == "" || q.Group == r.Group) &&
					matches(q.States, r.State) && matches(q.Statuses, r.Status) {
					record := r.Record
					record.Data = cloneBytes(r.Data)
					out = append(out, record)
				}
			}
		})
		slices.SortFunc(out, func(a, b storage.Record) int { return a.Key.Compare(b.Key) })
		return out
	})
}

// Count implements [storage.Records].
func (s *Store) Count(ctx context.Context, kind string) (map[string]int, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	out := map[string]int{}
	s.eachShard(storage.Key{Kind: kind}, func(shard *shard) {
		for state, n := range shard.counts[kind] {
			out[state] += n
		}
	})
	return out, nil
}

// History implements [storage.Journal].
func (s *Store) History(ctx context.Context, key storage.Key, after uint64) iter.Seq2[storage.Line, error] {
	return pages(ctx, 0, func() []storage.Line {
		var out []storage.Line
		s.view(key, func(shard *shard) {
			for _, l := range shard.lines[key] {
				if l.Version > after {
					line := l.Line
					line.Inputs = cloneBytes(l.Inputs)
					out = append(out, line)
				}
			}
		})
		return out
	})
}

func (s *Store) view(k storage.Key, f func(*shard)) {
	defer s.lock(k)()
	f(s.shardOf(k))
}

// eachShard calls f with each shard that may hold what the key selects, under its lock.
func (s *Store) eachShard(k storage.Key, f func(*shard)) {
	if k.ID != "" {
		s.view(k, f)
		return
	}
	for i := range s.shards {
		s.shards[i].mu.Lock()
		f(&s.shards[i])
		s.shards[i].mu.Unlock()
	}
}

// selects reports whether the key is what a query asks for: one record, a kind, or everything.
func selects(asked, k storage.Key) bool {
	return asked == k || asked.ID == "" && (asked.Kind == "" || asked.Kind == k.Kind)
}

// matches reports whether v is among the wanted; none wanted: any.
func matches[T comparable](wanted []T, v T) bool {
	return len(wanted) == 0 || slices.Contains(wanted, v)
}

// pages yields what a query found. It looks when the iteration begins and holds no lock during it.
func pages[T any](ctx context.Context, limit int, find func() []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		if err := ctx.Err(); err != nil {
			yield(none, err)
			return
		}
		for i, v := range find() {
			if limit > 0 && i == limit {
				return
			}
			if err := ctx.Err(); err != nil {
				yield(none, err)
				return
			}
			if !yield(v, nil) {
				return
			}
		}
	}
}

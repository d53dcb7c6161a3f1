package bolt

import (
	"context"
	"iter"
	"math"
	"slices"
	"strings"

	"github.com/reeve-go/reeve/storage"
)

// pageSize is how many keys a list reads at a time.
const pageSize = 100

// A source is where a list looks: for the next n keys, those after another if it is not empty.
type source func(t *tx, after string, n int) []hit

// pages yields what see makes of a source's keys, up to limit (zero: all). Between pages nothing is held,
// so that the caller may write.
func pages[T any](ctx context.Context, s *Store, what string, limit int, of source, see func(*tx, []hit) []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		yielded, last, more := 0, "", true
		for more {
			var page []T
			err := s.view(ctx, what, func(t *tx) {
				hits := of(t, last, pageSize)
				if more = len(hits) == pageSize; more {
					last = hits[len(hits)-1].key
				}
				page = see(t, hits)
			})
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, v := range page {
				if !yield(v, nil) {
					return
				}
				if yielded++; yielded == limit {
					return
				}
			}
		}
	}
}

// rows is a table from a key to before another.
func rows(in table, from, to string) source {
	return func(t *tx, last string, n int) []hit {
		if last == "" {
			return t.list(in, from, to, n)
		}
		return t.list(in, after(last), to, n)
	}
}

// byNumber is what belongs to a record, or else all that a table holds, above a number.
func byNumber(in table, of index, k storage.Key, above uint64) source {
	if k.ID == "" {
		return rows(in, after(number(above)), end(""))
	}
	return func(t *tx, last string, n int) []hit {
		if last == "" {
			last = name(k) + number(above)
		}
		return t.find(of, after(last), end(name(k)), n)
	}
}

// List implements [storage.Records].
func (s *Store) List(ctx context.Context, q storage.Query) iter.Seq2[storage.Record, error] {
	from := text(q.Kind)
	if q.After != "" {
		from = after(text(q.Kind) + text(q.After))
	}
	of := rows(records, from, end(text(q.Kind)))
	return pages(ctx, s, "list", q.Limit, of, func(t *tx, hits []hit) (page []storage.Record) {
		for _, r := range t.recordsAt(hits) {
			if matches(q.States, r.State) && matches(q.Statuses, r.Status) && (q.Group == "" || q.Group == r.Group) {
				page = append(page, r.Record)
			}
		}
		return page
	})
}

// Count implements [storage.Records]. It looks at the keys of the kind's records, not at the records.
func (s *Store) Count(ctx context.Context, kind string) (map[string]int, error) {
	counts := map[string]int{}
	err := s.view(ctx, "count", func(t *tx) {
		for _, h := range t.find(recordsByState, text(kind), end(text(kind)), 0) {
			state, _, _ := strings.Cut(h.key[len(text(kind)):], "\x00")
			counts[state]++
		}
	})
	if err != nil {
		return nil, err
	}
	return counts, nil
}

// Elements implements [storage.Records]. Those that are asked for by name are looked up.
func (s *Store) Elements(ctx context.Context, of storage.Key, q storage.ElementQuery) iter.Seq2[storage.Element, error] {
	from := name(of)
	if q.After != "" {
		from = after(name(of) + text(q.After))
	}
	all := rows(elements, from, end(name(of)))
	if len(q.Names) > 0 {
		all = named(of, q)
	}
	return pages(ctx, s, "elements", q.Limit, all, func(t *tx, hits []hit) (page []storage.Element) {
		for _, e := range t.elementsAt(hits) {
			if matches(q.Groups, e.Group) && matches(q.States, e.State) {
				page = append(page, e.Element)
			}
		}
		return page
	})
}

// named is the elements of a record that a query names.
func named(of storage.Key, q storage.ElementQuery) source {
	names := slices.Compact(slices.Sorted(slices.Values(q.Names)))
	return func(_ *tx, last string, n int) (hits []hit) {
		for _, called := range names {
			if key := name(of) + text(called); called > q.After && key > last && len(hits) < n {
				hits = append(hits, hit{key, key})
			}
		}
		return hits
	}
}

// Load implements [storage.Records].
func (s *Store) Load(ctx context.Context, keys []storage.Key) ([]storage.Snapshot, error) {
	out := make([]storage.Snapshot, len(keys))
	err := s.view(ctx, "load", func(t *tx) {
		for i, k := range keys {
			out[i] = storage.Snapshot{Record: storage.Record{Key: k}, Now: t.now}
			if r := t.record(k); r != nil {
				out[i] = t.snapshot(r)
				if r.LeaseUntil.After(t.now) {
					out[i].Holder, out[i].HeldUntil = r.Holder, r.LeaseUntil
				}
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// History implements [storage.Journal].
func (s *Store) History(ctx context.Context, of storage.Key, above uint64) iter.Seq2[storage.Line, error] {
	from := name(of) + number(min(above, math.MaxUint64-1)+1)
	return pages(ctx, s, "history", 0, rows(lines, from, end(name(of))), func(t *tx, hits []hit) (page []storage.Line) {
		for _, l := range t.linesAt(hits) {
			page = append(page, l.Line)
		}
		return page
	})
}

package memory

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// A line is one entry of the history. It stands in the queue of old lines once it is not the newest
// of a record that exists.
type line struct {
	storage.Line
	key   storage.Key
	place place[*line]
}

func compareLines(a, b *line) int {
	return cmp.Or(a.key.Compare(b.key), cmp.Compare(a.Version, b.Version), cmp.Compare(a.N, b.N))
}

// write adds lines to the history of a record, which may have been deleted just now.
func (s *shard) write(k storage.Key, version uint64, lines []storage.Line, now time.Time) {
	for i, l := range lines {
		l.Version, l.N, l.At = version, i, now
		l.Inputs = cloneBytes(l.Inputs)
		stored := &line{Line: l, key: k}
		stored.place.value = stored
		s.retire(k)
		s.lines[k] = append(s.lines[k], stored)
	}
	if s.records[k] == nil {
		s.retire(k)
	}
}

// retire puts the newest line of a record among the old ones.
func (s *shard) retire(k storage.Key) {
	if lines := s.lines[k]; len(lines) > 0 {
		newest := lines[len(lines)-1]
		s.oldLines.set(&newest.place, newest.At)
	}
}

// Prune implements [storage.Journal].
func (s *Store) Prune(ctx context.Context, keep storage.Retention, limit int) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	now, n := now(), 0
	for i := range s.shards {
		n += s.shards[i].prune(s, keep, now, limit-n)
	}
	return n, nil
}

func (s *shard) prune(store *Store, keep storage.Retention, now time.Time, limit int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := pruneQueue(s.endedMessages, keep.Messages, now, limit, s.forget)
	n += pruneQueue(s.deadMessages, keep.Dead, now, limit-n, s.forget)
	removeEffect := func(e *effect) { s.removeEffect(store, s.records[e.From], e) }
	n += pruneQueue(s.endedEffects, keep.Effects, now, limit-n, removeEffect)
	n += pruneQueue(s.deadEffects, keep.Dead, now, limit-n, removeEffect)
	n += pruneQueue(s.oldLines, keep.Lines, now, limit-n, s.removeLine)
	return n
}

// pruneQueue removes what ended longer ago than keep, up to limit, and returns how many.
func pruneQueue[T any](q *queue[T], keep time.Duration, now time.Time, limit int, remove func(T)) int {
	n := 0
	for ; keep > 0 && n < limit; n++ {
		p := q.head()
		if p == nil || !p.at.Before(now.Add(-keep)) {
			break
		}
		remove(p.value)
	}
	return n
}

func (s *shard) removeLine(l *line) {
	s.oldLines.set(&l.place, time.Time{})
	lines := s.lines[l.key]
	if at, ok := slices.BinarySearchFunc(lines, l, compareLines); ok {
		s.lines[l.key] = slices.Delete(lines, at, at+1)
	}
	if len(s.lines[l.key]) == 0 {
		delete(s.lines, l.key)
	}
}

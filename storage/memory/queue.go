package memory

import (
	"container/heap"
	"time"
)

// A queue holds values by time, the earliest first; compare orders those of the same time.
type queue[T any] struct {
	places  []*place[T]
	compare func(a, b T) int
}

// A place is where a value stands in a queue, if it stands in one. It belongs to the value.
type place[T any] struct {
	value T
	at    time.Time
	index int // plus one; zero: in no queue
}

func newQueue[T any](compare func(a, b T) int) *queue[T] { return &queue[T]{compare: compare} }

// set puts the place at a time. The zero time takes it out.
func (q *queue[T]) set(p *place[T], at time.Time) {
	p.at = at
	switch in := p.index > 0; {
	case in && at.IsZero():
		heap.Remove(q, p.index-1)
	case in:
		heap.Fix(q, p.index-1)
	case !at.IsZero():
		heap.Push(q, p)
	}
}

// head returns the first place; nil if there is none.
func (q *queue[T]) head() *place[T] {
	if q == nil || len(q.places) == 0 {
		return nil
	}
	return q.places[0]
}

// until returns the values whose time has come, in no order. It does not look at the others.
func (q *queue[T]) until(now time.Time) []T {
	var out []T
	var visit func(i int)
	visit = func(i int) {
		if i < len(q.places) && !q.places[i].at.After(now) {
			out = append(out, q.places[i].value)
			visit(2*i + 1)
			visit(2*i + 2)
		}
	}
	visit(0)
	return out
}

// before reports whether p comes before o. A nil place comes last.
func (q *queue[T]) before(p, o *place[T]) bool {
	if p == nil || o == nil {
		return p != nil
	}
	if c := p.at.Compare(o.at); c != 0 {
		return c < 0
	}
	return q.compare(p.value, o.value) < 0
}

// Len, Less, Swap, Push and Pop are for package heap.

func (q *queue[T]) Len() int           { return len(q.places) }
func (q *queue[T]) Less(i, j int) bool { return q.before(q.places[i], q.places[j]) }

func (q *queue[T]) Swap(i, j int) {
	q.places[i], q.places[j] = q.places[j], q.places[i]
	q.places[i].index, q.places[j].index = i+1, j+1
}

func (q *queue[T]) Push(x any) {
	p := x.(*place[T]) //nolint:forcetypeassert // only set pushes
	p.index = len(q.places) + 1
	q.places = append(q.places, p)
}

func (q *queue[T]) Pop() any {
	last := len(q.places) - 1
	p := q.places[last]
	q.places[last] = nil
	q.places = q.places[:last]
	p.index = 0
	return p
}

// takeDue takes up to limit values that are due from queues, oldest first, by calling take, which
// must set the value's place to a later time or none. It returns how many it took.
func takeDue[T any](queues []*queue[T], now time.Time, limit int, take func(T)) int {
	taken := 0
	for ; taken < limit; taken++ {
		var first *place[T]
		for _, q := range queues {
			if h := q.head(); q.before(h, first) {
				first = h
			}
		}
		if first == nil || first.at.After(now) {
			break
		}
		take(first.value)
	}
	return taken
}

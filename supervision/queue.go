package supervision

import (
	"cmp"
	"slices"
	"time"
)

// A queue is what a group has beyond its cap: pieces that wait, and those that were put off. It
// remembers the latter, because how long a piece is put off is a guess, but the order is not: no effect
// goes before an older one that is still away.
type queue struct {
	away  []absence // the oldest first
	moved time.Time // when one of the group had a place last
}

// An absence is a piece that was put off, and when it is back.
type absence struct {
	number uint64
	back   time.Time
	denied bool // others had the permits that it needed
}

// find returns where a number is among those away, or would be.
func (q *queue) find(number uint64) (at int, found bool) {
	return slices.BinarySearchFunc(q.away, number, func(a absence, n uint64) int { return cmp.Compare(a.number, n) })
}

// leave notes that a piece is away for a while.
func (q *queue) leave(p *piece, d time.Duration) {
	at, _ := q.find(p.number)
	q.away = slices.Insert(q.away, at, absence{p.number, time.Now().Add(d), p.denied})
}

// comeBack notes that a piece is not away any more, if it was.
func (q *queue) comeBack(p *piece) {
	if at, found := q.find(p.number); found {
		q.away = slices.Delete(q.away, at, at+1)
	}
}

// forget forgets those that ought to be back by then: they were canceled, or others have them.
func (q *queue) forget(then time.Time) {
	q.away = slices.DeleteFunc(q.away, func(a absence) bool { return !a.back.After(then) })
}

// blocks reports whether an older effect than this one has to come back first. One that was denied
// permits need not: those who have them may take it. Records have no age.
func (q *queue) blocks(p *piece) bool {
	older, _ := q.find(p.number)
	return p.effect != nil && slices.ContainsFunc(q.away[:older], func(a absence) bool { return !a.denied })
}

// wait returns for how long a piece is to be put off behind so many that wait: for half the time that
// those before it will need, because other supervisors may have places for them; but for an eighth of
// the time at least for which the group has not moved, because nobody knows how long that goes on.
func (q *queue) wait(p *piece, ahead int, poll time.Duration) time.Duration {
	took, last := p.gate.mean(p.group)
	if last.After(q.moved) {
		q.moved = last // on another store
	}
	still := time.Since(q.moved)
	switch {
	case !last.IsZero():
		took = max(took, still)
	case took == 0: // only others have had places
		took = min(still/8, poll)
	}
	away, _ := q.find(p.number)
	places := max(tighter(p.gate.caps.total(), p.gate.caps.group()), 1)
	return max(time.Duration(ahead+away)*took/time.Duration(2*places), still/8)
}

package chaos

import (
	"slices"
	"sync"
)

// A ledger is what the world remembers, whatever any store says. Its moments number what happened, in
// the order in which it did. It is safe for concurrent use.
type ledger struct {
	mu       sync.Mutex
	moment   int
	entries  []entry
	calls    map[string]int  // how many there were, by key
	done     map[string]bool // by key
	underWay map[string]int  // how many there are, by process
}

// An entry is one call. Begun and Ended are moments; Ended is zero while it is under way.
type entry struct {
	call

	Begun, Ended int
	Result       result
}

// A result says what came of a call.
type result string

const (
	resultDone   result = "done"
	resultAgain  result = "done before" // under the same key
	resultFailed result = "failed"
	resultUnread result = "not heard" // it was cut off before it was understood
)

func newLedger() *ledger {
	return &ledger{calls: map[string]int{}, done: map[string]bool{}, underWay: map[string]int{}}
}

// begin notes a call. It returns the number of its entry, and which call it is under its key, from 1.
func (l *ledger) begin(c call) (number, nth int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.moment++
	l.calls[c.Key]++
	l.underWay[c.Process]++
	l.entries = append(l.entries, entry{call: c, Begun: l.moment})
	return len(l.entries) - 1, l.calls[c.Key]
}

// end notes what came of a call. What is done once is not done again under the same key.
func (l *ledger) end(number int, r result) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := &l.entries[number]
	if r == resultDone && l.done[e.Key] {
		r = resultAgain
	}
	l.done[e.Key] = l.done[e.Key] || r == resultDone
	l.moment++
	e.Ended, e.Result = l.moment, r
	l.underWay[e.Process]--
}

// waiting returns how many calls of a process are under way.
func (l *ledger) waiting(process string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.underWay[process]
}

// all returns a copy of the entries.
func (l *ledger) all() []entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.entries)
}

package supervision

import (
	"fmt"
	"sync"
	"time"
)

// Caps bound how much goes on at once: how many turns of a kind, see [AtOnce], or how many effects of
// a sort, see [PerformOptions]. Zero is no bound; where several apply the tightest holds. What is over
// a cap keeps nothing else waiting, neither other kinds and sorts nor other groups. To be put off for
// a cap is no try of an effect. One that is overdue is given up although its group is at its cap; while
// Process or Store is reached it waits for that.
//
// What is oldest goes first. A supervisor begins the effects of a group that wait for a place in the
// order in which they were emitted; several supervisors, of which each knows its own, keep it nearly,
// and so do turns.
//
// Process and GroupProcess are counted in memory. Store and GroupStore are exact over all supervisors
// on the store, also after one has died: what it held is free when its leases end. They are kept as
// permits, small records of the supervisor's own, made when they are needed and no more than the cap.
// Those of a group stay: groups should be as many as there are providers or tenants, not as many as
// there are records. Where a permit is lost, so that another may have it, the work's context ends with
// [storage.ErrLeaseLost].
type Caps struct {
	// Process bounds what this supervisor does at once, on all its stores; Store what all supervisors
	// on a store do together. They should agree on Store. Where it is made smaller it holds as soon as
	// what was begun before has ended.
	Process, Store int
	// GroupProcess and GroupStore bound the same for each group by itself: of records by their group,
	// of effects by [InGroup]. What has no group is a group, too.
	GroupProcess, GroupStore int
}

// AtOnce bounds how many turns of the kind go on at once.
func AtOnce(c Caps) SuperviseOption {
	return superviseOption(func(w *supervised) { w.caps = newLimiter(c) })
}

// check says what is wrong with the caps.
func (l *limiter) check() error {
	if l == nil {
		return nil
	}
	c := l.caps
	for _, n := range []struct {
		name string
		n    int
	}{{"Process", c.Process}, {"Store", c.Store}, {"GroupProcess", c.GroupProcess}, {"GroupStore", c.GroupStore}} {
		if n.n < 0 {
			return fmt.Errorf("the cap %s is %d; at least 1, or zero for no bound, is right", n.name, n.n)
		}
	}
	return nil
}

// total and group return the bound of all and of one group that this process alone has to keep: what
// the store bounds can be no more here.
func (c Caps) total() int { return tighter(c.Process, c.Store) }
func (c Caps) group() int { return tighter(c.GroupProcess, c.GroupStore) }

// tighter returns the smaller of two bounds of which zero is none.
func tighter(a, b int) int {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// A limiter counts what goes on in this process under caps. It is safe for concurrent use.
type limiter struct {
	caps Caps

	mu      sync.Mutex
	running int
	groups  map[string]*inGroup
	took    time.Duration // each, by a mean of the last ones
	bells   []bell        // of those who want to know when there is a place
	wanted  bool          // there was none for somebody
}

// inGroup is what goes on in a group.
type inGroup struct {
	running int
	last    time.Time // when one began, with all its permits
}

func newLimiter(c Caps) *limiter { return &limiter{caps: c, groups: map[string]*inGroup{}} }

// tell has a bell rung when there is a place again.
func (l *limiter) tell(b bell) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bells = append(l.bells, b)
}

// room returns how many more there may be, at most most, whatever their groups.
func (l *limiter) room(most int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if total := l.caps.total(); total > 0 {
		most = max(min(total-l.running, most), 0)
		l.wanted = l.wanted || most == 0
	}
	return most
}

// enter takes a place. It is false if there is none for the group.
func (l *limiter) enter(group string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	total, most, in := l.caps.total(), l.caps.group(), l.groups[group]
	if total > 0 && l.running >= total || most > 0 && in != nil && in.running >= most {
		l.wanted = true
		return false
	}
	if in == nil {
		in = &inGroup{}
		l.groups[group] = in
	}
	l.running++
	in.running++
	return true
}

// begin notes that one of a group that has a place begins.
func (l *limiter) begin(group string, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.groups[group].last = now
}

// want has the bells rung when the next one leaves.
func (l *limiter) want() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wanted = true
}

// exit gives back a place that was of no use, for want of a permit.
func (l *limiter) exit(group string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.remove(group)
}

// leave gives a place back after so long, and tells those who want one.
func (l *limiter) leave(group string, took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.remove(group)
	if l.took == 0 {
		l.took = took
	}
	if l.took += (took - l.took) / 4; l.wanted {
		l.wanted = false
		for _, b := range l.bells {
			b.ring()
		}
	}
}

func (l *limiter) remove(group string) {
	l.running--
	if in := l.groups[group]; in.running > 1 {
		in.running--
	} else {
		delete(l.groups, group)
	}
}

// mean returns about how long each takes (zero: it is not known), and when the last one of a group
// began (zero: none goes on).
func (l *limiter) mean(group string) (took time.Duration, last time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if in := l.groups[group]; in != nil {
		last = in.last
	}
	return l.took, last
}

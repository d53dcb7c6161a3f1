package scan

import (
	"strings"
	"time"
)

// A Permit is a share of something that there is only so much of: a zone, a provider, a host, agents. Key names it, such as "provider/aws-1"; Weight is
// how much of it is taken, zero meaning one, and at most a billion. Keys that begin with "fleet/" are places of agents, which a [Manager] asks for itself.
type Permit struct {
	Key    string `json:"key"`
	Weight int    `json:"weight,omitempty"`
}

func (p Permit) weight() int { return max(p.Weight, 1) }

// Permits are how much there is of each key: zero is none, and a key that is not named is unlimited. "provider/*" is for each provider
// that is not named itself.
type permits map[string]int

// of returns how much there is; ok is false if that is unlimited.
func (l permits) of(key string) (n int, ok bool) {
	if n, ok = l[key]; ok {
		return n, true
	}
	if sort, _, found := strings.Cut(key, "/"); found {
		n, ok = l[sort+"/*"]
	}
	return n, ok
}

// A claim is what a job that waits asks for.
type claim struct {
	permits []Permit
	since   time.Time
}

// patience is how long a job lets others take what it needs too, as long as it cannot have all of it.
const patience = 10 * time.Minute

// An admission is what the claims of a line, the oldest first, are looked at with.
type admission struct {
	limits permits
	used   map[string]int
	now    time.Time
	// reserved: an older claim waits for it, and who comes later does not take it away.
	reserved map[string]bool
}

// admit takes what a claim asks for, all of it, or returns the permits that it waits for.
func (l *admission) admit(c claim) (missing []Permit) {
	for _, p := range c.permits {
		if n, limited := l.limits.of(p.Key); limited && (l.reserved[p.Key] || p.weight() > n-l.used[p.Key]) {
			missing = append(missing, p)
		}
	}
	if len(missing) > 0 {
		l.reserve(c, missing)
		return missing
	}
	l.take(c.permits)
	return nil
}

// take counts what is given out of what there is only so much of.
func (l *admission) take(of []Permit) {
	for _, p := range of {
		if _, limited := l.limits.of(p.Key); limited {
			l.used[p.Key] += p.weight()
		}
	}
}

// reserve keeps for a claim what it lacks; once it has waited for long, also what it could have if it had the rest. A claim that can never be granted, as
// things are, keeps nothing from others.
func (l *admission) reserve(c claim, missing []Permit) {
	for _, p := range missing {
		if n, _ := l.limits.of(p.Key); p.weight() > n {
			return
		}
	}
	keep := missing
	if l.now.Sub(c.since) > patience {
		keep = c.permits
	}
	for _, p := range keep {
		if _, limited := l.limits.of(p.Key); limited {
			l.reserved[p.Key] = true
		}
	}
}

// giveBack returns what a claim had.
func giveBack(used map[string]int, of []Permit) {
	for _, p := range of {
		if used[p.Key] -= p.weight(); used[p.Key] <= 0 {
			delete(used, p.Key)
		}
	}
}

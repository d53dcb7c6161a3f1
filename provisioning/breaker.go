package provisioning

import (
	"sync"
	"time"
)

// A Breaker stops calling a provisioner that fails all the time, in this process: after so many failed calls in a row, by whatever
// resource, none is made for a while, and then one that tries whether it is any better. What it puts off counts as no
// attempt.
type Breaker struct {
	// Failures is how many calls in a row have to fail. Zero: 10; less: it never stops.
	Failures int
	// Cool is for how long no call is made. Zero: 30 seconds.
	Cool time.Duration
}

type breaker struct {
	options Breaker

	mu     sync.Mutex
	failed int
	until  time.Time // when a call may be made again; zero: at any time
}

func newBreaker(o Breaker) *breaker {
	if o.Failures == 0 {
		o.Failures = 10
	}
	if o.Cool <= 0 {
		o.Cool = 30 * time.Second
	}
	return &breaker{options: o}
}

// open returns for how long no call may be made; zero: it may be made now. After the pause the first who asks may, and the others
// wait for what comes of that.
func (b *breaker) open(now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.until.IsZero() {
		return 0
	}
	if now.Before(b.until) {
		return b.until.Sub(now)
	}
	b.until = now.Add(b.options.Cool)
	return 0
}

// note takes down how a call went. What says that it was understood, and refused, is no failure of the provisioner.
func (b *breaker) note(err error, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if c := failure(err).Class; c == "" || c == fatal || c == conflict {
		b.failed, b.until = 0, time.Time{}
		return
	}
	if b.failed++; b.options.Failures > 0 && b.failed >= b.options.Failures {
		b.until = now.Add(b.options.Cool)
	}
}

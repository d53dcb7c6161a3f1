package supervision

import (
	"errors"
	"math/rand/v2"
	"time"
)

// A Backoff says how long to wait after n failures in a row, n being at least 1. It must be safe for
// concurrent use.
type Backoff func(n int) time.Duration

// Exponential waits up to first after one failure and twice as long after each further one, at most
// most. How long exactly is drawn by lot between nothing and that (full jitter), so that what failed
// together does not come again together.
func Exponential(first, most time.Duration) Backoff {
	return func(n int) time.Duration {
		wait := most
		if shift := n - 1; shift < 62 && first < most>>shift {
			wait = first << shift
		}
		return time.Duration(rand.Int64N(int64(max(wait, 1)))) + time.Millisecond
	}
}

// Permanent wraps an error of an effect that no further try can mend: the effect is given up at once. Like
// [RetryAfter] it returns nil if err is nil.
func Permanent(err error) error { return advised(advice{err: err, permanent: true}) }

// RetryAfter wraps an error of an effect that knows when to try again, as a service does that says how
// long to stay away.
func RetryAfter(d time.Duration, err error) error {
	return advised(advice{err: err, after: max(d, 0)})
}

func advised(a advice) error {
	if a.err == nil {
		return nil
	}
	return &a
}

// An advice is an error that says what to do about it.
type advice struct {
	err       error
	permanent bool
	after     time.Duration
}

func (a *advice) Error() string { return a.err.Error() }
func (a *advice) Unwrap() error { return a.err }

func adviceOf(err error) *advice {
	if a, ok := errors.AsType[*advice](err); ok {
		return a
	}
	return nil
}

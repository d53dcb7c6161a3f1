package postgres_test

import (
	"context"
	"errors"
	"testing"
)

// A call whose connection is cut at any byte answers the truth: what it says was written is there once,
// and what it says was not is not there.
func TestCutAtAnyByte(t *testing.T) {
	t.Parallel()
	eachCall(t, allCalls, false, func(t *testing.T, i int) {
		c := newCutter(t, i)
		c.anywhere(func(n int) (context.Context, func(*link)) {
			if n%2 == 1 {
				return t.Context(), (*link).reset
			}
			return t.Context(), (*link).cut
		}, c.isTrue)
	})
}

// The same holds when its context ends at any byte.
func TestCanceledAtAnyByte(t *testing.T) {
	t.Parallel()
	eachCall(t, allCalls, false, func(t *testing.T, i int) {
		c := newCutter(t, i)
		c.anywhere(func(int) (context.Context, func(*link)) {
			ctx, cancel := context.WithCancel(t.Context())
			return ctx, func(*link) { cancel() }
		}, func(at string, err error) {
			c.isTrue(at, err)
			if err != nil && !errors.Is(err, context.Canceled) {
				t.Errorf("%s: the call answers %v, not that it was canceled", at, err)
			}
		})
	})
}

package postgres_test

import (
	"context"
	"errors"
	"testing"

	"github.com/reeve-go/reeve/storage"
)

// What a COMMIT has become of whose connection ended is found out: the call succeeds, and what it means
// is there once.
func TestOutcomeOfCommit(t *testing.T) {
	t.Parallel()
	inTheMiddle := func(look, _, act int) int { return look + act/2 } // of what is sent together with the COMMIT
	for _, c := range []struct {
		name  string
		to    direction
		after func(look, lookAnswer, act int) int
		what  func(*link)
	}{
		{"the COMMIT did not arrive", toServer, inTheMiddle, (*link).cut},
		{"it arrived together with the end", toServer, func(look, _, act int) int { return look + act }, (*link).cut},
		{"it was made and not answered", toClient, func(_, lookAnswer, _ int) int { return lookAnswer + 1 }, (*link).cut},
		{"it was made and the answer forgotten", toClient, func(_, lookAnswer, _ int) int { return lookAnswer + 1 }, (*link).reset},
		{"the server waits for a client that has gone", toServer, inTheMiddle, (*link).forsake},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			eachCall(t, inTwoTrips, true, func(t *testing.T, i int) {
				k := newCutter(t, i)
				k.again()
				happened := k.on(c.to, c.after(k.flights[0].bytes, k.flights[1].bytes, k.flights[2].bytes), c.what)
				if err := k.make(k.store); err != nil {
					t.Errorf("the call answers %v", err)
				}
				<-happened
				k.is("found out", k.after)
				k.settled("found out")
			})
		})
	}
}

// A COMMIT goes on when its context has ended: the call tells the truth, and not that it was canceled.
func TestOutcomeOfCanceledCommit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		what func(*link)
		next func(*link)
	}{
		{"its answer comes late", (*link).hold, (*link).letGo},
		{"its answer never comes", (*link).swallow, func(*link) {}}, // that takes the store's whole patience
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if testing.Short() && c.name == "its answer never comes" {
				t.Skip("takes seconds")
			}
			k := newCutter(t, 0)
			k.again()
			ctx, cancel := context.WithCancel(t.Context())
			happened := k.on(toClient, k.flights[1].bytes+1, c.what)
			go func() {
				<-happened
				cancel()
				k.all(c.next)
			}()
			if err := k.do(ctx, k.store, k.estate); err != nil {
				t.Errorf("the call answers %v", err)
			}
			k.is("canceled too late", k.after)
		})
	}
}

// Only when the server cannot be asked is the outcome unknown. It is safe to do it again then.
func TestOutcomeUnknown(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes the store's whole patience")
	}
	k := newCutter(t, 0)
	k.again()
	ctx, cancel := context.WithCancel(t.Context())
	happened := k.on(toClient, k.flights[1].bytes+1, func(l *link) {
		k.refuse(true)
		l.cut()
	})
	go func() {
		<-happened
		cancel()
	}()
	if err := k.do(ctx, k.store, k.estate); !errors.Is(err, storage.ErrUnknown) {
		t.Errorf("nobody can say what became of it, but the call answers %v", err)
	}
	k.refuse(false)
	k.is("unknown, but made", k.after)
	if err := k.make(k.store); !errors.Is(err, storage.ErrLeaseLost) {
		t.Errorf("made once more, the same change answers %v, not that its lease was used", err)
	}
	k.is("made once more", k.after)
}

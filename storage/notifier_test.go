package storage_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/reeve-go/reeve/storage"
)

func TestListeners(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var l storage.Listeners
		if l.Hint(storage.HintEffects); l.Any() {
			t.Error("the zero value has listeners")
		}
		about := storage.Hint(0)
		listening, done := context.WithCancel(t.Context())
		go func() { _ = l.Listen(listening, func(due storage.Hint) { about = about<<2 | due }) }()
		synctest.Wait()
		l.Hint(storage.HintEffects)
		l.Hint(0)
		l.Hint(storage.HintRecords)
		if about != storage.HintBoth<<4|storage.HintEffects<<2|storage.HintRecords {
			t.Errorf("a listener heard %b", about)
		}
		done()
		synctest.Wait()
		over := errors.New("over")
		var heard [3]atomic.Int32
		var stop [3]context.CancelCauseFunc
		ended := make(chan error, len(heard))
		for i := range heard {
			var ctx context.Context
			ctx, stop[i] = context.WithCancelCause(t.Context())
			go func() { ended <- l.Listen(ctx, func(storage.Hint) { heard[i].Add(1) }) }()
		}
		synctest.Wait()
		l.Hint(storage.HintEffects)
		stop[1](over)
		if err := <-ended; !errors.Is(err, over) {
			t.Errorf("a listener that ended returned %v, want its context's cause", err)
		}
		l.Hint(storage.HintEffects)
		for i, want := range []int32{3, 2, 3} { // the first one when it began to listen
			if got := heard[i].Load(); got != want {
				t.Errorf("listener %d heard %d hints, want %d", i, got, want)
			}
		}
		stop[0](over)
		stop[2](over)
		synctest.Wait()
		if l.Hint(storage.HintEffects); l.Any() || heard[0].Load() != 3 {
			t.Error("those who have ended still listen")
		}
	})
}

// Whoever is hinted at may come and go at the same time.
func TestListenersComeAndGo(t *testing.T) {
	t.Parallel()
	var l storage.Listeners
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for ctx.Err() == nil {
				once, done := context.WithCancel(ctx)
				var heard atomic.Int32
				_ = l.Listen(once, func(storage.Hint) {
					if heard.Add(1) > 1 { // one is given when it begins
						done()
					}
				})
				done()
			}
		})
	}
	for range 1000 {
		l.Hint(storage.HintEffects)
	}
	cancel()
	all.Wait()
	if l.Any() {
		t.Error("those who have ended still listen")
	}
}

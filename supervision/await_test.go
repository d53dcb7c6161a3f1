package supervision_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

// deaf is a store that hints nothing.
type deaf struct{ storage.Store }

func TestAwaitReturnsTheRecordAsItWasWanted(t *testing.T) {
	t.Parallel()
	for name, store := range map[string]func() storage.Store{
		"with hints":    func() storage.Store { return memory.New(nil) },
		"without hints": func() storage.Store { return deaf{memory.New(nil)} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				lamps := newLamps(t, store())
				must(t, lamps.Create(ctx, "a", lamp{}))
				go func() {
					time.Sleep(time.Minute)
					must(t, lamps.Fire(ctx, "a", press, nil))
				}()
				r, err := lamps.Await(ctx, "a", func(r supervision.Record[lamp, lampState]) bool { return r.State == switching })
				if err != nil || r.State != switching || time.Since(r.Since) > time.Second {
					t.Errorf("it came to %+v, %v", r, err)
				}
				if _, err := lamps.Await(ctx, "b", nil); !errors.Is(err, storage.ErrNotFound) {
					t.Errorf("of a record that is not there: %v", err)
				}
				gone := errors.New("nobody waits")
				limited, cancel := context.WithTimeoutCause(ctx, time.Minute, gone)
				defer cancel()
				if _, err := lamps.Await(limited, "a", func(supervision.Record[lamp, lampState]) bool { return false }); !errors.Is(err, gone) {
					t.Errorf("what never comes: %v", err)
				}
			})
		})
	}
}

func TestAnObserverIsToldOfTurnsAndEffects(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		type traced struct{}
		var told []string
		tell := func(format string, args ...any) { told = append(told, fmt.Sprintf(format, args...)) }
		s, err := supervision.New(&supervision.Options{Observer: &supervision.Observer{
			Turned: func(e supervision.TurnEvent) {
				tell("%s from %s to %s after %d messages: %v", e.Key, e.From, e.To, e.Messages, e.Err)
			},
			Performing: func(ctx context.Context, c supervision.Call, effect string) context.Context {
				tell("%s, attempt %d", effect, c.Attempt)
				return context.WithValue(ctx, traced{}, effect)
			},
			Performed: func(ctx context.Context, e supervision.EffectEvent) {
				tell("%v is %v: %v", ctx.Value(traced{}), e.As, e.Err)
			},
		}})
		must(t, err)
		lamps := newLamps(t, memory.New(nil))
		supervision.Supervise(s, lamps, decideLamp)
		supervision.Perform(s, current, func(ctx context.Context, _ supervision.Call, _ string) (int, error) {
			if ctx.Value(traced{}) != "current" {
				t.Error("the performer has another context")
			}
			return 230, nil
		}, nil)
		ctx := t.Context()
		must(t, lamps.Create(ctx, "a", lamp{}))
		must(t, lamps.Fire(ctx, "a", press, nil))
		for n := 1; n > 0; {
			n, err = s.Pass(ctx)
			must(t, err)
		}
		want := "[lamp/a from switching to switching after 0 messages: <nil> current, attempt 1 current is done: <nil> lamp/a from switching to on after 1 messages: <nil>]"
		if fmt.Sprint(told) != want {
			t.Errorf("it was told %v, want %s", told, want)
		}
	})
}

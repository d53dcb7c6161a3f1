package supervision_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
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

// It comes soon after what is waited for, also where that is soon; and long waits are cheap.
func TestAwaitLooksOften(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ after, most time.Duration }{
		{15 * time.Millisecond, 20 * time.Millisecond},
		{300 * time.Millisecond, 340 * time.Millisecond},
		{time.Hour, time.Hour + 200*time.Millisecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx := t.Context()
			store := spyOn(memory.New(nil))
			lamps := newLamps(t, store)
			must(t, lamps.Create(ctx, "a", lamp{}))
			begun, before := time.Now(), store.count("Load")
			time.AfterFunc(c.after, func() { _ = lamps.Fire(ctx, "a", press, nil) })
			_, err := lamps.Await(ctx, "a", func(r supervision.Record[lamp, lampState]) bool { return r.State == switching })
			must(t, err)
			if took := time.Since(begun); took > c.most {
				t.Errorf("what comes after %v is seen after %v, want %v at most", c.after, took, c.most)
			}
			if n := store.count("Load") - before; n > 60+int(c.after/(200*time.Millisecond)) {
				t.Errorf("a wait of %v costs %d looks", c.after, n)
			}
		})
	}
}

// Nobody waits for what gets no turns: the error says why.
func TestAwaitWhatIsStopped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		lamps := newLamps(t, memory.New(nil))
		must(t, lamps.Create(ctx, "a", lamp{}))
		await := func(wanted bool) error {
			_, err := lamps.Await(ctx, "a", func(supervision.Record[lamp, lampState]) bool { return wanted })
			return err
		}
		stopped := func(want error, why string) {
			t.Helper()
			if err := await(false); !errors.Is(err, want) || !strings.Contains(err.Error(), why) {
				t.Errorf("awaited: %v, want %q because of %q", err, want, why)
			}
			must(t, await(true)) // it is as it is wanted
		}
		must(t, lamps.Pause(ctx, "a", "a bulb is changed"))
		stopped(supervision.ErrPaused, "a bulb is changed")
		must(t, lamps.Resume(ctx, "a"))
		time.AfterFunc(time.Minute, func() { must(t, lamps.PauseAll(ctx, "the power is cut")) })
		stopped(supervision.ErrPaused, "whole kind is: the power is cut")
		must(t, lamps.ResumeAll(ctx))

		s, err := supervision.New(&supervision.Options{Failures: 1, Logger: slog.New(slog.DiscardHandler)})
		must(t, err)
		supervision.Supervise(s, lamps, func(*lampTurn) error { return errors.New("it flickers") })
		must(t, lamps.Fire(ctx, "a", press, nil))
		_, err = s.Pass(ctx)
		must(t, err)
		stopped(supervision.ErrQuarantined, "it flickers")
	})
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

package supervision_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

// journaled is a lamp with a long life behind it, and its kind.
func journaled(t *testing.T) *lampKind {
	t.Helper()
	lamps, err := supervision.NewKind("lamp", lampMachine, memory.New(nil), &supervision.KindOptions[lamp, lampState, lampEvent]{Journal: true})
	must(t, err)
	s, err := supervision.New(nil)
	must(t, err)
	supervision.Supervise(s, lamps, decideLamp)
	tries := 0
	supervision.Perform(s, current, func(context.Context, supervision.Call, string) (int, error) {
		if tries++; tries%2 == 0 {
			return 0, supervision.Permanent(errors.New("a fuse has blown"))
		}
		return 230, nil
	}, nil)
	stop := running(t, s)
	defer stop()
	ctx := t.Context()
	must(t, lamps.Create(ctx, "a", lamp{}))
	for range 4 {
		_, err = lamps.Order(ctx, "a", press, time.Hour, nil)
		must(t, err)
		time.Sleep(5 * time.Second)
		_ = lamps.Touch(ctx, "a", time.Minute)
		must(t, lamps.Deliver(ctx, "a", storage.Message{ID: fmt.Sprint(time.Now()), Name: "noise", Body: []byte("x")}))
		must(t, lamps.Pause(ctx, "a", "now and then"))
		must(t, lamps.Resume(ctx, "a"))
		time.Sleep(2 * time.Minute)
	}
	return lamps
}

func TestReplayComesToTheSameRows(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lamps := journaled(t)
		must(t, lamps.Replay(t.Context(), "a", decideLamp))
		must(t, lamps.Delete(t.Context(), "a"))
		must(t, lamps.Replay(t.Context(), "a", decideLamp))
		if err := lamps.Replay(t.Context(), "b", decideLamp); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("replaying nothing: %v", err)
		}
	})
}

func TestReplayNamesTheFirstDifference(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lamps := journaled(t)
		for name, other := range map[string]supervision.Decider[lamp, lampState, lampEvent]{
			"[switching -lit-> on]; decided again it is [switching -failed-> broken]": func(t *lampTurn) error {
				for _, m := range t.Messages {
					if _, _, ok := current.Outcome(m); ok {
						return t.Fire(failed)
					}
				}
				return decideLamp(t)
			},
			"data, elements, effects or messages differ": func(t *lampTurn) error {
				t.Data.Log = append(t.Data.Log, "more")
				return decideLamp(t)
			},
			"the decider fails": func(*lampTurn) error { return errors.New("no") },
		} {
			err := lamps.Replay(t.Context(), "a", other)
			if r, ok := errors.AsType[*supervision.ReplayError](err); !ok || !strings.Contains(err.Error(), name) || r.Version < 3 {
				t.Errorf("a decider that differs: %v, want %q", err, name)
			}
		}
	})
}

func TestReplayNeedsAJournal(t *testing.T) {
	t.Parallel()
	lamps := newLamps(t, memory.New(nil))
	must(t, lamps.Create(t.Context(), "a", lamp{}))
	if err := lamps.Replay(t.Context(), "a", decideLamp); !errors.Is(err, supervision.ErrNoJournal) {
		t.Errorf("without a journal: %v", err)
	}
}

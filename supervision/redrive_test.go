package supervision_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

func TestRedriveGivesMessagesAndEffectsAnotherChance(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lamps := newLamps(t, memory.New(nil))
		s, err := supervision.New(nil)
		must(t, err)
		brightness := supervision.NewMessage[int]("brightness")
		heard := 0
		supervision.Supervise(s, lamps, func(t *lampTurn) error {
			for _, m := range t.Messages {
				if _, ok := brightness.Body(m); ok {
					heard++
				}
			}
			return decideLamp(t)
		})
		fixed := false
		supervision.Perform(s, current, func(context.Context, supervision.Call, string) (int, error) {
			if !fixed {
				return 0, supervision.Permanent(errors.New("a fuse has blown"))
			}
			return 230, nil
		}, nil)
		stop := running(t, s)
		defer stop()
		ctx := t.Context()
		must(t, lamps.Create(ctx, "a", lamp{}))
		must(t, lamps.Deliver(ctx, "a", storage.Message{ID: "1", Name: "brightness", Body: []byte(`"dim"`)}))
		_, err = lamps.Order(ctx, "a", press, 0, nil)
		must(t, err)
		time.Sleep(time.Minute)
		if r := stateOf(t, lamps, "a"); r.State != broken || heard != 0 {
			t.Fatalf("it is %+v and heard %d", r, heard)
		}
		fixed = true
		n, err := lamps.Redrive(ctx, "a", time.Minute)
		must(t, err)
		time.Sleep(time.Minute)
		r := stateOf(t, lamps, "a")
		if n != 2 || heard != 0 || r.State != broken {
			t.Errorf("%d redriven, %d heard, it is %+v", n, heard, r)
		}
		e, err := lamps.Explain(ctx, "a")
		must(t, err)
		if len(e.Effects) != 0 || len(e.Messages) != 0 {
			t.Errorf("after the effect was done it waits for\n%s", e)
		}
		if n, err := lamps.Redrive(ctx, "b", 0); n != 0 || err != nil {
			t.Errorf("of a record that is not there %d are redriven, %v", n, err)
		}
	})
}

// hearingLamps returns a supervisor that counts what its lamps understand, as a program that can, or
// cannot, make sense of it and perform effects.
func hearingLamps[B any](t *testing.T, lamps *lampKind, fuse error, heard *atomic.Int32) *supervision.Supervisor {
	t.Helper()
	s, err := supervision.New(&supervision.Options{Logger: slog.New(slog.DiscardHandler)})
	must(t, err)
	brightness := supervision.NewMessage[B]("brightness")
	supervision.Supervise(s, lamps, func(t *lampTurn) error {
		for _, m := range t.Messages {
			if _, ok := brightness.Body(m); ok {
				heard.Add(1)
			}
		}
		return nil
	})
	supervision.Perform(s, current, func(context.Context, supervision.Call, string) (int, error) { return 230, fuse }, nil)
	return s
}

// What the records of a kind have given up is listed with its reasons, and redriven at once.
func TestDeadLettersOfAKind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const records, each = 45, 25 // more than are redriven in one request
		ctx, store := t.Context(), memory.New(nil)
		lamps := newLamps(t, store)
		var heard atomic.Int32
		stop := running(t, hearingLamps[int](t, lamps, supervision.Permanent(errors.New("a fuse has blown")), &heard))
		brightness := supervision.NewMessage[string]("brightness")
		for i := range records {
			id := fmt.Sprint(i)
			must(t, lamps.Create(ctx, id, lamp{}))
			for range each {
				must(t, brightness.Deliver(ctx, lamps, id, "dim"))
			}
			must(t, lamps.Change(ctx, id, func(t *lampTurn) error {
				current.Emit(t, id)
				brightness.Send(t, lamps.Key("nowhere"), "dim")
				return nil
			}))
		}
		time.Sleep(time.Minute)
		stop()
		count := func() (messages, nowhere, effects int) {
			for m, err := range lamps.DeadMessages(ctx) {
				must(t, err)
				switch {
				case m.To.ID == "nowhere" && m.Reason == "no such record":
					nowhere++
				case strings.Contains(m.Reason, "it cannot be decoded: json"):
					messages++
				default:
					t.Errorf("a dead message is %+v", m)
				}
			}
			for e, err := range lamps.DeadEffects(ctx) {
				must(t, err)
				if effects++; e.Reason != "a fuse has blown" || e.From.Kind != "lamp" {
					t.Errorf("a dead effect is %+v", e)
				}
			}
			return messages, nowhere, effects
		}
		if messages, nowhere, effects := count(); messages != records*each || nowhere != records || effects != records || heard.Load() != 0 {
			t.Fatalf("%d messages, %d to nowhere and %d effects are dead, and %d were heard", messages, nowhere, effects, heard.Load())
		}
		e, err := lamps.Explain(ctx, "7")
		if err != nil || len(e.Dead) != each || !strings.Contains(e.String(), `message "brightness" is dead: it cannot be decoded`) ||
			!strings.Contains(e.String(), `effect "current" is dead after attempt 1: a fuse has blown`) {
			t.Errorf("it is explained by (%v)\n%s", err, e)
		}

		defer running(t, hearingLamps[string](t, lamps, nil, &heard))()
		if n, err := lamps.RedriveAll(ctx, time.Minute); err != nil || n != records*(each+1) {
			t.Errorf("%d are redriven, %v; want %d", n, err, records*(each+1))
		}
		time.Sleep(time.Minute)
		if messages, nowhere, effects := count(); messages != 0 || nowhere != records || effects != 0 || heard.Load() != records*each {
			t.Errorf("in the end %d messages, %d to nowhere and %d effects are dead, and %d were heard", messages, nowhere, effects, heard.Load())
		}
		if n, err := lamps.RedriveAll(ctx, 0); err != nil || n != 0 {
			t.Errorf("again %d are redriven, %v", n, err)
		}
	})
}

// What cannot be asked says so, and does not panic.
func TestDeadLettersOfABrokenKind(t *testing.T) {
	t.Parallel()
	broken := newLamps(t, memory.New(nil)).With("no transaction")
	_, one := broken.Redrive(t.Context(), "a", 0)
	_, all := broken.RedriveAll(t.Context(), 0)
	errs := []error{one, all}
	for _, err := range broken.DeadMessages(t.Context()) {
		errs = append(errs, err)
	}
	for _, err := range broken.DeadEffects(t.Context()) {
		errs = append(errs, err)
	}
	for _, err := range errs {
		if err == nil || !strings.Contains(err.Error(), "transaction") {
			t.Errorf("%v; want it to say what is wrong with the kind", err)
		}
	}
	if len(errs) != 4 {
		t.Errorf("%d errors, want 4", len(errs))
	}
}

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

// What is wrong with the work that a supervisor was told is said at once, all of it, when it is to run.
func TestRunRefuses(t *testing.T) {
	t.Parallel()
	store := memory.New(nil)
	perform := func(context.Context, supervision.Call, int) (string, error) { return "", nil }
	kilns, err := supervision.NewKind[kiln]("kiln", kilnMachine, store, nil)
	if err != nil {
		t.Fatal(err)
	}
	pump := func(context.Context) error { return nil }
	decide := func(*kilnTurn) error { return nil }
	cases := []struct {
		name string
		tell func(s *supervision.Supervisor)
		want []string
	}{
		{"nothing to do", func(*supervision.Supervisor) {}, []string{"there is nothing to supervise"}},
		{"a nil kind", func(s *supervision.Supervisor) {
			supervision.Supervise[kiln, kilnState, kilnEvent](s, nil, decide)
		}, []string{"one of them is nil"}},
		{"a nil decider", func(s *supervision.Supervisor) { supervision.Supervise(s, kilns, nil) }, []string{"one of them is nil"}},
		{"a kind twice", func(s *supervision.Supervisor) {
			supervision.Supervise(s, kilns, decide)
			supervision.Supervise(s, kilns, decide)
		}, []string{`kind "kiln" is supervised twice`}},
		{"a broken kind", func(s *supervision.Supervisor) { supervision.Supervise(s, kilns.With(nil), decide) }, []string{`kind "kiln" cannot be supervised`, "transaction"}},
		{"a nil performer", func(s *supervision.Supervisor) {
			supervision.Perform[int, string](s, fuel, nil, nil)
			supervision.Perform[int, string](s, nil, perform, nil)
		}, []string{"one of them is nil"}},
		{"an effect twice", func(s *supervision.Supervisor) {
			supervision.Perform(s, fuel, perform, nil)
			supervision.Perform(s, fuel, perform, nil)
		}, []string{`effect "fuel" is performed twice`}},
		{"a source twice, and one without a name", func(s *supervision.Supervisor) {
			s.Source("replies", store, pump)
			s.Source("replies", store, pump)
			s.Source("", store, pump)
			s.Source("x", nil, pump)
			s.Source("y", store, nil)
		}, []string{`source "replies" is given twice`, `source "": a name`, `source "x": a name`, `source "y": a name`}},
		{"an effect that nobody performs", func(s *supervision.Supervisor) {
			supervision.Supervise(s, kilns, decide, supervision.Emits(fuel, current))
			supervision.Perform(s, fuel, perform, nil)
		}, []string{`kind "kiln" emits effect "current"`}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, err := supervision.New(nil)
			if err != nil {
				t.Fatal(err)
			}
			c.tell(s)
			_, passErr := s.Pass(t.Context())
			for _, err := range []error{s.Run(t.Context()), passErr} {
				for _, want := range c.want {
					if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "supervision: ") {
						t.Errorf("%v; want it to say %q", err, want)
					}
				}
			}
		})
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	_, err := supervision.New(&supervision.Options{
		Poll: -1, Lease: time.Microsecond, Batch: -1, Effects: -2, Failures: -3, Name: strings.Repeat("x", 300),
	})
	for _, want := range []string{"Poll is -1ns", "Lease is 1µs", "Batch is -1", "Effects is -2", "Failures is -3", "300 bytes"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want it to say %q", err, want)
		}
	}
}

// Effects that wait in the store and that nobody performs any more are not forgotten.
func TestRunRefusesABacklogThatNobodyPerforms(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		options supervision.Options
		ok      bool
	}{{name: "unknown"}, {name: "elsewhere", options: supervision.Options{Elsewhere: []string{"fuel"}}, ok: true}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				y := newYard(t, plan{options: c.options})
				y.create("a")
				y.emit("a", 1)
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				err := y.sup.Run(ctx)
				if c.ok != (err == nil) || err != nil && !strings.Contains(err.Error(), `effect "fuel" of kiln/a waits in the store`) {
					t.Error(err)
				}
			})
		})
	}
}

// When it is to stop, a supervisor lets what is under way end, if it does in time, and gives the rest
// back as if it had never begun.
func TestRunDrains(t *testing.T) {
	t.Parallel()
	const drain = 10 * time.Second
	for _, c := range []struct {
		name  string
		takes time.Duration
		want  storage.EffectStatus
	}{{"in time", drain - time.Second, storage.EffectDone}, {"too long", time.Hour, storage.EffectPending}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var cause error
			s := &stove{burn: func(ctx context.Context, _ supervision.Call, _ int) (string, error) {
				select {
				case <-ctx.Done():
					cause = context.Cause(ctx)
					return "", context.Cause(ctx)
				case <-time.After(c.takes):
					return "ash", nil
				}
			}}
			inYard(t, s.fueled(plan{options: supervision.Options{Drain: drain}}, nil), func(y *yard) {
				stop := y.run()
				y.create("a")
				y.emit("a", 1)
				y.pass(instant)
				begun := time.Now()
				err := stop()
				if took := time.Since(begun); took != min(c.takes-instant, drain) {
					y.Errorf("it took %v to stop", took)
				}
				if late := c.want == storage.EffectPending; late != (err != nil) || late != errors.Is(cause, supervision.ErrStopping) {
					y.Errorf("Run returned %v, and the effect ended because of %v", err, cause)
				}
				if e := y.effects("a")[0]; e.Status != c.want || e.Status == storage.EffectPending && (e.Attempt != 0 || e.Reason != "" || e.Due.After(time.Now())) {
					y.Errorf("the effect is %+v", e)
				}
				y.pass(time.Hour)
				if y.get("a").Data.Log != nil || len(s.calls) != 1 {
					y.Errorf("work went on after Run had returned")
				}
			})
		})
	}
}

// Turns that are under way are finished, however far they are, and leases are given back.
func TestRunFinishesTurns(t *testing.T) {
	t.Parallel()
	inYard(t, plan{decide: func(t *kilnTurn) error {
		time.Sleep(time.Second)
		t.Data.N++
		return nil
	}}, func(y *yard) {
		for i := range 10 {
			y.create(fmt.Sprint(i), supervision.At(heating))
		}
		stop := y.run()
		y.pass(time.Second / 2)
		y.create("late", supervision.At(heating))
		y.ok(stop())
		for i := range 10 {
			if r := y.get(fmt.Sprint(i)); r.Data.N != 1 || !r.Due.Equal(r.Until) {
				y.Errorf("it is %+v", r)
			}
		}
	})
}

// Run can be called again, and stops at once when there is nothing to do.
func TestRunReturnsAtOnceAndCanRunAgain(t *testing.T) {
	t.Parallel()
	inYard(t, plan{}, func(y *yard) {
		for range 3 {
			begun := time.Now()
			stop := y.run()
			y.pass(time.Second)
			y.ok(stop())
			if took := time.Since(begun); took != time.Second {
				y.Errorf("it took %v", took)
			}
		}
	})
}

// A pass is one round in the calling goroutine.
func TestAPassIsOneRound(t *testing.T) {
	t.Parallel()
	s := &stove{burn: func(_ context.Context, _ supervision.Call, n int) (string, error) { return fmt.Sprint("log ", n), nil }}
	inYard(t, s.fueled(plan{decide: func(t *kilnTurn) error {
		if t.State == heating {
			fuel.Emit(t, 7)
			return t.Fire(hot)
		}
		return burning(t)
	}}, nil), func(y *yard) {
		y.create("a", supervision.At(heating))
		for _, want := range []int{2, 1, 0} {
			if n, err := y.sup.Pass(y.Context()); err != nil || n != want {
				y.Errorf("%d turns and effects, %v; want %d", n, err, want)
			}
		}
		y.heard("a", "log 7")
	})
}

// What ended long ago is removed, as the options say.
func TestRunPrunes(t *testing.T) {
	t.Parallel()
	s := &stove{burn: func(context.Context, supervision.Call, int) (string, error) { return "ash", nil }}
	p := s.fueled(plan{options: supervision.Options{Retention: &storage.Retention{Messages: time.Hour, Effects: time.Hour}}}, nil)
	inYard(t, p, func(y *yard) {
		y.run()
		y.create("a")
		y.emit("a", 1)
		y.say("a", "hello")
		y.pass(time.Hour - time.Minute)
		if len(y.effects("a")) != 1 || y.messages("a", storage.MessageConsumed) == "" {
			y.Error("they are gone too early")
		}
		y.pass(5 * time.Minute)
		if len(y.effects("a")) != 0 || y.messages("a", storage.MessageConsumed) != "" {
			y.Error("they are still there")
		}
	})
}

// A lateEar is a store that one can listen to only after a while.
type lateEar struct {
	*spy
	after time.Duration
	of    storage.Notifier
}

func (s lateEar) Listen(ctx context.Context, hint func(storage.Hint)) error {
	time.Sleep(s.after)
	return s.of.Listen(ctx, hint)
}

// What becomes due after a supervisor's first look and before it listens does not wait for the next poll.
func TestWhatIsDueBeforeItListens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		inner := memory.New(nil)
		lamps := newLamps(t, lateEar{spyOn(inner), 20 * time.Millisecond, inner})
		s, err := supervision.New(&supervision.Options{Poll: time.Hour})
		must(t, err)
		supervision.Supervise(s, lamps, func(turn *lampTurn) error { return turn.Fire(press) })
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- s.Run(ctx) }()
		time.Sleep(10 * time.Millisecond)
		must(t, lamps.Create(ctx, "a", lamp{}))
		must(t, lamps.Deliver(ctx, "a", storage.Message{ID: "m", Name: "news"}))
		time.Sleep(20 * time.Millisecond)
		if r, err := lamps.Get(ctx, "a"); err != nil || r.State != switching {
			t.Errorf("it is %s: %v", r.State, err)
		}
		stop()
		must(t, <-ended)
	})
}

package supervision_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

var fuel = supervision.NewEffect[int, string]("fuel")

// burning is a decider that notes what came of the fuel.
func burning(t *kilnTurn) error {
	for _, m := range t.Messages {
		if ash, err, ok := fuel.Outcome(m); ok {
			if err != nil {
				ash = err.Error()
			}
			t.Data.Log = append(t.Data.Log, ash)
		}
	}
	return nil
}

// A stove is a performer of fuel that a test plays.
type stove struct {
	mu    sync.Mutex
	calls []supervision.Call
	at    []time.Duration // since the first call
	begun time.Time
	burn  func(ctx context.Context, c supervision.Call, n int) (string, error)
}

func (s *stove) perform(ctx context.Context, c supervision.Call, n int) (string, error) {
	s.mu.Lock()
	if len(s.calls) == 0 {
		s.begun = time.Now()
	}
	s.calls = append(s.calls, c)
	s.at = append(s.at, time.Since(s.begun))
	s.mu.Unlock()
	return s.burn(ctx, c, n)
}

// fueled plans a yard whose supervisor performs fuel by a stove.
func (s *stove) fueled(p plan, o *supervision.PerformOptions) plan {
	if p.decide == nil {
		p.decide = burning
	}
	p.prepare = func(y *yard) { supervision.Perform(y.sup, fuel, s.perform, o) }
	return p
}

// emit has a kiln emit an effect by an order.
func (y *yard) emit(id string, n int, o ...supervision.EmitOption) (effect string) {
	y.Helper()
	y.ok(y.kilns.Change(y.Context(), id, func(t *kilnTurn) error {
		effect = fuel.Emit(t, n, o...)
		return nil
	}))
	return effect
}

func exactly(d time.Duration) supervision.Backoff {
	return func(n int) time.Duration { return time.Duration(n) * d }
}

var errDamp = errors.New("it is damp")

func TestAnEffectIsTriedAgain(t *testing.T) {
	t.Parallel()
	s := &stove{}
	s.burn = func(_ context.Context, c supervision.Call, _ int) (string, error) {
		switch c.Attempt {
		case 1:
			return "", errDamp
		case 2:
			return "", supervision.RetryAfter(time.Minute, errDamp)
		case 3:
			panic("it burst")
		}
		return "ash", nil
	}
	inYard(t, s.fueled(plan{}, &supervision.PerformOptions{Backoff: exactly(2 * time.Second)}), func(y *yard) {
		y.run()
		y.create("a")
		id := y.emit("a", 1, supervision.IdempotencyKey("the only one"), supervision.ForElement("door"))
		y.pass(2 * time.Minute)
		y.heard("a", "ash")
		if want := []time.Duration{0, 2 * time.Second, 62 * time.Second, 68 * time.Second}; !near(s.at, want, time.Second) {
			y.Errorf("it was tried after %v, want %v", s.at, want)
		}
		var last supervision.Call
		for i, c := range s.calls {
			if c.ID != id || c.Key != "the only one" || c.Element != "door" || c.From != y.kilns.Key("a") || c.Attempt != i+1 || c.Fence <= last.Fence {
				y.Errorf("call %d is %+v", i, c)
			}
			last = c
		}
		if y.log.lines("an effect failed") != 3 || y.log.lines("it burst") != 1 || y.log.lines("stove).fueled") == 0 && y.log.lines("effects_test.go") != 1 {
			y.Errorf("the log says\n%s", y.log)
		}
		if got := y.statuses("a"); got != "fuel:done" {
			y.Errorf("the effects are %s", got)
		}
	})
}

func near(got, want []time.Duration, within time.Duration) bool {
	if len(got) != len(want) {
		return false
	}
	for i := range got {
		if late := got[i] - want[i]; late < 0 || late > within {
			return false
		}
	}
	return true
}

// How effects are given up, and what the record is told.
func TestAnEffectIsGivenUp(t *testing.T) {
	t.Parallel()
	fail := func(context.Context, supervision.Call, int) (string, error) { return "", errDamp }
	wait := func(ctx context.Context, _ supervision.Call, _ int) (string, error) {
		<-ctx.Done()
		return "", context.Cause(ctx)
	}
	unreadable := supervision.NewEffect[string, string]("fuel")
	cases := []struct {
		name    string
		burn    func(ctx context.Context, c supervision.Call, n int) (string, error)
		options supervision.PerformOptions
		emit    []supervision.EmitOption
		foreign bool          // the arguments are not those that the performer knows
		behind  time.Duration // how long nobody performs it
		calls   int
		want    string
		overdue bool
	}{
		{name: "attempts", burn: fail, options: supervision.PerformOptions{Attempts: 3}, calls: 3, want: `effect "fuel": given up after 3 attempts: it is damp`},
		{name: "permanent", burn: func(context.Context, supervision.Call, int) (string, error) {
			return "", fmt.Errorf("wrapped: %w", supervision.Permanent(errDamp))
		}, calls: 1, want: `effect "fuel": given up after 1 attempts: wrapped: it is damp`},
		{name: "timeout", burn: wait, options: supervision.PerformOptions{Attempts: 2, Timeout: time.Second}, calls: 2, want: `effect "fuel": given up after 2 attempts: context deadline exceeded`},
		{name: "its deadline during a try", burn: wait, emit: []supervision.EmitOption{supervision.Within(time.Minute)}, calls: 1, overdue: true, want: `effect "fuel": its time is up after 1 attempts: context deadline exceeded`},
		{name: "its deadline between tries", burn: fail, options: supervision.PerformOptions{Backoff: exactly(time.Hour)}, emit: []supervision.EmitOption{supervision.Within(time.Minute)}, calls: 1, overdue: true, want: `effect "fuel": its time is up after 1 attempts: it is damp`},
		{name: "its deadline before the first try", burn: fail, emit: []supervision.EmitOption{supervision.Within(time.Minute)}, behind: time.Hour, calls: 0, overdue: true, want: `effect "fuel": its time is up after 0 attempts: it was not tried in time`},
		{name: "arguments that cannot be read", burn: fail, foreign: true, calls: 0, want: `effect "fuel": given up after 1 attempts: unreadable data: the arguments: json: cannot unmarshal string into Go value of type int`},
		{name: "quiet all the same", burn: fail, options: supervision.PerformOptions{Attempts: 1}, emit: []supervision.EmitOption{supervision.Quiet()}, calls: 1, want: `effect "fuel": given up after 1 attempts: it is damp`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.options.Backoff == nil {
				c.options.Backoff = exactly(time.Second)
			}
			var told *supervision.EffectError
			s := &stove{burn: c.burn}
			inYard(t, s.fueled(plan{decide: func(t *kilnTurn) error {
				for _, m := range t.Messages {
					_, err, _ := fuel.Outcome(m)
					if !errors.As(err, &told) {
						return err
					}
				}
				return burning(t)
			}}, &c.options), func(y *yard) {
				y.create("a")
				id := ""
				y.ok(y.kilns.Change(y.Context(), "a", func(t *kilnTurn) error {
					if c.foreign {
						id = unreadable.Emit(t, "one log", c.emit...)
					} else {
						id = fuel.Emit(t, 1, c.emit...)
					}
					return nil
				}))
				y.pass(c.behind)
				y.run()
				y.pass(2 * time.Minute)
				y.heard("a", c.want)
				if told == nil || told.ID != id || told.Effect != "fuel" || told.Overdue != c.overdue {
					y.Errorf("it was told %+v", told)
				}
				if len(s.calls) != c.calls {
					y.Errorf("%d calls, want %d", len(s.calls), c.calls)
				}
				if got := y.statuses("a"); got != "fuel:dead" {
					y.Errorf("the effects are %s", got)
				}
			})
		})
	}
}

// What was done is done, but its result may be one that cannot be kept. The record is told so.
func TestAResultThatCannotBeKept(t *testing.T) {
	t.Parallel()
	type result struct {
		Big  string
		Func func() `json:",omitempty"`
	}
	order := supervision.NewEffect[string, result]("order")
	for name, r := range map[string]result{
		"too large": {Big: strings.Repeat("x", 1<<20)},
		"no form":   {Func: func() {}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			calls := 0
			inYard(t, plan{decide: func(t *kilnTurn) error {
				for _, m := range t.Messages {
					_, err, _ := order.Outcome(m)
					t.Data.Log = append(t.Data.Log, fmt.Sprint(err))
				}
				return nil
			}, prepare: func(y *yard) {
				supervision.Perform(y.sup, order, func(context.Context, supervision.Call, string) (result, error) {
					calls++
					return r, nil
				}, nil)
			}}, func(y *yard) {
				y.create("a")
				y.ok(y.kilns.Change(y.Context(), "a", func(t *kilnTurn) error { order.Emit(t, ""); return nil }))
				y.run()
				y.pass(time.Hour)
				log := y.get("a").Data.Log
				if calls != 1 || len(log) != 1 || !strings.Contains(log[0], "given up after 1 attempts") {
					y.Errorf("%d calls, and it was told %.300q", calls, log)
				}
			})
		})
	}
}

// A result that its record cannot read is a dead message: the effect is not done again.
func TestAResultThatCannotBeRead(t *testing.T) {
	t.Parallel()
	other := supervision.NewEffect[int, int]("fuel")
	s := &stove{burn: func(context.Context, supervision.Call, int) (string, error) { return "ash", nil }}
	inYard(t, s.fueled(plan{decide: func(t *kilnTurn) error {
		for _, m := range t.Messages {
			if n, err, ok := other.Outcome(m); ok {
				return fmt.Errorf("ash is the number %d, %w", n, err)
			}
		}
		return nil
	}}, nil), func(y *yard) {
		y.run()
		y.create("a")
		id := y.emit("a", 1)
		y.pass(time.Minute)
		if got := y.messages("a", storage.MessageDead); !strings.HasPrefix(got, id) || len(s.calls) != 1 {
			y.Errorf("dead are %q after %d calls", got, len(s.calls))
		}
	})
}

// Arguments that cannot be written fail the order that wants the effect.
func TestArgumentsThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	odd := supervision.NewEffect[func(), int]("odd")
	inYard(t, plan{}, func(y *yard) {
		y.create("a")
		err := y.kilns.Fire(y.Context(), "a", light, func(t *kilnTurn) error { odd.Emit(t, func() {}); return nil })
		if !errors.Is(err, supervision.ErrData) || !strings.Contains(err.Error(), `effect "odd"`) {
			y.Error(err)
		}
		y.wants("a", cold)
	})
}

func TestAdviceOnNoError(t *testing.T) {
	t.Parallel()
	if permanent, later := supervision.Permanent(nil), supervision.RetryAfter(time.Minute, nil); permanent != nil || later != nil {
		t.Errorf("%v and %v come from no error", permanent, later)
	}
}

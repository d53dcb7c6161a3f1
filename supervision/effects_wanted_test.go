package supervision_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

// The next operation cancels what the one before has not finished: what waits is not begun, what runs
// learns of it, and what it answers all the same is stale.
func TestTheNextOperationCancels(t *testing.T) {
	t.Parallel()
	var cause error
	s := &stove{burn: func(ctx context.Context, _ supervision.Call, n int) (string, error) {
		if n == 3 {
			return "new", nil
		}
		<-ctx.Done()
		cause = context.Cause(ctx)
		return "it burned all the same", nil
	}}
	inYard(t, s.fueled(plan{}, nil), func(y *yard) {
		y.run()
		y.create("a")
		begin := func(e kilnEvent, n int) {
			_, err := y.kilns.Order(y.Context(), "a", e, time.Hour, func(t *kilnTurn) error {
				fuel.Emit(t, n, supervision.Lane("door"))
				if n == 1 {
					fuel.Emit(t, 2, supervision.Lane("door"))
				}
				return nil
			})
			y.ok(err)
		}
		begin(light, 1)
		y.pass(instant)
		begin(hot, 3)
		y.pass(supervision.DefaultLease)
		y.heard("a", "new")
		if !errors.Is(cause, storage.ErrCanceled) {
			y.Errorf("its context ended because of %v", cause)
		}
		if got := y.statuses("a"); got != "fuel:canceled fuel:canceled fuel:done" {
			y.Errorf("the effects are %s", got)
		}
		if got := y.messages("a", storage.MessageStale); got == "" || strings.Contains(got, " ") {
			y.Errorf("stale are %q, want the answer of the first", got)
		}
		if len(s.calls) != 2 {
			y.Errorf("%d calls, want 2", len(s.calls))
		}
	})
}

// An operation that comes to rest takes what it has not finished with it, except for what is kept.
func TestRestCancelsAndKeepKeeps(t *testing.T) {
	t.Parallel()
	s := &stove{burn: func(_ context.Context, _ supervision.Call, n int) (string, error) { return fmt.Sprint("log ", n), nil }}
	inYard(t, s.fueled(plan{}, nil), func(y *yard) {
		y.create("a")
		y.order("a", light, time.Hour)
		y.emit("a", 1)
		y.emit("a", 2, supervision.Keep())
		y.emit("a", 3, supervision.Quiet(), supervision.Keep())
		y.fire("a", cool)
		y.run()
		y.pass(instant)
		y.heard("a", "log 2")
		if got := y.statuses("a"); got != "fuel:canceled fuel:done fuel:done" {
			y.Errorf("the effects are %s", got)
		}
	})
}

func TestCancelOfALane(t *testing.T) {
	t.Parallel()
	inYard(t, plan{}, func(y *yard) {
		for _, lane := range []string{"left", ""} {
			id := "lane " + lane
			y.create(id)
			y.emit(id, 1, supervision.Lane("left"))
			y.emit(id, 2, supervision.Lane("left"), supervision.Keep())
			y.emit(id, 3, supervision.Lane("right"))
			y.emit(id, 4, supervision.Lane("right"), supervision.Keep())
			y.ok(y.kilns.Change(y.Context(), id, func(t *kilnTurn) error {
				t.Cancel(lane)
				fuel.Emit(t, 5, supervision.Lane("left"))
				return nil
			}))
		}
		want := []string{"fuel:canceled fuel:canceled fuel:pending fuel:pending fuel:pending", "fuel:canceled fuel:pending fuel:canceled fuel:pending fuel:pending"}
		if diff := cmp.Diff(want, []string{y.statuses("lane left"), y.statuses("lane ")}); diff != "" {
			y.Error(diff)
		}
	})
}

// Once is once a stay in the state, over turns, failed writes and conflicts. Another stay is another
// one, also if it begins in the same turn.
func TestOnce(t *testing.T) {
	t.Parallel()
	s := &stove{burn: func(context.Context, supervision.Call, int) (string, error) { return "ash", nil }}
	inYard(t, s.fueled(plan{decide: func(t *kilnTurn) error {
		if t.State == heating {
			fuel.Emit(t, 1, supervision.Once())
			fuel.Emit(t, 1, supervision.Once(), supervision.ForElement("door"))
			fuel.Emit(t, 1, supervision.Once(), supervision.IdempotencyKey("k"))
		}
		return nil
	}}, nil), func(y *yard) {
		y.run()
		y.create("a", supervision.At(heating))
		for range 5 {
			y.say("a", fmt.Sprint(time.Now()))
			y.pass(time.Second)
		}
		if len(s.calls) != 3 {
			y.Errorf("%d calls in one stay, want 3", len(s.calls))
		}
		y.ok(y.kilns.Fire(y.Context(), "a", hot, func(t *kilnTurn) error { return t.Fire(light) }))
		y.pass(time.Second)
		if len(s.calls) != 6 {
			y.Errorf("%d calls in two stays, want 6", len(s.calls))
		}
		y.ok(y.kilns.Fire(y.Context(), "a", hot, func(t *kilnTurn) error {
			for _, e := range []kilnEvent{light, cool, light} {
				if err := t.Fire(e); err != nil {
					return err
				}
				if t.State == heating {
					fuel.Emit(t, 1, supervision.Once())
				}
			}
			return nil
		}))
		y.pass(time.Second)
		if len(s.calls) != 10 {
			y.Errorf("%d calls, want 6, 1 in a stay that ended in its turn, and 3", len(s.calls))
		}
	})
}

// A step that is sent again has the same key, and adds nothing while the first is under way. Another
// step, operation, element or stay has another.
func TestStepKey(t *testing.T) {
	t.Parallel()
	inYard(t, plan{}, func(y *yard) {
		y.create("a")
		keys := map[string]int{}
		send := func(step string, o ...supervision.EmitOption) {
			y.ok(y.kilns.Change(y.Context(), "a", func(t *kilnTurn) error {
				t.Step = step
				fuel.Emit(t, 1, append(o, supervision.StepKey(), supervision.Keep())...)
				return nil
			}))
		}
		stay := func() {
			send("")
			send("one")
			send("one")
			send("one", supervision.ForElement("door"))
			send("two")
		}
		y.order("a", light, time.Hour)
		stay()
		y.order("a", hot, time.Hour)
		stay()
		y.fire("a", cool)
		stay()
		y.fire("a", light)
		stay()
		for _, e := range y.effects("a") {
			keys[e.Key]++
		}
		if len(keys) != 16 || len(y.effects("a")) != 16 {
			y.Errorf("%d keys of %d effects, want 4 in each of 4 stays, once each", len(keys), len(y.effects("a")))
		}
	})
}

// The effects of a lane are performed one after another, whatever becomes of each; lanes do not wait
// for each other.
func TestLanes(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var order []string
	busy := map[string]bool{}
	p := plan{decide: func(*kilnTurn) error { return nil }, prepare: func(y *yard) {
		supervision.Perform(y.sup, fuel, func(_ context.Context, c supervision.Call, n int) (string, error) {
			set := func(now bool) {
				mu.Lock()
				defer mu.Unlock()
				if busy[c.Element] == now {
					y.Errorf("two at once in lane %s", c.Element)
				}
				busy[c.Element] = now
			}
			set(true)
			time.Sleep(time.Second)
			set(false)
			if n == 1 && c.Attempt < 3 {
				return "", errDamp
			}
			if n == 2 {
				return "", supervision.Permanent(errDamp)
			}
			mu.Lock()
			defer mu.Unlock()
			order = append(order, fmt.Sprint(c.Element, n))
			return "", nil
		}, &supervision.PerformOptions{Backoff: exactly(10 * time.Second)})
	}}
	inYard(t, p, func(y *yard) {
		y.create("a")
		for n := range 4 {
			for _, lane := range []string{"x", "y"} {
				y.emit("a", n, supervision.Lane(lane), supervision.ForElement(lane))
			}
		}
		y.run()
		y.pass(time.Minute)
		var of [2][]string
		for _, o := range order {
			of[strings.Index("xy", o[:1])] = append(of[strings.Index("xy", o[:1])], o)
		}
		if diff := cmp.Diff([2][]string{{"x0", "x1", "x3"}, {"y0", "y1", "y3"}}, of); diff != "" {
			y.Error(diff)
		}
	})
}

// An order emits in its own commit, and not if it is refused.
func TestAnOrderEmits(t *testing.T) {
	t.Parallel()
	s := &stove{burn: func(context.Context, supervision.Call, int) (string, error) { return "ash", nil }}
	inYard(t, s.fueled(plan{memory: &memory.Options{}}, nil), func(y *yard) {
		y.run()
		y.create("a")
		f := func(fails error) func(t *kilnTurn) error {
			return func(t *kilnTurn) error {
				fuel.Emit(t, 1)
				return fails
			}
		}
		if err := y.kilns.Fire(y.Context(), "a", light, f(errNotNow)); !errors.Is(err, errNotNow) {
			y.Error(err)
		}
		op, err := y.kilns.Order(y.Context(), "a", light, time.Minute, f(nil))
		y.ok(err)
		y.pass(instant)
		y.heard("a", "ash")
		if len(s.calls) != 1 || s.calls[0].Operation != op {
			y.Errorf("the calls are %+v", s.calls)
		}
		if e := y.effects("a")[0]; !e.Deadline.Equal(y.get("a").Deadline) {
			y.Errorf("its deadline is %v, that of the operation %v", e.Deadline, y.get("a").Deadline)
		}
	})
}

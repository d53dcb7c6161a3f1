package supervision_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// On a store that gives no hints, a lane goes on at once, and so does the record: what a supervisor
// does itself it need not poll for.
func TestNoPollBetweenWhatFollows(t *testing.T) {
	t.Parallel()
	var store *spy
	s := &stove{burn: func(context.Context, supervision.Call, int) (string, error) { return "ash", nil }}
	inYard(t, spied(s.fueled(plan{decide: func(t *kilnTurn) error {
		if err := burning(t); err != nil || t.State != heating {
			return err
		}
		for range 10 {
			fuel.Emit(t, 1, supervision.Lane("door"))
		}
		return t.Fire(hot)
	}}, nil), &store), func(y *yard) {
		y.create("a", supervision.At(heating))
		y.run()
		y.pass(instant)
		if n := len(y.get("a").Data.Log); n != 10 {
			y.Errorf("%d outcomes came at once, want 10", n)
		}
	})
}

// While an effect is performed its lease is extended, however long it takes. When it cannot be, the
// performer's context ends before another can take it.
func TestALeaseOnAnEffect(t *testing.T) {
	t.Parallel()
	t.Run("is extended", func(t *testing.T) {
		t.Parallel()
		s := &stove{burn: func(ctx context.Context, _ supervision.Call, _ int) (string, error) {
			select {
			case <-ctx.Done():
				return "", context.Cause(ctx)
			case <-time.After(time.Hour):
				return "ash", nil
			}
		}}
		p := s.fueled(plan{}, nil)
		inYard(t, p, func(y *yard) {
			y.start(y.sup)
			y.start(y.supervisor(p))
			y.create("a")
			y.emit("a", 1)
			y.pass(time.Hour + time.Minute)
			y.heard("a", "ash")
			if len(s.calls) != 1 {
				y.Errorf("%d calls, want 1", len(s.calls))
			}
		})
	})
	t.Run("is lost in time", func(t *testing.T) {
		t.Parallel()
		var store *spy
		var cause error
		var ended time.Time
		s := &stove{}
		s.burn = func(ctx context.Context, c supervision.Call, _ int) (string, error) {
			if len(s.calls) > 1 {
				return "ash", nil
			}
			<-ctx.Done()
			cause, ended = context.Cause(ctx), time.Now()
			return "", errDamp
		}
		inYard(t, spied(s.fueled(plan{}, nil), &store), func(y *yard) {
			y.run()
			y.create("a")
			y.emit("a", 1)
			y.pass(supervision.DefaultPoll)
			begun := time.Now()
			store.interfere(func(method string) error { return errAway })
			y.pass(supervision.DefaultLease)
			if d := ended.Sub(begun); !errors.Is(cause, storage.ErrLeaseLost) || d < supervision.DefaultLease/2 || d >= supervision.DefaultLease-supervision.DefaultPoll {
				y.Errorf("the context ended after %v because of %v", d, cause)
			}
			store.interfere(nil)
			y.pass(supervision.DefaultLease)
			y.heard("a", "ash")
			if effects := y.effects("a"); len(s.calls) != 2 || effects[0].Status != storage.EffectDone || s.calls[0].Key != s.calls[1].Key {
				y.Errorf("%d calls, and it is %+v", len(s.calls), effects)
			}
		})
	})
	t.Run("counts from before it was asked for", func(t *testing.T) {
		t.Parallel()
		var store *spy
		var left time.Duration
		s := &stove{burn: func(ctx context.Context, _ supervision.Call, _ int) (string, error) {
			begun := time.Now()
			<-ctx.Done()
			left = time.Since(begun)
			return "", errDamp
		}}
		inYard(t, spied(s.fueled(plan{}, nil), &store), func(y *yard) {
			y.create("a")
			y.emit("a", 1)
			taken := false
			store.taken = func(n int) {
				if n > 0 && !taken {
					taken = true
					time.Sleep(20 * time.Second) // a slow answer
					store.interfere(func(string) error { return errAway })
				}
			}
			y.run()
			y.pass(supervision.DefaultLease)
			if left <= 0 || left >= supervision.DefaultLease-20*time.Second {
				y.Errorf("the context ended %v after a lease of %v that was asked for 20 s ago", left, supervision.DefaultLease)
			}
			store.interfere(nil)
			y.ok(y.stops[0]())
		})
	})
}

// An outcome that cannot be written at first is written later; the effect is not done again for that.
func TestOutcomesSurviveAStoreThatIsAway(t *testing.T) {
	t.Parallel()
	var store *spy
	s := &stove{burn: func(context.Context, supervision.Call, int) (string, error) { return "ash", nil }}
	inYard(t, spied(s.fueled(plan{}, nil), &store), func(y *yard) {
		away := 3
		store.interfere(func(method string) error {
			if method == "Settle" {
				if away--; away >= 0 {
					return errAway
				}
			}
			return nil
		})
		y.create("a")
		y.emit("a", 1)
		y.run()
		y.pass(supervision.DefaultLease / 2)
		y.heard("a", "ash")
		if len(s.calls) != 1 {
			y.Errorf("%d calls, want 1", len(s.calls))
		}
	})
}

// A store that refuses an outcome, and then is away, does not end the program.
func TestARefusedOutcomeAndAStoreThatIsAway(t *testing.T) {
	t.Parallel()
	var store *spy
	calls := 0
	order := supervision.NewEffect[int, []byte]("order")
	inYard(t, spied(plan{decide: func(*kilnTurn) error { return nil }, prepare: func(y *yard) {
		supervision.Perform(y.sup, order, func(context.Context, supervision.Call, int) ([]byte, error) {
			calls++
			return bytes.Repeat([]byte{1}, 1<<20), nil
		}, nil)
	}}, &store), func(y *yard) {
		settles := 0
		store.interfere(func(method string) error {
			if method == "Settle" {
				if settles++; settles == 2 {
					return errAway
				}
			}
			return nil
		})
		y.create("a")
		y.ok(y.kilns.Change(y.Context(), "a", func(t *kilnTurn) error { order.Emit(t, 1); return nil }))
		y.run()
		y.pass(2 * supervision.DefaultLease)
		if got := y.statuses("a"); got != "order:dead" || calls != 2 {
			y.Errorf("after %d calls the effects are %s", calls, got)
		}
	})
}

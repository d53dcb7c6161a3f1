package supervision_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// A schedule gives a record its turns on time, whatever happens in between, and where it says so alone.
func TestASchedule(t *testing.T) {
	t.Parallel()
	var at []time.Time
	inYard(t, plan{
		kind: &kilnO{Schedule: func(id string, s kilnState, k *kiln) supervision.Schedule {
			if s == cold && k.N < 5 {
				return supervision.Every(time.Hour, id)
			}
			return nil
		}},
		decide: func(t *kilnTurn) error {
			if len(t.Messages) == 0 && t.Key.ID == "a" {
				at = append(at, t.Now)
				t.Data.N++
			}
			return nil
		},
	}, func(y *yard) {
		y.create("a")
		y.create("hot", supervision.At(firing))
		y.run()
		for range 20 {
			y.pass(17 * time.Minute)
			y.say("a", time.Now().String())
			y.ok(y.kilns.Change(y.Context(), "a", func(*kilnTurn) error { return nil }))
		}
		y.pass(5 * time.Hour)
		if len(at) != 5 {
			y.Fatalf("turns at %v, want 5", at)
		}
		for i := 1; i < len(at); i++ {
			if d := at[i].Sub(at[i-1]) - time.Hour; d.Abs() > supervision.DefaultPoll {
				y.Errorf("between turns were %v", at[i].Sub(at[i-1]))
			}
		}
		if n := len(y.turns.of("hot")); n != 1 {
			y.Errorf("one that is not scheduled had %d turns", n)
		}
	})
}

// Every is what a schedule has to be: later, and as far apart as it says, at times that a store keeps.
func TestEvery(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64Range(int64(time.Millisecond), int64(400*24*time.Hour)).Draw(t, "d"))
		s := supervision.Every(d, rapid.String().Draw(t, "spread"))
		from := time.UnixMicro(rapid.Int64Range(0, 4e15).Draw(t, "from")).UTC()
		next := s.Next(from)
		if !next.After(from) || next.Sub(from) > d {
			t.Fatalf("after %v comes %v", from, next)
		}
		if !next.Equal(storage.Time(next)) {
			t.Fatalf("%v cannot be stored as it is", next)
		}
		if got := s.Next(next).Sub(next); got != d.Truncate(time.Microsecond) {
			t.Fatalf("%v from one to the next, want %v", got, d)
		}
		if early := s.Next(next.Add(-time.Microsecond)); !early.Equal(next) {
			t.Fatalf("just before %v it names %v", next, early)
		}
	})
	if a, b := supervision.Every(time.Hour, "a").Next(time.Unix(0, 0)), supervision.Every(time.Hour, "b").Next(time.Unix(0, 0)); a.Equal(b) {
		t.Error("two records come at the same time")
	}
}

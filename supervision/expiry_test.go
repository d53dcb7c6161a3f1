package supervision_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

var word = supervision.NewMessage[string]("word")

// callOf says what a decider was called with.
func callOf(t *kilnTurn) string {
	expired := map[supervision.Expiry]string{supervision.StateExpired: " state", supervision.OperationExpired: " operation"}
	return fmt.Sprintf("%s %d%s", t.State, len(t.Messages), expired[t.Expired])
}

func TestMessagesComeFirstThenExpiryInTheSameTurn(t *testing.T) {
	t.Parallel()
	var calls []string
	inYard(t, plan{decide: func(t *kilnTurn) error {
		calls = append(calls, callOf(t))
		return nil
	}}, func(y *yard) {
		y.create("a", supervision.At(firing))
		y.ok(word.Deliver(y.Context(), y.kilns, "a", "hello"))
		y.pass(burns)
		y.run()
		y.pass(instant)
		if diff := cmp.Diff([]string{"firing 1", "firing 0 state"}, calls); diff != "" {
			y.Error(diff)
		}
		r := y.wants("a", cracked)
		if r.Version != 2 {
			y.Errorf("it is at version %d; one turn, one commit", r.Version)
		}
		if got := y.causes("a"); got != "create; limit of the state" {
			y.Errorf("the causes are %q", got)
		}
		if open := y.messages("a", storage.MessageOpen); open != "" {
			y.Errorf("message %s is still open", open)
		}
	})
}

// What a decider does when it is told that time is up, and what comes of it.
func TestWhatAnExpiryDoes(t *testing.T) {
	t.Parallel()
	const within = 20 * time.Minute
	cases := []struct {
		name      string
		operation bool // the time of the operation is up first, else that of the state
		do        func(t *kilnTurn) error
		want      kilnState
		path      string
		until     time.Duration // from the expiry; zero: never
		deadline  time.Duration
		operating bool
	}{
		{name: "nothing", want: cracked, path: "firing cracked"},
		{name: "touch", do: touch, want: firing, path: "firing", until: time.Minute, operating: true},
		{name: "touch for ever", do: func(t *kilnTurn) error { t.Touch(0); return nil }, want: firing, path: "firing", operating: true},
		{name: "wake", do: func(t *kilnTurn) error { t.Wake(time.Minute); return nil }, want: cracked, path: "firing cracked"},
		{name: "begin", do: func(t *kilnTurn) error { t.Begin(time.Minute); return nil }, want: firing, path: "firing", deadline: time.Minute, operating: true},
		{name: "end", do: func(t *kilnTurn) error { t.End(); return nil }, want: firing, path: "firing"},
		{name: "move", do: func(t *kilnTurn) error { return t.Fire(cool) }, want: cold, path: "firing cold"},
		{name: "move to itself", do: func(t *kilnTurn) error { return t.Fire(refuel) }, want: firing, path: "firing firing", until: burns, operating: true},
		{name: "same", do: func(t *kilnTurn) error { return t.Fire(poke) }, want: cracked, path: "firing firing cracked"},
		{name: "touch, then move", do: func(t *kilnTurn) error { t.Touch(time.Minute); return t.Fire(light) }, want: heating, path: "firing heating", until: heats, operating: true},
		{name: "move, then touch", do: func(t *kilnTurn) error { return errors.Join(t.Fire(light), touch(t)) }, want: heating, path: "firing heating", until: time.Minute, operating: true},
		{name: "operation: nothing", operation: true, want: cracked, path: "firing cracked"},
		{name: "operation: touch", operation: true, do: touch, want: firing, path: "firing", until: time.Minute, operating: true},
		{name: "operation: begin", operation: true, do: func(t *kilnTurn) error { t.Begin(time.Minute); return nil }, want: firing, path: "firing", until: burns - within, deadline: time.Minute, operating: true},
		{name: "operation: end", operation: true, do: func(t *kilnTurn) error { t.End(); return nil }, want: firing, path: "firing", until: burns - within},
		{name: "operation: move on", operation: true, do: func(t *kilnTurn) error { return t.Fire(light) }, want: heating, path: "firing heating", until: heats, operating: true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var expired []string
			decide := func(t *kilnTurn) error {
				if t.Expired == supervision.NotExpired {
					return nil
				}
				if expired = append(expired, callOf(t)); len(expired) == 1 && c.do != nil {
					return c.do(t)
				}
				return nil
			}
			inYard(t, plan{decide: decide}, func(y *yard) {
				operating, up, which := time.Duration(0), burns, "state"
				if c.operation {
					operating, up, which = within, within, "operation"
				}
				y.create("a", supervision.At(firing), supervision.Operating(operating))
				y.run()
				at := time.Now().Add(up)
				y.pass(up + 2*time.Second)
				r := y.wants("a", c.want)
				if got := y.path("a"); got != c.path {
					y.Errorf("it went %s, want %s", got, c.path)
				}
				if want := []string{"firing 0 " + which}; !cmp.Equal(expired, want) {
					y.Errorf("time was up for %v, want %v", expired, want)
				}
				y.near("until", r.Until, at, c.until)
				y.near("deadline", r.Deadline, at, c.deadline)
				if (r.Operation != "") != c.operating {
					y.Errorf("its operation is %q", r.Operation)
				}
			})
		})
	}
}

func touch(t *kilnTurn) error {
	t.Touch(time.Minute)
	return nil
}

// near demands that a time is d after at, to a poll interval; zero: no time.
func (y *yard) near(what string, got, at time.Time, d time.Duration) {
	y.Helper()
	if got.IsZero() != (d == 0) {
		y.Errorf("%s is %v, want %v after %v", what, got, d, at)
	}
	if late := got.Sub(at.Add(d)); d != 0 && (late < 0 || late > 2*time.Second) {
		y.Errorf("%s is %v, want %v after %v", what, got, d, at)
	}
}

// What came with the messages does not hide that the operation's time is up: only what the decider
// does about that does.
func TestMessagesDoNotHideTheDeadline(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		hear func(t *kilnTurn) error
		want string
		told int
	}{
		{"nothing", func(*kilnTurn) error { return nil }, "firing cracked", 1},
		{"a heartbeat", func(t *kilnTurn) error { t.Touch(burns); return nil }, "firing cracked", 1},
		{"a move on", func(t *kilnTurn) error { return t.Fire(light) }, "firing heating cracked", 1},
		{"its end", func(t *kilnTurn) error { return t.Fire(cool) }, "firing cold", 0},
		{"a new operation", func(t *kilnTurn) error { t.Begin(time.Hour); return nil }, "firing", 0},
		{"no operation any more", func(t *kilnTurn) error { t.End(); return nil }, "firing", 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			told := 0
			inYard(t, plan{decide: func(t *kilnTurn) error {
				if t.Expired != supervision.NotExpired {
					told++
				}
				if len(t.Messages) > 0 {
					return c.hear(t)
				}
				return nil
			}}, func(y *yard) {
				y.create("a", supervision.At(firing), supervision.Operating(time.Minute))
				y.pass(time.Minute)
				y.ok(word.Deliver(y.Context(), y.kilns, "a", "at the last moment"))
				y.run()
				y.pass(5 * time.Second)
				if got := y.path("a"); got != c.want {
					y.Errorf("it went %s, want %s", got, c.want)
				}
				if told != c.told {
					y.Errorf("it was told %d times that time is up, want %d", told, c.told)
				}
				if r := y.get("a"); r.Failures != 0 {
					y.Errorf("its turns failed: %s", r.Reason)
				}
			})
		})
	}
}

// A decider that does the same whenever time is up is right in every state, because it is not told so
// where nothing is under way any more.
func TestAnOperationThatEndedInTimeIsNotOverdue(t *testing.T) {
	t.Parallel()
	inYard(t, plan{decide: func(t *kilnTurn) error {
		if t.Expired != supervision.NotExpired {
			return t.Fire(giveUp) // which cold does not permit
		}
		if len(t.Messages) > 0 {
			return t.Fire(cool)
		}
		return nil
	}}, func(y *yard) {
		y.create("a", supervision.At(firing), supervision.Operating(time.Minute))
		y.pass(time.Minute)
		y.ok(word.Deliver(y.Context(), y.kilns, "a", "done"))
		y.run()
		y.pass(time.Minute)
		if r := y.wants("a", cold); r.Failures > 0 {
			y.Error(r.Reason)
		}
	})
}

func TestBothLimitsUpAtOnce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		within time.Duration
		want   []string
	}{
		{"the operation first", burns - time.Minute, []string{"firing 0", "firing 0 operation"}},
		{"together", burns, []string{"firing 0", "firing 0 operation"}},
		{"the state first", burns + time.Minute, []string{"firing 0", "firing 0 state"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var calls []string
			inYard(t, plan{decide: func(t *kilnTurn) error {
				calls = append(calls, callOf(t))
				return nil
			}}, func(y *yard) {
				y.create("a", supervision.At(firing), supervision.Operating(c.within))
				y.pass(2 * burns)
				y.run()
				y.pass(time.Minute)
				if diff := cmp.Diff(c.want, calls); diff != "" {
					y.Error(diff)
				}
				y.wants("a", cracked)
			})
		})
	}
}

// A limit that names no event, because only the kind's Timeout set one, just ends.
func TestALimitWithoutAnEventEnds(t *testing.T) {
	t.Parallel()
	told := 0
	inYard(t, plan{
		kind: &kilnO{Timeout: func(s kilnState, _ *kiln) time.Duration {
			if s == cold {
				return time.Minute
			}
			return 0
		}},
		decide: func(t *kilnTurn) error {
			if t.Expired == supervision.StateExpired {
				told++
			}
			return nil
		},
	}, func(y *yard) {
		y.create("a")
		y.run()
		y.pass(burns)
		if r := y.wants("a", cold); told != 1 || !r.Until.IsZero() || !r.Due.IsZero() {
			y.Errorf("told %d times, until %v, due %v", told, r.Until, r.Due)
		}
	})
}

// Rows that stay keep the clock; a row to the own state restarts it.
func TestWhatKeepsTheClock(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		event kilnEvent
		want  kilnState
	}{{poke, cracked}, {refuel, firing}} {
		t.Run(string(c.event), func(t *testing.T) {
			t.Parallel()
			inYard(t, plan{decide: func(t *kilnTurn) error {
				if len(t.Messages) > 0 {
					return t.Fire(c.event)
				}
				return nil
			}}, func(y *yard) {
				y.run()
				y.create("a", supervision.At(firing))
				y.create("b", supervision.At(firing))
				y.pass(burns / 2)
				y.ok(word.Deliver(y.Context(), y.kilns, "a", "by a turn"))
				y.fire("b", c.event)
				y.pass(burns/2 + 2*time.Second)
				y.wants("a", c.want)
				y.wants("b", c.want)
			})
		})
	}
}

var errNotNow = errors.New("not now")

// A guard that refuses the event of a limit makes the turn fail: it is tried again now and then, and
// is quarantined in the end, with the reason.
func TestAGuardRefusesTheEventOfALimit(t *testing.T) {
	t.Parallel()
	runner, err := fsm.NewRunner(kilnMachine, func(b *fsm.Behavior[kiln, kilnState, kilnEvent]) {
		b.Clone(func(k kiln) kiln { k.Log = slices.Clone(k.Log); return k })
		b.Guard(firing, giveUp, "only empty", func(_ context.Context, _ *fsm.Step[kiln, kilnState, kilnEvent]) error {
			return errNotNow
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	inYard(t, plan{kind: &kilnO{Runner: runner}, options: supervision.Options{Failures: 3}}, func(y *yard) {
		y.create("a", supervision.At(firing))
		y.run()
		y.pass(burns + time.Hour)
		r := y.wants("a", firing)
		if r.Status != storage.Quarantined || !strings.Contains(r.Reason, errNotNow.Error()) {
			y.Errorf("it is %v because of %q", r.Status, r.Reason)
		}
		if n := len(y.turns.of("a")); n != 3 {
			y.Errorf("%d turns, want 3", n)
		}
	})
}

// However a record waits, a supervisor that has nothing to do asks no more often than it polls.
func TestNoHotLoop(t *testing.T) {
	t.Parallel()
	const poll = 10 * time.Second
	never := func(string, kilnState, *kiln) supervision.Schedule { return nil }
	cases := []struct {
		name   string
		create []supervision.CreateOption
		decide supervision.Decider[kiln, kilnState, kilnEvent]
		kind   *kilnO
		turns  int // at most, in an hour
	}{
		{name: "resting", turns: 0},
		{name: "active", create: []supervision.CreateOption{supervision.At(heating)}, turns: 2},
		{name: "active, for ever", create: []supervision.CreateOption{supervision.At(heating)}, decide: func(t *kilnTurn) error { t.Touch(0); return nil }, turns: 1},
		{name: "waiting", create: []supervision.CreateOption{supervision.At(firing)}, turns: 1},
		{name: "an operation's deadline", create: []supervision.CreateOption{supervision.At(firing), supervision.Operating(time.Minute)}, turns: 2},
		{name: "waking every minute", create: []supervision.CreateOption{supervision.At(heating)}, decide: func(t *kilnTurn) error { t.Touch(0); t.Wake(time.Minute); return nil }, turns: 61},
		{name: "no schedule", kind: &kilnO{Schedule: never}, turns: 0},
		{name: "a schedule that stands still", create: []supervision.CreateOption{supervision.At(heating)}, kind: &kilnO{Schedule: func(string, kilnState, *kiln) supervision.Schedule { return stuck{} }}, turns: 30},
		{name: "failing", create: []supervision.CreateOption{supervision.At(heating)}, decide: func(*kilnTurn) error { return errNotNow }, turns: 10},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var store *spy
			inYard(t, plan{
				decide: c.decide, kind: c.kind, options: supervision.Options{Poll: poll},
				wrap: func(s *memory.Store) storage.Store {
					store = spyOn(s)
					return loudSpy{store, s}
				},
			}, func(y *yard) {
				_ = y.kilns.Create(y.Context(), "a", kiln{}, c.create...)
				y.run()
				y.pass(time.Hour)
				if n := len(y.turns.of("a")); n > c.turns {
					y.Errorf("%d turns in an hour, want at most %d", n, c.turns)
				}
				polls := int(time.Hour / poll)
				if n, most := store.count("Claim"), 2*(polls+c.turns); n > most {
					y.Errorf("%d claims in an hour, want at most %d", n, most)
				}
				if n, most := store.count("Take"), 2*polls; n > most {
					y.Errorf("effects were asked for %d times in an hour, want at most %d", n, most)
				}
				if n := strings.Count(y.log.String(), "\n"); n > 20 {
					y.Errorf("%d lines were logged", n)
				}
			})
		})
	}
}

// A stuck schedule does not keep its promise.
type stuck struct{}

func (stuck) Next(t time.Time) time.Time { return t }

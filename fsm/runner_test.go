package fsm_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/fsm"
)

func TestRunnerOrder(t *testing.T) {
	t.Parallel()
	// home holds kitchen and upstairs, upstairs holds bed and bath; street and shop are outside.
	m := machineOf(t, fsm.Table[phase, signal]{
		"bed":     {"wash": "bath", "cook": "kitchen", "leave": "street", "turn": "bed", "read": fsm.Same},
		"bath":    {"sleep": "bed"},
		"kitchen": {"rest": "upstairs", "leave": "street"},
		"street":  {"rest": "upstairs", "enter": "home", "buy": "shop"},
		"home":    {"tidy": "home"},
		"shop":    {},
		fsm.Any:   {"fire": "street", "look": fsm.Same},
	}, "upstairs: bed bath", "home: kitchen upstairs")
	r := runnerOf(t, m, noteAll(m))

	for _, test := range []struct {
		from phase
		e    signal
		to   phase
		want string
	}{
		{"street", "buy", "shop", "exit street, move buy, entry shop"},
		{"bed", "wash", "bath", "exit bed, move wash, entry bath"},
		{"bed", "cook", "kitchen", "exit bed, exit upstairs, move cook, entry kitchen"},
		{"bed", "leave", "street", "exit bed, exit upstairs, exit home, move leave, entry street"},
		{"kitchen", "rest", "bed", "exit kitchen, move rest, entry upstairs, entry bed"},
		{"street", "rest", "bed", "exit street, move rest, entry home, entry upstairs, entry bed"},
		{"street", "enter", "kitchen", "exit street, move enter, entry home, entry kitchen"},
		{"bed", "turn", "bed", "exit bed, move turn, entry bed"},
		{"bed", "read", "bed", "move read"},
		{"bath", "look", "bath", "move look"},
		{"bath", "tidy", "kitchen", "exit bath, exit upstairs, move tidy, entry kitchen"},
		{"kitchen", "tidy", "kitchen", "exit kitchen, move tidy, entry kitchen"},
		{"bath", "fire", "street", "exit bath, exit upstairs, exit home, move fire, entry street"},
		{"street", "fire", "street", "exit street, move fire, entry street"},
	} {
		t.Run(fmt.Sprintf("%s--%s", test.from, test.e), func(t *testing.T) {
			t.Parallel()
			var j journal
			to, err := r.Fire(t.Context(), test.from, &j, test.e)
			if err != nil || to != test.to {
				t.Fatalf("came to %q with error %v, want %q", to, err, test.to)
			}
			want := fmt.Sprintf("guard %s, %s", test.e, test.want)
			if got := strings.Join(j.Lines, ", "); got != want {
				t.Errorf("ran\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestRunnerRunsInTheOrderOfAdding(t *testing.T) {
	t.Parallel()
	m := machineOf(t, fsm.Table[phase, signal]{"a": {"go": "c"}, "b": {"go": "c"}, "c": {}}, "p: a b")
	r := runnerOf(t, m, func(b *behavior) {
		b.Move("p", "go", "1", note("superstate"))
		b.Move("a", "go", "2", note("leaf"))
		b.Move(fsm.Any, "go", "3", note("any"))
		b.Move("b", "go", "4", note("other leaf"))
	})
	var j journal
	if _, err := r.Fire(t.Context(), "a", &j, "go"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"superstate", "leaf", "any"}, j.Lines); diff != "" {
		t.Error(diff)
	}
}

var errHost = errors.New("out of paper")

func TestRunnerErrors(t *testing.T) {
	t.Parallel()
	m := machineOf(t, fsm.Table[phase, signal]{"a": {"go": "b", "stay": fsm.Same}, "b": {"back": "a"}}, "p: b")
	r := runnerOf(t, m, func(b *behavior) {
		b.Guard("a", "stay", "is idle", fail(errHost))
		b.Entry("p", "print", fail(errHost))
		b.Move("b", "back", "call", fire("back"))
	})
	for _, test := range []struct {
		from  phase
		e     signal
		want  string
		guard bool
		host  bool
	}{
		{"a", "stay", `fsm: machine "m": guard "is idle" refuses event "stay" in state "a": out of paper`, true, true},
		{"a", "go", `fsm: machine "m": entry action "print" of event "go" in state "a": out of paper`, false, true},
		{"a", "back", `fsm: machine "m": event "back" is not permitted in state "a"; permitted: "go", "stay"`, false, false},
		{
			"b", "back", `fsm: machine "m": event "back" is not permitted in state "a"; permitted: "go", "stay"` +
				`; an action fired it after event "back" in state "b"`, false, false,
		},
		{"x", "go", `fsm: machine "m": "x" is no state of it; expected "a", "b"`, false, false},
	} {
		j := journal{Lines: []string{"before"}}
		to, err := r.Fire(t.Context(), test.from, &j, test.e)
		if err == nil || err.Error() != test.want {
			t.Errorf("%s--%s: got error\n%v\nwant\n%s", test.from, test.e, err, test.want)
		}
		if to != test.from || len(j.Lines) != 1 {
			t.Errorf("%s--%s: after the error the state is %q and the journal %v", test.from, test.e, to, j.Lines)
		}
		if errors.Is(err, fsm.ErrGuard) != test.guard || errors.Is(err, errHost) != test.host {
			t.Errorf("%s--%s: error %v is ErrGuard: %t, the host's: %t", test.from, test.e, err, !test.guard, !test.host)
		}
		_, refused := errors.AsType[*fsm.TransitionError](err)
		if _, failed := errors.AsType[*fsm.ActionError](err); failed != test.host || refused == test.host {
			t.Errorf("%s--%s: error %v has type %T", test.from, test.e, err, err)
		}
	}
}

func TestRunnerNestedEvents(t *testing.T) {
	t.Parallel()
	m := machineOf(t, fsm.Table[phase, signal]{
		"a": {"go": "b"}, "b": {"x": fsm.Same, "y": fsm.Same, "z": fsm.Same, "end": "c"}, "c": {},
	})
	r := runnerOf(t, m, func(b *behavior) {
		b.Move("a", "go", "queue", fire("x", "y"))
		b.Entry("b", "note", note("entry b"))
		b.Move("b", "x", "queue", fire("z", "end")) // end has no behaviour at all
		for _, e := range []signal{"x", "y", "z"} {
			b.Move("b", e, "note", note(string(e)))
		}
	})
	var j journal
	to, err := r.Fire(t.Context(), "a", &j, "go")
	if err != nil || to != "c" {
		t.Fatalf("came to %q with error %v, want c", to, err)
	}
	if diff := cmp.Diff([]string{"entry b", "x", "y", "z"}, j.Lines); diff != "" {
		t.Error(diff)
	}
}

func TestRunnerNestedEventsAreBounded(t *testing.T) {
	t.Parallel()
	m := machineOf(t, fsm.Table[phase, signal]{"a": {"few": fsm.Same, "many": fsm.Same, "circle": fsm.Same, "tick": fsm.Same}})
	r := runnerOf(t, m, func(b *behavior) {
		b.Move("a", "tick", "count", func(_ context.Context, step *step) error { step.Subject.Moves++; return nil })
		b.Move("a", "few", "queue", fire(slices.Repeat([]signal{"tick"}, 100)...))
		b.Move("a", "many", "queue", fire(slices.Repeat([]signal{"tick"}, 100_000)...))
		b.Move("a", "circle", "queue", fire("circle"))
	})
	var j journal
	if _, err := r.Fire(t.Context(), "a", &j, "few"); err != nil || j.Moves != 100 {
		t.Errorf("100 nested events gave %v and %d moves", err, j.Moves)
	}
	for _, e := range []signal{"many", "circle"} {
		j = journal{}
		want := fmt.Sprintf(`fsm: machine "m": event %q in state "a" led to more than 100 nested events; let its actions not fire each other in a circle`, e)
		if _, err := r.Fire(t.Context(), "a", &j, e); err == nil || err.Error() != want {
			t.Errorf("got error\n%v\nwant\n%s", err, want)
		}
		if j.Moves != 0 {
			t.Errorf("%s: %d moves stayed", e, j.Moves)
		}
	}
}

func TestRunnerHonoursCancellation(t *testing.T) {
	t.Parallel()
	cause := errors.New("the shop closes")
	m := machineOf(t, fsm.Table[phase, signal]{
		"a": {"now": "b", "exit": "c", "guard": "b", "nested": "b", "last": "b", "plain": "a"}, "b": {"end": "c"}, "c": {"back": "a"},
	})
	ran := func(t *testing.T, start func(ctx context.Context, cancel func()) context.Context, from phase, e signal) (phase, journal, error) {
		t.Helper()
		ctx, cancel := context.WithCancelCause(t.Context())
		stop := func(context.Context, *step) error { cancel(cause); return nil }
		r := runnerOf(t, m, func(b *behavior) {
			b.Guard("a", "guard", "stop", stop)
			b.Move("a", "guard", "note", note("not run"))
			b.Exit("c", "stop", stop)
			b.Entry("a", "note", note("not run"))
			b.Move("a", "nested", "queue", fire("end"))
			b.Move("a", "nested", "stop", stop)
			b.Move("a", "last", "stop", stop)
		})
		var j journal
		to, err := r.Fire(start(ctx, func() { cancel(cause) }), from, &j, e)
		return to, j, err
	}
	before := func(ctx context.Context, cancel func()) context.Context { cancel(); return ctx }
	during := func(ctx context.Context, _ func()) context.Context { return ctx }

	for _, test := range []struct {
		name  string
		start func(context.Context, func()) context.Context
		from  phase
		e     signal
	}{
		{"before the first action", before, "a", "guard"},
		{"before a row without behaviour", before, "b", "end"},
		{"after a guard", during, "a", "guard"},
		{"after an exit action", during, "c", "back"},
		{"before a nested event", during, "a", "nested"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			to, j, err := ran(t, test.start, test.from, test.e)
			if err != cause { //nolint:errorlint // the cause itself
				t.Errorf("got error %v, want the cause", err)
			}
			if to != test.from || len(j.Lines) > 0 {
				t.Errorf("moved to %q and wrote %v", to, j.Lines)
			}
		})
	}
	t.Run("after the last action", func(t *testing.T) {
		t.Parallel()
		if to, _, err := ran(t, during, "a", "last"); to != "b" || err != nil {
			t.Errorf("came to %q with error %v, but all was done", to, err)
		}
	})
}

func TestRunnerLetsPanicsPass(t *testing.T) {
	t.Parallel()
	m := machineOf(t, fsm.Table[phase, signal]{"a": {"go": "b"}, "b": {}})
	r := runnerOf(t, m, func(b *behavior) {
		b.Exit("a", "note", note("exit a"))
		b.Entry("b", "break", func(context.Context, *step) error { panic("broken") })
	})
	j := journal{Lines: []string{"before"}}
	func() {
		defer func() {
			if got := recover(); got != "broken" {
				t.Errorf("recovered %v", got)
			}
		}()
		_, _ = r.Fire(t.Context(), "a", &j, "go")
	}()
	if diff := cmp.Diff(journal{Lines: []string{"before"}}, j); diff != "" {
		t.Errorf("the subject changed: %s", diff)
	}
}

func TestRunnerPermitted(t *testing.T) {
	t.Parallel()
	m := machineOf(t, fsm.Table[phase, signal]{"a": {"x": "b", "y": "b", "z": fsm.Same, "w": "a"}, "b": {}})
	r := runnerOf(t, m, func(b *behavior) {
		b.Guard("a", "x", "is empty", func(_ context.Context, step *step) error {
			step.Subject.Lines = append(step.Subject.Lines, "a guard must not, but if it does")
			if len(step.Subject.Lines) > 1 {
				return errHost
			}
			return nil
		})
		b.Guard("a", "z", "agrees", note("agrees"))
		b.Guard("a", "z", "moved", func(_ context.Context, step *step) error {
			if step.Subject.Moves == 0 {
				return errHost
			}
			return nil
		})
	})
	for _, test := range []struct {
		s       phase
		subject journal
		want    []signal
	}{
		{"a", journal{}, []signal{"w", "x", "y"}},
		{"a", journal{Lines: []string{"full"}}, []signal{"w", "y"}},
		{"a", journal{Moves: 1}, []signal{"w", "x", "y", "z"}},
		{"b", journal{}, nil},
		{"unknown", journal{}, nil},
	} {
		before := test.subject.clone()
		got, err := r.Permitted(t.Context(), test.s, &test.subject)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s, %v: %s", test.s, test.subject, diff)
		}
		if diff := cmp.Diff(before, test.subject); diff != "" {
			t.Errorf("asking changed the subject: %s", diff)
		}
	}

	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errHost)
	for _, s := range m.States() {
		if got, err := r.Permitted(ctx, s, &journal{}); got != nil || err != errHost { //nolint:errorlint // the cause itself
			t.Errorf("with a cancelled context %s permits %v with error %v", s, got, err)
		}
	}
}

func TestRunnerNilSubject(t *testing.T) {
	t.Parallel()
	m := machineOf(t, fsm.Table[phase, signal]{"a": {"go": "b", "look": fsm.Same}, "b": {"back": "a"}})
	r := runnerOf(t, m, func(b *behavior) {
		b.Entry("b", "note", note("entry b"))
		b.Guard("a", "look", "note", note("guard"))
	})
	want := `fsm: machine "m": the subject is nil, but state "a" has guards or actions that need one`
	if to, err := r.Fire(t.Context(), "a", nil, "go"); to != "a" || err == nil || err.Error() != want {
		t.Errorf("came to %q with error %v", to, err)
	}
	if _, err := r.Permitted(t.Context(), "a", nil); err == nil || err.Error() != want {
		t.Errorf("got error %v", err)
	}
	if to, err := r.Fire(t.Context(), "b", nil, "back"); to != "a" || err != nil {
		t.Errorf("a row without behaviour came to %q with error %v", to, err)
	}
	if got, err := r.Permitted(t.Context(), "b", nil); len(got) != 1 || err != nil {
		t.Errorf("a state without guards permits %v with error %v", got, err)
	}
}

func TestRunnerWithoutBehaviour(t *testing.T) {
	t.Parallel()
	m := machineOf(t, fsm.Table[phase, signal]{"a": {"go": "b"}, "b": {}})
	r, err := fsm.NewRunner[*journal](m, nil) // a pointer needs no clone where nothing runs
	if err != nil {
		t.Fatal(err)
	}
	if r.Machine() != m {
		t.Error("the machine is another")
	}
	if to, err := r.Fire(t.Context(), "a", nil, "go"); to != "b" || err != nil {
		t.Errorf("came to %q with error %v", to, err)
	}
}

func TestRunnerConcurrent(t *testing.T) {
	t.Parallel()
	m := machineOf(t, fsm.Table[phase, signal]{
		"a": {"go": "b", "odd": "b"}, "b": {"back": "a", "odd": fsm.Same}, "c": {},
	}, "p: a b")
	r := runnerOf(t, m, func(b *behavior) {
		noteAll(m)(b)
		b.Move(fsm.Any, "odd", "fail", fail(errHost))
	})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			var j journal
			s, n := phase("a"), 0
			for range 200 {
				for _, e := range []signal{"go", "odd", "back"} {
					to, err := r.Fire(t.Context(), s, &j, e)
					if (err != nil) != (e == "odd") {
						t.Errorf("%s--%s: %v", s, e, err)
					}
					if err == nil {
						n += 4
					}
					s = to
				}
			}
			if s != "a" || len(j.Lines) != n {
				t.Errorf("ended in %q with %d lines, want a and %d", s, len(j.Lines), n)
			}
		})
	}
	wg.Wait()
}

func TestRunnerAllocs(t *testing.T) {
	m := machineOf(t, fsm.Table[phase, signal]{"a": {"plain": "b", "busy": "b"}, "b": {}})
	r, err := fsm.NewRunner(m, func(b *fsm.Behavior[tally, phase, signal]) {
		b.Move("a", "busy", "count", func(_ context.Context, step *fsm.Step[tally, phase, signal]) error {
			step.Subject.entries++
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	var subject tally
	for e, most := range map[signal]float64{"plain": 0, "busy": 1} { // under the race detector pools forget
		got := testing.AllocsPerRun(100, func() {
			if _, err := r.Fire(t.Context(), "a", &subject, e); err != nil {
				t.Fatal(err)
			}
		})
		if got > most {
			t.Errorf("firing %q allocates %v times, want at most %v", e, got, most)
		}
	}
}

func TestRunnerTrace(t *testing.T) {
	t.Parallel()
	m := machineOf(t, fsm.Table[phase, signal]{
		"a": {"go": "b", "stay": fsm.Same},
		"b": {"on": "c", "stay": fsm.Same},
		"c": {"back": "a"},
	})
	r := runnerOf(t, m, func(b *behavior) {
		b.Entry("b", "hurry", fire("stay", "on"))
		b.Move("c", "back", "fail", fail(errors.New("no way back")))
	})
	var j journal
	rows, err := r.Trace(t.Context(), "a", &j, "go")
	want := []fsm.Row[phase, signal]{
		{From: "a", Event: "go", To: "b"},
		{From: "b", Event: "stay", To: "b", Same: true},
		{From: "b", Event: "on", To: "c"},
	}
	if diff := cmp.Diff(want, rows); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	rows, err = r.Trace(t.Context(), "a", &j, "stay")
	if diff := cmp.Diff([]fsm.Row[phase, signal]{{From: "a", Event: "stay", To: "a", Same: true}}, rows); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	if rows, err := r.Trace(t.Context(), "c", &j, "back"); err == nil || rows != nil {
		t.Errorf("after an error: %v, %v", rows, err)
	}
}

// TestRunnerForgets fires at one subject after another: nothing of one may be left in the next.
func TestRunnerForgets(t *testing.T) {
	t.Parallel()
	m := machineOf(t, fsm.Table[phase, signal]{"a": {"go": "b"}, "b": {"on": "c"}, "c": {"back": "a"}})
	r := runnerOf(t, m, func(b *behavior) {
		b.Move("a", "go", "note", note("went"))
		b.Entry("b", "hurry", fire("on"))
	})
	for i := range 20 {
		var j journal
		if s, err := r.Fire(t.Context(), "a", &j, "go"); err != nil || s != "c" || len(j.Lines) != 1 {
			t.Fatalf("subject %d comes to %q with %q: %v", i, s, j.Lines, err)
		}
	}
}

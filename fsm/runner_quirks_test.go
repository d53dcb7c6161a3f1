package fsm_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/fsm"
)

// The tests of this file are named after what other state machines, and above all the one that a
// Runner is built on, do and a Runner must not.

// walk fires events one after the other and returns the state at the end.
func walk(t *testing.T, r *fsm.Runner[journal, phase, signal], s phase, j *journal, events ...signal) phase {
	t.Helper()
	for _, e := range events {
		next, err := r.Fire(t.Context(), s, j, e)
		if err != nil {
			t.Fatal(err)
		}
		s = next
	}
	return s
}

func wantLines(t *testing.T, j journal, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, j.Lines); diff != "" {
		t.Errorf("what ran differs from what should: %s", diff)
	}
}

// A state that is written before its entry action runs stays written when that fails.
func TestQuirkFailedEntryLeavesNewState(t *testing.T) {
	t.Parallel()
	m := machineOf(t, fsm.Table[phase, signal]{"a": {"go": "b"}, "b": {"go": "b"}})
	r := runnerOf(t, m, func(b *behavior) {
		b.Exit("a", "note", note("exit a"))
		b.Entry("b", "fail", fail(errHost))
	})
	for _, s := range []phase{"a", "b"} { // a move and a re-entry, which is written at another time
		var j journal
		if to, err := r.Fire(t.Context(), s, &j, "go"); to != s || !errors.Is(err, errHost) {
			t.Errorf("from %q: came to %q with error %v", s, to, err)
		}
		wantLines(t, j)
	}
}

// A state of its own for every unknown name that is ever asked about fills the memory; see also
// TestQuirkUnknownStatesAreKept.
func TestQuirkUnknownStateIsAccepted(t *testing.T) {
	t.Parallel()
	m := machineOf(t, fsm.Table[phase, signal]{"a": {"go": "b"}, "b": {}, fsm.Any: {"stop": "b"}})
	r := runnerOf(t, m, noteAll(m))
	for _, s := range []phase{"", "A", "c", fsm.Any, fsm.Same} {
		var j journal
		if to, err := r.Fire(t.Context(), s, &j, "stop"); to != s || !errors.Is(err, fsm.ErrUnknownState) {
			t.Errorf("from %q: came to %q with error %v", s, to, err)
		}
		wantLines(t, j)
	}
}

// A stored superstate stays one: its events find no row, or move the entity without entering a leaf.
func TestQuirkStoredSuperstate(t *testing.T) {
	t.Parallel()
	m := machineOf(t, fsm.Table[phase, signal]{"a": {"go": "b"}, "p": {"end": "c"}, "c": {"in": "p"}}, "p: a b")
	r := runnerOf(t, m, noteAll(m))
	var j journal
	to, err := r.Fire(t.Context(), "p", &j, "end")
	if to != "p" || !errors.Is(err, fsm.ErrUnknownState) || !strings.Contains(err.Error(), "it is a superstate") {
		t.Errorf("came to %q with error %v", to, err)
	}
	if to := walk(t, r, "c", &j, "in"); to != "a" {
		t.Errorf("a superstate as target led to %q, want its first child", to)
	}
}

// A row of a superstate to the state that the entity is in does nothing, silently.
func TestQuirkSuperstateRowToCurrentState(t *testing.T) {
	t.Parallel()
	m := machineOf(t, fsm.Table[phase, signal]{"a": {}, "b": {}, "p": {"reset": "a"}}, "p: a b")
	r := runnerOf(t, m, noteAll(m))
	var j journal
	if to := walk(t, r, "a", &j, "reset"); to != "a" {
		t.Errorf("came to %q", to)
	}
	wantLines(t, j, "guard reset", "exit a", "move reset", "entry a")
}

// A row of a superstate to itself moves the entity up, out of its leaf.
func TestQuirkSuperstateReentryMovesUp(t *testing.T) {
	t.Parallel()
	m := machineOf(t, fsm.Table[phase, signal]{"a": {}, "b": {}, "p": {"again": "p"}}, "p: a b")
	r := runnerOf(t, m, noteAll(m))
	var j journal
	if to := walk(t, r, "b", &j, "again"); to != "a" {
		t.Errorf("came to %q, want the first child", to)
	}
	wantLines(t, j, "guard again", "exit b", "move again", "entry a")
}

// Entering a superstate writes twice, its name first: whoever looks in between sees no leaf.
func TestQuirkSuperstateIsWrittenFirst(t *testing.T) {
	t.Parallel()
	m := machineOf(t, fsm.Table[phase, signal]{"c": {"in": "p"}, "a": {}}, "p: a")
	see := func(_ context.Context, step *step) error {
		step.Subject.Lines = append(step.Subject.Lines, string(step.To))
		return nil
	}
	r := runnerOf(t, m, func(b *behavior) {
		b.Exit("c", "see", see)
		b.Move("c", "in", "see", see)
		b.Entry("p", "see", see)
		b.Entry("a", "see", see)
	})
	var j journal
	walk(t, r, "c", &j, "in")
	wantLines(t, j, "a", "a", "a", "a")
}

// A state is found only if its name has the type that it was configured with.
func TestQuirkStateReadFromStorageMatchesNothing(t *testing.T) {
	t.Parallel()
	m := machineOf(t, fsm.Table[phase, signal]{"waiting for someone": {"go": "b"}, "b": {}})
	r := runnerOf(t, m, noteAll(m))
	row := []byte("waiting for someone, go")
	s, e, _ := strings.Cut(string(row), ", ")
	var j journal
	if to := walk(t, r, phase(s), &j, signal(e)); to != "b" || len(j.Lines) == 0 {
		t.Errorf("came to %q", to)
	}
}

// Two rows for one event panic when the event is fired, even if they are identical.
func TestQuirkDoubledRowPanics(t *testing.T) {
	t.Parallel()
	m := machineOf(t, fsm.Table[phase, signal]{"a": {"go": "b"}, "b": {}, "p": {"go": "c"}, "c": {}, fsm.Any: {"go": "d"}, "d": {}}, "p: a b")
	r := runnerOf(t, m, noteAll(m))
	for s, want := range map[phase]phase{"a": "b", "b": "c", "c": "d"} {
		var j journal
		if to := walk(t, r, s, &j, "go"); to != want {
			t.Errorf("from %q came to %q, want %q", s, to, want)
		}
	}
}

// A row to a state that does not exist is accepted, and a bad initial child panics once it is entered
// and stored.
func TestQuirkDanglingTarget(t *testing.T) {
	t.Parallel()
	d := fsm.Definition[phase, signal]{
		Name: "m", Initial: "a",
		States: fsm.States[phase, signal]{"a": {Mode: fsm.Resting}, "p": {First: "a"}, "b": {Mode: fsm.Resting, In: "p"}},
		Table:  fsm.Table[phase, signal]{"a": {"go": "nowhere", "in": "p"}},
	}
	_, err := fsm.Compile(d)
	bad, ok := errors.AsType[*fsm.DefinitionError](err)
	if !ok {
		t.Fatalf("got error %v", err)
	}
	for _, want := range []fsm.Code{fsm.UndeclaredState, fsm.BadFirst} {
		if !slices.ContainsFunc(bad.Issues, func(i fsm.Issue) bool { return i.Code == want }) {
			t.Errorf("no issue %q in %v", want, err)
		}
	}
}

// The guard of a state is forgotten if the state has a superstate: the error says that there is no
// row at all.
func TestQuirkGuardOfChildIsForgotten(t *testing.T) {
	t.Parallel()
	m := machineOf(t, fsm.Table[phase, signal]{"a": {"go": "b"}, "b": {}, "p": {"go": "c"}, "c": {}}, "p: a")
	r := runnerOf(t, m, func(b *behavior) { b.Guard("a", "go", "is ready", fail(errHost)) })
	to, err := r.Fire(t.Context(), "a", &journal{}, "go")
	failed, ok := errors.AsType[*fsm.ActionError](err)
	if to != "a" || !ok || failed.Name != "is ready" || failed.Op != "guard" || !errors.Is(err, fsm.ErrGuard) {
		t.Errorf("came to %q with error %v", to, err)
	}
}

// A guard is known by the name that the compiler gave its function: func1.
func TestQuirkGuardsAreNamedByTheCompiler(t *testing.T) {
	t.Parallel()
	m := machineOf(t, fsm.Table[phase, signal]{"a": {"go": "b"}, "b": {}})
	r := runnerOf(t, m, func(b *behavior) {
		b.Guard("a", "go", "has paper", func(context.Context, *step) error { return errHost })
	})
	_, err := r.Fire(t.Context(), "a", &journal{}, "go")
	if err == nil || !strings.Contains(err.Error(), `guard "has paper" refuses`) || strings.Contains(err.Error(), "func") {
		t.Errorf("got error %v", err)
	}
}

// Guards of a transition that stays in its state run twice.
func TestQuirkGuardsOfInternalTransitionsRunTwice(t *testing.T) {
	t.Parallel()
	m := machineOf(t, fsm.Table[phase, signal]{"a": {"look": fsm.Same}})
	asked := 0
	r := runnerOf(t, m, func(b *behavior) {
		b.Guard("a", "look", "count", func(context.Context, *step) error { asked++; return nil })
		b.Move("a", "look", "note", note("look"))
	})
	var j journal
	walk(t, r, "a", &j, "look")
	if asked != 1 {
		t.Errorf("the guard ran %d times, want 1", asked)
	}
	wantLines(t, j, "look")
}

// Guards do not learn which transition they guard.
func TestQuirkGuardsDoNotSeeTheTransition(t *testing.T) {
	t.Parallel()
	m := machineOf(t, fsm.Table[phase, signal]{"a": {"go": "b"}, "b": {"go": "c"}, "c": {}})
	r := runnerOf(t, m, func(b *behavior) {
		b.Guard(fsm.Any, "go", "see", func(_ context.Context, step *step) error {
			step.Subject.Lines = append(step.Subject.Lines, string(step.From)+"--"+string(step.Event)+"->"+string(step.To))
			return nil
		})
	})
	var j journal
	walk(t, r, "a", &j, "go", "go")
	wantLines(t, j, "a--go->b", "b--go->c")
}

// After the first step of an entity the exit action of another state runs.
func TestQuirkExitOfTheWrongState(t *testing.T) {
	t.Parallel()
	m := machineOf(t, fsm.Table[phase, signal]{"a": {"go": "b"}, "b": {"go": "c"}, "c": {"go": "a"}})
	r := runnerOf(t, m, func(b *behavior) {
		for _, s := range m.States() {
			b.Exit(s, "note", note("exit "+string(s)))
		}
	})
	var j journal
	walk(t, r, "a", &j, "go", "go", "go", "go")
	wantLines(t, j, "exit a", "exit b", "exit c", "exit a")
}

// A second superstate leaves half of the first one in place.
func TestQuirkSecondSuperstate(t *testing.T) {
	t.Parallel()
	m := machineOf(t, fsm.Table[phase, signal]{"a": {"go": "b"}, "b": {}, "x": {}, "y": {}}, "p: x a", "q: a y")
	r := runnerOf(t, m, noteAll(m))
	var j journal
	walk(t, r, "a", &j, "go")
	wantLines(t, j, "guard go", "exit a", "exit q", "move go", "entry b")
	if got := m.Superstates("a"); !slices.Equal(got, []phase{"q"}) {
		t.Errorf("the superstates are %v", got)
	}
}

// A cancelled context is ignored.
func TestQuirkCancelledContext(t *testing.T) {
	t.Parallel()
	m := machineOf(t, fsm.Table[phase, signal]{"a": {"go": "b"}, "b": {}})
	r := runnerOf(t, m, noteAll(m))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var j journal
	if to, err := r.Fire(ctx, "a", &j, "go"); to != "a" || !errors.Is(err, context.Canceled) {
		t.Errorf("came to %q with error %v", to, err)
	}
	wantLines(t, j)
}

// The permitted events come in an order of their own each time.
func TestQuirkPermittedInRandomOrder(t *testing.T) {
	t.Parallel()
	m := machineOf(t, fsm.Table[phase, signal]{"a": {"d": "b", "a": "b", "c": "b", "b": "b", "e": "b"}, "b": {}, "p": {"f": "b"}}, "p: a")
	r := runnerOf(t, m, noteAll(m))
	for range 50 {
		got, err := r.Permitted(t.Context(), "a", &journal{})
		if err != nil || !slices.Equal(got, []signal{"a", "b", "c", "d", "e", "f"}) {
			t.Fatalf("got %v and %v", got, err)
		}
	}
}

// The error of a nested event surfaces outside while its transition stays, and later events are lost.
func TestQuirkNestedErrorKeepsHalf(t *testing.T) {
	t.Parallel()
	m := machineOf(t, fsm.Table[phase, signal]{"a": {"go": "b"}, "b": {"bad": "c", "good": "d"}, "c": {}, "d": {}})
	r := runnerOf(t, m, func(b *behavior) {
		noteAll(m)(b)
		b.Entry("b", "queue", fire("bad", "good"))
		b.Entry("c", "fail", fail(errHost))
	})
	var j journal
	if to, err := r.Fire(t.Context(), "a", &j, "go"); to != "a" || !errors.Is(err, errHost) {
		t.Errorf("came to %q with error %v", to, err)
	}
	wantLines(t, j)
}

// What one entity left in the queue is run by the next caller, for another entity.
func TestQuirkQueueBelongsToTheMachine(t *testing.T) {
	t.Parallel()
	m := machineOf(t, fsm.Table[phase, signal]{"a": {"go": "b", "look": fsm.Same}, "b": {"bad": "c", "more": fsm.Same}, "c": {}})
	r := runnerOf(t, m, func(b *behavior) {
		noteAll(m)(b)
		b.Move("a", "go", "queue", fire("bad", "more"))
		b.Entry("c", "fail", fail(errHost))
	})
	var first, second journal
	if _, err := r.Fire(t.Context(), "a", &first, "go"); !errors.Is(err, errHost) {
		t.Fatalf("got error %v", err)
	}
	if to := walk(t, r, "a", &second, "look"); to != "a" {
		t.Errorf("came to %q", to)
	}
	wantLines(t, second, "guard look", "move look")
}

// A second caller is told that all is well while its event waits for the first caller, and gets the
// first one's errors.
func TestQuirkSecondCallerIsToldNothing(t *testing.T) {
	t.Parallel()
	m := machineOf(t, fsm.Table[phase, signal]{"a": {"go": "b"}, "b": {}})
	started, release := make(chan struct{}), make(chan struct{})
	r := runnerOf(t, m, func(b *behavior) {
		b.Entry("b", "wait", func(_ context.Context, step *step) error {
			if len(step.Subject.Lines) > 0 {
				close(started)
				<-release
			}
			step.Subject.Lines = append(step.Subject.Lines, "entry b")
			return nil
		})
	})
	done := make(chan journal, 1)
	go func() {
		j := journal{Lines: []string{"slow"}}
		if to, err := r.Fire(context.Background(), "a", &j, "go"); to != "b" || err != nil {
			t.Errorf("the first caller came to %q with error %v", to, err)
		}
		done <- j
	}()
	select {
	case <-started:
	case j := <-done:
		t.Fatalf("the first caller waits for nothing and wrote %v", j.Lines)
	}
	var second journal
	if to := walk(t, r, "a", &second, "go"); to != "b" {
		t.Errorf("the second caller came to %q", to)
	}
	wantLines(t, second, "entry b")
	if to, err := r.Fire(t.Context(), "a", &second, "fly"); to != "a" || !errors.Is(err, fsm.ErrUnknownEvent) {
		t.Errorf("the second caller came to %q with error %v", to, err)
	}
	close(release)
	wantLines(t, <-done, "slow", "entry b")
}

// Configuration that goes on while events are fired is a data race.
func TestQuirkConfiguredWhileFiring(t *testing.T) {
	t.Parallel()
	m := machineOf(t, fsm.Table[phase, signal]{"a": {"go": "b"}, "b": {}})
	var kept *behavior
	r := runnerOf(t, m, func(b *behavior) {
		b.Entry("b", "note", note("entry b"))
		kept = b
	})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 100 {
			kept.Entry("b", "late", note("late"))
			kept.Guard("a", "go", "late", fail(errHost))
			kept.Clone(journal.clone)
		}
	}()
	for range 100 {
		var j journal
		walk(t, r, "a", &j, "go")
		wantLines(t, j, "entry b")
	}
	<-done
}

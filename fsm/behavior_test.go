package fsm_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/fsm"
)

func TestNewRunnerListsEverythingThatIsWrong(t *testing.T) {
	t.Parallel()
	m := machineOf(t, fsm.Table[phase, signal]{"a": {"go": "b"}, "b": {"back": "a", "end": "c"}, "c": {}}, "p: a b")
	ok := note("fine")
	var none fsm.Action[journal, phase, signal]

	_, err := fsm.NewRunner(m, func(b *behavior) {
		b.Entry("a", "fine", ok)
		b.Entry("p", "fine", ok)
		b.Guard("p", "go", "fine", ok)

		b.Entry("d", "print", ok)
		b.Exit("", "print", ok)
		b.Entry(fsm.Any, "print", ok)
		b.Exit("a", " ", none)
		b.Guard("d", "go", "is idle", ok)
		b.Guard("a", "fly", "is idle", ok)
		b.Guard("a", "back", "is idle", ok)
		b.Move("p", "go", "", ok)
		b.Move(fsm.Any, "go", "call", nil)
		b.Move("c", "go", "call", ok)
	})
	want := []string{
		`fsm: the behaviour of machine "m" is not sound`,
		`entry action "print" of state "d": the state is not declared; declare it in States or correct the name`,
		`exit action "print" of state "": the state is not declared; declare it in States or correct the name`,
		`entry action "print" of state "*": name one state; a superstate stands for what is in it`,
		`exit action " " of state "a": it has no name; errors need one`,
		`exit action " " of state "a": its function is nil; give one`,
		`guard "is idle" of event "go" in state "d": the state is not declared; declare it in States or correct the name`,
		`guard "is idle" of event "fly" in state "a": "fly" is no event of the machine; choose one of "back", "end", "go"`,
		`guard "is idle" of event "back" in state "a": there is no such row; the event has these sources: "b"`,
		`move action "" of event "go" in state "p": it has no name; errors need one`,
		`move action "call" of event "go" in state "*": its function is nil; give one`,
		`move action "call" of event "go" in state "c": there is no such row; the event has these sources: "a"`,
		`fsm_test.journal.Lines is a reference ([]string), which a copy of the subject would share; ` +
			`give a Clone that copies what it leads to, or returns the subject as it is if nobody changes that`,
	}
	if err == nil {
		t.Fatal("there was no error")
	}
	if diff := cmp.Diff(want, strings.Split(err.Error(), "\n\t")); diff != "" {
		t.Error(diff)
	}
}

func TestNewRunnerNeedsAMachine(t *testing.T) {
	t.Parallel()
	want := "fsm: a runner needs a machine and got none; make one with Compile"
	for _, m := range []*fsm.Machine[phase, signal]{nil, {}} {
		if _, err := fsm.NewRunner(m, func(*behavior) {}); err == nil || err.Error() != want {
			t.Errorf("got error %v", err)
		}
	}
}

func TestNewRunnerWantsOneClone(t *testing.T) {
	t.Parallel()
	m := machineOf(t, fsm.Table[phase, signal]{"a": {"go": "b"}, "b": {}})
	for want, describe := range map[string]func(*behavior){
		"the clone function is nil":      func(b *behavior) { b.Clone(nil) },
		"there are two clone functions":  func(b *behavior) { b.Clone(journal.clone); b.Clone(journal.clone) },
		"journal.Lines is a reference (": func(b *behavior) { b.Entry("b", "note", note("entry b")) },
	} {
		if _, err := fsm.NewRunner(m, describe); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want one with %q", err, want)
		}
	}
}

// referencesIn returns the paths of a subject type that make a clone necessary.
func referencesIn[T any](t *testing.T, m *fsm.Machine[phase, signal]) []string {
	t.Helper()
	_, err := fsm.NewRunner(m, func(b *fsm.Behavior[T, phase, signal]) {
		b.Entry("b", "nothing", func(context.Context, *fsm.Step[T, phase, signal]) error { return nil })
	})
	if err == nil {
		return nil
	}
	var paths []string
	for _, line := range strings.Split(err.Error(), "\n\t")[1:] {
		path, _, _ := strings.Cut(line, " is a reference")
		paths = append(paths, path)
	}
	return paths
}

func TestNewRunnerFindsReferences(t *testing.T) {
	t.Parallel()
	m := machineOf(t, fsm.Table[phase, signal]{"a": {"go": "b"}, "b": {}})
	type inner struct {
		Tags map[string]int
		Next *inner
	}
	type values struct {
		Name    string
		At      time.Time
		Numbers [3]float64
		Nested  struct{ Done bool }
		_       [0]func()
	}
	type references struct {
		values

		Inner inner
		Many  [1]inner
		Any   any
		Ready chan bool
		Func  func()
	}
	if got := referencesIn[values](t, m); got != nil {
		t.Errorf("values alone need a clone because of %v", got)
	}
	want := []string{
		"fsm_test.references.Inner.Tags", "fsm_test.references.Inner.Next",
		"fsm_test.references.Many[].Tags", "fsm_test.references.Many[].Next",
		"fsm_test.references.Any", "fsm_test.references.Ready", "fsm_test.references.Func",
	}
	if diff := cmp.Diff(want, referencesIn[references](t, m)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"*fsm_test.values"}, referencesIn[*values](t, m)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"map[string]int"}, referencesIn[map[string]int](t, m)); diff != "" {
		t.Error(diff)
	}
}

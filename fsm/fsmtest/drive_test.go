package fsmtest

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/reeve-go/reeve/fsm"
)

var errBroken = errors.New("it is broken")

// Each way of being wrong, what Drive says of it, and the cells that Cover finds wrong.
var faults = map[string]struct {
	fault fault
	says  string
	cells []string
}{
	"wrong target": {
		at("processing", "finish", func(n *node) error { n.state = "error"; return nil }),
		`comes from "processing" by "finish" to "error"; want "finished"`,
		[]string{"processing--finish"},
	},
	"sticks": {
		at("processing", "timeout", func(*node) error { return nil }),
		`comes from "processing" by "timeout" to "processing"; want "error"`,
		[]string{"processing--timeout"},
	},
	"refuses what is permitted": {
		at("error", "reapply", func(*node) error { return errBroken }),
		`refuses "reapply" in "error"; want it to come to "reapplying". Its error: it is broken`,
		[]string{"error--reapply"},
	},
	"moves and calls it refused": {
		at("starting", "wait", func(n *node) error { n.state = "waiting"; return errBroken }),
		`refuses "wait" in "starting"`,
		[]string{"starting--wait"},
	},
	"accepts what is refused": {
		at("finished", "process", func(*node) error { return nil }),
		`accepts "process" in "finished" and is in "finished" then; want an error, because it permits ["finish" "reapply" "start"]`,
		[]string{"finished--process"},
	},
	"accepts what is refused and moves": {
		at("finished", "process", func(n *node) error { n.state = "processing"; return nil }),
		`accepts "process" in "finished" and is in "processing" then`,
		[]string{"finished--process"},
	},
	"moves on what is refused": {
		at("aborting", "finish", func(n *node) error { n.state = "finished"; return errBroken }),
		`refuses "finish" in "aborting", as it must, but is in "finished" then; want it to stay`,
		[]string{"aborting--finish"},
	},
	"stays instead of entering again": {
		// Nobody can see this from outside, so it is no fault.
		at("reapplying", "reapply", func(*node) error { return nil }), "", nil,
	},
	"breaks when it is used twice": {
		func(n *node, e event) (bool, error) {
			if e != "reapply" || n.fired[e] < 2 {
				return false, nil
			}
			return true, errBroken
		},
		`refuses "reapply" in`,
		[]string{"reapplying--reapply"},
	},
}

func TestDriveCatches(t *testing.T) {
	t.Parallel()
	m := introspection()
	for name, f := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := record(t, func(tb testing.TB) { Drive(tb, m, nodes(m, f.fault)) })
			if f.says == "" {
				r.wantPass(t)
				return
			}
			r.wantFailure(t, `fsmtest: machine "introspection": the entity `+f.says, "It was\n\tcreated in ", "[rapid] draw walk: start in ")
		})
	}
}

// Drive reports a short series of events that goes wrong, told in order: a few, where random ones are
// thirty and more.
func TestDriveShrinks(t *testing.T) {
	t.Parallel()
	m := introspection()
	twoErrors := func(n *node, e event) (bool, error) {
		if e != "process" || n.fired["error"] < 2 {
			return false, nil
		}
		n.state = "processing"
		return true, nil
	}
	r := record(t, func(tb testing.TB) { Drive(tb, m, nodes(m, twoErrors)) })
	r.wantFailure(t)
	text := r.text.String()
	story := text[strings.LastIndex(text, "It was\n"):]
	if lines := strings.Count(story, "\n\t"); lines > 9 {
		t.Errorf("the story has %d lines; want little more than a creation and two errors:\n%s", lines, story)
	}
	if strings.Count(story, `"error"`) < 2 {
		t.Errorf("the story lacks the two errors:\n%s", story)
	}
}

func TestDriveAcceptsWhatIsRight(t *testing.T) {
	t.Parallel()
	m := introspection()
	Drive(t, m, nodes(m, nil))
}

func TestDriveWantsTheStart(t *testing.T) {
	t.Parallel()
	m := introspection()
	always := func(state) Entity[state, event] { return nodes(m, nil)("finished") }
	record(t, func(tb testing.TB) { Drive(tb, m, always) }).wantFailure(t, `a new entity is in "finished"; want `)
}

// A test that has failed before is not driven on, and does not panic.
func TestDriveAfterAFailure(t *testing.T) {
	t.Parallel()
	m := introspection()
	r := record(t, func(tb testing.TB) {
		tb.Error("something else")
		Drive(tb, m, nodes(m, nil))
		tb.Log("reached")
	})
	r.wantFailure(t, "something else")
	if strings.Contains(r.text.String(), "reached") {
		t.Error("the recorded test went on after Drive")
	}
}

// A machine without any event has only its start to check.
func TestDriveWithoutEvents(t *testing.T) {
	t.Parallel()
	m := fsm.MustCompile(fsm.Definition[state, event]{
		Name: "stone", Initial: "lies", States: fsm.States[state, event]{"lies": {Mode: fsm.Resting}},
	})
	Drive(t, m, nodes(m, nil))
}

// Two functions are enough of an entity, here on a runner with behaviour.
func TestDriveARunner(t *testing.T) {
	t.Parallel()
	m := introspection()
	runner, err := fsm.NewRunner[int](m, nil)
	if err != nil {
		t.Fatal(err)
	}
	Drive(t, m, func(start state) Entity[state, event] {
		at, count := start, 0
		return EntityOf(
			func() state { return at },
			func(e event) error {
				next, err := runner.Fire(context.Background(), at, &count, e)
				if err == nil {
					at = next
				}
				return err
			})
	})
}

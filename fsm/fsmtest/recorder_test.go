package fsmtest

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/internal/originals"
)

// Most tests here want the kit to fail, and no file of it.
func TestMain(m *testing.M) {
	if err := flag.Set("rapid.nofailfile", "true"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	os.Exit(m.Run())
}

// A recorder is a test that may fail.
type recorder struct {
	testing.TB // for its unexported method; what is not overridden is not called
	name       string
	failed     bool
	skipped    bool
	text       strings.Builder
}

// record runs f as a test of its own.
func record(t *testing.T, f func(t testing.TB)) *recorder {
	t.Helper()
	r := &recorder{name: t.Name() + "/recorded"}
	done := make(chan struct{})
	go func() {
		defer close(done) // also when f ends by FailNow
		f(r)
	}()
	<-done
	return r
}

func (r *recorder) Helper()        {}
func (r *recorder) Name() string   { return r.name }
func (r *recorder) Failed() bool   { return r.failed }
func (r *recorder) Fail()          { r.failed = true }
func (r *recorder) FailNow()       { r.Fail(); runtime.Goexit() }
func (r *recorder) SkipNow()       { r.skipped = true; runtime.Goexit() }
func (r *recorder) Log(a ...any)   { fmt.Fprintln(&r.text, a...) }
func (r *recorder) Error(a ...any) { r.Log(a...); r.Fail() }
func (r *recorder) Fatal(a ...any) { r.Log(a...); r.FailNow() }
func (r *recorder) Skip(a ...any)  { r.Log(a...); r.SkipNow() }

func (r *recorder) Logf(format string, a ...any)   { r.Log(fmt.Sprintf(format, a...)) }
func (r *recorder) Errorf(format string, a ...any) { r.Error(fmt.Sprintf(format, a...)) }
func (r *recorder) Fatalf(format string, a ...any) { r.Fatal(fmt.Sprintf(format, a...)) }
func (r *recorder) Skipf(format string, a ...any)  { r.Skip(fmt.Sprintf(format, a...)) }

// wantFailure checks that the recorded test failed and said each of the given things.
func (r *recorder) wantFailure(t *testing.T, says ...string) {
	t.Helper()
	if !r.failed {
		t.Error("the recorded test passed; want it to fail")
	}
	for _, s := range says {
		if !strings.Contains(r.text.String(), s) {
			t.Errorf("the recorded test says\n%s\nwant in it\n%s", r.text.String(), s)
		}
	}
}

func (r *recorder) wantPass(t *testing.T) {
	t.Helper()
	if r.failed || r.skipped {
		t.Errorf("the recorded test did not pass:\n%s", r.text.String())
	}
}

type (
	state   = originals.State
	event   = originals.Event
	machine = fsm.Machine[state, event]
)

func introspection() *machine { return fsm.MustCompile(originals.Introspection()) }

// A node is an entity that does as its machine says, but for its fault.
type node struct {
	machine *machine
	state   state
	fault   fault
	fired   map[event]int
}

// A fault takes an event from the machine: it is true where it has dealt with it.
type fault func(n *node, e event) (dealt bool, err error)

func (n *node) State() state { return n.state }

func (n *node) Fire(e event) error {
	n.fired[e]++
	if n.fault != nil {
		if dealt, err := n.fault(n, e); dealt {
			return err
		}
	}
	next, err := n.machine.Step(n.state, e)
	if err == nil {
		n.state = next
	}
	return err
}

func nodes(m *machine, f fault) func(start state) Entity[state, event] {
	return func(start state) Entity[state, event] {
		return &node{machine: m, state: start, fault: f, fired: map[event]int{}}
	}
}

// at is the fault of doing something else where an event comes in a state.
func at(s state, e event, otherwise func(n *node) error) fault {
	return func(n *node, fired event) (bool, error) {
		if n.state != s || fired != e {
			return false, nil
		}
		return true, otherwise(n)
	}
}

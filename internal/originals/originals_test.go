package originals_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/internal/originals"
)

type machine = fsm.Machine[originals.State, originals.Event]

// checkCells compares every cell of a machine with a matrix: a line of events, then a line a state
// with a target a cell, and "-" where the event is refused.
func checkCells(t *testing.T, m *machine, matrix string) {
	t.Helper()
	lines := strings.Split(strings.TrimLeft(matrix, "\n"), "\n")
	events := strings.Fields(lines[0])
	want := map[[2]string]string{}
	for _, line := range lines[1:] {
		cells := strings.Fields(line)
		for i, to := range cells[1:] {
			want[[2]string{cells[0], events[i]}] = strings.Trim(to, "-")
		}
	}
	if diff := cmp.Diff(want, cellsOf(m)); diff != "" {
		t.Errorf("cells of %s (-want +got):\n%s", m.Name(), diff)
	}
}

// cellsOf returns the target of every state and event, empty where the event is refused.
func cellsOf(m *machine) map[[2]string]string {
	cells := map[[2]string]string{}
	for _, s := range m.States() {
		for _, e := range m.Events() {
			to, _ := m.Next(s, e)
			cells[[2]string{string(s), string(e)}] = string(to)
		}
	}
	return cells
}

type issue struct {
	Code         fsm.Code
	State, Event string
}

// issuesOf returns what Compile finds in a definition, without the texts.
func issuesOf(t *testing.T, d originals.Definition) (issues []issue) {
	t.Helper()
	_, err := fsm.Compile(d)
	if err == nil {
		return nil
	}
	refused, ok := errors.AsType[*fsm.DefinitionError](err)
	if !ok {
		t.Fatalf("Compile says %v; want a *DefinitionError", err)
	}
	for _, i := range refused.Issues {
		issues = append(issues, issue{i.Code, i.State, i.Event})
	}
	return issues
}

// Whoever reads a diagram of an original finds a sentence for each of its states and events.
func TestEverythingIsExplained(t *testing.T) {
	t.Parallel()
	sentence := func(what, doc string) {
		if !strings.HasSuffix(doc, ".") {
			t.Errorf("%s is explained by %q; want a sentence", what, doc)
		}
	}
	for _, d := range append(originals.IntrospectionHistory(), originals.Introspection()) {
		sentence(d.Name, d.Doc)
		for s, state := range d.States {
			sentence(d.Name+" state "+string(s), state.Doc)
		}
		for e, event := range d.Events {
			sentence(d.Name+" event "+string(e), event.Doc)
		}
	}
}

// Package tabletest is how tests read tables: what each cell says, what is wrong, and whether all of it is explained.
package tabletest

import (
	"errors"
	"strings"
	"testing"

	"github.com/reeve-go/reeve/fsm"
)

// Cells returns the target of every state and event, empty where the event is refused.
func Cells[S, E ~string](m *fsm.Machine[S, E]) map[[2]string]string {
	cells := map[[2]string]string{}
	for _, s := range m.States() {
		for _, e := range m.Events() {
			to, _ := m.Next(s, e)
			cells[[2]string{string(s), string(e)}] = string(to)
		}
	}
	return cells
}

// Issues returns what Compile finds in a definition, without the texts.
func Issues[S, E ~string](t testing.TB, d fsm.Definition[S, E]) (issues []fsm.Issue) {
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
		issues = append(issues, fsm.Issue{Code: i.Code, State: i.State, Event: i.Event})
	}
	return issues
}

// Explained demands that whoever reads a diagram finds a sentence for the table, and for each of its states and events.
func Explained[S, E ~string](t testing.TB, d fsm.Definition[S, E]) {
	t.Helper()
	sentence := func(what, doc string) {
		t.Helper()
		if !strings.HasSuffix(doc, ".") {
			t.Errorf("%s is explained by %q; want a sentence", what, doc)
		}
	}
	sentence(d.Name, d.Doc)
	for s, state := range d.States {
		sentence(d.Name+" state "+string(s), state.Doc)
	}
	for e, event := range d.Events {
		sentence(d.Name+" event "+string(e), event.Doc)
	}
}

package originals_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/internal/originals"
	"github.com/reeve-go/reeve/internal/tabletest"
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
	if diff := cmp.Diff(want, tabletest.Cells(m)); diff != "" {
		t.Errorf("cells of %s (-want +got):\n%s", m.Name(), diff)
	}
}

// Whoever reads a diagram of an original finds a sentence for each of its states and events.
func TestEverythingIsExplained(t *testing.T) {
	t.Parallel()
	for _, d := range append(originals.IntrospectionHistory(), originals.Introspection()) {
		tabletest.Explained(t, d)
	}
}

package fsm_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/internal/originals"
)

func TestTextKeepsToItsWidthAndIsBrief(t *testing.T) {
	t.Parallel()
	m := fsm.MustCompile(originals.Introspection())
	text := m.Text(&fsm.Diagram[originals.State]{Width: 72, Brief: true})
	for line := range strings.Lines(text) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 72 {
			t.Errorf("a line has %d columns, more than 72: %s", n, line)
		}
	}
	if strings.Contains(text, "\nStates\n") || strings.Contains(text, "powered off") {
		t.Error("a brief text says what states mean")
	}
	if !strings.Contains(text, "abort_end") {
		t.Error("the table is gone too")
	}
}

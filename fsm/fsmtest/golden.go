package fsmtest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/fsm"
)

// Golden compares the whole table of the machine with a file, and fails with the lines that differ.
// With REEVE_UPDATE=1 in the environment it writes the file instead.
//
// The file has a paragraph a state: its mode and limit, where each event leads that it accepts, and
// the events that it refuses. Wildcards and superstates are resolved.
func Golden[S, E ~string](tb testing.TB, m *fsm.Machine[S, E], file string) {
	tb.Helper()
	got := tableText(m)
	if os.Getenv("REEVE_UPDATE") == "1" {
		if err := writeFile(file, got); err != nil {
			tb.Fatalf("fsmtest: machine %q: %v", m.Name(), err)
		}
		return
	}
	want, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		tb.Fatalf("fsmtest: machine %q: there is no file %s yet; run the test with REEVE_UPDATE=1 to write it", m.Name(), file)
	case err != nil:
		tb.Fatalf("fsmtest: machine %q: %v", m.Name(), err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		tb.Fatalf("fsmtest: machine %q differs from %s (-file +machine); run the test with REEVE_UPDATE=1 to accept it:\n%s", m.Name(), file, diff)
	}
}

func writeFile(file, text string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(text), 0o644)
}

func tableText[S, E ~string](m *fsm.Machine[S, E]) string {
	width := 0
	for _, e := range m.Events() {
		width = max(width, len([]rune(e)))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s starts in %s\n", m.Name(), join(m.Starts()))
	for _, s := range m.States() {
		mode, _ := m.Mode(s)
		fmt.Fprintf(&b, "\n%s: %v", s, mode)
		if after, then, limited := m.Timeout(s); limited {
			fmt.Fprintf(&b, ", %s after %v", then, after)
		}
		b.WriteString("\n")
		var refused []E
		for _, e := range m.Events() {
			next, permitted := m.Next(s, e)
			switch {
			case !permitted:
				refused = append(refused, e)
			case m.Stays(s, e):
				fmt.Fprintf(&b, "  %-*s stays\n", width, e)
			default:
				fmt.Fprintf(&b, "  %-*s to %s\n", width, e, next)
			}
		}
		if len(refused) > 0 {
			fmt.Fprintf(&b, "  refuses %s\n", join(refused))
		}
	}
	return b.String()
}

func join[T ~string](names []T) string {
	var b strings.Builder
	for i, name := range names {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(string(name))
	}
	return b.String()
}

package fsm

import (
	"bytes"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

func TestGraphvizTakesDOT(t *testing.T) {
	t.Parallel()
	dot, err := exec.LookPath("dot")
	if err != nil {
		t.Skip("graphviz is not installed: no dot")
	}
	for name, picture := range pictures {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := compilePicture(t, name)
			cmd := exec.CommandContext(t.Context(), dot, "-Tsvg")
			cmd.Stdin = strings.NewReader(m.DOT(picture.show))
			var out, complaints bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &complaints
			if err := cmd.Run(); err != nil || complaints.Len() > 0 {
				t.Fatalf("%v: %s", err, complaints.String())
			}
			texts, _ := svgTexts(t, strings.ReplaceAll(out.String(), "\u00a0", " "))
			var shown []string
			for _, text := range slices.Concat(texts[""]) {
				shown = append(shown, strings.ReplaceAll(strings.TrimSpace(text), "\u00a0", " "))
			}
			for s := range m.def.States {
				name := printable(s)
				if !slices.ContainsFunc(shown, func(text string) bool { return text == name || strings.HasPrefix(text, name+" (") }) {
					t.Errorf("state %q is missing in %q", s, shown)
				}
			}
		})
	}
}

package main

import "testing"

func TestDiagramShowsWhereTheNodeIs(t *testing.T) {
	t.Parallel()
	file := newFile(t)
	inspected(t, 1, "-db", file, "-fail")
	for format, marked := range map[string]string{
		"dot":     `digraph`,
		"mermaid": `stateDiagram-v2`,
		"svg":     `^<svg(.|\n)*is in error`,
		"text":    `(?m)^> +error +resting`,
	} {
		o := call(t.Context(), "-db", file, "-diagram", format)
		if o.code != 0 || o.stderr != "" {
			t.Errorf("%s ended with %d: %s", format, o.code, o.stderr)
		}
		wantText(t, format, o.stdout, marked)
		elsewhere := call(t.Context(), "-db", file, "-diagram", format, "-node", "unknown")
		if elsewhere.code != 0 || elsewhere.stdout == o.stdout {
			t.Errorf("%s of a node in error and of none ended with %d and are the same", format, elsewhere.code)
		}
	}
	wantText(t, "the report", call(t.Context(), "-db", file, "-fail").stdout, `(?m)^> +error +resting`)
}

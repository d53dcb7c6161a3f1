package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// asProgram makes the test binary the program itself, for tests that need a process.
const asProgram = "INTROSPECT_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

// An outcome is how a run ended and what it wrote.
type outcome struct {
	code           int
	stdout, stderr string
}

func call(ctx context.Context, args ...string) outcome {
	var stdout, stderr bytes.Buffer
	code := run(ctx, args, &stdout, &stderr)
	return outcome{code, stdout.String(), stderr.String()}
}

// inspected runs the program with -json and returns what it wrote, after it ended with the code.
func inspected(t *testing.T, code int, args ...string) *report {
	t.Helper()
	o := call(t.Context(), append(args, "-json")...)
	if o.code != code {
		t.Fatalf("%q ended with %d, want %d\n%s", args, o.code, code, o.stderr)
	}
	r := new(report)
	d := json.NewDecoder(strings.NewReader(o.stdout))
	d.DisallowUnknownFields()
	if err := d.Decode(r); err != nil {
		t.Fatalf("%q wrote no report: %v\n%s", args, err, o.stdout)
	}
	if r.Node.Facts != nil {
		t.Errorf("%q wrote the facts twice:\n%s", args, o.stdout)
	}
	if d.More() {
		t.Fatalf("%q wrote more than one object:\n%s", args, o.stdout)
	}
	return r
}

// path is the history as "start event state event state …".
func (r *report) path() string {
	words := []string{string(r.History[0].To)}
	for _, l := range r.History[1:] {
		words = append(words, string(l.Event), string(l.To))
	}
	return strings.Join(words, " ")
}

func newFile(t *testing.T) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "nodes.db")
}

func wantPath(t *testing.T, r *report, want string) {
	t.Helper()
	if got := r.path(); got != want {
		t.Errorf("the history is\n%s, want\n%s", got, want)
	}
}

func wantText(t *testing.T, what, text string, patterns ...string) {
	t.Helper()
	for _, p := range patterns {
		if !regexp.MustCompile(p).MatchString(text) {
			t.Errorf("%s should match %q:\n%s", what, p, text)
		}
	}
}

// newTestNodes returns the nodes of a new file.
func newTestNodes(t *testing.T) *Nodes {
	t.Helper()
	store, release, err := open(t.Context(), newFile(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(release)
	nodes, err := newNodes(store)
	if err != nil {
		t.Fatal(err)
	}
	return nodes
}

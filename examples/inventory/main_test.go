package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reeve-go/reeve/examples/internal/refreshing"
	"github.com/reeve-go/reeve/refresh"
)

// These make the test binary a process that runs until its standard input ends, and the program itself.
const (
	asSleeper = "INVENTORY_TEST_SLEEPER"
	asProgram = "INVENTORY_TEST_PROGRAM"
)

func TestMain(m *testing.M) {
	switch {
	case os.Getenv(asSleeper) != "":
		_, _ = io.Copy(io.Discard, os.Stdin)
	case os.Getenv(asProgram) != "":
		main()
	default:
		os.Exit(m.Run())
	}
}

// sleeper starts a process. It ends with end, at the latest with the test.
func sleeper(t *testing.T) (pid int, end func()) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), exe)
	c.Env = append(os.Environ(), asSleeper+"=1")
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	return c.Process.Pid, func() {
		_ = in.Close()
		_ = c.Wait()
	}
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

func newFile(t *testing.T) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "inventory.db")
}

// rows returns what a query finds, each row as its values with spaces between.
func rows(t *testing.T, db *sql.DB, query string, args ...any) (out []string) {
	t.Helper()
	found, err := db.QueryContext(t.Context(), query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := found.Err(); err != nil {
			t.Error(err)
		}
		_ = found.Close()
	}()
	columns, err := found.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for found.Next() {
		values, to := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			to[i] = &values[i]
		}
		if err := found.Scan(to...); err != nil {
			t.Fatal(err)
		}
		out = append(out, strings.TrimSuffix(fmt.Sprintln(values...), "\n"))
	}
	return out
}

func wantText(t *testing.T, what, text string, wanted ...string) {
	t.Helper()
	for _, one := range wanted {
		if !strings.Contains(text, one) {
			t.Errorf("%s should have %q:\n%s", what, one, text)
		}
	}
}

func TestProgram(t *testing.T) {
	t.Parallel()
	file := newFile(t)
	plan := call(t.Context(), "-db", file, "-plan")
	if plan.code != 0 {
		t.Fatalf("-plan ended with %d: %s", plan.code, plan.stderr)
	}
	wantText(t, "a plan", plan.stdout, "created  interfaces  name=", "COLLECTION")

	first := call(t.Context(), "-db", file, "-json")
	var r refreshing.Report
	if err := json.Unmarshal([]byte(first.stdout), &r); err != nil || first.code != 0 {
		t.Fatalf("-json ended with %d, %v: %s", first.code, err, first.stderr)
	}
	for _, c := range r.Collections {
		if c.Name == "interfaces" && (c.Inserts == 0 || c.Unchanged > 0) {
			t.Errorf("-plan wrote something: %s", c)
		}
	}

	second := call(t.Context(), "-db", file)
	if second.code != 0 {
		t.Fatalf("it ended with %d: %s", second.code, second.stderr)
	}
	wantText(t, "a report", second.stdout, "COLLECTION", "UNCHANGED", "processes", "packages")
}

// The plan that -json writes can be read by another program.
func TestPlanAsJSON(t *testing.T) {
	t.Parallel()
	o := call(t.Context(), "-db", newFile(t), "-plan", "-json", "-machine", "elsewhere")
	p, err := refresh.ReadPlan(strings.NewReader(o.stdout), 0)
	if err != nil {
		t.Fatalf("%v: %s%s", err, o.stderr, o.stdout)
	}
	if p.Manager != "elsewhere" || p.Empty() {
		t.Errorf("the plan for %q is empty: %v", p.Manager, p.Empty())
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}

func TestFlags(t *testing.T) {
	t.Parallel()
	if o := call(t.Context(), "-help"); o.code != 0 || !strings.Contains(o.stdout, "-watch") || o.stderr != "" {
		t.Errorf("-help ended with %d: %s%s", o.code, o.stdout, o.stderr)
	}
	for want, args := range map[string][]string{
		"more than flags":     {"now"},
		"goes without -plan":  {"-watch", "-plan"},
		"goes without -allow": {"-plan", "-allow"},
		"-every is 0s":        {"-every", "0s"},
		"-full -1s; positive": {"-full", "-1s"},
		"not defined":         {"-nonsense"},
	} {
		if o := call(t.Context(), args...); o.code != 2 || !strings.Contains(o.stderr, want) || o.stdout != "" {
			t.Errorf("%q ended with %d, want %q: %s%s", args, o.code, want, o.stdout, o.stderr)
		}
	}
	nowhere := filepath.Join(newFile(t), "of", "a", "file")
	if err := os.WriteFile(filepath.Dir(filepath.Dir(filepath.Dir(nowhere))), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if o := call(t.Context(), "-db", nowhere); o.code != 1 || o.stderr == "" {
		t.Errorf("a file in a file ended with %d: %s", o.code, o.stderr)
	}
}

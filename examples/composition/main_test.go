package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The test binary is the program as well, so that the demonstration can start itself.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == supervise {
		os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// call runs the program and returns what it wrote and its exit code.
func call(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, strings.NewReader(""), &out, &errs)
	return out.String(), errs.String(), code
}

// Whatever goes wrong on the way, every element is deployed, and none is deployed twice.
func TestDemonstration(t *testing.T) {
	t.Parallel()
	stdout, stderr, code := call(t, "-beat", "80ms")
	if code != 0 || stderr != "" {
		t.Fatalf("exit code %d: %s\n%s", code, stderr, stdout)
	}
	for _, want := range []string{
		`a participant has no live replica: "edge" never registered`,
		"is killed in the middle",
		"edge vanishes",
		`participant "edge", with 3 open elements, has no live replica`,
		"edge-0 is told everything",
		"phase 3 portal    ###  3 of 3",
		"access-1 is deployed",
		"12 elements were deployed, each once. 3 answers were lost",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("the demonstration does not say %q:\n%s", want, stdout)
		}
	}
	if n := strings.Count(stdout, "the supervisor is process"); n != 2 {
		t.Errorf("the supervisor was started %d times, not twice", n)
	}
}

func TestVectors(t *testing.T) {
	t.Parallel()
	stdout, stderr, code := call(t, "vectors", "vectors/testdata/onap.jsonl.gz")
	if code != 0 || stderr != "" || !strings.HasSuffix(stdout, "\ncases=327 agree=307 on-purpose=20 mismatch=0\n") {
		t.Errorf("exit code %d: %s%s", code, stderr, stdout)
	}
	wrong := filepath.Join(t.TempDir(), "wrong.jsonl")
	text := `{"given": {"name": "idle", "instances": [{"id": "I", "deployState": "DEPLOYED", "lockState": "LOCKED"}]}, "then": {"instances": []}}`
	if err := os.WriteFile(wrong, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	stdout, _, code = call(t, "vectors", wrong)
	if code != 1 || !strings.Contains(stdout, `wrong.jsonl:1: case "idle": I, deployState: expected nothing, got DEPLOYED`) || !strings.HasSuffix(stdout, "mismatch=1\n") {
		t.Errorf("exit code %d:\n%s", code, stdout)
	}
	_, stderr, code = call(t, "vectors", "nowhere.jsonl")
	if code != 1 || !strings.Contains(stderr, "nowhere.jsonl") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

func TestCalledWrongly(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-beat", "1ms"}, "a beat of 1ms is too short"},
		{[]string{"-fast"}, "flag provided but not defined: -fast"},
		{[]string{"dance"}, `"dance" is nothing it can do`},
		{[]string{"vectors"}, "there are no files of cases"},
		{[]string{"-beat", "1s", "more"}, `"more" is more than flags`},
	} {
		stdout, stderr, code := call(t, c.args...)
		if code != 2 || stdout != "" || !strings.Contains(stderr, c.want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%q: exit code %d: %s%s", c.args, code, stdout, stderr)
		}
	}
	stdout, _, code := call(t, "-help")
	if code != 0 || !strings.Contains(stdout, "composition vectors FILE") || !strings.Contains(stdout, "-beat") {
		t.Errorf("exit code %d:\n%s", code, stdout)
	}
}

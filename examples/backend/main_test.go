package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

// On each backend the composition is deployed, and what is said of it was seen.
func TestDemonstrations(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), nil, &stdout, &stderr); code != 0 || stderr.Len() > 0 {
		t.Fatalf("exit code %d: %s%s", code, &stdout, &stderr)
	}
	for _, want := range []string{
		"the host's table  access-1 is deployed; the desk sees no. 1, access-1, locked, of the network team\n",
		"a store on bbolt  access-1 is deployed; the file, opened again, has it locked at version",
		"a lock in NATS    access-1 is deployed; another program had its lock, and the supervisor waited until it gave it back\n",
	} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("it does not say %q:\n%s", want, &stdout)
		}
	}
}

func TestInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stdout, stderr bytes.Buffer
	if code := run(ctx, nil, &stdout, &stderr); code != 1 || !strings.Contains(stderr.String(), "backend: the host's table: ") {
		t.Errorf("exit code %d: %s%s", code, &stdout, &stderr)
	}
}

func TestCalledWrongly(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"fast"}, &stdout, &stderr); code != 2 || stdout.Len() > 0 || !strings.Contains(stderr.String(), `["fast"] is more than it takes`) {
		t.Errorf("exit code %d: %s%s", code, &stdout, &stderr)
	}
	if code := run(t.Context(), []string{"-help"}, &stdout, &stderr); code != 0 || stdout.String() != usage {
		t.Errorf("exit code %d: %s%s", code, &stdout, &stderr)
	}
}

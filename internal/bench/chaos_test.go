package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/reeve-go/reeve/internal/bench/chaos"
)

func TestChaosFlags(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args   string
		status int
		says   string
	}{
		{"-help", 0, "-seed"},
		{"-nothing", 2, "-nothing"},
		{"quick", 2, `"quick" is no flag`},
		{"-store oracle", 2, "there is no store"},
		{"-seed many", 2, "many"},
	} {
		var stdout, stderr bytes.Buffer
		status := runChaos(t.Context(), strings.Fields(c.args), strings.NewReader(""), &stdout, &stderr)
		if status != c.status || stdout.Len() > 0 || !strings.Contains(stderr.String(), c.says) {
			t.Errorf("%s: status %d, printed %q and %q", c.args, status, &stdout, &stderr)
		}
	}
}

func TestChaosSeedAndStore(t *testing.T) {
	t.Parallel()
	f, err := parseChaos([]string{"-quick", "-seed", "7", "-store", "sqlite"}, t.Output())
	if err != nil || !f.quick || f.seed != 7 || !slices.Equal(f.stores, []string{"sqlite"}) {
		t.Errorf("%+v, %v", f, err)
	}
	if f, err = parseChaos(nil, t.Output()); err != nil || f.quick || !slices.Equal(f.stores, chaos.Stores()) {
		t.Errorf("%+v, %v", f, err)
	}
}

// A worker without a job says so and fails.
func TestChaosWorker(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	status := runChaos(t.Context(), []string{chaosWorker}, strings.NewReader("nonsense\n"), &stdout, &stderr)
	if status != 1 || !strings.Contains(stderr.String(), "job") {
		t.Errorf("status %d, printed %q and %q", status, &stdout, &stderr)
	}
}

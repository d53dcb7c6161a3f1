package scan_test

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/scantest"
)

// Processes keep the laws of launchers, also for who opens their folder again.
func TestProcessesKeepTheLaws(t *testing.T) {
	t.Parallel()
	scantest.TestLauncher(t, func(t testing.TB) scan.Launcher { return sleepers(t, t.TempDir()) }, &scantest.LauncherOptions{
		Reopen: func(t testing.TB, l scan.Launcher) scan.Launcher { return sleepers(t, l.(folder).dir) },
	})
}

// A folder is a launcher and where it remembers what it started.
type folder struct {
	*scan.Processes

	dir string
}

// sleepers returns a launcher of processes that do nothing. What it launched ends with the test.
func sleepers(t testing.TB, dir string) folder {
	t.Helper()
	stdin, open, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = open.Close(), stdin.Close() })
	p, err := scan.NewProcesses(dir, func(string, scan.AgentSpec) *exec.Cmd {
		cmd := exec.Command("cat") //nolint:noctx // it reads until the test ends
		cmd.Stdin = stdin
		return cmd
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		for i, err := range p.List(ctx) {
			if err == nil {
				err = p.Terminate(ctx, i.Token)
			}
			if err != nil {
				t.Error(err)
			}
		}
	})
	return folder{p, dir}
}

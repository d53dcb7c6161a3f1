package main

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// child starts the program as a process and waits until it pauses in the middle.
func child(t *testing.T, args ...string) (*exec.Cmd, *bufio.Reader) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), exe, args...)
	c.Env = append(os.Environ(), asProgram+"=1")
	pipe, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	stderr := bufio.NewReader(pipe)
	said, err := stderr.ReadString('\n')
	if err != nil || !strings.HasPrefix(said, "pausing") {
		t.Fatalf("the process said %q, %v; it should pause", said, err)
	}
	return c, stderr
}

func TestKilledProcessIsTimedOutByTheNext(t *testing.T) {
	t.Parallel()
	file := newFile(t)
	c, _ := child(t, "-db", file, "-pause", "1m", "-timeout", "2s")
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait() // it was killed

	wantPath(t, inspected(t, 0, "-db", file), "finished"+asked+" timeout error"+asked+succeeded)
}

func TestKilledProcessIsGoneOnWithByTheNext(t *testing.T) {
	t.Parallel()
	file := newFile(t)
	c, _ := child(t, "-db", file, "-pause", "1s", "-timeout", "1m")
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait() // it was killed

	wantPath(t, inspected(t, 0, "-db", file), "finished"+asked+succeeded+asked+succeeded)
}

func TestInterruptedProcessSaysWhatItLeaves(t *testing.T) {
	t.Parallel()
	c, stderr := child(t, "-db", newFile(t), "-pause", "1m", "-timeout", "1m")
	if err := c.Process.Signal(syscall.SIGINT); err != nil {
		t.Skipf("this system sends no interrupts: %v", err)
	}
	said, err := io.ReadAll(stderr)
	if err != nil {
		t.Error(err)
	}
	wantText(t, "standard error", string(said), "interrupted; node .* is left waiting")
	_ = c.Wait()
	if code := c.ProcessState.ExitCode(); code != 1 {
		t.Errorf("it ended with %d, want 1", code)
	}
}

// Package childtest runs tests of a package in processes of their own, which other tests begin and may kill.
package childtest

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"testing"
)

// EndWithTest ends this process when the test that began it has ended.
func EndWithTest() {
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
}

// A Process is one that a test has begun.
type Process struct {
	Cmd   *exec.Cmd
	lines *bufio.Scanner
}

// Spawn begins a process in which a test of this binary finds a variable. It ends with the test that began it, at the latest.
func Spawn(t testing.TB, test, variable, value string) *Process {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &Process{Cmd: exec.CommandContext(t.Context(), binary, "-test.run=^"+test+"$")}
	p.Cmd.Env = append(os.Environ(), variable+"="+value)
	p.Cmd.Stderr = t.Output()
	stdin, err := p.Cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := p.Cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.lines = bufio.NewScanner(stdout)
	if err := p.Cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // before its tables are dropped, or its files removed
		_ = stdin.Close()
		p.Kill()
	})
	return p
}

// Line returns what the process says next. It is false if it has ended.
func (p *Process) Line() (string, bool) {
	more := p.lines.Scan()
	return p.lines.Text(), more
}

// Kill ends the process wherever it is, and waits until it has ended.
func (p *Process) Kill() {
	_ = p.Cmd.Process.Kill()
	_ = p.Cmd.Wait()
}

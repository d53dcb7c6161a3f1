//go:build unix

package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/reeve-go/reeve/examples/transfer/edc"
)

// begun runs the program as a process with a folder of its own for what is temporary, until it says that a transfer is
// provisioned, and returns its processes.
func begun(t *testing.T) (program *exec.Cmd, said *bufio.Scanner, folder string, children []int) {
	t.Helper()
	folder = t.TempDir()
	program = exec.CommandContext(t.Context(), os.Args[0], "-beat", "50ms", inDirectories) //nolint:gosec // it is this program
	program.Env = append(os.Environ(), asProgram+"=1", "TMPDIR="+folder)
	program.Stderr = new(bytes.Buffer)
	out, err := program.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	said = bufio.NewScanner(out)
	process := regexp.MustCompile(`is process (\d+)`)
	for said.Scan() {
		if found := process.FindStringSubmatch(said.Text()); found != nil {
			pid, _ := strconv.Atoi(found[1])
			children = append(children, pid)
		}
		if strings.Contains(said.Text(), string(edc.Provisioning)) {
			return program, said, folder, children
		}
	}
	t.Fatalf("it has ended: %v", program.Wait())
	return nil, nil, "", nil
}

// gone waits until processes are gone.
func gone(t *testing.T, pids []int) {
	t.Helper()
	for _, pid := range pids {
		for begin := time.Now(); !ended(pid); time.Sleep(10 * time.Millisecond) {
			if time.Since(begin) > 2*time.Minute {
				t.Fatalf("process %d goes on", pid)
			}
		}
	}
}

// ended reports whether a process has ended, also if nobody asked how.
func ended(pid int) bool {
	stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)) // where there is such a thing
	return bytes.Contains(stat, []byte(") Z ")) || errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
}

func TestInterrupted(t *testing.T) {
	t.Parallel()
	program, said, folder, children := begun(t)
	if err := program.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	for said.Scan() {
		continue // so that it can go on
	}
	err := program.Wait()
	if text := program.Stderr.(*bytes.Buffer).String(); text != "transfer: it was interrupted\n" || program.ProcessState.ExitCode() != 1 {
		t.Errorf("%v: %s", err, text)
	}
	gone(t, children)
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("is left: %v (%v)", left, err)
	}
}

// Who dies takes all processes along.
func TestKilled(t *testing.T) {
	t.Parallel()
	program, _, _, children := begun(t)
	if err := program.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = program.Wait()
	gone(t, children)
}

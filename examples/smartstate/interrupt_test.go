//go:build unix

package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// begun runs the program as a process with a folder of its own for what is temporary, until it says that an agent works, and
// returns its processes.
func begun(t *testing.T, flags ...string) (program *exec.Cmd, said *bufio.Scanner, folder string, children []int) {
	t.Helper()
	folder = t.TempDir()
	program = exec.CommandContext(t.Context(), os.Args[0], append(flags, quick, "-target", machine(t))...) //nolint:gosec // it is this program
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
		if strings.Contains(said.Text(), "is scanning, epoch ") {
			working := agents(folder)
			if len(working) == 0 && runtime.GOOS == "linux" {
				continue // the agent was killed meanwhile, and there is another epoch
			}
			return program, said, folder, append(children, working...)
		}
	}
	t.Fatalf("it has ended, and there was no process of an agent that worked: %v", program.Wait())
	return nil, nil, "", nil
}

// agents returns the processes of the agents of a run, where there is such a thing as /proc: they have its folder in their environment.
func agents(folder string) (pids []int) {
	all, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, name := range all {
		line, _ := os.ReadFile(name)
		environ, _ := os.ReadFile(filepath.Join(filepath.Dir(name), "environ"))
		if bytes.HasSuffix(line, []byte("\x00"+agent+"\x00")) && bytes.Contains(environ, []byte("TMPDIR="+folder+"\x00")) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(name)))
			pids = append(pids, pid)
		}
	}
	return pids
}

// gone waits until processes are gone. Each of them has some time to end those that it started (see patience), and the machine may be slow: only one that
// does not end at all is too late.
func gone(t *testing.T, pids []int) {
	t.Helper()
	late := time.Now().Add(2 * time.Minute)
	for _, pid := range pids {
		for ; !ended(pid); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(late) {
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

// eachWay runs a test on the program as it is, and with everything that is far away.
func eachWay(t *testing.T, test func(t *testing.T, flags ...string)) {
	t.Helper()
	t.Run("here", func(t *testing.T) {
		t.Parallel()
		test(t)
	})
	t.Run("afar", func(t *testing.T) {
		t.Parallel()
		long(t)
		test(t, "-aws", "-remote")
	})
}

func TestInterrupted(t *testing.T) {
	t.Parallel()
	eachWay(t, interrupted)
}

func interrupted(t *testing.T, flags ...string) {
	t.Helper()
	program, said, folder, children := begun(t, flags...)
	if err := program.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	for said.Scan() {
		continue // so that it can go on
	}
	err := program.Wait()
	if text := program.Stderr.(*bytes.Buffer).String(); text != "smartstate: it was interrupted\n" || program.ProcessState.ExitCode() != 1 {
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
	eachWay(t, killed)
}

func killed(t *testing.T, flags ...string) {
	t.Helper()
	program, _, _, children := begun(t, flags...)
	if err := program.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = program.Wait()
	gone(t, children)
}

//go:build unix

package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
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

// A begun program is a process with a folder of its own for what is temporary.
type begun struct {
	*exec.Cmd

	out      io.ReadCloser
	lines    chan string // what it says; closed when it says no more
	stderr   bytes.Buffer
	folder   string
	children []int // its processes
}

// begin runs the program until it has an agent, however short that is there.
func begin(t *testing.T, flags ...string) *begun {
	t.Helper()
	b := &begun{folder: t.TempDir(), lines: make(chan string)}
	b.Cmd = exec.CommandContext(t.Context(), os.Args[0], append(flags, quick, "-target", machine(t))...) //nolint:gosec // it is this program
	b.Env = append(os.Environ(), asProgram+"=1", "TMPDIR="+b.folder)
	b.Cmd.Stderr = &b.stderr
	var err error
	if b.out, err = b.StdoutPipe(); err != nil {
		t.Fatal(err)
	}
	if err := b.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(b.lines)
		for said := bufio.NewScanner(b.out); said.Scan(); {
			b.lines <- said.Text()
		}
	}()
	process := regexp.MustCompile(`is process (\d+)`)
	for look := time.NewTicker(5 * time.Millisecond); ; {
		select {
		case line, ok := <-b.lines:
			if !ok {
				t.Fatalf("it has ended, and no agent of it was seen: %v: %s", b.Wait(), &b.stderr)
			}
			if found := process.FindStringSubmatch(line); found != nil {
				pid, _ := strconv.Atoi(found[1])
				b.children = append(b.children, pid)
			}
			if runtime.GOOS != "linux" && strings.Contains(line, "is scanning, epoch ") {
				return b
			}
		case <-look.C:
			if working := agents(b.folder); len(working) > 0 {
				b.children = append(b.children, working...)
				return b
			}
		}
	}
}

// end waits until it and all its processes have ended.
func (b *begun) end(t *testing.T) error {
	t.Helper()
	for range b.lines {
		continue // so that it can go on
	}
	err := b.Wait()
	gone(t, append(b.children, agents(b.folder)...))
	return err
}

// checkInterrupted checks that it ends, says so, and leaves nothing behind.
func (b *begun) checkInterrupted(t *testing.T) {
	t.Helper()
	err := b.end(t)
	if text := b.stderr.String(); text != "smartstate: it was interrupted\n" || b.ProcessState.ExitCode() != 1 {
		t.Errorf("%v: %s", err, text)
	}
	if left, err := os.ReadDir(b.folder); err != nil || len(left) > 0 {
		t.Errorf("is left: %v (%v)", left, err)
	}
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

func TestInterrupted(t *testing.T) {
	t.Parallel()
	t.Run("here", func(t *testing.T) {
		t.Parallel()
		interrupted(t)
	})
	t.Run("afar", func(t *testing.T) {
		t.Parallel()
		long(t)
		interrupted(t, "-aws", "-remote")
	})
}

func interrupted(t *testing.T, flags ...string) {
	t.Helper()
	b := begin(t, flags...)
	if err := b.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	b.checkInterrupted(t)
}

// Nobody reads what it says any more, as after "| head".
func TestUnheard(t *testing.T) {
	t.Parallel()
	b := begin(t)
	if err := b.out.Close(); err != nil {
		t.Fatal(err)
	}
	b.checkInterrupted(t)
}

// Who dies takes all processes along.
func TestKilledAfar(t *testing.T) {
	t.Parallel()
	long(t)
	begin(t, "-aws", "-remote").kill(t)
}

func (b *begun) kill(t *testing.T) {
	t.Helper()
	if err := b.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = b.end(t)
}

// One run at a time has a state. When it dies, the next one goes on with what it left.
func TestKilled(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	b := begin(t, "-state", state)
	if _, stderr, code := call(t.Context(), "-state", state); code != 1 || !strings.HasPrefix(stderr, "smartstate: another run has "+state) {
		t.Errorf("beside another run: exit code %d: %s", code, stderr)
	}
	b.kill(t)
	long(t)
	stdout, stderr, code := call(t.Context(), quick, "-state", state, "-target", machine(t))
	if code != 0 || stderr != "" {
		t.Fatalf("exit code %d: %s\n%s", code, stderr, stdout)
	}
	for _, want := range []string{"scan-1 was left when it was ", "scan-2 is done\n"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("it does not say %q:\n%s", want, stdout)
		}
	}
}

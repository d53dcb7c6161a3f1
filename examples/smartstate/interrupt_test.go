//go:build unix

package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
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
	children []int // its processes that it told of
}

// begin runs the program until it has an agent. With this seed that is early, and it goes on for a long time.
func begin(t *testing.T, flags ...string) *begun {
	t.Helper()
	b := &begun{folder: t.TempDir(), lines: make(chan string)}
	b.Cmd = exec.CommandContext(t.Context(), os.Args[0], append(flags, "-seed=4", "-target", machine(t))...) //nolint:gosec // it is this program
	b.Env = append(os.Environ(), asProgram+"=1", "TMPDIR="+b.folder)
	b.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // as a terminal has it
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
			if len(b.running(agent)) > 0 {
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
	// Each of them has some time to end those that it started (see patience), and the machine may be slow: only one that does not end at all is too late.
	for late := time.Now().Add(5 * time.Minute); len(b.running("")) > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(late) {
			t.Fatalf("processes go on: %v", b.running(""))
		}
	}
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

// running returns its processes that go on, those of one role or all. They have its folder in their environment, which can be read where there is such a thing
// as /proc; a number alone may be another's by now.
func (b *begun) running(role string) (pids []int) {
	if runtime.GOOS != "linux" {
		return slices.DeleteFunc(slices.Clone(b.children), func(pid int) bool { return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) })
	}
	all, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, name := range all {
		folder := filepath.Dir(name)
		environ, _ := os.ReadFile(name) // nothing, if it has ended and nobody asked how
		if !bytes.Contains(environ, []byte("TMPDIR="+b.folder+"\x00")) {
			continue
		}
		line, _ := os.ReadFile(filepath.Join(folder, "cmdline"))
		if role == "" || bytes.HasSuffix(line, []byte("\x00"+role+"\x00")) {
			pid, _ := strconv.Atoi(filepath.Base(folder))
			pids = append(pids, pid)
		}
	}
	return pids
}

func TestInterrupted(t *testing.T) {
	t.Parallel()
	t.Run("here", func(t *testing.T) {
		t.Parallel()
		b := begin(t)
		b.interrupt(t, b.Process.Pid)
	})
	t.Run("afar, by a terminal", func(t *testing.T) {
		t.Parallel()
		long(t)
		b := begin(t, "-aws", "-remote")
		b.interrupt(t, -b.Process.Pid) // all its processes
	})
}

func (b *begun) interrupt(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGINT); err != nil {
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

// A connection that breaks ends no process. Who dies takes all processes along.
func TestKilledAfar(t *testing.T) {
	t.Parallel()
	long(t)
	b := begin(t, "-aws", "-remote")
	if err := syscall.Kill(-b.Process.Pid, syscall.SIGPIPE); err != nil { // each is told so, as when it writes to such a connection
		t.Fatal(err)
	}
	for line := range b.lines {
		if strings.Contains(line, "is killed, when ") { // so that all are at work
			b.kill(t)
			return
		}
	}
	t.Fatalf("it has ended: %v: %s", b.Wait(), &b.stderr)
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

//go:build unix

package pgtest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Test processes that run side by side do not meet, and whichever way they end, nothing of theirs is
// left.
func TestNothingIsLeft(t *testing.T) {
	t.Parallel()
	needPrograms(t)
	endings := map[string]func(*os.Process, io.Writer) error{
		"killed":      func(p *os.Process, _ io.Writer) error { return p.Kill() },
		"interrupted": func(p *os.Process, _ io.Writer) error { return syscall.Kill(-p.Pid, syscall.SIGINT) }, // as a terminal does
		"panic":       func(_ *os.Process, stdin io.Writer) error { _, err := io.WriteString(stdin, "panic\n"); return err },
		"exit":        func(_ *os.Process, stdin io.Writer) error { _, err := io.WriteString(stdin, "exit\n"); return err },
	}
	var children []*childProcess
	for how := range endings {
		children = append(children, startChild(t, how))
	}
	seen := map[string]bool{}
	for _, c := range children {
		c.read(t)
		for _, u := range []string{c.server, c.pooler} {
			if parsed, err := url.Parse(u); err != nil || seen[parsed.Host] {
				t.Errorf("%s is used twice, or no URL: %v", u, err)
			} else {
				seen[parsed.Host] = true
			}
		}
		ask(t, c.pooler, "create table mine as select 1") // which fails where another one did so
	}
	for _, c := range children {
		waiting := command(t, c.pooler, "-c", "select 'begun'", "-c", "select pg_sleep(600)")
		begin(t, waiting, "begun")
		if err := endings[c.how](c.cmd.Process, c.stdin); err != nil {
			t.Fatal(err)
		}
		if err := c.cmd.Wait(); err == nil {
			t.Errorf("%s: the process ended well", c.how)
		}
		c.isGone(t)
		if err := waiting.Wait(); err == nil {
			t.Errorf("%s: a client did not notice", c.how)
		}
	}
}

// A process that is killed while it starts a server leaves nothing either.
func TestNothingIsLeftOfAStart(t *testing.T) {
	t.Parallel()
	needPrograms(t)
	rounds := 6
	if testing.Short() {
		rounds = 3
	}
	for range rounds {
		folder := publicFolder(t)
		c := startChild(t, "killed at the start", "TMPDIR="+folder)
		pause := time.Duration(rand.IntN(900)) * time.Millisecond
		<-time.After(pause)
		_ = c.cmd.Process.Kill()
		_ = c.cmd.Wait()
		eventually(t, fmt.Sprintf("the folder of a process that was killed after %v is empty", pause), func() bool {
			left, err := os.ReadDir(folder)
			return err == nil && len(left) == 0
		})
		eventually(t, fmt.Sprintf("the programs of a process that was killed after %v have ended", pause), func() bool {
			return len(processesIn(t, folder)) == 0
		})
	}
}

// The folder goes last: a program that takes its time to end may write to it still.
func TestSandboxWaitsForItsPrograms(t *testing.T) {
	t.Parallel()
	user, err := servant(os.Getuid())
	if err != nil {
		t.Fatal(err)
	}
	box, err := newSandbox(user)
	if err != nil {
		t.Fatal(err)
	}
	p, err := box.start("sh", "-c", `trap "" QUIT; echo begun; sleep 0.3; mkdir late`)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the program runs", func() bool { return strings.Contains(string(box.tail(0)), "begun") })
	if err := box.close(); err != nil {
		t.Error(err)
	}
	eventually(t, "the program has ended", func() bool { return !p.alive() })
	if !p.cmd.ProcessState.Success() {
		t.Error("the program was not waited for:", p.cmd.ProcessState)
	}
	if _, err := os.Stat(box.path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is there: %v", err)
	}
	if _, err := box.start("true"); err == nil {
		t.Error("a program was started in what is closed")
	}
}

const childVar = "REEVE_PGTEST_CHILD"

// A childProcess is this test binary as another process, with a server and a pooler.
type childProcess struct {
	how            string // it ends
	cmd            *exec.Cmd
	stdin          io.WriteCloser
	stdout         *bufio.Scanner
	server, pooler string // URLs
	folders        []string
}

func startChild(t *testing.T, how string, env ...string) *childProcess {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &childProcess{how: how, cmd: exec.CommandContext(context.WithoutCancel(t.Context()), binary)}
	c.cmd.Env = append(append(os.Environ(), childVar+"=1"), env...)
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.stdin, c.stdout = start(t, c.cmd)
	return c
}

// read waits for what the child says when it has a server and a pooler.
func (c *childProcess) read(t *testing.T) {
	t.Helper()
	var said []string
	for len(said) < 4 && c.stdout.Scan() {
		said = append(said, c.stdout.Text())
	}
	if len(said) < 4 {
		t.Fatalf("a child process said no more than %q", said)
	}
	c.server, c.pooler, c.folders = said[0], said[1], said[2:]
}

// isGone waits until nothing is left of a child that has ended.
func (c *childProcess) isGone(t *testing.T) {
	t.Helper()
	for _, folder := range c.folders {
		eventually(t, c.how+": the folder is removed", func() bool {
			_, err := os.Stat(folder)
			return errors.Is(err, os.ErrNotExist)
		})
		eventually(t, c.how+": the programs have ended", func() bool { return len(processesIn(t, folder)) == 0 })
	}
	for _, u := range []string{c.server, c.pooler} {
		if out, err := psql(t, u, "select 1"); err == nil || !strings.Contains(out, "refused") {
			t.Errorf("%s: %s answers %q", c.how, u, out)
		}
	}
}

// child is what the test binary does instead of running tests: it ends as its input says.
func child() {
	s, err := Open()
	if err != nil {
		panic(err)
	}
	p, err := openPooler(s.URL(), 2, nil)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%s\n%s\n%s\n%s\n", s.URL(), p.url, s.box.path, p.box.path)
	how, _ := bufio.NewReader(os.Stdin).ReadString('\n')
	if how == "panic\n" {
		panic("as asked")
	}
	os.Exit(3)
}

// start runs a program beside the test, and kills it with the test.
func start(t testing.TB, cmd *exec.Cmd) (stdin io.WriteCloser, stdout *bufio.Scanner) {
	t.Helper()
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return stdin, bufio.NewScanner(out)
}

// begin runs a program until it has said a line.
func begin(t testing.TB, cmd *exec.Cmd, line string) {
	t.Helper()
	_, stdout := start(t, cmd)
	for stdout.Scan() {
		if stdout.Text() == line {
			return
		}
	}
	t.Fatalf("%v did not say %q", cmd, line)
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	limit := time.After(patience)
	for !holds() {
		select {
		case <-time.After(20 * time.Millisecond):
		case <-limit:
			t.Fatalf("not so within %v: %s", patience, what)
		}
	}
}

// processesIn returns the processes whose working folder is in a folder, where the system tells.
func processesIn(t *testing.T, folder string) (found []string) {
	t.Helper()
	links, err := filepath.Glob("/proc/[0-9]*/cwd")
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range links {
		if cwd, err := os.Readlink(link); err == nil && strings.HasPrefix(cwd, folder) {
			found = append(found, link+" "+cwd)
		}
	}
	return found
}

// publicFolder returns an empty folder that other users may enter.
func publicFolder(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	if err := errors.Join(os.Chmod(folder, 0o755), os.Chmod(filepath.Dir(folder), 0o755)); err != nil {
		t.Fatal(err)
	}
	return folder
}

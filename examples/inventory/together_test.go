package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/reeve-go/reeve/refresh"
)

// A program is one that runs in a process of its own.
type program struct {
	cmd    *exec.Cmd
	stderr bytes.Buffer
	ended  chan struct{}

	mu  sync.Mutex
	out strings.Builder
}

func start(t *testing.T, args ...string) *program {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &program{cmd: exec.CommandContext(t.Context(), exe, args...), ended: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), asProgram+"=1")
	p.cmd.Stderr = &p.stderr
	stdout, err := p.cmd.StdoutPipe()
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		for lines := bufio.NewScanner(stdout); lines.Scan(); {
			p.mu.Lock()
			p.out.WriteString(lines.Text() + "\n")
			p.mu.Unlock()
		}
		_ = p.cmd.Wait() // its exit code is looked at
	}()
	return p
}

func (p *program) shown() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.String()
}

// end sends a signal and waits.
func (p *program) end(t *testing.T, s os.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Error(err)
	}
	<-p.ended
	if code := p.cmd.ProcessState.ExitCode(); s == os.Interrupt && code != 0 {
		t.Errorf("it ended with %d: %s", code, &p.stderr)
	}
}

// eventually waits until one of the programs has shown a text.
func eventually(t *testing.T, text string, by ...*program) {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		for _, p := range by {
			if strings.Contains(p.shown(), text) {
				return
			}
		}
		if time.Now().After(end) {
			for _, p := range by {
				t.Logf("it has shown:\n%s%s", p.shown(), &p.stderr)
			}
			t.Fatalf("nobody has shown %q", text)
		}
	}
}

// Several programs follow one machine on one file: they share the work, and what one does no other does again. When one is
// killed the others go on.
func TestTogether(t *testing.T) {
	t.Parallel()
	onLinux(t)
	file := newFile(t)
	var all []*program
	for range 3 {
		all = append(all, start(t, "-db", file, "-machine", "m", "-watch", "-every", "100ms", "-full", "3s"))
	}
	for _, p := range all {
		eventually(t, "packages", p)
	}
	var came []string
	follow := func(by ...*program) {
		t.Helper()
		pid, end := sleeper(t)
		came = append(came, fmt.Sprintf("  processes  pid=%d ", pid))
		eventually(t, "created"+came[len(came)-1], by...)
		end()
		eventually(t, "deleted"+came[len(came)-1], by...)
	}
	for range 5 {
		follow(all...)
	}
	all[0].end(t, syscall.SIGKILL)
	for range 2 {
		follow(all[1:]...)
	}
	// While they follow, a run of its own is no different from others.
	if o := call(t.Context(), "-db", file, "-machine", "m"); o.code != 0 || !strings.Contains(o.stdout, "packages") {
		t.Errorf("a run beside them ended with %d: %s%s", o.code, o.stdout, o.stderr)
	}
	all[1].end(t, os.Interrupt)
	all[2].end(t, os.Interrupt)

	for _, one := range came {
		for _, kind := range []string{"created", "deleted"} {
			n := 0
			for _, p := range all {
				n += strings.Count(p.shown(), kind+one)
			}
			if n != 1 {
				t.Errorf("%q was %s %d times", one, kind, n)
			}
		}
	}
	if o := call(t.Context(), "-db", file, "-machine", "m", "-plan"); o.code != 0 || strings.Contains(o.stdout, "  packages  ") || strings.Contains(o.stdout, "  users  ") {
		t.Errorf("what does not change was not kept: %d: %s%s", o.code, o.stdout, o.stderr)
	}
}

// A run ends with what it asked for itself, however much others ask for all the time.
func TestOthersAskAllTheTime(t *testing.T) {
	t.Parallel()
	f, file := served(), newFile(t)
	db, store, err := open(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // nothing depends on it
	other, err := newKeeper("m", f.Machine(), store, store, refresh.RefresherOptions{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- other.supervised(ctx, func(ctx context.Context) error {
			for ctx.Err() == nil {
				if err := other.ask(ctx, false); err != nil && ctx.Err() == nil {
					return err
				}
				<-time.After(time.Millisecond)
			}
			return nil
		})
	}()
	for pid := range 5 {
		f.Process(1000+pid, 1, 9, 12345, "new", "")
		if _, err := ran(t, f, "-db", file, "-machine", "m"); err != nil {
			t.Error(err)
		}
		wantLines(t, "the new ones", rows(t, db, `SELECT count(*) FROM processes WHERE name = 'new'`), fmt.Sprint(pid+1))
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// Where another program was faster, the outcome is what the record tells.
func TestAnotherMadeTheRefresh(t *testing.T) {
	t.Parallel()
	k := kept(t, served().Machine())
	refreshed(t, k, nil)
	var stdout strings.Builder
	if err := (&settings{}).await(context.WithoutCancel(t.Context()), k.keeper, &view{stdout: &stdout}); err != nil {
		t.Fatal(err)
	}
	wantText(t, "the outcome", stdout.String(), "processes       3        0", "packages        2        0")
}

// What another machine was asked for in the same file is left to a program that runs on it.
func TestAnotherMachine(t *testing.T) {
	t.Parallel()
	f, file := served(), newFile(t)
	db, store, err := open(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // nothing depends on it
	other, err := newKeeper("other", nil, store, store, refresh.RefresherOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := other.ask(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if _, err := ran(t, f, "-db", file, "-machine", "m"); err != nil {
		t.Fatal(err)
	}
	wantLines(t, "machines", rows(t, db, `SELECT DISTINCT machine FROM processes`), "m")
	if r, err := other.refresher.Managers.Get(t.Context(), "other"); err != nil || r.State != refresh.Added {
		t.Errorf("the other machine is %s: %v", r.State, err)
	}
}

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/supervision"
)

func TestWatch(t *testing.T) {
	t.Parallel()
	onLinux(t)
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	out, to := io.Pipe()
	ended := make(chan int, 1)
	var stderr strings.Builder
	go func() {
		ended <- run(ctx, []string{"-db", newFile(t), "-watch", "-every", "20ms"}, to, &stderr)
		_ = to.Close()
	}()
	shown := &follower{t: t, from: bufio.NewScanner(out)}
	shown.until("packages")

	pid, end := sleeper(t)
	shown.until("created  processes  " + fmt.Sprintf("pid=%d ", pid))
	end()
	shown.until("deleted  processes  "+fmt.Sprintf("pid=%d ", pid), `was called "`)

	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it listens, and nobody comes
	if err != nil {
		t.Fatal(err)
	}
	port := fmt.Sprintf(" port=%d ", l.Addr().(*net.TCPAddr).Port) //nolint:forcetypeassert // such is its address
	shown.until("created  sockets", port)
	shown.until("created  holders")
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	shown.until("deleted  sockets", port)

	interrupt()
	shown.until("created, ", "updated, ", "deleted")
	if code := <-ended; code != 0 || stderr.Len() > 0 {
		t.Errorf("it ended with %d: %s", code, &stderr)
	}
}

// It ends when nobody can be shown anything any more.
func TestNobodyLooksOn(t *testing.T) {
	t.Parallel()
	onLinux(t)
	file := newFile(t)
	out, to := io.Pipe()
	ended := make(chan outcome, 1)
	go func() {
		var stderr strings.Builder
		code := run(t.Context(), []string{"-db", file, "-machine", "m", "-watch", "-every", "20ms"}, to, &stderr)
		ended <- outcome{code: code, stderr: stderr.String()}
	}()
	(&follower{t: t, from: bufio.NewScanner(out)}).until("groups.members")
	if err := out.Close(); err != nil {
		t.Error(err)
	}
	for {
		select {
		case o := <-ended:
			if o.code != 1 || !strings.Contains(o.stderr, "closed pipe") {
				t.Errorf("it ended with %d: %s", o.code, o.stderr)
			}
			return
		default:
			_, end := sleeper(t)
			end()
		}
	}
}

// What keeps the inventory from being true is said, whichever program it comes from, and that it is over.
func TestTroubleIsShown(t *testing.T) {
	t.Parallel()
	f, file := served(), newFile(t)
	var broken atomic.Bool
	f.Fails = func(name string) error {
		if name == "etc/passwd" && broken.Load() {
			return fs.ErrPermission
		}
		return nil
	}
	s, err := parseFlags([]string{"-db", file, "-machine", "m", "-watch", "-every", "20ms", "-full", "100ms"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	out, to := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- s.run(ctx, f.Machine(), io.Discard, func(format string, args ...any) { _, _ = fmt.Fprintf(to, format+"\n", args...) })
		_ = to.Close()
	}()
	said := &follower{t: t, from: bufio.NewScanner(out)}

	db, store, err := open(ctx, file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // nothing depends on it
	other, err := newKeeper("m", nil, store, store, refresh.RefresherOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := other.ask(ctx, false); err != nil {
		t.Fatal(err)
	}
	if _, err := other.refresher.Await(ctx, "m"); err != nil {
		t.Fatal(err)
	}
	broken.Store(true)
	said.until(`parser "users"`, "permission denied; it is tried again at")
	broken.Store(false)
	said.until("all is well again")
	if err := other.refresher.Managers.Pause(ctx, "m", "to look around"); err != nil {
		t.Fatal(err)
	}
	said.until("paused: to look around")
	if _, err := ran(t, f, "-db", file, "-machine", "m"); !errors.Is(err, supervision.ErrPaused) || !strings.Contains(err.Error(), "to look around") {
		t.Errorf("a run of one that is paused: %v", err)
	}
	if err := other.refresher.Managers.Resume(ctx, "m"); err != nil {
		t.Fatal(err)
	}
	said.until("all is well again")
	interrupt()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// A follower reads lines until one has what is waited for.
type follower struct {
	t    *testing.T
	from *bufio.Scanner
	seen strings.Builder
}

func (f *follower) until(wanted ...string) {
	f.t.Helper()
	for f.from.Scan() {
		has := true
		for _, one := range wanted {
			has = has && strings.Contains(f.from.Text(), one)
		}
		if has {
			return
		}
		f.seen.WriteString(f.from.Text() + "\n")
	}
	f.t.Fatalf("no line has %q: %v\n%s", wanted, f.from.Err(), &f.seen)
}

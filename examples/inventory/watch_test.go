package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
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

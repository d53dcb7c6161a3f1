package chaos

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"
)

// A parent that is killed takes its processes with it, also one that is paused at the moment: nobody
// holds the pipe any more that all of them have.
func TestProcessesEndWithTheirParent(t *testing.T) {
	t.Parallel()
	self := workers(t)[0]
	held, theirs, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, asParent, t.TempDir())
	cmd.Stderr = theirs
	stdout, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	_ = theirs.Close()
	if lines := bufio.NewScanner(stdout); !lines.Scan() || lines.Text() != "ready" {
		t.Fatalf("the parent says %q", lines.Text())
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if err := held.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if said, err := io.ReadAll(held); err != nil || len(said) > 0 {
		t.Errorf("the processes say %q and go on: %v", said, err)
	}
}

// parent starts two processes, pauses one, says that it is ready, and waits to be killed.
func parent(folder string) {
	ctx := context.Background()
	base, err := beginSQLite(ctx, folder)
	if err != nil {
		panic(err)
	}
	said := newTestimony()
	for _, name := range []string{"a", "b"} {
		j := job{Name: name, Store: "sqlite", Address: base.address, Lease: time.Second}
		p, err := startProcess(ctx, []string{os.Args[0], asWorker}, j, said.hear(name), os.Stderr, func(*process) {})
		if err == nil && name == "b" {
			err = p.pause()
		}
		if err != nil {
			panic(err)
		}
	}
	fmt.Println("ready")
	select {}
}

func TestProcessThatEndsByItself(t *testing.T) {
	t.Parallel()
	ended := make(chan *process, 1)
	j := job{Name: "a", Store: "nowhere"}
	_, err := startProcess(t.Context(), workers(t), j, newTestimony().hear("a"), t.Output(), func(p *process) { ended <- p })
	if err != nil {
		t.Fatal(err)
	}
	if p := <-ended; p.err == nil || p.name != "a" {
		t.Errorf("process %s ended with %v, and its store is unknown", p.name, p.err)
	}
}

// Backend runs the compositions of package acm on what a host brings along: a table that it has, a store
// of its own, and a lock that it shares with other programs. See docs/backend.md.
//
//	go run ./examples/backend
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"
)

const usage = `Backend deploys a composition three times, each time on a backend that is not the
library's: on the host's own table in SQLite, on a store of its own in bbolt, and
on SQLite with a lock in NATS JetStream. It says in a line each what was seen.

	backend

Exit codes: 0; 1: something went wrong; 2: called wrongly.
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // whoever interrupts it twice means it
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// A demonstration deploys a composition on a backend in a folder of its own, and says what was seen.
type demonstration struct {
	name string
	run  func(ctx context.Context, folder string) (seen string, err error)
}

var demonstrations = []demonstration{
	{"the host's table", onTable},
	{"a store on bbolt", onBolt},
	{"a lock in NATS", underLock},
}

// run returns the program's exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	switch {
	case slices.Equal(args, []string{"-help"}):
		_, _ = io.WriteString(stdout, usage)
		return 0
	case len(args) > 0:
		_, _ = fmt.Fprintf(stderr, "backend: %q is more than it takes; -help says what is right\n", args)
		return 2
	}
	for _, d := range demonstrations {
		seen, err := inFolder(ctx, d)
		if err != nil {
			_, _ = fmt.Fprintf(stderr, "backend: %s: %v\n", d.name, err)
			return 1
		}
		_, _ = fmt.Fprintf(stdout, "%-16s  %s is deployed; %s\n", d.name, instance, seen)
	}
	return 0
}

func inFolder(ctx context.Context, d demonstration) (seen string, err error) {
	folder, err := os.MkdirTemp("", "backend-")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	return d.run(ctx, folder)
}

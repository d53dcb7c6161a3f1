// Introspect finds out what the machine it runs on is made of, the way ironic-inspector does for a
// node: with a durable state at every step, a limit on every wait, and one commit for an end and all
// that belongs to it.
//
//	go run ./examples/introspect
//	go run ./examples/introspect -help
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // whoever interrupts it twice means it
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run returns the program's exit code: 0, 1 if the introspection failed, 2 if it was called wrongly.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(stderr, format+"\n", args...) }
	s, err := parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		_, _ = io.WriteString(stdout, help())
		return 0
	case err != nil:
		say("introspect: %v; -help says what is right", err)
		return 2
	}
	if err := s.run(ctx, stdout, say); err != nil {
		say("introspect: %v", err)
		return 1
	}
	return 0
}

// run does what the settings ask for and shows the node.
func (s *settings) run(ctx context.Context, stdout io.Writer, say func(format string, args ...any)) error {
	store, release, err := open(ctx, s.db)
	if err != nil {
		return err
	}
	defer release()
	nodes, err := newNodes(store)
	if err != nil {
		return err
	}
	if s.diagram != "" {
		return draw(ctx, nodes, s.node, s.diagram, stdout)
	}
	i := &inspection{settings: s, nodes: nodes, say: say}
	failure := i.run(ctx)
	if ctx.Err() != nil {
		return i.interrupted(ctx)
	}
	r, err := newReport(ctx, nodes, s.node)
	if err != nil {
		return cmp.Or(failure, err)
	}
	if s.json {
		err = r.writeJSON(stdout)
	} else {
		err = r.write(stdout)
	}
	return errors.Join(failure, err)
}

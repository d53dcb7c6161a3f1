// Smartstate is ManageIQ's scan of a virtual machine on Amazon, with all its actors as processes of this machine, and this machine as what is
// scanned: see package cloud for the simulated EC2, and package presets of Reeve for the table of the original.
//
//	go run ./examples/smartstate
//	go run ./examples/smartstate -aws
//	go run ./examples/smartstate -remote
//	go run ./examples/smartstate -legacy
//	go run ./examples/smartstate -help
//
// To read it: demonstrate.go is what happens, in its order, begin.go the job that is asked for, estate.go what every process opens, snapshot.go what is attached,
// process.go how one is started, orders.go what it is told, and agent.go one that works. aws.go, remote.go and bridge.go are what the flags change; trials.go is what a
// hostile agent tries. look.go and report.go are how all of it is seen.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"
)

func main() {
	ends := []os.Signal{syscall.SIGTERM, os.Interrupt, syscall.SIGHUP}
	if len(os.Args) == 2 && slices.Contains(roles, os.Args[1]) {
		ends = ends[:1]
		signal.Ignore(os.Interrupt, syscall.SIGHUP) // those a terminal sends to all: who has started this one ends it, in order
	}
	ctx, stop := signal.NotifyContext(context.Background(), ends...)
	context.AfterFunc(ctx, stop)   // whoever interrupts it twice means it
	signal.Ignore(syscall.SIGPIPE) // also a connection that breaks would be told so, which is no reason to end
	ctx, unheard := context.WithCancel(ctx)
	os.Exit(run(ctx, os.Args[1:], os.Stdin, told{os.Stdout, unheard}, os.Stderr))
}

// What is told to nobody any more interrupts the program.
type told struct {
	io.Writer

	unheard context.CancelFunc
}

func (t told) Write(p []byte) (int, error) {
	n, err := t.Writer.Write(p)
	if err != nil {
		t.unheard()
	}
	return n, err
}

// run returns the program's exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	s, role, err := parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		_, _ = io.WriteString(stdout, help())
		return 0
	case err != nil:
		_, _ = fmt.Fprintf(stderr, "smartstate: %v; -help says what is right\n", err)
		return 2
	case role != "":
		err = serve(ctx, role, stdin, stdout)
	case s.legacy:
		err = showLegacy(ctx, stdout)
	default:
		err = s.demonstrate(ctx, stdout, stderr)
	}
	if err != nil && ctx.Err() != nil {
		err = errors.New("it was interrupted")
	}
	if err != nil {
		_, _ = fmt.Fprintf(stderr, "smartstate: %v\n", err)
		return 1
	}
	return 0
}

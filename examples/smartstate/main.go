// Smartstate is ManageIQ's scan of a virtual machine on Amazon, with all its actors as processes of this machine, and this machine as what is
// scanned: see package cloud for the simulated EC2, and package presets of Reeve for the table of the original.
//
//	go run ./examples/smartstate
//	go run ./examples/smartstate -aws
//	go run ./examples/smartstate -remote
//	go run ./examples/smartstate -legacy
//	go run ./examples/smartstate -help
package main

import (
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
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
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
	if err != nil {
		_, _ = fmt.Fprintf(stderr, "smartstate: %v\n", err)
		return 1
	}
	return 0
}

// Transfer is Eclipse EDC's transfer of data between a consumer and a provider, and of what that needs: see package edc
// for its states, package connector for what becomes of a transfer, and packages external and local for who provisions.
//
//	go run ./examples/transfer
//	go run ./examples/transfer repairs
//	go run ./examples/transfer -help
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
	s, command, err := parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		_, _ = io.WriteString(stdout, help())
		return 0
	case err != nil:
		_, _ = fmt.Fprintf(stderr, "transfer: %v; -help says what is right\n", err)
		return 2
	}
	switch command {
	case repairs:
		err = showRepairs(stdout)
	case connecting, provisioningBuckets:
		err = serve(ctx, command, stdin, stdout)
	default:
		err = s.demonstrate(ctx, stdout)
	}
	if err != nil {
		_, _ = fmt.Fprintf(stderr, "transfer: %v\n", err)
		return 1
	}
	return 0
}

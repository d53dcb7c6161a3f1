package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"testing"
)

// TestMain is also the processes of yards, which TestRows begins: agents are killed, and every job is done once, with nothing left.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == agentCommand {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		status := runAgent(ctx, os.Args[2:], os.Stdin, os.Stderr)
		stop()
		os.Exit(status)
	}
	os.Exit(m.Run())
}

// A process that is called without the file of a yard says so.
func TestScaleAgent(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{nil, {"nothing"}} {
		if err := workInYard(t.Context(), args); err == nil {
			t.Errorf("%q is no error", args)
		}
	}
}

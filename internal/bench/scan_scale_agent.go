package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/inspect"
)

// agentCommand is what the program calls itself with for each process of a yard; the file of the yard follows.
const agentCommand = "scan-agent"

// agentConnections are how many a process of a yard has to PostgreSQL, beside the one that listens.
const agentConnections = 2

// runAgent is a process of a yard, until ctx ends, it is told to stop, or nobody is there any more who began it. It returns the exit status.
func runAgent(ctx context.Context, args []string, stdin io.Reader, stderr io.Writer) int {
	go func() {
		_, _ = io.Copy(io.Discard, stdin)
		os.Exit(1)
	}()
	if err := workInYard(ctx, args); err != nil && ctx.Err() == nil {
		_, _ = fmt.Fprintln(stderr, err)
		return 1
	}
	return 0
}

func workInYard(ctx context.Context, args []string) (err error) {
	if len(args) != 1 {
		return fmt.Errorf("bench: %s: %d arguments; the file of a yard is right", agentCommand, len(args))
	}
	p := &yard{}
	text, err := os.ReadFile(args[0])
	if err == nil {
		err = json.Unmarshal(text, p)
	}
	if err != nil {
		return fmt.Errorf("bench: %s: %w", agentCommand, err)
	}
	s := &setup{}
	defer func() { err = errors.Join(err, s.close()) }()
	if p.River {
		return p.workForRiver(ctx, s)
	}
	return p.work(ctx, s)
}

// work is an agent.
func (p *yard) work(ctx context.Context, s *setup) error {
	t, err := p.open(ctx, s, agentConnections)
	if err != nil {
		return err
	}
	opener, err := scan.NewDirOpener([]string{p.path("targets")}, nil)
	if err != nil {
		return err
	}
	if p.Twice {
		t.replies = twice{t.replies}
	}
	a, err := scan.NewAgent(os.Getenv(scan.EnvToken), scan.Workplace{
		Requests: t.requests, Replies: t.replies, Blobs: t.blobs, Desk: t.manager, Opener: opener, Scanners: inspect.All(),
	}, &scan.AgentOptions{Width: p.Width, Lease: p.Lease, Beat: p.Lease / 3, Logger: quiet})
	if err != nil {
		return err
	}
	return a.Run(ctx)
}

// A queue that is twice has every message twice. What is in it is not counted: only agents have one.
type twice struct{ scan.Queue }

func (q twice) Send(ctx context.Context, messages ...scan.Message) error {
	all := slices.Clone(messages)
	for _, m := range messages {
		m.Key += " again"
		all = append(all, m)
	}
	return q.Queue.Send(ctx, all...)
}

package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// A process is a supervisor in a process of its own.
type process struct {
	cmd   *exec.Cmd
	stdin io.Closer // it ends when this is closed, also if we die
}

// start starts a supervisor of the store in a file.
func (s *settings) start(ctx context.Context, file, field string, stderr io.Writer) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, supervise, "-beat", s.beat.String(), "-db", file, "-field", field)
	cmd.Stderr = stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	return &process{cmd, stdin}, cmd.Start()
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// kill ends it at once, in the middle of whatever it does.
func (p *process) kill() error {
	if err := p.cmd.Process.Kill(); err != nil {
		return err
	}
	_ = p.cmd.Wait() // that it was killed is no news
	return nil
}

// stop lets it end what it does.
func (p *process) stop() error {
	_ = p.stdin.Close() // it may have ended already
	if err := p.cmd.Wait(); err != nil {
		return fmt.Errorf("the supervisor: %w", err)
	}
	return nil
}

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/reeve-go/reeve/examples/smartstate/cloud"
)

// A process is an actor that runs by itself.
type process struct {
	role  string
	cmd   *exec.Cmd // its WaitDelay is how long it may take to end
	said  string    // its first line: where it listens, if it does
	stdin io.Closer
	ended chan struct{}
	err   error // how it ended, once it has
}

var _ cloud.Machine = (*process)(nil)

// start starts a process, tells it what to do, and waits until it is ready. It ends when ctx does, and also if we die.
func start(ctx context.Context, role string, o *orders, stderr io.Writer) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, role) //nolint:gosec // it is this program
	cmd.Stderr, cmd.WaitDelay = stderr, patience
	if role == agent {
		cmd.WaitDelay /= 2 // or the cloud would be killed while it waits for it, and leave it alone
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	cmd.Cancel = stdin.Close
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{role: role, cmd: cmd, stdin: stdin, ended: make(chan struct{})}
	err = json.NewEncoder(stdin).Encode(o)
	if err == nil {
		p.said, err = bufio.NewReader(stdout).ReadString('\n')
		p.said = strings.TrimSpace(p.said)
	}
	go func() {
		p.err = cmd.Wait()
		close(p.ended)
	}()
	if err != nil {
		p.Stop()
		return nil, errors.Join(fmt.Errorf("the %s does not begin: %w", role, err), p.check())
	}
	return p, nil
}

// patience is how long anything may take that takes no time, on the slowest of machines.
const patience = time.Minute

// Kill ends it at once, in the middle of whatever it does.
func (p *process) Kill() {
	_ = p.cmd.Process.Kill() // it may have ended already
	<-p.ended
}

// Stop lets it end what it does.
func (p *process) Stop() {
	_ = p.stdin.Close() // it may have ended already
	select {
	case <-p.ended:
	case <-time.After(p.cmd.WaitDelay):
		p.Kill()
	}
}

// Ended is closed when it has ended.
func (p *process) Ended() <-chan struct{} { return p.ended }

// check is an error if it has ended with one.
func (p *process) check() error {
	select {
	case <-p.ended:
		if p.err != nil {
			return fmt.Errorf("the %s has ended: %w", p.role, p.err)
		}
	default:
	}
	return nil
}

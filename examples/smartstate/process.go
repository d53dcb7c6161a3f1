package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/reeve-go/reeve/examples/smartstate/cloud"
)

// A process is an actor that runs by itself.
type process struct {
	role  string
	cmd   *exec.Cmd
	said  string // its first line: where it listens, if it does
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

// patience is how long a process may take to end.
const patience = 10 * time.Second

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
	case <-time.After(patience):
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

// Orders are what a process is told.
type orders struct {
	// Folder is where everything is, Target what is looked into.
	Folder string        `json:"folder"`
	Target string        `json:"target"`
	Seed   uint64        `json:"seed"`
	Beat   time.Duration `json:"beat"`
	// Amazon is where SQS and S3 are; empty: the queues are on the store, and the blobs in the folder.
	Amazon string `json:"amazon"`
	// Remote: agents work from afar.
	Remote bool `json:"remote"`
	// Cloud is where the cloud listens, Token what an agent was launched with, and Invitation the same for one that works from afar.
	Cloud      string `json:"cloud"`
	Token      string `json:"token"`
	Invitation string `json:"invitation"`
	// Victim is what a hostile agent has found out.
	Victim victim `json:"victim"`
}

func (o *orders) beats(n int) time.Duration { return time.Duration(n) * o.Beat }

// serve does what a process is told, until nobody is at the other end of stdin any more.
func serve(ctx context.Context, role string, stdin io.Reader, stdout io.Writer) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var o orders
	if err := json.NewDecoder(stdin).Decode(&o); err != nil {
		return fmt.Errorf("the %s was not told what to do: %w", role, err)
	}
	go func() {
		_, _ = io.Copy(io.Discard, stdin)
		stop()
	}()
	ready := func(what any) error {
		_, err := fmt.Fprintln(stdout, what)
		return err
	}
	switch role {
	case ec2:
		return o.runCloud(ctx, ready)
	case amazon:
		return o.runAmazon(ctx, ready)
	case agent:
		return o.runAgent(ctx, ready)
	case hostile:
		return o.runHostile(ctx, ready)
	default:
		return o.supervise(ctx, role, ready)
	}
}

// runCloud is the process of the cloud.
func (o *orders) runCloud(ctx context.Context, ready func(any) error) error {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	o.Cloud = l.Addr().String()
	c := cloud.New(ctx, cloud.Options{Seed: o.Seed, Beat: o.Beat, Boot: func(ctx context.Context, token, userData string) (cloud.Machine, error) {
		of := *o
		of.Token, of.Invitation = token, userData
		if userData != "" {
			of.Folder = filepath.Join(o.Folder, "afar") // there is no store in it
		}
		return start(ctx, agent, &of, os.Stderr)
	}})
	if err := ready(o.Cloud); err != nil {
		return err
	}
	err = c.Serve(l)
	c.Wait()
	return err
}

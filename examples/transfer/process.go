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
	"strings"
	"time"
)

// A process is a part of the demonstration that runs by itself.
type process struct {
	name   string
	cmd    *exec.Cmd
	stdin  io.Closer // it ends when this is closed, also if we die
	listen string    // where it listens
	ended  chan struct{}
	err    error // how it ended, once it has
}

// start starts a process, tells it what to do, and waits until it listens.
func start(ctx context.Context, name string, o *orders, stderr io.Writer) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, name) //nolint:gosec // it is this program
	cmd.Stderr = stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{name: name, cmd: cmd, stdin: stdin, ended: make(chan struct{})}
	err = json.NewEncoder(stdin).Encode(o) //nolint:gosec // the secret goes to nobody else
	if err == nil {
		p.listen, err = bufio.NewReader(stdout).ReadString('\n')
		p.listen = strings.TrimSpace(p.listen)
	}
	go func() {
		p.err = cmd.Wait()
		close(p.ended)
	}()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the %s does not begin: %w", name, err), p.stop())
	}
	return p, nil
}

// kill ends it at once, in the middle of whatever it does.
func (p *process) kill() error {
	if err := p.cmd.Process.Kill(); err != nil {
		return fmt.Errorf("the %s: %w", p.name, err)
	}
	<-p.ended
	return nil
}

// stop lets it end what it does.
func (p *process) stop() error {
	_ = p.stdin.Close() // it may have ended already
	<-p.ended
	return p.check()
}

// check is an error if it has ended with one.
func (p *process) check() error {
	select {
	case <-p.ended:
		if p.err != nil {
			return fmt.Errorf("the %s has ended: %w", p.name, p.err)
		}
	default:
	}
	return nil
}

// Orders are what a process is told. They have secrets, so they are no arguments.
type orders struct {
	// Folder is where everything is.
	Folder string `json:"folder"`
	Seed   uint64 `json:"seed"`
	// Beat is what all times go by.
	Beat time.Duration `json:"beat"`
	// Listen is where a process is to listen; empty: anywhere on this machine.
	Listen string `json:"listen"`
	// Buckets is where the provisioner of buckets listens, Callbacks where the connector does.
	Buckets   string `json:"buckets"`
	Callbacks string `json:"callbacks"`
	// Postgres is where shares are made; empty: in the folder. Prefix begins their names.
	Postgres string `json:"postgres"`
	Prefix   string `json:"prefix"`
	// Secret is what the connector's tokens and passwords are derived from.
	Secret []byte `json:"secret"`
}

// serve does what a process is told, until nobody is at the other end of stdin any more.
func serve(ctx context.Context, name string, stdin io.Reader, stdout io.Writer) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var o orders
	told := json.NewDecoder(stdin)
	if err := told.Decode(&o); err != nil {
		return fmt.Errorf("the %s was not told what to do: %w", name, err)
	}
	go func() {
		_, _ = io.Copy(io.Discard, stdin)
		stop()
	}()
	l, err := o.listen(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = l.Close() }()
	ready := func() error {
		_, err := fmt.Fprintln(stdout, l.Addr())
		return err
	}
	if name == provisioningBuckets {
		return o.provisionBuckets(ctx, l, ready)
	}
	return o.connect(ctx, l, ready)
}

// listen listens where it is told to. A process that was killed may leave its address in use for a moment.
func (o *orders) listen(ctx context.Context) (l net.Listener, err error) {
	const anywhere = "127.0.0.1:0"
	at := o.Listen
	if at == "" {
		at = anywhere
	}
	for range 50 {
		if l, err = new(net.ListenConfig).Listen(ctx, "tcp", at); err == nil || !sleep(ctx, o.Beat) {
			break
		}
	}
	return l, err
}

package chaos

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"sync/atomic"
	"syscall"
	"time"
)

// A process is a supervisor in a process of its own.
type process struct {
	name  string
	cmd   *exec.Cmd
	stdin io.WriteCloser // it stops when this is closed, also if we die
	ended chan struct{}
	err   error       // how it ended
	meant atomic.Bool // that it ends
}

// startProcess starts one. Ended is called if it ends although nobody meant it to.
func startProcess(ctx context.Context, command []string, j job, tell func([]statement), stderr io.Writer, ended func(*process)) (*process, error) {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...) //nolint:gosec // the program is this one
	cmd.Stderr = stderr
	cmd.SysProcAttr = attributes()
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	line, err := json.Marshal(j)
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{name: j.Name, cmd: cmd, stdin: stdin, ended: make(chan struct{})}
	go func() {
		p.err = errors.Join(listen(stdout, tell), cmd.Wait())
		close(p.ended)
		if !p.meant.Load() && ctx.Err() == nil {
			ended(p)
		}
	}()
	_, err = stdin.Write(append(line, '\n'))
	return p, err
}

// listen reads statements. The last line may lack its end: its speaker was killed.
func listen(stdout io.Reader, tell func([]statement)) error {
	in := bufio.NewReader(stdout)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return nil //nolint:nilerr // it has ended
		}
		var s statement
		if err := json.Unmarshal(line, &s); err != nil {
			_, _ = io.Copy(io.Discard, in) // so that it can end
			return fmt.Errorf("chaos: %q is no statement: %w", line, err)
		}
		tell([]statement{s})
	}
}

// kill ends it at once, in the middle of whatever it does.
func (p *process) kill() {
	p.meant.Store(true)
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.ended
}

// pause stops it where it is; wake lets it go on as if nothing had been.
func (p *process) pause() error { return p.cmd.Process.Signal(syscall.SIGSTOP) }
func (p *process) wake() error  { return p.cmd.Process.Signal(syscall.SIGCONT) }

// stop lets it end what it does.
func (p *process) stop() error {
	p.meant.Store(true)
	_ = p.stdin.Close() // it may have ended
	select {
	case <-p.ended:
	case <-time.After(3 * drain):
		p.kill()
		return fmt.Errorf("process %s did not stop within %v", p.name, 3*drain)
	}
	if p.err != nil {
		return fmt.Errorf("process %s did not stop as it should: %w", p.name, p.err)
	}
	return nil
}

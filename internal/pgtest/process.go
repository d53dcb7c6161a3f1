//go:build unix

package pgtest

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// patience is how long a program may take for what it is asked; a machine under load is slow.
const patience = 3 * time.Minute

// A process is a program that runs in a sandbox.
type process struct {
	box  *sandbox
	cmd  *exec.Cmd
	gone chan struct{} // closed when the program and all that it started have ended
}

// start runs a server, in the watchdog's group, so that it ends with this process.
func (box *sandbox) start(program string, args ...string) (*process, error) {
	return box.execute(box.guard.Process.Pid, program, args)
}

// run runs a program that comes to an end by itself, and should: the watchdog only waits for it,
// because initdb leaves shared memory behind when it is interrupted.
func (box *sandbox) run(program string, args ...string) error {
	p, err := box.execute(0, program, args)
	if err != nil {
		return err
	}
	<-p.gone
	if !p.cmd.ProcessState.Success() {
		return p.failed("did not succeed")
	}
	return nil
}

// execute starts a program in a process group, 0 for one of its own. What it says goes to the log.
func (box *sandbox) execute(group int, program string, args []string) (*process, error) {
	log, err := os.OpenFile(box.log(), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("pgtest: %w", err)
	}
	cmd := exec.CommandContext(context.Background(), program, args...)
	cmd.Dir = box.path
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C"} // PGDATA, PGOPTIONS and their like are the developer's
	// A writer that is no file makes Wait read a pipe to its end, and that comes when every process
	// that has inherited it is gone.
	said := struct{ io.Writer }{log}
	cmd.Stdout, cmd.Stderr = said, said
	cmd.ExtraFiles = []*os.File{box.held}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: box.user, Setpgid: true, Pgid: group}
	if err := cmd.Start(); err != nil {
		_ = log.Close()
		return nil, fmt.Errorf("pgtest: starting %s: %w", program, err)
	}
	p := &process{box: box, cmd: cmd, gone: make(chan struct{})}
	go func() {
		_ = cmd.Wait()
		_ = log.Close()
		close(p.gone)
	}()
	return p, nil
}

func (p *process) alive() bool {
	if p == nil {
		return false
	}
	select {
	case <-p.gone:
		return false
	default:
		return true
	}
}

// await returns when the program is ready, and ends it when it does not come to that.
func (p *process) await(what string, ready func() bool) error {
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	limit := time.After(patience)
	for !ready() {
		select {
		case <-look.C:
		case <-p.gone:
			return p.failed("ended and did not " + what)
		case <-limit:
			_ = p.end(syscall.SIGKILL)
			return p.failed(fmt.Sprintf("did not %s within %v", what, patience))
		}
	}
	return nil
}

// end sends a signal that ends the program, and waits until nothing of it is left.
func (p *process) end(signal syscall.Signal) error {
	if !p.alive() {
		return nil
	}
	_ = p.cmd.Process.Signal(signal) // it may have ended by itself
	select {
	case <-p.gone:
		return nil
	case <-time.After(patience):
		return p.failed(fmt.Sprintf("did not end within %v after %v", patience, signal))
	}
}

func (p *process) failed(how string) error {
	state := "is running"
	if !p.alive() {
		state = p.cmd.ProcessState.String()
	}
	return fmt.Errorf("pgtest: %s %s: %s; its log ends with\n%s",
		filepath.Base(p.cmd.Path), how, state, p.box.tail(0))
}

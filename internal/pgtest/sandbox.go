//go:build unix

package pgtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
)

// A sandbox is a temporary folder and the programs that run in it. Both are gone when it is closed or
// when this process ends, also by a panic, os.Exit or SIGKILL: a watchdog sees to it.
type sandbox struct {
	path  string
	user  *syscall.Credential // nil: the user of this process
	guard *exec.Cmd           // the watchdog; the programs are in its process group
	life  *os.File            // the watchdog reads the other end, and so learns when this process is gone
	held  *os.File            // each program has it, and so the watchdog learns when they are gone
	close func() error
}

// watchdog waits for the end of its input, ends the programs of its process group, waits until the
// last of them has let go of descriptor 3, and removes the folder.
//
// A program joins the group before it is executed, and until then it holds a copy of this process's
// end of the pipe: the watchdog cannot act too early to reach it.
const watchdog = `trap '' HUP INT QUIT TERM
read -r end
kill -s QUIT 0
cat <&3 > /dev/null
rm -rf "$1"`

func newSandbox(user *syscall.Credential) (*sandbox, error) {
	path := filepath.Join(os.TempDir(), "reeve-pg-"+rand.Text()[:16]) // short: the path of a socket is limited
	box := &sandbox{path: path, user: user}
	box.close = sync.OnceValue(box.end)
	if err := box.watch(); err != nil {
		return nil, fmt.Errorf("pgtest: a watchdog for %s: %w", path, err)
	}
	if err := errors.Join(os.Mkdir(path, 0o700), box.give(path)); err != nil { // guarded already
		return nil, errors.Join(fmt.Errorf("pgtest: %w", err), box.close())
	}
	return box, nil
}

// give makes a file the programs' own.
func (box *sandbox) give(path string) error {
	if box.user == nil {
		return nil
	}
	return os.Chown(path, int(box.user.Uid), int(box.user.Gid))
}

// write makes a file that the programs alone may read, and returns its path.
func (box *sandbox) write(name, text string) (string, error) {
	path := filepath.Join(box.path, name)
	if err := errors.Join(os.WriteFile(path, []byte(text), 0o600), box.give(path)); err != nil {
		return "", fmt.Errorf("pgtest: %w", err)
	}
	return path, nil
}

func (box *sandbox) watch() error {
	lifeEnd, life, err := os.Pipe()
	if err != nil {
		return err
	}
	defer func() { _ = lifeEnd.Close() }()
	heldEnd, held, err := os.Pipe()
	if err != nil {
		return errors.Join(err, life.Close())
	}
	defer func() { _ = heldEnd.Close() }()
	guard := exec.CommandContext(context.Background(), "sh", "-c", watchdog, "sh", box.path)
	guard.Stdin, guard.ExtraFiles = lifeEnd, []*os.File{heldEnd}
	guard.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := guard.Start(); err != nil {
		return errors.Join(err, life.Close(), held.Close())
	}
	box.guard, box.life, box.held = guard, life, held
	return nil
}

// end lets the watchdog do what it does when this process ends.
func (box *sandbox) end() error {
	err := errors.Join(box.life.Close(), box.held.Close(), box.guard.Wait())
	if err != nil {
		return fmt.Errorf("pgtest: removing %s: %w", box.path, err)
	}
	return nil
}

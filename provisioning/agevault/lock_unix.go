//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package agevault

import (
	"errors"
	"os"
	"syscall"
)

// tryLock locks the file until it is closed. It returns errLocked if another has it open and locked.
func tryLock(f *os.File) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	locked := conn.Control(func(fd uintptr) { err = syscall.Flock(int(fd), syscall.LOCK_EX|syscall.LOCK_NB) })
	if errors.Is(err, syscall.EWOULDBLOCK) || errors.Is(err, syscall.EINTR) {
		return errLocked
	}
	return errors.Join(locked, err)
}

package chaos

import "syscall"

// attributes are those of a process that is in a group of its own, so that it is not interrupted from the keyboard,
// and ends with us, also while it is stopped.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

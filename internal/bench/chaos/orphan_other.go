//go:build !linux

package chaos

import "syscall"

// attributes are those of a process that is in a group of its own, so that it is not interrupted from the keyboard; if
// we die while it is stopped, the system wakes it with a signal that ends it.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

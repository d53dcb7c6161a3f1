//go:build !linux

package scan

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
)

// What follows stands in for launch_linux.go. Nothing of it is called, since NewProcesses refuses.

const (
	terminate = iota
	kill
)

type process struct {
	pid     int
	started uint64
	leads   bool
}

func (*process) id() string { return "" }
func (*process) signal(int) {}

func (*Processes) running(context.Context) (map[string][]*process, error) { return nil, canLaunch() }

func child(pid int) *process { return &process{pid: pid} }
func (*Processes) reap()     {}

func ownGroup(*exec.Cmd) {}

func lockFile(context.Context, string) (unlock func(), err error) { return nil, canLaunch() }

func canLaunch() error {
	return fmt.Errorf("they are found by what /proc tells of them, which %s does not have: %w", runtime.GOOS, errors.ErrUnsupported)
}

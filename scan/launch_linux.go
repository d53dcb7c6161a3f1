package scan

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	terminate = syscall.SIGTERM
	kill      = syscall.SIGKILL
)

// A process is one that runs under a token.
type process struct {
	pid int
	// started is when, in ticks since the machine started: a number that is used again later has another one.
	started uint64
	// leads: it was launched, and has a group of its own. The others were started by it.
	leads bool
}

func (p *process) id() string { return fmt.Sprintf("%d-%d", p.pid, p.started) }

// signal sends a signal to the process if it is still there, and to its group if it has one.
func (p *process) signal(s syscall.Signal) {
	handle, err := os.FindProcess(p.pid) // from here on it is that one, or gone
	if err != nil {
		return
	}
	defer func() { _ = handle.Release() }()
	if now, err := lookAt(p.pid); err != nil || now.started != p.started {
		return
	}
	if p.leads {
		_ = syscall.Kill(-p.pid, s)
	}
	_ = handle.Signal(s)
}

// starting is for how long a process may be just being started; on a machine that is busy that takes its time.
const starting = 5 * time.Second

// running returns what runs under tokens of this launcher. What is just being started shows nothing yet for a moment, which is waited for.
func (p *Processes) running(ctx context.Context) (map[string][]*process, error) {
	const first, most = 5 * time.Millisecond, 100 * time.Millisecond
	begun := time.Now()
	for wait := first; ; wait = min(2*wait, most) {
		found, unclear, err := p.look()
		if err != nil || !unclear || time.Since(begun) > starting {
			return found, err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// look looks at all processes of the machine. It is unclear whose they are if there is one that is just being started.
func (p *Processes) look() (found map[string][]*process, unclear bool, err error) {
	proc, err := os.Open("/proc")
	if err != nil {
		return nil, false, err
	}
	defer func() { _ = proc.Close() }()
	names, err := proc.Readdirnames(-1)
	if err != nil {
		return nil, false, err
	}
	found = map[string][]*process{}
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		environment, err := os.ReadFile(filepath.Join("/proc", name, "environ")) //nolint:gosec // the kernel made the name
		if err != nil {
			continue // it has ended, or is another user's
		}
		token, ours := p.tokenIn(string(environment))
		if !ours && len(environment) > 0 {
			continue
		}
		seen, err := lookAt(pid)
		switch {
		case err != nil:
		case !ours:
			unclear = unclear || seen.starts()
		case seen.lives():
			found[token] = append(found[token], &process{pid, seen.started, seen.group == pid})
		}
	}
	return found, unclear, nil
}

// child returns a process that this program has started, whether it can be seen whose it is or not.
func child(pid int) *process {
	seen, _ := lookAt(pid) // or it has ended, and is known to have
	return &process{pid, seen.started, true}
}

// tokenIn returns the token that an environment tells of, if it is one of this launcher's.
func (p *Processes) tokenIn(environment string) (token string, ours bool) {
	for entry := range strings.SplitSeq(environment, "\x00") {
		if value, ok := strings.CutPrefix(entry, EnvToken+"="); ok {
			token = value
		}
		if value, ok := strings.CutPrefix(entry, EnvLauncher+"="); ok && value == p.dir {
			ours = true
		}
	}
	return token, ours && token != ""
}

// A sight is what can be seen of any process.
type sight struct {
	state   string
	group   int
	flags   uint64
	started uint64
}

// lookAt reads what the kernel tells of a process; see proc_pid_stat(5).
func lookAt(pid int) (sight, error) {
	line, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return sight{}, err
	}
	// The second field is the name, which may have anything in it; the third one follows the last bracket.
	const third = 3
	fields := strings.Fields(string(line[strings.LastIndexByte(string(line), ')')+1:]))
	if len(fields) <= 22-third {
		return sight{}, fmt.Errorf("process %d: /proc tells %d fields of it; at least 22 are right", pid, len(fields)+third-1)
	}
	s := sight{state: fields[3-third]}
	var failed [3]error
	s.group, failed[0] = strconv.Atoi(fields[5-third])
	s.flags, failed[1] = strconv.ParseUint(fields[9-third], 10, 64)
	s.started, failed[2] = strconv.ParseUint(fields[22-third], 10, 64)
	return s, errors.Join(failed[:]...)
}

// lives reports whether it has not ended yet; one that was not reaped is still to be seen.
func (s *sight) lives() bool {
	const exiting = 0x4
	return s.state != "Z" && s.state != "X" && s.flags&exiting == 0
}

// starts reports whether it is just being started, if it has no environment. Some threads of the kernel, and programs that
// were started without one, have none either.
func (s *sight) starts() bool {
	const kernel = 0x200000
	return s.lives() && s.flags&kernel == 0 && s.age() < starting
}

// age returns how long ago it was started.
func (s *sight) age() time.Duration {
	const ticks = 100 // a second, wherever Go runs
	text, err := os.ReadFile("/proc/uptime")
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(text), " ")
	up, err := strconv.ParseFloat(first, 64)
	if err != nil {
		return 0
	}
	return time.Duration((up - float64(s.started)/ticks) * float64(time.Second))
}

func canLaunch() error {
	_, err := os.ReadFile("/proc/self/environ")
	return err
}

// ownGroup has the process run in a group of its own, so that what is typed at this program's terminal does not end it, and all of it
// can be ended together.
func ownGroup(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	if !cmd.SysProcAttr.Setsid { // a session has a group as well
		cmd.SysProcAttr.Setpgid, cmd.SysProcAttr.Pgid = true, 0
	}
}

// reap takes leave of children that have ended; until then they keep their numbers.
func (p *Processes) reap() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for pid := range p.children {
		if got, err := syscall.Wait4(pid, nil, syscall.WNOHANG, nil); got == pid || errors.Is(err, syscall.ECHILD) {
			delete(p.children, pid)
		}
	}
}

// lockFile waits until this program has the file for itself. The kernel takes the lock back when the program ends. A child that is being started
// shares it until it runs its own program: who has the lock sees all that were started under it.
func lockFile(ctx context.Context, name string) (unlock func(), err error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the name is the launcher's own
	if err != nil {
		return nil, err
	}
	unlock = func() { _ = f.Close() }
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return unlock, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			unlock()
			return nil, err
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-ctx.Done():
			unlock()
			return nil, context.Cause(ctx)
		}
	}
}

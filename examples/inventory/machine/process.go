package machine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"path"
	"slices"
	"strconv"
	"strings"
)

// A ProcessID tells a process from all others, also from later ones with the same number.
type ProcessID struct {
	// Boot is the system's run that it belongs to.
	Boot string
	PID  int
	// Started is when it began, in the kernel's ticks since that.
	Started uint64
}

// A Process runs.
type Process struct {
	ProcessID

	// Parent is the number of the process that it belongs to; zero: none.
	Parent int
	// Name is its short name: that of its program, unless it has given itself another.
	Name string
	// UID is the user as whom it acts.
	UID uint32
	// Executable is its program's file. Empty: it is a part of the kernel, or who asks may not know.
	Executable string
}

// Processes yields the processes. One that ends while it is looked at is left out.
func (r *Reading) Processes(ctx context.Context) iter.Seq2[Process, error] {
	return func(yield func(Process, error) bool) {
		wanted, err := r.wantedProcesses(ctx)
		if err != nil {
			yield(Process{}, err)
			return
		}
		for p, err := range r.glances(ctx) {
			if err == nil && wanted != nil && !wanted[p.ProcessID] {
				continue
			}
			if err == nil {
				err = r.complete(&p)
			}
			if vanished(err) {
				continue
			}
			if !yield(p, err) || err != nil {
				return
			}
		}
	}
}

// wantedProcesses are those that a targeted reading is about, and those that hold its sockets. Nil: all.
func (r *Reading) wantedProcesses(ctx context.Context) (map[ProcessID]bool, error) {
	if r.only == nil || len(r.only.sockets) == 0 {
		return r.only.ids(), nil
	}
	held, err := r.holdings(ctx)
	if err != nil {
		return nil, err
	}
	wanted := r.only.ids()
	out := make(map[ProcessID]bool, len(wanted))
	for id := range wanted {
		out[id] = true
	}
	for _, h := range held.holders {
		out[h.Process] = true
	}
	return out, nil
}

func (s *selection) ids() map[ProcessID]bool {
	if s == nil {
		return nil
	}
	return s.processes
}

// glances yields the processes with what one small file has: not their user and executable.
func (m *Machine) glances(ctx context.Context) iter.Seq2[Process, error] {
	return func(yield func(Process, error) bool) {
		if m.Root == nil {
			yield(Process{}, ErrNotTold)
			return
		}
		entries, err := fs.ReadDir(m.Root, "proc")
		if err != nil {
			yield(Process{}, err)
			return
		}
		boot := m.boot()
		for _, e := range entries {
			pid, err := strconv.Atoi(e.Name())
			if err != nil {
				continue
			}
			if err := ctx.Err(); err != nil {
				yield(Process{}, err)
				return
			}
			p, err := m.glance(boot, pid)
			if vanished(err) {
				continue
			}
			if !yield(p, err) || err != nil {
				return
			}
		}
	}
}

// boot returns the number of the system's run. Where the kernel does not tell it all runs count as one.
func (m *Machine) boot() string {
	id, err := fs.ReadFile(m.Root, "proc/sys/kernel/random/boot_id")
	if err != nil || len(bytes.TrimSpace(id)) == 0 {
		return "unknown"
	}
	return printable(string(bytes.TrimSpace(id)))
}

// glance reads /proc/PID/stat: the number, the name in parentheses, which may itself have any, and then fields
// without spaces, of which the first is the state.
func (m *Machine) glance(boot string, pid int) (Process, error) {
	file := procFile(pid, "stat")
	text, err := fs.ReadFile(m.Root, file)
	if err != nil {
		return Process{}, err
	}
	from, to := bytes.IndexByte(text, '('), bytes.LastIndexByte(text, ')')
	if from < 0 || to < from {
		return Process{}, fmt.Errorf("/%s has no name in parentheses: %q", file, text)
	}
	fields := strings.Fields(string(text[to+1:]))
	const parent, started = 1, 19
	if len(fields) <= started {
		return Process{}, fmt.Errorf("/%s has %d fields after the name; more than %d are right", file, len(fields), started)
	}
	p := Process{ProcessID: ProcessID{Boot: boot, PID: pid}, Name: printable(steady(string(text[from+1 : to])))}
	var wrong [2]error
	p.Parent, wrong[0] = strconv.Atoi(fields[parent])
	p.Started, wrong[1] = strconv.ParseUint(fields[started], 10, 63)
	if err := errors.Join(wrong[:]...); err != nil {
		return Process{}, fmt.Errorf("/%s: %w", file, err)
	}
	return p, nil
}

// steady takes away what the kernel adds to the names of its workers: what one does at the moment.
func steady(name string) string {
	if !strings.HasPrefix(name, "kworker/") {
		return name
	}
	if end := strings.IndexAny(name, "-+"); end > 0 {
		return name[:end]
	}
	return name
}

// complete reads what a glance leaves out.
func (m *Machine) complete(p *Process) error {
	file := procFile(p.PID, "status")
	text, err := fs.ReadFile(m.Root, file)
	if err != nil {
		return err
	}
	if p.UID, err = effectiveUser(text); err != nil {
		return fmt.Errorf("/%s: %w", file, err)
	}
	if to, err := fs.ReadLink(m.Root, procFile(p.PID, "exe")); err == nil {
		p.Executable = printable(to)
	}
	return nil
}

// effectiveUser finds "Uid: real effective saved filesystem" among lines. A line cannot be forged by a name,
// because the kernel escapes those.
func effectiveUser(status []byte) (uint32, error) {
	for line := range bytes.Lines(status) {
		if ids, ok := bytes.CutPrefix(line, []byte("Uid:")); ok {
			fields := bytes.Fields(ids)
			if len(fields) < 2 {
				break
			}
			uid, err := strconv.ParseUint(string(fields[1]), 10, 32)
			return uint32(uid), err
		}
	}
	return 0, errors.New("no line tells the effective user")
}

func procFile(pid int, name ...string) string {
	return path.Join(slices.Concat([]string{"proc", strconv.Itoa(pid)}, name)...)
}

// Package machine reads what is on the machine that it runs on: processes, users and groups, file systems,
// network interfaces, listening sockets and installed packages. It knows of no database.
//
// On Linux it reads the files of the kernel and of the system, and runs nothing but rpm, where that keeps the
// packages. On other systems it has what Go's standard library tells: interfaces with their addresses, and the
// user who runs the program. The rest ends with [ErrNotTold].
//
// What may be secret is left out: the arguments and the environment of processes, passwords and the words
// about people in /etc/passwd, and the user in the address of a remote file system.
package machine

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"runtime"
	"sync"
	"syscall"
)

// ErrNotTold is how a sequence ends of what this system does not tell.
var ErrNotTold = errors.New("this system does not tell")

// A Machine is where to look. It is safe for concurrent use.
type Machine struct {
	// Root has the machine's files, as Linux has them below its root. Nil: there are none such.
	Root fs.FS
	// Network returns the network interfaces.
	Network func() ([]Interface, error)
	// RPM returns what rpm answers to its [Query]. Nil: it is not there.
	RPM func(context.Context) (io.Reader, error)
}

// Here returns the machine that the program runs on.
func Here() *Machine {
	m := &Machine{Network: interfaces}
	if runtime.GOOS == "linux" {
		m.Root = os.DirFS("/")
		m.RPM = rpm()
	}
	return m
}

// A Reading is one look at a machine. Each of its sequences reads when it is gone through, one thing after the
// other, and ends with the first error. A Reading is safe for concurrent use.
type Reading struct {
	*Machine

	only *selection // nil: everything

	holding sync.Mutex
	held    *holdings // once it is known
}

// A selection is which processes and sockets are looked at.
type selection struct {
	processes map[ProcessID]bool
	sockets   map[Socket]bool
}

// Full returns a reading of everything.
func (m *Machine) Full() *Reading { return &Reading{Machine: m} }

// Targeted returns a reading of some processes and sockets, as far as they exist, and of what has to be known
// to place them: the sockets of the processes, and the processes of the sockets.
func (m *Machine) Targeted(processes []ProcessID, sockets []Socket) *Reading {
	s := &selection{map[ProcessID]bool{}, map[Socket]bool{}}
	for _, p := range processes {
		s.processes[p] = true
	}
	for _, one := range sockets {
		s.sockets[one] = true
	}
	return &Reading{Machine: m, only: s}
}

// lines yields the lines of a file.
func (m *Machine) lines(ctx context.Context, name string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if m.Root == nil {
			yield("", ErrNotTold)
			return
		}
		f, err := m.Root.Open(name)
		if err != nil {
			yield("", err)
			return
		}
		defer f.Close() //nolint:errcheck // it was only read
		for line, err := range linesOf(ctx, f) {
			if err != nil {
				err = fmt.Errorf("/%s: %w", name, err)
			}
			if !yield(line, err) {
				return
			}
		}
	}
}

const longestLine = 1 << 20

func linesOf(ctx context.Context, from io.Reader) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		lines := bufio.NewScanner(from)
		lines.Buffer(nil, longestLine)
		for lines.Scan() {
			if ctx.Err() != nil {
				break
			}
			if !yield(lines.Text(), nil) {
				return
			}
		}
		if err := errors.Join(ctx.Err(), lines.Err()); err != nil {
			yield("", err)
		}
	}
}

// vanished reports whether an error says that a process has ended meanwhile.
func vanished(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH)
}

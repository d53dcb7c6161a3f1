// Package machinetest makes machines that do not exist, for tests of what reads a machine.
package machinetest

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/netip"
	"strings"
	"testing/fstest"

	"github.com/reeve-go/reeve/examples/inventory/machine"
)

// A Tree is the files of a machine.
type Tree struct {
	fstest.MapFS

	// Fails, if it is set, says with which error a file or folder is opened.
	Fails func(name string) error
}

// Boot is the number of the machine's run.
const Boot = "b-1"

// New returns a machine with two users and two groups, and nothing else.
func New() *Tree {
	t := &Tree{MapFS: fstest.MapFS{}}
	t.File("proc/sys/kernel/random/boot_id", Boot+"\n")
	t.File("proc/self/mountinfo", "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n")
	t.File("etc/passwd", "root:x:0:0:Root, Room 1:/root:/bin/sh\n\n# one\n+nis::::::\nann:x:1000:100::/home/ann:\nbad:x:many:1::/:\n")
	t.File("etc/group", "root:x:0:\nusers:x:100:ann,root,\nshort:x\n")
	return t
}

// Clone returns a machine with the same files.
func (t *Tree) Clone() *Tree { return &Tree{maps.Clone(t.MapFS), t.Fails} }

// Machine returns the machine. It has a loopback interface.
func (t *Tree) Machine() *machine.Machine {
	return &machine.Machine{Root: t, Network: func() ([]machine.Interface, error) {
		local := []netip.Prefix{netip.MustParsePrefix("127.0.0.1/8"), netip.MustParsePrefix("::1/128")}
		return []machine.Interface{{Name: "lo", MTU: 65536, Up: true, Loopback: true, Addresses: local}}, nil
	}}
}

// ID returns a process of the machine's.
func ID(pid int, started uint64) machine.ProcessID {
	return machine.ProcessID{Boot: Boot, PID: pid, Started: started}
}

// File writes a file.
func (t *Tree) File(name, text string) { t.MapFS[name] = &fstest.MapFile{Data: []byte(text)} }

// Process adds a process. Its executable may be empty.
func (t *Tree) Process(pid, parent, started, uid int, name, executable string) {
	folder := fmt.Sprintf("proc/%d/", pid)
	t.File(folder+"stat", fmt.Sprintf("%d (%s) S %d 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 %d 0 0\n", pid, name, parent, started))
	t.File(folder+"status", fmt.Sprintf("Name:\tname\nUid:\t7\t%d\t7\t7\nGid:\t7\n", uid))
	t.MapFS[folder+"fd"] = &fstest.MapFile{Mode: fs.ModeDir | 0o500}
	if executable != "" {
		t.link(folder+"exe", executable)
	}
}

// End takes a process away.
func (t *Tree) End(pid int) {
	folder := fmt.Sprintf("proc/%d/", pid)
	maps.DeleteFunc(t.MapFS, func(name string, _ *fstest.MapFile) bool { return strings.HasPrefix(name, folder) })
}

// Opens lets a process have open what its link in fd says, such as socket:[7].
func (t *Tree) Opens(pid, fd int, what string) { t.link(fmt.Sprintf("proc/%d/fd/%d", pid, fd), what) }

func (t *Tree) link(name, to string) {
	t.MapFS[name] = &fstest.MapFile{Data: []byte(to), Mode: fs.ModeSymlink}
}

// Sockets writes the sockets of a protocol: of each the address as the kernel has it, the state and the inode.
func (t *Tree) Sockets(protocol string, lines ...string) {
	var b strings.Builder
	b.WriteString("  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n")
	for i, line := range lines {
		f := strings.Fields(line)
		fmt.Fprintf(&b, "%4d: %s 00000000:0000 %s 00000000:00000000 00:00000000 00000000     0        0 %s 1 0 100 0 0 10 0\n", i, f[0], f[1], f[2])
	}
	t.File("proc/net/"+protocol, b.String())
}

// Packages writes dpkg's file: of each package name and version.
func (t *Tree) Packages(of ...string) {
	var b strings.Builder
	for _, one := range of {
		name, version, _ := strings.Cut(one, " ")
		fmt.Fprintf(&b, "Package: %s\nStatus: install ok installed\nArchitecture: all\nVersion: %s\n\n", name, version)
	}
	t.File("var/lib/dpkg/status", b.String())
}

// RPM returns an rpm that answers so.
func RPM(answer string, err error) func(context.Context) (io.Reader, error) {
	return func(context.Context) (io.Reader, error) { return strings.NewReader(answer), err }
}

// Open implements [fs.FS].
func (t *Tree) Open(name string) (fs.File, error) {
	if err := t.failing(name); err != nil {
		return nil, err
	}
	return t.MapFS.Open(name)
}

// ReadFile implements [fs.ReadFileFS].
func (t *Tree) ReadFile(name string) ([]byte, error) {
	if err := t.failing(name); err != nil {
		return nil, err
	}
	return t.MapFS.ReadFile(name)
}

// ReadDir implements [fs.ReadDirFS].
func (t *Tree) ReadDir(name string) ([]fs.DirEntry, error) {
	if err := t.failing(name); err != nil {
		return nil, err
	}
	return t.MapFS.ReadDir(name)
}

func (t *Tree) failing(name string) error {
	if t.Fails == nil {
		return nil
	}
	if err := t.Fails(name); err != nil {
		return &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return nil
}

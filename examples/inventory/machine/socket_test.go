package machine_test

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/reeve-go/reeve/examples/inventory/machine"
	"github.com/reeve-go/reeve/examples/inventory/machine/machinetest"
)

func last[V any](t *testing.T, of func(context.Context) iter.Seq2[V, error]) error {
	t.Helper()
	_, err := all(t, of(t.Context()))
	return err
}

func socket(protocol, address string, inode uint64) machine.Socket {
	return machine.Socket{Protocol: protocol, Address: netip.MustParseAddrPort(address), Inode: inode}
}

// sorted are sockets by inode: their order means nothing.
func sorted(of []machine.Socket) []machine.Socket {
	slices.SortFunc(of, func(a, b machine.Socket) int { return int(a.Inode) - int(b.Inode) })
	return of
}

// served is a machine with a server of two processes, one of them with another socket, and one that is connected.
func served() *machinetest.Tree {
	f := machinetest.New()
	f.Sockets("tcp", "0100007F:0050 0A 90", "0100007F:0050 01 91", "00000000:1F90 0A 92")
	f.Sockets("tcp6", "00000000000000000000000001000000:0050 0A 93")
	f.Sockets("udp", "0100007F:0035 07 94", "0100007F:0036 01 95")
	f.Process(1, 0, 5, 0, "init", "")
	f.Process(10, 1, 6, 0, "server", "")
	f.Process(11, 10, 7, 0, "worker", "")
	f.Opens(10, 3, "socket:[90]")
	f.Opens(10, 4, "socket:[90]")
	f.Opens(10, 5, "socket:[91]")
	f.Opens(10, 6, "/dev/null")
	f.Opens(11, 3, "socket:[90]")
	f.Opens(11, 4, "socket:[92]")
	return f
}

func TestSockets(t *testing.T) {
	t.Parallel()
	r := served().Machine().Full()
	equal(t, "sockets", sorted(whole(t, r.Sockets(t.Context()))), []machine.Socket{
		socket("tcp", "127.0.0.1:80", 90), socket("tcp", "0.0.0.0:8080", 92), socket("tcp6", "[::1]:80", 93), socket("udp", "127.0.0.1:53", 94),
	})
	holders := whole(t, r.Holders(t.Context()))
	slices.SortFunc(holders, func(a, b machine.Holder) int {
		return a.Process.PID*1000 + int(a.Socket.Inode) - b.Process.PID*1000 - int(b.Socket.Inode)
	})
	equal(t, "holders", holders, []machine.Holder{
		{machinetest.ID(10, 6), socket("tcp", "127.0.0.1:80", 90)}, {machinetest.ID(11, 7), socket("tcp", "127.0.0.1:80", 90)}, {machinetest.ID(11, 7), socket("tcp", "0.0.0.0:8080", 92)},
	})
}

// A targeted reading has the sockets of its processes and the processes of its sockets, and nothing else.
func TestTargeted(t *testing.T) {
	t.Parallel()
	m := served().Machine()
	eighty, other := socket("tcp", "127.0.0.1:80", 90), socket("tcp", "0.0.0.0:8080", 92)
	for name, c := range map[string]struct {
		processes []machine.ProcessID
		sockets   []machine.Socket
		want      []int
		has       []machine.Socket
		holders   int
	}{
		"nothing":           {nil, nil, nil, nil, 0},
		"a process":         {[]machine.ProcessID{machinetest.ID(11, 7)}, nil, []int{11}, []machine.Socket{eighty, other}, 2},
		"one that is gone":  {[]machine.ProcessID{machinetest.ID(12, 7)}, nil, nil, nil, 0},
		"an earlier number": {[]machine.ProcessID{machinetest.ID(11, 3)}, nil, nil, nil, 0},
		"a socket":          {nil, []machine.Socket{eighty}, []int{10, 11}, []machine.Socket{eighty}, 2},
		"a closed socket":   {nil, []machine.Socket{socket("tcp", "127.0.0.1:80", 1)}, nil, nil, 0},
		"both":              {[]machine.ProcessID{machinetest.ID(1, 5)}, []machine.Socket{other}, []int{1, 11}, []machine.Socket{other}, 1},
	} {
		r := m.Targeted(c.processes, c.sockets)
		var pids []int
		for _, p := range whole(t, r.Processes(t.Context())) {
			pids = append(pids, p.PID)
		}
		equal(t, name+": processes", pids, c.want)
		equal(t, name+": sockets", sorted(whole(t, r.Sockets(t.Context()))), c.has)
		if n := len(whole(t, r.Holders(t.Context()))); n != c.holders {
			t.Errorf("%s: %d holders, want %d", name, n, c.holders)
		}
		for what, err := range map[string]error{
			"users": last(t, r.Users), "groups": last(t, r.Groups), "packages": last(t, r.Packages), "file systems": last(t, r.FileSystems),
		} {
			if err != nil {
				t.Errorf("%s: %s: %v", name, what, err)
			}
		}
	}
}

func TestHiddenFiles(t *testing.T) {
	t.Parallel()
	f := served()
	f.Fails = func(name string) error {
		if name == "proc/10/fd" {
			return fs.ErrPermission
		}
		return nil
	}
	m := f.Machine()
	r := m.Full()
	if got := whole(t, r.Sockets(t.Context())); len(got) != 4 {
		t.Errorf("sockets are %v", got)
	}
	got, err := all(t, r.Holders(t.Context()))
	if len(got) != 2 || !errors.Is(err, machine.ErrNotTold) || !strings.Contains(err.Error(), "1 processes are hidden") {
		t.Errorf("holders are %v, %v", got, err)
	}
}

func TestWrongSockets(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"0100007F:XX 0A 1", "0100:0050 0A 1", "zz:0050 0A 1", "0100007F:0050 0A many"} {
		f := machinetest.New()
		f.Sockets("tcp", line)
		if err := last(t, f.Machine().Full().Sockets); err == nil || !strings.Contains(err.Error(), "/proc/net/tcp") {
			t.Errorf("%q: %v", line, err)
		}
	}
}

func TestLooks(t *testing.T) {
	t.Parallel()
	before, err := served().Machine().Look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f := served()
	f.Sockets("udp")
	f.End(11)
	f.Process(11, 1, 50, 0, "other", "")  // the number is used again
	f.Process(10, 1, 6, 0, "renamed", "") // it has become another program
	now, err := f.Machine().Look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	processes, sockets := now.Since(before)
	slices.SortFunc(processes, func(a, b machine.ProcessID) int { return int(a.Started) - int(b.Started) })
	equal(t, "processes", processes, []machine.ProcessID{machinetest.ID(10, 6), machinetest.ID(11, 7), machinetest.ID(11, 50)})
	equal(t, "sockets", sockets, []machine.Socket{socket("udp", "127.0.0.1:53", 94)})
	if processes, sockets = now.Since(now); len(processes)+len(sockets) > 0 {
		t.Errorf("since itself there are %v and %v", processes, sockets)
	}
}

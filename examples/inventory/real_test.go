package main

import (
	"cmp"
	"fmt"
	"net"
	"os"
	"os/user"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/reeve-go/reeve/examples/inventory/machine"
)

// onLinux returns a keeper of the machine that the test runs on.
func onLinux(t *testing.T) *keptMachine {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("other systems do not tell their processes")
	}
	return kept(t, machine.Here())
}

// processesOf returns the keys of the processes, as changes show them.
func processesOf(t *testing.T, m *machine.Machine) map[string]machine.Process {
	t.Helper()
	out := map[string]machine.Process{}
	for p, err := range m.Full().Processes(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		out[fmt.Sprintf("pid=%d started=%d boot=%q", p.PID, p.Started, p.Boot)] = p
	}
	return out
}

// A second refresh writes nothing of what is as it was.
func TestTwice(t *testing.T) {
	t.Parallel()
	k := onLinux(t)
	before := processesOf(t, k.from)
	_, first := refreshed(t, k, nil)
	changes, second := refreshed(t, k, nil)
	after := processesOf(t, k.from)

	for _, change := range changes {
		words := strings.SplitN(change, "  ", 4)
		switch words[1] {
		case "sockets", "holders":
		case "processes":
			was, stayed := before[words[2]]
			if stayed && was == after[words[2]] {
				t.Errorf("a process that stayed as it was is written: %s", change)
			}
		default:
			t.Errorf("written twice: %s", change)
		}
	}
	for i, c := range first.Collections {
		if c.Name != "sockets" && c.Name != "holders" && c.Name != "processes" && c.Inserts != second.Collections[i].Unchanged {
			t.Errorf("of %s %d rows were created, and %d were unchanged", c.Name, c.Inserts, second.Collections[i].Unchanged)
		}
	}
}

func TestThisProcessIsFound(t *testing.T) {
	t.Parallel()
	k := onLinux(t)
	refreshed(t, k, nil)
	got := rows(t, k.db, `SELECT p.pid, q.pid, p.uid, coalesce(u.name, ''), p.executable
FROM processes AS p JOIN processes AS q ON q.id = p.parent_id LEFT JOIN users AS u ON u.id = p.user_id WHERE p.pid = ?`, os.Getpid())
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	name := ""
	if u, err := user.LookupId(fmt.Sprint(os.Geteuid())); err == nil {
		name = u.Username
	}
	want := []string{fmt.Sprintln(os.Getpid(), os.Getppid(), os.Geteuid(), name, exe)}
	want[0] = strings.TrimSuffix(want[0], "\n")
	if !slices.Equal(got, want) {
		t.Errorf("this process is %q, want %q", got, want)
	}
}

func TestListeningSocketIsFound(t *testing.T) {
	t.Parallel()
	k := onLinux(t)
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it listens, and nobody comes
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // such is its address
	const query = `SELECT p.pid, s.protocol, s.ip, a.prefix, i.loopback FROM sockets AS s
JOIN holders AS h ON h.socket_id = s.id JOIN processes AS p ON p.id = h.process_id
LEFT JOIN addresses AS a ON a.id = s.address_id LEFT JOIN interfaces AS i ON i.id = a.interface_id WHERE s.port = ? AND s.protocol = 'tcp'`
	refreshed(t, k, nil)
	if got, want := rows(t, k.db, query, port), []string{fmt.Sprintf("%d tcp 127.0.0.1 8 1", os.Getpid())}; !slices.Equal(got, want) {
		t.Errorf("the socket is %q, want %q", got, want)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	refreshed(t, k, nil)
	if got := rows(t, k.db, query, port); len(got) > 0 {
		t.Errorf("the socket is closed, and there is %q", got)
	}
}

// Processes begin and end while the machine is read.
func TestWhileProcessesComeAndGo(t *testing.T) {
	t.Parallel()
	k := onLinux(t)
	stop := make(chan struct{})
	var busy sync.WaitGroup
	busy.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				_, end := sleeper(t)
				end()
			}
		}
	})
	defer busy.Wait()
	defer close(stop)
	for range 5 {
		_, plan := refreshed(t, k, nil)
		for _, c := range plan.Collections {
			if c.Name == "processes" && cmp.Or(c.Refused, c.Duplicates) > 0 {
				t.Errorf("%s: %s", c.Name, c)
			}
		}
	}
}

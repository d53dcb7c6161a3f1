package main

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/examples/inventory/machine"
	"github.com/reeve-go/reeve/examples/inventory/machine/machinetest"
	"github.com/reeve-go/reeve/refresh"
)

// served is a machine with a server of two processes.
func served() *machinetest.Tree {
	f := machinetest.New()
	f.File("proc/self/mountinfo", "27 1 254:0 / / rw - ext4 /dev/vda rw\n30 27 0:3 / /with\\040space ro - tmpfs none rw\n")
	f.Packages("bash 5.1", "zsh 1:5.9")
	f.Sockets("tcp", "0100007F:0050 0A 90", "00000000:1F90 0A 92")
	f.Process(1, 0, 5, 0, "init", "/sbin/init")
	f.Process(10, 1, 6, 1000, "server", "/opt/server")
	f.Process(11, 10, 7, 7, "worker\n(1)", "/opt/server")
	f.Opens(10, 3, "socket:[90]")
	f.Opens(11, 3, "socket:[90]")
	return f
}

// on returns a keeper whose machine can be exchanged.
func on(t *testing.T, f *machinetest.Tree) *keptMachine {
	t.Helper()
	return kept(t, f.Machine())
}

func wantLines(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestTables(t *testing.T) {
	t.Parallel()
	k := on(t, served())
	_, plan := refreshed(t, k, nil)
	wantLines(t, "groups", rows(t, k.db, `SELECT g.name, gid, u.name FROM "groups" AS g
		LEFT JOIN memberships AS m ON m.group_id = g.id LEFT JOIN users AS u ON u.id = m.user_id ORDER BY gid, u.name`),
		"root 0 <nil>", "users 100 ann", "users 100 root")
	wantLines(t, "users", rows(t, k.db, `SELECT u.name, uid, g.name, home, shell FROM users AS u LEFT JOIN "groups" AS g ON g.id = u.group_id ORDER BY uid`),
		"root 0 root /root /bin/sh", "ann 1000 users /home/ann ")
	wantLines(t, "processes", rows(t, k.db, `SELECT p.machine, p.boot, p.pid, p.started, p.name, p.executable, p.uid, u.name, q.name FROM processes AS p
		LEFT JOIN users AS u ON u.id = p.user_id LEFT JOIN processes AS q ON q.id = p.parent_id ORDER BY p.pid`),
		"m b-1 1 5 init /sbin/init 0 root <nil>", "m b-1 10 6 server /opt/server 1000 ann init", `m b-1 11 7 worker\x0a(1) /opt/server 7 <nil> server`)
	wantLines(t, "file systems", rows(t, k.db, `SELECT f.point, f.type, f.source, f.read_only, p.point FROM file_systems AS f
		LEFT JOIN file_systems AS p ON p.id = f.parent_id ORDER BY f.mount`),
		"/ ext4 /dev/vda 0 <nil>", "/with space tmpfs none 1 /")
	wantLines(t, "sockets", rows(t, k.db, `SELECT s.ip, s.port, s.inode, a.ip, i.name, p.pid FROM sockets AS s
		LEFT JOIN addresses AS a ON a.id = s.address_id LEFT JOIN interfaces AS i ON i.id = a.interface_id
		LEFT JOIN holders AS h ON h.socket_id = s.id LEFT JOIN processes AS p ON p.id = h.process_id ORDER BY s.inode, p.pid`),
		"127.0.0.1 80 90 127.0.0.1 lo 10", "127.0.0.1 80 90 127.0.0.1 lo 11", "0.0.0.0 8080 92 <nil> <nil> <nil>")
	wantLines(t, "packages", rows(t, k.db, `SELECT name, architecture, version FROM packages ORDER BY name`), "bash all 5.1", "zsh all 1:5.9")
	if got, want := plan.Unresolved(), []refresh.Unresolved{{Collection: "processes", Column: "user_id", To: "users(uid=7)"}}; !slices.Equal(got, want) {
		t.Errorf("unresolved are %v, want %v", got, want)
	}
}

func TestChanges(t *testing.T) {
	t.Parallel()
	f := served()
	k := on(t, f)
	refreshed(t, k, nil)
	if changes, _ := refreshed(t, k, nil); len(changes) > 0 {
		t.Errorf("nothing has changed, and there is %q", changes)
	}

	f.End(10)
	f.Process(11, 1, 7, 1000, "worker", "/opt/server") // its parent ended, and it has become another user
	f.Opens(11, 3, "socket:[90]")
	f.Process(10, 1, 40, 0, "sh", "/bin/sh") // the number is used again
	f.Sockets("tcp", "0100007F:0050 0A 90")
	f.File("etc/group", "root:x:0:\nusers:x:100:root\n")
	f.Packages("bash 5.2", "zsh 1:5.9")
	changes, _ := refreshed(t, k, nil)
	ids := regexp.MustCompile(`(_id)(=| null → | )(\d+ → )?\d+`) // those of the database mean nothing
	for i := range changes {
		changes[i] = ids.ReplaceAllString(changes[i], "$1$2#")
	}
	slices.Sort(changes)
	wantLines(t, "changes", changes,
		`created  processes  pid=10 started=40 boot="b-1"  name "sh"  executable "/bin/sh"  uid 0  user_id #  parent_id #`,
		`deleted  groups.members  group_id=# user_id=#`,
		`deleted  holders  process_id=# socket_id=#`,
		`deleted  processes  pid=10 started=6 boot="b-1"`,
		`deleted  sockets  protocol="tcp" ip="0.0.0.0" port=8080 inode=92`,
		`updated  packages  installed_by="dpkg" name="bash" architecture="all" slot="-"  version "5.1" → "5.2"`,
		`updated  processes  pid=11 started=7 boot="b-1"  name "worker\\x0a(1)" → "worker"  uid 7 → 1000  user_id null → #  parent_id #`,
	)
}

// After the machine has started again all processes are others, and that is no mistake.
func TestAfterABoot(t *testing.T) {
	t.Parallel()
	f := served()
	k := on(t, f)
	refreshed(t, k, nil)
	f.File("proc/sys/kernel/random/boot_id", "b-2\n")
	f.Sockets("tcp")
	_, plan := refreshed(t, k, nil)
	for _, c := range plan.Collections {
		if c.Name == "processes" && (c.Inserts != 3 || c.Deletes != 3) || c.Name == "sockets" && c.Deletes != 2 {
			t.Errorf("%s: %s", c.Name, c)
		}
	}
}

// A number means a process of the same run of the system: not one of the run before, of which nobody knows yet that it is over.
func TestParentOfAnotherBoot(t *testing.T) {
	t.Parallel()
	f := served()
	k := on(t, f)
	refreshed(t, k, nil)
	f.File("proc/sys/kernel/random/boot_id", "b-2\n")
	targets, err := k.targets([]machine.ProcessID{{Boot: "b-2", PID: 11, Started: 7}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, plan := refreshed(t, k, targets)
	wantLines(t, "processes", rows(t, k.db, `SELECT p.boot, p.pid, q.boot, q.pid FROM processes AS p
		LEFT JOIN processes AS q ON q.id = p.parent_id WHERE p.pid = 11 ORDER BY p.boot`), "b-1 11 b-1 10", "b-2 11 <nil> <nil>")
	want := refresh.Unresolved{Collection: "processes", Column: "parent_id", To: `processes(pid=10 boot="b-2")`}
	if !slices.Contains(plan.Unresolved(), want) {
		t.Errorf("unresolved are %v, want %v", plan.Unresolved(), want)
	}
}

// A socket of IPv6 can wait at an address of IPv4.
func TestMappedAddress(t *testing.T) {
	t.Parallel()
	f := served()
	f.Sockets("tcp6", "0000000000000000FFFF00000100007F:0051 0A 93", "00000000000000000000000001000000:0052 0A 94")
	k := on(t, f)
	refreshed(t, k, nil)
	wantLines(t, "sockets", rows(t, k.db, `SELECT s.port, s.ip, a.ip FROM sockets AS s
		LEFT JOIN addresses AS a ON a.id = s.address_id WHERE protocol = 'tcp6' ORDER BY s.port`),
		"81 ::ffff:127.0.0.1 127.0.0.1", "82 ::1 ::1")
}

// What cannot be read loses no rows, and the rest is kept all the same.
func TestWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	for file, incomplete := range map[string][]string{
		"etc/passwd":          {"users"},
		"proc/self/mountinfo": {"file_systems"},
		"var/lib/dpkg/status": {"packages"},
		"proc":                {"holders", "processes", "sockets"},
		"proc/net/tcp":        {"holders", "sockets"},
		"proc/10/fd":          {"holders"},
		"proc/11/stat":        {"holders", "processes", "sockets"},
		"etc/group":           {"groups", "groups.members"},
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			f := served()
			k := on(t, f)
			_, first := refreshed(t, k, nil)
			f.Fails = func(name string) error {
				if name == file {
					return fs.ErrPermission
				}
				return nil
			}
			f.Packages("bash 5.1", "zsh 1:5.9", "new 1")
			_, plan, err := k.refresh(t.Context(), nil)
			if hidden := file == "proc/10/fd"; errors.Is(err, refresh.ErrFailing) == hidden {
				t.Errorf("%v; what is hidden stays so, all else is to be tried again", err)
			}
			var got []string
			for i, c := range plan.Collections {
				stay := c.Unchanged+c.Kept == first.Collections[i].Inserts || c.Name == "groups.members"
				if c.Deletes > 0 || !stay {
					t.Errorf("%s: %s", c.Name, c)
				}
				if c.Incomplete != "" {
					got = append(got, c.Name)
				}
				if c.Name == "packages" && c.Inserts == 0 && file != "var/lib/dpkg/status" {
					t.Errorf("%s: %s", c.Name, c)
				}
			}
			slices.Sort(got)
			if !slices.Equal(got, incomplete) {
				t.Errorf("%q are incomplete, want %q", got, incomplete)
			}
		})
	}
}

// ran runs the program on a machine.
func ran(t *testing.T, f *machinetest.Tree, args ...string) (stdout string, err error) {
	t.Helper()
	s, err := parseFlags(args)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	err = s.run(t.Context(), f.Machine(), &b, func(format string, args ...any) { t.Errorf(format, args...) })
	return b.String(), err
}

func TestReport(t *testing.T) {
	t.Parallel()
	f, file := served(), newFile(t)
	for pid := range 20 {
		f.Process(100+pid, 1, 9, 12345, "many", "")
	}
	f.File("etc/group", "users:x:100:ghost\n")
	out, err := ran(t, f, "-db", file, "-machine", "m")
	if err != nil {
		t.Fatal(err)
	}
	wantLines(t, "report", strings.Split(out, "\n"),
		"COLLECTION      CREATED  UPDATED  UNCHANGED  DELETED  KEPT  REFUSED",
		"groups          1        0        0          0        0     0",
		"users           2        0        0          0        0     0",
		"processes       23       0        0          0        0     0",
		"file_systems    2        0        0          0        0     0",
		"interfaces      1        0        0          0        0     0",
		"addresses       2        0        0          0        0     0",
		"sockets         2        0        0          0        0     0",
		"holders         2        0        0          0        0     0",
		"packages        2        0        0          0        0     0",
		"groups.members  0        0        0          0        0     0",
		"",
		"UNRESOLVED",
		`  groups.members → users(name="ghost"): not there`,
		`  users.group_id → groups(gid=0): not there`,
		`  processes.user_id → users(uid=12345): not there (20 times)`,
		`  processes.user_id → users(uid=7): not there`,
		"",
	)
}

func TestMostIsGone(t *testing.T) {
	t.Parallel()
	f, file := served(), newFile(t)
	many := make([]string, 100)
	for i := range many {
		many[i] = fmt.Sprintf("p%d 1", i)
	}
	f.Packages(many...)
	if _, err := ran(t, f, "-db", file); err != nil {
		t.Fatal(err)
	}
	f.Packages(many[0])
	_, err := ran(t, f, "-db", file)
	if !errors.Is(err, refresh.ErrFailing) || !strings.Contains(err.Error(), "99 of the 100 rows") {
		t.Fatalf("most packages are gone: %v", err)
	}
	out, err := ran(t, f, "-db", file, "-allow")
	if err != nil || !strings.Contains(out, "packages        0        0        1          99") {
		t.Errorf("-allow: %v\n%s", err, out)
	}
	out, err = ran(t, f, "-db", file, "-plan")
	if err != nil || !strings.Contains(out, "packages        0        0        1          0 ") {
		t.Errorf("after -allow: %v\n%s", err, out)
	}
}

// A system that is not Linux has its interfaces kept, and nothing else is lost.
func TestOtherSystem(t *testing.T) {
	t.Parallel()
	k := on(t, served())
	refreshed(t, k, nil)
	k.from = &machine.Machine{Network: k.from.Network}
	_, plan := refreshed(t, k, nil)
	for _, c := range plan.Collections {
		lacks := c.Name != "interfaces" && c.Name != "addresses"
		if c.Deletes > 0 || (c.Incomplete != "") != lacks {
			t.Errorf("%s: %s, incomplete: %q", c.Name, c, c.Incomplete)
		}
	}
}

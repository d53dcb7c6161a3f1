package machine_test

import (
	"errors"
	"io/fs"
	"net/netip"
	"path"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/reeve-go/reeve/examples/inventory/machine"
	"github.com/reeve-go/reeve/examples/inventory/machine/machinetest"
)

var compared = cmp.Options{
	cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b }),
	cmpopts.EquateEmpty(),
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got, compared); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestProcesses(t *testing.T) {
	t.Parallel()
	f := machinetest.New()
	f.Process(1, 0, 5, 0, "init", "/sbin/init")
	f.Process(2, 0, 5, 0, "kthreadd", "")
	f.Process(40, 1, 70, 1000, "my server", "/opt/my server (deleted)")
	f.File("proc/uptime", "1 2")
	f.File("proc/4x/stat", "no process")
	got := whole(t, f.Machine().Full().Processes(t.Context()))
	equal(t, "processes", got, []machine.Process{
		{ProcessID: machinetest.ID(1, 5), Name: "init", Executable: "/sbin/init"},
		{ProcessID: machinetest.ID(2, 5), Name: "kthreadd"},
		{ProcessID: machinetest.ID(40, 70), Parent: 1, UID: 1000, Name: "my server", Executable: "/opt/my server (deleted)"},
	})
}

// A process can give itself any name.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"a b":                              "a b",
		"(sd-pam)":                         "(sd-pam)",
		") R 1 1":                          ") R 1 1",
		"a\nUid:\t0\t0":                    `a\x0aUid:\x090\x090`,
		"\xff\xfe":                         `\xff\xfe`,
		"\x1b[31m":                         `\x1b[31m`,
		"größe":                            "größe",
		"":                                 "",
		"((((":                             "((((",
		"))))":                             "))))",
		"\u202eevil":                       `\xe2\x80\xaeevil`,
		"\ufffd":                           `\xef\xbf\xbd`,
		"x) S 9 9 9 9 9 9 ":                "x) S 9 9 9 9 9 9 ",
		"kworker/u8:2-ext4-rsv-conversion": "kworker/u8:2",
		"kworker/0:1H+kblockd":             "kworker/0:1H",
		"kworker/0:1":                      "kworker/0:1",
	} {
		f := machinetest.New()
		f.Process(7, 3, 11, 4, name, "/bin/x")
		got := whole(t, f.Machine().Full().Processes(t.Context()))
		equal(t, name, got, []machine.Process{{ProcessID: machinetest.ID(7, 11), Parent: 3, UID: 4, Name: want, Executable: "/bin/x"}})
	}
}

// A process may end before any of its files is read: then it is not there.
func TestVanishingProcesses(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"stat", "status", "exe", "fd"} {
		for _, reason := range []error{fs.ErrNotExist, syscall.ESRCH} {
			f := machinetest.New()
			f.Process(1, 0, 5, 0, "init", "")
			f.Process(8, 1, 6, 0, "short", "")
			f.Sockets("tcp", "0100007F:0050 0A 99")
			f.Opens(1, 0, "socket:[99]")
			f.Fails = func(name string) error {
				if strings.HasPrefix(name, "proc/8/") && path.Base(name) == file {
					return reason
				}
				return nil
			}
			m := f.Machine()
			r := m.Full()
			for _, p := range whole(t, r.Processes(t.Context())) {
				if p.PID == 8 && (file == "stat" || file == "status") {
					t.Errorf("without %s: process 8 is there", file)
				}
			}
			if got := whole(t, r.Holders(t.Context())); len(got) != 1 {
				t.Errorf("without %s: holders %v", file, got)
			}
		}
	}
}

func TestUnreadableProcesses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"8 short":       "no name in parentheses",
		"8 (short) S 1": "fields after the name",
		"8 (s) S x 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 5": "invalid syntax",
	} {
		f := machinetest.New()
		f.File("proc/8/stat", text)
		if _, err := all(t, f.Machine().Full().Processes(t.Context())); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("stat %q: %v, want %q", text, err, want)
		}
	}
	f := machinetest.New()
	f.Process(8, 1, 1, 1, "p", "")
	f.File("proc/8/status", "Name:\tp\n")
	if _, err := all(t, f.Machine().Full().Processes(t.Context())); err == nil || !strings.Contains(err.Error(), "effective user") {
		t.Errorf("status without users: %v", err)
	}
}

func TestAccounts(t *testing.T) {
	t.Parallel()
	r := machinetest.New().Machine().Full()
	equal(t, "users", whole(t, r.Users(t.Context())), []machine.User{
		{Name: "root", Home: "/root", Shell: "/bin/sh"},
		{Name: "ann", UID: 1000, GID: 100, Home: "/home/ann"},
	})
	equal(t, "groups", whole(t, r.Groups(t.Context())), []machine.Group{
		{Name: "root"}, {Name: "users", GID: 100, Members: []string{"ann", "root"}},
	})
}

func TestFileSystems(t *testing.T) {
	t.Parallel()
	f := machinetest.New()
	f.File("proc/self/mountinfo", `27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
30 27 0:3 / /with\040a\134space ro,nosuid shared:1 master:2 - cifs //nas/x rw,password=secret
31 30 0:4 /sub /dav rw - fuse https://ann:secret@nas.example/dav rw
`)
	got := whole(t, f.Machine().Full().FileSystems(t.Context()))
	equal(t, "file systems", got, []machine.FileSystem{
		{Point: "/", Mount: 27, Type: "ext4", Source: "/dev/vda"},
		{Point: `/with a\space`, Mount: 30, Parent: 27, Type: "cifs", Source: "//nas/x", ReadOnly: true},
		{Point: "/dav", Mount: 31, Parent: 30, Type: "fuse", Source: "https://nas.example/dav"},
	})
	for _, line := range []string{"27 1 254:0", "27 1 254:0 / / rw,relatime ext4", "x 1 254:0 / / rw - ext4 a rw"} {
		f.File("proc/self/mountinfo", line+"\n")
		if _, err := all(t, f.Machine().Full().FileSystems(t.Context())); err == nil || !strings.Contains(err.Error(), "/proc/self/mountinfo") {
			t.Errorf("line %q: %v", line, err)
		}
	}
}

func TestPackages(t *testing.T) {
	t.Parallel()
	f := machinetest.New()
	if _, err := all(t, f.Machine().Full().Packages(t.Context())); !errors.Is(err, machine.ErrNotTold) {
		t.Errorf("without dpkg and rpm: %v", err)
	}
	f.File("var/lib/dpkg/status", `Package: adduser
Status: install ok installed
Architecture: all
Version: 3.134
Description: add users
 Package: not this
 .
 Version: 9

Package: gone
Status: deinstall ok config-files
Architecture: all
Version: 1

Package: kept
Status: hold ok installed
Architecture: amd64
Version: 1:2.3-4`)
	equal(t, "packages of dpkg", whole(t, f.Machine().Full().Packages(t.Context())), []machine.Package{
		{"dpkg", "adduser", "all", "3.134"}, {"dpkg", "kept", "amd64", "1:2.3-4"},
	})
}

func TestPackagesOfRPM(t *testing.T) {
	t.Parallel()
	f := machinetest.New()
	f.File("var/lib/rpm/Packages", "")
	m := f.Machine()
	m.RPM = machinetest.RPM("kernel\tx86_64\t0:5.14-1\nkernel\tx86_64\t0:5.15-2\nbash\tx86_64\t1:5.1-9\n", nil)
	equal(t, "packages of rpm", whole(t, m.Full().Packages(t.Context())), []machine.Package{
		{"rpm", "kernel", "x86_64", "5.14-1"}, {"rpm", "kernel", "x86_64", "5.15-2"}, {"rpm", "bash", "x86_64", "1:5.1-9"},
	})
	m.RPM = machinetest.RPM("error: what\n", nil)
	if _, err := all(t, m.Full().Packages(t.Context())); err == nil || !strings.Contains(err.Error(), "rpm answers") {
		t.Errorf("a wrong answer: %v", err)
	}
	m.RPM = machinetest.RPM("", errors.New("locked"))
	if _, err := all(t, m.Full().Packages(t.Context())); err == nil || !strings.Contains(err.Error(), "locked") {
		t.Errorf("rpm fails: %v", err)
	}
}

func TestOnOtherSystems(t *testing.T) {
	t.Parallel()
	r := (&machine.Machine{Network: machinetest.New().Machine().Network}).Full()
	for what, err := range map[string]error{
		"processes": last(t, r.Processes), "groups": last(t, r.Groups), "users": last(t, r.Users),
		"file systems": last(t, r.FileSystems), "sockets": last(t, r.Sockets), "holders": last(t, r.Holders), "packages": last(t, r.Packages),
	} {
		if !errors.Is(err, machine.ErrNotTold) {
			t.Errorf("%s end with %v", what, err)
		}
	}
	if got := whole(t, r.Interfaces(t.Context())); len(got) != 1 {
		t.Errorf("interfaces are %v", got)
	}
}

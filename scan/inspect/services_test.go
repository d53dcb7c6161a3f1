package inspect_test

import (
	"testing"
	"testing/fstest"

	"github.com/reeve-go/reeve/scan/inspect"
)

func units() fstest.MapFS {
	return tree(map[string]string{
		"usr/lib/systemd/system/ssh.service": "[Unit]\nDescription=OpenBSD \\\n# between\n  Secure Shell server\nAfter=network.target auditd.service\n" +
			"[Service]\nType=notify\nExecStart=/usr/sbin/sshd -D $OPTS\n[Install]\nWantedBy=multi-user.target\nAlias=sshd.service\n",
		"etc/systemd/system/multi-user.target.wants/ssh.service":   "-> /usr/lib/systemd/system/ssh.service",
		"etc/systemd/system/x.target.wants/sshd.service":           "-> ../sshd.service",
		"etc/systemd/system/sshd.service":                          "-> /usr/lib/systemd/system/ssh.service",
		"etc/systemd/system/ssh.service.d/override.conf":           "[Service]\nExecStart=\nExecStart=/opt/sshd\nUser=ssh\n",
		"usr/lib/systemd/system/ssh.service.d/override.conf":       "[Service]\nUser=never\n",
		"usr/lib/systemd/system/ssh.service.d/10-vendor.conf":      "[Unit]\nRequires=a.service\n",
		"usr/lib/systemd/system/service.d/all.conf":                "[Unit]\nPartOf=all.target\n",
		"usr/lib/systemd/system/service.d/gone.conf":               "[Unit]\nPartOf=never.target\n",
		"etc/systemd/system/service.d/gone.conf":                   "-> /dev/null",
		"usr/lib/systemd/system/off.service":                       "[Unit]\nDescription=off\n[Install]\nWantedBy=multi-user.target\n",
		"usr/lib/systemd/system/static.service":                    "[Unit]\nDescription=vendor\n",
		"etc/systemd/system/static.service":                        "[Unit]\nDescription=administrator\n",
		"usr/lib/systemd/system/masked.service":                    "[Unit]\nDescription=never\n",
		"etc/systemd/system/masked.service":                        "-> /dev/null",
		"run/systemd/system/empty.service":                         "",
		"usr/lib/systemd/system/getty@.service":                    "[Unit]\nDescription=Getty on %I\n[Install]\nWantedBy=getty.target\n",
		"etc/systemd/system/getty.target.wants/getty@tty1.service": "-> /usr/lib/systemd/system/getty@.service",
		"etc/systemd/system/boot.target.requires/lost.timer":       "-> /usr/lib/systemd/system/lost.timer",
		"etc/systemd/system/linked.service":                        "-> /opt/linked/linked.service",
		"opt/linked/linked.service":                                "[Service]\nExecStart=/opt/linked/run\n",
		"etc/systemd/system/foo-bar.service":                       "[Unit]\nDescription=foo\n",
		"etc/systemd/system/foo-.service.d/x.conf":                 "[Unit]\nDescription=of a prefix\n",
		"etc/systemd/system/README":                                "not a unit",
	})
}

func TestUnits(t *testing.T) {
	t.Parallel()
	f := look(t, inspect.Services(), units(), "")
	same(t, "problems", f.problems, []string(nil))
	same(t, "keys", f.keys(), []string{
		"unit/empty.service", "unit/foo-bar.service", "unit/getty@.service", "unit/getty@tty1.service", "unit/linked.service", "unit/lost.timer",
		"unit/masked.service", "unit/off.service", "unit/ssh.service", "unit/static.service",
	})
	same(t, "ssh", as[inspect.Unit](t, f, "unit/ssh.service"), inspect.Unit{
		State: inspect.UnitEnabled, File: "usr/lib/systemd/system/ssh.service",
		DropIns: []string{
			"usr/lib/systemd/system/ssh.service.d/10-vendor.conf", "usr/lib/systemd/system/service.d/all.conf",
			"etc/systemd/system/ssh.service.d/override.conf",
		},
		Aliases: []string{"sshd.service"}, Description: "OpenBSD  Secure Shell server", EnabledBy: []string{"multi-user.target", "x.target"},
		WantedBy: []string{"multi-user.target"}, Requires: []string{"a.service"}, PartOf: []string{"all.target"},
		After: []string{"network.target", "auditd.service"}, Type: "notify", Exec: []string{"/opt/sshd"}, User: "ssh",
	})
	for name, want := range map[string]inspect.UnitState{
		"off.service": inspect.UnitDisabled, "static.service": inspect.UnitStatic, "masked.service": inspect.UnitMasked,
		"empty.service": inspect.UnitMasked, "getty@.service": inspect.UnitDisabled, "getty@tty1.service": inspect.UnitEnabled,
		"lost.timer": inspect.UnitMissing, "linked.service": inspect.UnitStatic,
	} {
		same(t, name, as[inspect.Unit](t, f, "unit/"+name).State, want)
	}
	same(t, "precedence", as[inspect.Unit](t, f, "unit/static.service").Description, "administrator")
	same(t, "prefix", as[inspect.Unit](t, f, "unit/foo-bar.service").Description, "of a prefix")
	same(t, "linked", as[inspect.Unit](t, f, "unit/linked.service").Exec, []string{"/opt/linked/run"})
	tty := as[inspect.Unit](t, f, "unit/getty@tty1.service")
	same(t, "instance", tty.File+" "+tty.Description, "usr/lib/systemd/system/getty@.service Getty on %I")
}

func TestAliasesThatLeadInACircle(t *testing.T) {
	t.Parallel()
	f := look(t, inspect.Services(), tree(map[string]string{
		"etc/systemd/system/a.service": "-> b.service",
		"etc/systemd/system/b.service": "-> a.service",
		"etc/systemd/system/c.service": "-> nothing.service",
		"etc/systemd/system/d.service": "-> e.service",
		"etc/systemd/system/e.service": "-> f.service",
		"lib/systemd/system/f.service": "[Unit]\nDescription=f\n",
	}), "")
	same(t, "keys", f.keys(), []string{"unit/a.service", "unit/b.service", "unit/c.service", "unit/f.service"})
	same(t, "f", as[inspect.Unit](t, f, "unit/f.service").Aliases, []string{"d.service", "e.service"})
	same(t, "a", as[inspect.Unit](t, f, "unit/a.service").State, inspect.UnitMissing)
}

func TestInitScripts(t *testing.T) {
	t.Parallel()
	m := tree(map[string]string{
		"etc/init.d/ssh": "#!/bin/sh\n\n### BEGIN INIT INFO\n# Provides:\t\tsshd ssh\n# Required-Start:\t$remote_fs $syslog\n# Default-Start:\t2 3 4 5\n" +
			"# Default-Stop:\n# Short-Description:\tSecure shell: server\n# Description:\tlong\n#\tmore\n### END INIT INFO\n# Provides: never\n",
		"etc/rc2.d/S01ssh":          "-> ../init.d/ssh",
		"etc/rc5.d/S01ssh":          "-> ../init.d/ssh",
		"etc/rc0.d/K01ssh":          "-> ../init.d/ssh",
		"etc/rc2.d/S09gone":         "-> ../init.d/gone",
		"etc/rc2.d/README":          "no script",
		"etc/init.d/binary":         "\x00\x01\n\x00",
		"etc/init.d/README":         "no script",
		"etc/rc.d/init.d/functions": "no script",
		"etc/init.d/plain":          "#!/bin/sh\n",
		"etc/rc.d/rc3.d/S50plain":   "-> ../init.d/plain",
	})
	m["etc/init.d/plain"].Mode = 0o755
	f := look(t, inspect.Services(), m, "")
	same(t, "problems", f.problems, []string(nil))
	same(t, "keys", f.keys(), []string{"init/plain", "init/ssh"})
	same(t, "ssh", as[inspect.InitScript](t, f, "init/ssh"), inspect.InitScript{
		File: "etc/init.d/ssh", Description: "Secure shell: server", Start: []string{"2", "5"}, Stop: []string{"0"},
		DefaultStart: []string{"2", "3", "4", "5"}, Provides: []string{"sshd", "ssh"}, Requires: []string{"$remote_fs", "$syslog"},
	})
	same(t, "plain", as[inspect.InitScript](t, f, "init/plain"), inspect.InitScript{File: "etc/init.d/plain", Start: []string{"3"}})
}

func TestBrokenUnitsAreNoted(t *testing.T) {
	t.Parallel()
	f := look(t, inspect.Services(), tree(map[string]string{
		"etc/systemd/system/a.service": "[Unit\nDescription=a\nno setting\n[Service]\nUser=x \\",
	}), "")
	a := as[inspect.Unit](t, f, "unit/a.service")
	same(t, "a", a.Description+" "+a.User, "a x")
	same(t, "problems", f.problems, []string{
		"etc/systemd/system/a.service: line 1 opens a section without the bracket at its end",
		"etc/systemd/system/a.service: line 3 is not of the form Setting=value",
	})
}

package inspect_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/reeve-go/reeve/scan/inspect"
)

// packagesOf parses a status file.
func packagesOf(status string) (packages map[string]inspect.Package, problems []string) {
	packages = map[string]inspect.Package{}
	problems = inspect.ParseDpkg([]byte(status), func(p inspect.Package) error {
		packages["dpkg/"+p.Name+":"+p.Arch] = p
		return nil
	})
	return packages, problems
}

// sound fails if a fact is not what JSON can take as it is.
func sound(t *testing.T, v any) {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil || !utf8.Valid(b) || bytes.Contains(b, []byte(`\ufffd`)) {
		t.Errorf("%q: %v", b, err)
	}
}

var errEnough = errors.New("enough")

func FuzzDpkg(f *testing.F) {
	f.Add([]byte("Package: a\nStatus: install ok installed\n\nPackage: b\n"))
	f.Add([]byte("Package: a\r\nSource: x (1)\r\n\r\n"))
	f.Add([]byte("\xff: \n:\n \n\x00"))
	f.Add([]byte("Installed-Size: -1\n\n\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		n := 0
		first := inspect.ParseDpkg(b, func(p inspect.Package) error {
			n++
			sound(t, p)
			if p.Name == "" || p.State == "" || p.Size < 0 {
				t.Errorf("%+v", p)
			}
			return nil
		})
		if n > bytes.Count(bytes.ToLower(b), []byte("package")) || len(first) > 4*(1+bytes.Count(b, []byte("\n"))) {
			t.Errorf("%d packages, %d problems", n, len(first))
		}
		// An error of the receiver ends it at once.
		again := 0
		inspect.ParseDpkg(b, func(inspect.Package) error { again++; return errEnough })
		if again > 1 {
			t.Errorf("went on %d times", again)
		}
	})
}

func FuzzAccounts(f *testing.F) {
	f.Add([]byte("root:x:0:0:root:/root:/bin/sh\n"), []byte("root:x:0:a,b\n"), []byte("root:!$6$x:19000:::::3:\n"))
	f.Add([]byte("+::::::\n\x00\n"), []byte("-\n:::\n"), []byte("::::::::\n"))
	f.Fuzz(func(t *testing.T, passwd, group, shadow []byte) {
		users, groups, problems := inspect.ParseAccounts(passwd, group, shadow)
		sound(t, users)
		sound(t, groups)
		for _, p := range problems {
			if strings.Contains(p, "$6$") {
				t.Error(p)
			}
		}
	})
}

func FuzzOSRelease(f *testing.F) {
	f.Add([]byte("ID=debian\nNAME=\"a \\\" b\"\nX='y'\n# no\n=\n"))
	f.Add([]byte("A=\"\nB='\\\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		fields, _ := inspect.ParseOSRelease(b)
		sound(t, fields)
	})
}

func FuzzUnit(f *testing.F) {
	f.Add([]byte("[Unit]\nDescription=a \\\n# c\n b\nAfter=\nAfter=x y\n[Install]\nWantedBy=multi-user.target\n"))
	f.Add([]byte("[\n]\n=\n[]\n\\"))
	f.Fuzz(func(t *testing.T, b []byte) {
		unit, _ := inspect.ParseUnit(b)
		sound(t, unit)
		for name, values := range unit {
			for _, v := range values {
				if v == "" || strings.ContainsAny(v, "\n") {
					t.Errorf("%s=%q", name, v)
				}
			}
		}
	})
}

func FuzzInit(f *testing.F) {
	f.Add([]byte("#!/bin/sh\n### BEGIN INIT INFO\n# Provides: x\n# Default-Start: 2 3\n### END INIT INFO\n"))
	f.Add([]byte("### BEGIN INIT INFO\n:::\n#\x00\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, header, problems := inspect.ParseInit(b)
		sound(t, s)
		if !header && (s.Description != "" || len(problems) > 0) {
			t.Errorf("%+v, %q", s, problems)
		}
	})
}

func FuzzSystem(f *testing.F) {
	f.Add([]byte("auto eth0\niface eth0 inet static\n address 10.0.0.2/24\n gateway 10.0.0.1\n"))
	f.Add([]byte("nameserver 1.1.1.1\nsearch a b\noptions x\nPASS_MAX_DAYS\t99\n"))
	f.Add([]byte("iface\niface a b c\nnetmask 1\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		networks, _ := inspect.ParseNetwork(b)
		resolver, policy, _ := inspect.ParseSystem(b)
		for _, v := range []any{networks, resolver, policy} {
			sound(t, v)
		}
	})
}

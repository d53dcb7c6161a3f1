package inspect_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/scan/inspect"
)

const noBinaries = `{"binaries":[]}`

func TestPackages(t *testing.T) {
	t.Parallel()
	f := look(t, inspect.Software(), tree(map[string]string{
		"var/lib/dpkg/status": "Package: libc6\nStatus: install ok installed\nPriority: optional\nSection: libs\nInstalled-Size: 13000\n" +
			"Maintainer: GNU Libc Maintainers <libc@example.org>\nArchitecture: amd64\nMulti-Arch: same\nSource: glibc (2.36-9)\nVersion: 2.36-9+b1\n" +
			"Depends: libgcc-s1,\n libcrypt1\nDescription: GNU C Library: Shared libraries\n Contains the standard libraries.\n .\n Version: no\n" +
			"Homepage: https://example.org/libc\n\n\n" +
			"package: libc6\r\nSTATUS: hold ok installed\r\nArchitecture: i386\r\nVersion: 2.36-9\r\n\r\n" +
			"Package: gone\nStatus: deinstall ok config-files\nArchitecture: all\nVersion: 1",
		"var/lib/dpkg/status.d/tzdata":         "Package: tzdata\nArchitecture: all\nVersion: 2024a-0\nSource: tz\n",
		"var/lib/dpkg/status.d/tzdata.md5sums": "0123  usr/share/zoneinfo\n",
	}), noBinaries)
	same(t, "problems", f.problems, []string(nil))
	same(t, "keys", f.keys(), []string{"dpkg/gone:all", "dpkg/libc6:amd64", "dpkg/libc6:i386", "dpkg/tzdata:all"})
	same(t, "libc6", as[inspect.Package](t, f, "dpkg/libc6:amd64"), inspect.Package{
		Name: "libc6", Version: "2.36-9+b1", Arch: "amd64", Source: "glibc", SourceVersion: "2.36-9", Section: "libs",
		Maintainer: "GNU Libc Maintainers <libc@example.org>", Homepage: "https://example.org/libc",
		Description: "GNU C Library: Shared libraries", State: "installed", Size: 13000 << 10,
	})
	same(t, "i386", as[inspect.Package](t, f, "dpkg/libc6:i386"), inspect.Package{
		Name: "libc6", Version: "2.36-9", Arch: "i386", State: "installed", Hold: true,
	})
	same(t, "gone", as[inspect.Package](t, f, "dpkg/gone:all").State, "config-files")
	same(t, "tzdata", as[inspect.Package](t, f, "dpkg/tzdata:all"), inspect.Package{
		Name: "tzdata", Version: "2024a-0", Arch: "all", Source: "tz", State: "installed",
	})
}

func TestBrokenStanzasAreNoted(t *testing.T) {
	t.Parallel()
	f := look(t, inspect.Software(), tree(map[string]string{"var/lib/dpkg/status": "Version: 1\nArchitecture: all\n\n" +
		"Package: a\nno field\nStatus: broken\nInstalled-Size: much\nArchitecture: all\n\n" +
		" only a continuation\n\n" +
		"Package: \n\n" +
		"Package: b\nPackage: c\nArchitecture: all\nDescription: caf\xe9\n\n" +
		"Package: a\nArchitecture: all\nMaintainer: nul\x00\n\n" +
		"Package: d\nDepends: " + strings.Repeat("x", 3<<20) + "\nVersion: 7\n"}), noBinaries)
	same(t, "keys", f.keys(), []string{"dpkg/a:all", "dpkg/a:all#2", "dpkg/b:all", "dpkg/d:"})
	same(t, "a", as[inspect.Package](t, f, "dpkg/a:all"), inspect.Package{Name: "a", Arch: "all", State: "unknown"})
	same(t, "b", as[inspect.Package](t, f, "dpkg/b:all"), inspect.Package{Name: "b", Arch: "all", State: "installed", Description: `caf\xe9`})
	same(t, "d", as[inspect.Package](t, f, "dpkg/d:").Version, "7")
	const at = "var/lib/dpkg/status: line "
	same(t, "problems", f.problems, []string{
		at + "3 ends a stanza without the name of a package",
		at + "5 is no field of a package: it has no colon after a name",
		at + "9 ends a stanza whose status is not three words",
		at + "9 ends a stanza whose installed size is no number",
		at + "13 ends a stanza without the name of a package",
		at + "15 says package a second time",
		at + "21 has NUL bytes",
		at + "22 ends a stanza of a package that was there before: a",
		at + "24 is longer than 1048576 bytes",
	})
}

// What is written as a status file comes out as it went in, however it is laid out.
func TestAnyPackagesComeOutAsTheyWentIn(t *testing.T) {
	t.Parallel()
	word := rapid.StringMatching(`[a-z0-9][a-z0-9+.-]{0,20}`)
	line := rapid.StringMatching(`[!-~]([ -~]{0,40}[!-~])?`)
	rapid.Check(t, func(t *rapid.T) {
		want := map[string]inspect.Package{}
		var status strings.Builder
		for range rapid.IntRange(0, 20).Draw(t, "packages") {
			p := inspect.Package{
				Name: word.Draw(t, "name"), Version: word.Draw(t, "version"), Arch: word.Draw(t, "arch"), Source: word.Draw(t, "source"),
				SourceVersion: rapid.OneOf(word, rapid.Just("")).Draw(t, "source version"), Section: word.Draw(t, "section"),
				Description: line.Draw(t, "description"), Size: rapid.Int64Range(0, 1<<40).Draw(t, "size") << 10,
				State: rapid.SampledFrom([]string{"installed", "config-files", "half-installed"}).Draw(t, "state"), Hold: rapid.Bool().Draw(t, "hold"),
			}
			key := "dpkg/" + p.Name + ":" + p.Arch
			if _, doubled := want[key]; doubled {
				continue
			}
			want[key] = p
			end := rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "end")
			for _, f := range rapid.Permutation(fieldsOf(p)).Draw(t, "fields") {
				status.WriteString(strings.ReplaceAll(f, "\n", end) + end)
			}
			status.WriteString(rapid.SampledFrom([]string{end, end + end, " " + end}).Draw(t, "gap"))
		}
		parsed, problems := packagesOf(status.String())
		if fmt.Sprint(parsed) != fmt.Sprint(want) || len(problems) > 0 {
			t.Fatalf("got %v, %v\nwant %v\nof %q", parsed, problems, want, status.String())
		}
	})
}

func fieldsOf(p inspect.Package) []string {
	wish, source := "install", p.Source
	if p.Hold {
		wish = "hold"
	}
	if p.SourceVersion != "" {
		source += " (" + p.SourceVersion + ")"
	}
	return []string{
		"Package: " + p.Name, "Version:" + p.Version, "Architecture:  " + p.Arch, "Source: " + source, "Section: " + p.Section,
		"Description: " + p.Description + "\n Package: in a text\n .", "Status: " + wish + " ok " + p.State,
		fmt.Sprintf("Installed-Size: %d", p.Size>>10), "Conffiles:\n /etc/x 0123", "X-Other: a: b",
	}
}

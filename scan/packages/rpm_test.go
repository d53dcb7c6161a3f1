package packages_test

import (
	"encoding/binary"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/packages"
	"github.com/reeve-go/reeve/scan/scantest"
)

// rpmForms are the forms of one database, made as testdata/README.md says.
var rpmForms = []string{"rpmdb.sqlite", "Packages.db", "Packages"}

// asRPMSays returns facts as rpm's own query says them.
func asRPMSays(f found) string {
	var lines []string
	for _, p := range f.facts {
		lines = append(lines, fmt.Sprintf("%s\t%s\t%s\t%s\t%d\n", p.Name, p.Version, p.Arch, p.License, p.Size))
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

func TestRPMKeepsItsContract(t *testing.T) {
	t.Parallel()
	var trees []fs.FS
	for _, form := range rpmForms {
		trees = append(trees, rpmTree(form, unzipped(t, "rpm/"+form+".gz")))
	}
	temp := t.TempDir()
	t.Cleanup(func() { empty(t, temp) })
	scantest.TestScanner(t, packages.RPM(&packages.Options{Temp: temp}), nil, trees...)
}

func TestRPMTellsWhatRPMSays(t *testing.T) {
	t.Parallel()
	want, err := os.ReadFile(filepath.Join("testdata", "rpm", "rpm-qa.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, form := range rpmForms {
		f := look(t, packages.RPM(nil), rpmTree(form, unzipped(t, "rpm/"+form+".gz")), "")
		same(t, form, asRPMSays(f), string(want))
		same(t, form, f.problems, []string(nil))
		same(t, form, f.keys(), []string{
			"rpm/hello:noarch", "rpm/kernel:noarch=5.14.0-162.el9", "rpm/kernel:noarch=5.14.0-70.el9", "rpm/tool:noarch",
		})
		p := f.facts["rpm/hello:noarch"]
		if age := time.Since(p.InstalledAt); age < 0 || p.InstalledAt.IsZero() {
			t.Errorf("installed %v", p.InstalledAt)
		}
		p.InstalledAt = time.Time{}
		want := packages.Package{License: "GPL-3.0-or-later", Vendor: "Example"}
		want.Name, want.Version, want.Arch, want.Source, want.SourceVersion = "hello", "2.10-3", "noarch", "hello", "2.10-3"
		want.Section, want.Maintainer, want.Homepage = "Tools", "Ann <ann@example.org>", "https://example.org/hello"
		want.Description, want.State = "The hello that is not there", packages.Installed
		same(t, form, p, want)
	}
}

// What rpm itself says today of the databases that it can read.
func TestRPMBesideTheRealOne(t *testing.T) {
	t.Parallel()
	rpm, err := exec.LookPath("rpm")
	if err != nil {
		t.Skip("there is no rpm")
	}
	for form, backend := range map[string]string{"rpmdb.sqlite": "sqlite", "Packages": "bdb_ro"} {
		b := unzipped(t, "rpm/"+form+".gz")
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, form), b, 0o600); err != nil {
			t.Fatal(err)
		}
		format := `%{NAME}\t%|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE}\t%{ARCH}\t%{LICENSE}\t%{SIZE}\n`
		out, err := exec.CommandContext(t.Context(), rpm, "--define", "_db_backend "+backend, "--dbpath", folder, "-qa", "--qf", format).Output()
		if err != nil {
			t.Fatal(err)
		}
		if len(out) == 0 {
			t.Logf("this rpm does not read %s", form)
			continue
		}
		lines := strings.SplitAfter(string(out), "\n")
		slices.Sort(lines)
		same(t, form, asRPMSays(look(t, packages.RPM(nil), rpmTree(form, b), "")), strings.Join(lines, ""))
	}
}

func TestRPMWhereItLooks(t *testing.T) {
	t.Parallel()
	b := unzipped(t, "rpm/rpmdb.sqlite.gz")
	moved := fstest.MapFS{
		"usr/lib/sysimage/rpm/rpmdb.sqlite": {Data: b},
		"usr/lib/sysimage/rpm/Packages":     {Data: []byte("left over")},
		"var/lib/rpm":                       {Data: []byte("../../usr/lib/sysimage/rpm"), Mode: fs.ModeSymlink | 0o777},
	}
	f := look(t, packages.RPM(nil), moved, "")
	same(t, "packages", len(f.facts), 4)
	same(t, "problems", f.problems, []string(nil))
	f = look(t, packages.RPM(nil), fstest.MapFS{"srv/db": {Data: b}}, `{"databases":["srv/db","srv/none"]}`)
	same(t, "packages", len(f.facts), 4)
	same(t, "problems", f.problems, []string(nil))
	f = look(t, packages.RPM(nil), fstest.MapFS{"srv/db": {Data: b}}, "")
	same(t, "packages", len(f.facts), 0)
	for _, config := range []string{`{"databases":["/etc"]}`, `{"max_database":-1}`, `{"other":1}`, `{} {}`} {
		if f := look(t, packages.RPM(nil), moved, config); f.err == nil || len(f.facts) > 0 {
			t.Errorf("%s: %v", config, f.err)
		}
	}
}

// What SQLite has written ahead of the database belongs to it.
func TestRPMReadsWhatWasWrittenAhead(t *testing.T) {
	t.Parallel()
	db, wal := unzipped(t, "rpm/ahead.sqlite.gz"), unzipped(t, "rpm/ahead.sqlite-wal.gz")
	f := look(t, packages.RPM(nil), fstest.MapFS{"var/lib/rpm/rpmdb.sqlite": {Data: db}, "var/lib/rpm/rpmdb.sqlite-wal": {Data: wal}}, "")
	same(t, "keys", f.keys(), []string{"rpm/hello:noarch", "rpm/kernel:noarch=5.14.0-162.el9", "rpm/kernel:noarch=5.14.0-70.el9", "rpm/tool:noarch"})
	same(t, "problems", f.problems, []string(nil))
	f = look(t, packages.RPM(nil), rpmTree("rpmdb.sqlite", db), "")
	same(t, "keys without it", f.keys(), []string{"rpm/kernel:noarch=5.14.0-162.el9", "rpm/kernel:noarch=5.14.0-70.el9", "rpm/tool:noarch"})
}

// header returns the header of a package with texts, and epoch 0 if it is told twice.
func header(texts map[uint32]string) []byte {
	var entries, data []byte
	for tag, s := range texts {
		for _, v := range []uint32{tag, 6, uint32(len(data)), 1} {
			entries = binary.BigEndian.AppendUint32(entries, v)
		}
		data = append(append(data, s...), 0)
	}
	b := binary.BigEndian.AppendUint32(nil, uint32(len(texts)))
	b = binary.BigEndian.AppendUint32(b, uint32(len(data)))
	return append(append(b, entries...), data...)
}

func TestRPMHeaders(t *testing.T) {
	t.Parallel()
	p, err := packages.ParseRPM(header(map[uint32]string{1000: "a", 1001: "1", 1022: "(none)", 1014: "caf\xe9", 1044: "a-b-1-2.src.rpm"}))
	if err != nil {
		t.Fatal(err)
	}
	want := packages.Package{License: `caf\xe9`}
	want.Name, want.Version, want.State, want.Source, want.SourceVersion = "a", "1", packages.Installed, "a-b", "1-2"
	same(t, "package", *p, want)
	good := header(map[uint32]string{1000: "a", 1001: "1"})
	for n := range good {
		if p, err := packages.ParseRPM(good[:n]); err == nil {
			t.Errorf("of %d bytes: %+v", n, p)
		}
	}
	for _, texts := range []map[uint32]string{{1000: "a"}, {1001: "1"}, {1000: "", 1001: "1"}, {1000: "a\nb", 1001: "1"}, {1000: strings.Repeat("a", 300), 1001: "1"}} {
		if p, err := packages.ParseRPM(header(texts)); err == nil {
			t.Errorf("%v: %+v", texts, p)
		}
	}
}

// One package that is broken costs that package, and the rest is told.
func TestRPMWithOneBrokenPackage(t *testing.T) {
	t.Parallel()
	b := unzipped(t, "rpm/Packages.db.gz")
	first := 4096
	binary.BigEndian.PutUint32(b[first+16:], 1<<30)
	f := look(t, packages.RPM(nil), rpmTree("Packages.db", b), "")
	if len(f.facts) != 3 || len(f.problems) != 1 || f.err != nil {
		t.Errorf("%v, %q, %v", f.keys(), f.problems, f.err)
	}
}

func TestRPMLimits(t *testing.T) {
	t.Parallel()
	temp := t.TempDir()
	for _, form := range rpmForms {
		tree := rpmTree(form, unzipped(t, "rpm/"+form+".gz"))
		f := look(t, packages.RPM(&packages.Options{Temp: temp}), tree, `{"max_database":1000}`)
		if len(f.facts) > 0 || len(f.problems) != 1 || f.err != nil || !strings.Contains(f.problems[0], "1000 are the most") {
			t.Errorf("%v, %q, %v", f.keys(), f.problems, f.err)
		}
		f = lookWithin(t, packages.RPM(&packages.Options{Temp: temp}), tree, "", scan.Limits{File: 1000})
		if len(f.facts) > 0 || len(f.problems) != 1 || f.err != nil {
			t.Errorf("%v, %q, %v", f.keys(), f.problems, f.err)
		}
	}
	empty(t, temp)
}

// That the agent has no room for a copy is no fault of the target.
func TestRPMWithoutRoom(t *testing.T) {
	t.Parallel()
	s := packages.RPM(&packages.Options{Temp: filepath.Join(t.TempDir(), "none")})
	inspector, err := scan.NewInspector(&scantest.MemoryBlobs{}, []scan.Scanner{s}, nil)
	if err != nil {
		t.Fatal(err)
	}
	results, err := inspector.Inspect(t.Context(), rpmTree("Packages", []byte("x")), scan.Inspection{
		Target: "t", Categories: []scan.Category{{Name: s.Categories()[0]}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if r := results[0]; r.Outcome != scan.Failed || r.Class != scan.Lost || !strings.Contains(r.Error, "no room for a copy of the database: ") {
		t.Errorf("%s, %s: %s", r.Outcome, r.Class, r.Error)
	}
}

// What only looks like a table of packages is not asked: it would run what somebody else wrote.
func TestRPMRunsNothing(t *testing.T) {
	t.Parallel()
	for _, schema := range []string{
		"CREATE VIEW Packages AS WITH RECURSIVE n(blob) AS (VALUES(1) UNION ALL SELECT blob+1 FROM n) SELECT blob FROM n",
		"CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob AS (zeroblob(1000000000))); INSERT INTO Packages(hnum) VALUES (1)",
		"CREATE TABLE Packages (hnum INTEGER PRIMARY KEY)",
		"CREATE TABLE other (x)",
	} {
		f := look(t, packages.RPM(nil), rpmTree("rpmdb.sqlite", sqliteFile(t, schema)), "")
		if len(f.facts) > 0 || len(f.problems) != 1 || f.err != nil {
			t.Errorf("%s: %v, %q, %v", schema, f.keys(), f.problems, f.err)
		}
	}
}

// Pages that lead in a circle, to nowhere or out of the page: what makes others run for ever, or panic, is said.
func TestRPMWhosePagesLeadAstray(t *testing.T) {
	t.Parallel()
	const page = 512
	for what, damage := range map[string]func(n uint32, page []byte){
		"a page follows itself": func(n uint32, page []byte) {
			if page[25] == 7 {
				binary.LittleEndian.PutUint32(page[16:], n)
			}
		},
		"a page is of another sort": func(_ uint32, page []byte) {
			if page[25] == 7 {
				page[25] = 6
			}
		},
		"values lie outside of their page": func(_ uint32, page []byte) {
			if page[25] == 2 || page[25] == 13 {
				for i := range binary.LittleEndian.Uint16(page[20:]) {
					binary.LittleEndian.PutUint16(page[26+2*i:], 511)
				}
				page[511] = 3
			}
		},
		"values lie beyond their page": func(_ uint32, page []byte) {
			if page[25] == 2 || page[25] == 13 {
				for i := range binary.LittleEndian.Uint16(page[20:]) {
					binary.LittleEndian.PutUint16(page[26+2*i:], 512)
				}
			}
		},
		"a page of values is of another sort": func(_ uint32, page []byte) {
			if page[25] == 2 || page[25] == 13 {
				page[25] = 9
			}
		},
		"a page has more values than bytes": func(_ uint32, page []byte) {
			if page[25] == 2 || page[25] == 13 {
				binary.LittleEndian.PutUint16(page[20:], 0xfffe)
			}
		},
	} {
		b := unzipped(t, "rpm/Packages.gz")
		for n := 1; n < len(b)/page; n++ {
			damage(uint32(n), b[n*page:][:page])
		}
		f := look(t, packages.RPM(nil), rpmTree("Packages", b), "")
		if len(f.problems) == 0 || f.err != nil {
			t.Errorf("%s: %v, %q, %v", what, f.keys(), f.problems, f.err)
		}
	}
}

// However many slots point at one package, no more is read than there is.
func TestRPMWhosePackagesOverlap(t *testing.T) {
	t.Parallel()
	b := unzipped(t, "rpm/Packages.db.gz")
	for at := 48; at < 4096; at += 16 {
		copy(b[at:], b[32:48])
	}
	f := look(t, packages.RPM(nil), rpmTree("Packages.db", b), "")
	if len(f.facts) != 1 || f.err != nil || !slices.ContainsFunc(f.problems, func(s string) bool { return strings.Contains(s, "overlap") }) {
		t.Errorf("%v, %q, %v", f.keys(), f.problems, f.err)
	}
}

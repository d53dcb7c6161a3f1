package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	cdx "github.com/CycloneDX/cyclonedx-go"

	"github.com/reeve-go/reeve/scan"
)

// A machine is a folder that looks like the root of one.
type machine struct {
	testing.TB

	folder, db string
}

func newMachine(t testing.TB) *machine {
	t.Helper()
	m := &machine{TB: t, folder: t.TempDir(), db: filepath.Join(t.TempDir(), "inventory.db")}
	m.put("etc/os-release", "ID=debian\nVERSION_ID=12\n")
	m.put("var/lib/dpkg/status", "Package: bash\nStatus: install ok installed\nArchitecture: amd64\nVersion: 5.2\n\n"+
		"Package: tar\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.34\n")
	m.put("srv/node_modules/left-pad/package.json", `{"name":"left-pad","version":"1.0.0","license":"MIT"}`)
	return m
}

func (m *machine) put(name, content string) {
	m.Helper()
	name = filepath.Join(m.folder, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		m.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		m.Fatal(err)
	}
}

// run runs the program on the machine, and returns what it wrote, with single spaces.
func (m *machine) run(code int, args ...string) string {
	m.Helper()
	var stdout, stderr bytes.Buffer
	args = append([]string{"-target", m.folder, "-name", "m", "-db", m.db}, args...)
	if got := run(m.Context(), args, &stdout, &stderr); got != code {
		m.Fatalf("%q: exit code %d; %d was expected\n%s%s", args, got, code, &stdout, &stderr)
	}
	return stdout.String() + stderr.String()
}

// shows fails if a text does not contain lines, whatever the width of their columns.
func (m *machine) shows(text string, lines ...string) {
	m.Helper()
	words := strings.Join(strings.Fields(text), " ")
	for _, line := range lines {
		if !strings.Contains(words, line) {
			m.Errorf("%q is not in\n%s", line, text)
		}
	}
}

func TestTheSecondRunShowsWhatHasChanged(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.shows(m.run(0),
		"npm ok 1", "software ok 2", `created targets name="m" system "debian" version "12"`,
		`created packages kind="npm" name="left-pad" arch="-"`, `place="dpkg/bash:amd64" version "5.2" state "installed"`,
		"targets 1 0 0 0 0 0", "packages 3 0 0 0 0 0", "installed 3 0 0 0 0 0")

	m.shows(m.run(0), "targets 0 0 1 0 0 0", "packages 0 0 3 0 0 0", "installed 0 0 3 0 0 0")

	m.put("srv/node_modules/left-pad/package.json", `{"name":"left-pad","version":"2.0.0","license":"MIT"}`)
	m.put("var/lib/dpkg/status", "Package: bash\nStatus: install ok installed\nArchitecture: amd64\nVersion: 5.2\n")
	m.put("usr/lib/python3/x.dist-info/METADATA", "Name: x\nVersion: 1\n")
	m.shows(m.run(0),
		`version "1.0.0" → "2.0.0"`, `deleted packages kind="dpkg" name="tar" arch="amd64"`, `created packages kind="python" name="x" arch="-"`,
		"packages 1 0 2 1 0 0", "installed 1 1 1 1 0 0")

	// Another target has rows of its own.
	other := newMachine(t)
	other.db = m.db
	other.shows(other.run(0, "-name", "other"), "packages 3 0 0 0 0 0")
}

// What cannot be read is not gone.
func TestWhatIsBrokenIsKept(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.run(0)
	m.put("srv/node_modules/left-pad/package.json", "{")
	m.shows(m.run(0), "npm partial 0", "NOT READ", "srv/node_modules/left-pad/package.json", "NOT ALL READ", "packages 0 0 2 0 1 0", "installed 0 0 2 0 1 0")
}

// What was not looked at, whatever came of it, is not gone either: neither packages, nor which system the target has.
func TestWhatFailedIsKept(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.run(0)
	s, err := parseFlags([]string{"-target", m.folder, "-name", "m", "-db", m.db})
	if err != nil {
		t.Fatal(err)
	}
	const nothing = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	for outcome, digest := range map[scan.Outcome]scan.Digest{scan.Failed: "", scan.Skipped: "", scan.Partial: nothing} {
		found, err := s.look(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range found.results {
			found.results[i] = scan.Result{Category: r.Category, Outcome: outcome, Digest: digest, Error: "it went wrong"}
		}
		var shown bytes.Buffer
		if err := errors.Join(s.keep(t.Context(), &shown, found), found.close()); err != nil {
			t.Fatal(err)
		}
		m.shows(shown.String(), "npm "+string(outcome)+" 0", "NOT ALL READ", "targets 0 0 1 0 0 0", "packages 0 0 0 0 3 0", "installed 0 0 0 0 3 0")
	}
	m.shows(m.run(0), "targets 0 0 1 0 0 0", "packages 0 0 3 0 0 0", "installed 0 0 3 0 0 0")

	release := filepath.Join(m.folder, "etc", "os-release")
	if err := errors.Join(os.Remove(release), os.Mkdir(release, 0o700)); err != nil {
		t.Fatal(err)
	}
	m.shows(m.run(0), "system partial", "targets 0 0 1 0 0 0")
	fresh := newMachine(t)
	fresh.folder = m.folder
	fresh.shows(fresh.run(0), "targets 1 0 0 0 0 0", "packages 3 0 0 0 0 0")
}

func TestTheBillOfMaterials(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	for name, format := range map[string]cdx.BOMFileFormat{"bom.json": cdx.BOMFileFormatJSON, "bom.xml": cdx.BOMFileFormatXML} {
		file := filepath.Join(t.TempDir(), name)
		m.run(0, "-cyclonedx", file)
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		var bom cdx.BOM
		if err := cdx.NewBOMDecoder(f, format).Decode(&bom); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
		if n := len(*bom.Components); n != 3 || (*bom.Components)[2].PackageURL != "pkg:npm/left-pad@1.0.0" {
			t.Errorf("%s: %d components, %+v", name, n, (*bom.Components)[n-1])
		}
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	var r struct {
		Manager     string
		Collections []struct{ Name string }
		Results     []struct{ Category, Outcome string }
	}
	if err := json.Unmarshal([]byte(m.run(0, "-json")), &r); err != nil {
		t.Fatal(err)
	}
	if r.Manager != "m" || len(r.Collections) != 3 || len(r.Results) != 5 || r.Results[1].Category != "npm" || r.Results[1].Outcome != "ok" {
		t.Errorf("%+v", r)
	}
}

func TestFlags(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.shows(m.run(0, "-help"), "-cyclonedx file", "Exit codes")
	m.shows(m.run(2, "more"), "more than flags")
	m.shows(m.run(2, "-what"), "-help says what is right")
	m.shows(m.run(2, "-target", ""), "a folder is right")
	m.shows(m.run(1, "-target", filepath.Join(m.folder, "none")), "none")
	m.shows(m.run(1, "-cyclonedx", filepath.Join(m.folder, "no", "folder.json")), "no such file")
}

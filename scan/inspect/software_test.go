package inspect_test

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/reeve-go/reeve/scan/inspect"
)

// self returns this test, which is a program that was built by Go.
func self(t testing.TB) []byte {
	t.Helper()
	name, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(b), "\x7fELF") {
		t.Skip("programs of this system are not ELF files")
	}
	return b
}

func TestGoPrograms(t *testing.T) {
	t.Parallel()
	m := fstest.MapFS{
		"usr/local/bin/tool": {Data: self(t), Mode: 0o755},
		"home/ann/go/bin/x":  {Data: self(t), Mode: 0o755},
		"opt/a/b/c":          {Data: self(t), Mode: 0o700},
		"usr/bin/data":       {Data: self(t), Mode: 0o644},
		"usr/bin/script":     {Data: []byte("#!/bin/sh\n"), Mode: 0o755},
		"usr/bin/short":      {Data: []byte("\x7fE"), Mode: 0o755},
		"usr/bin/broken":     {Data: self(t)[:100_000], Mode: 0o755},
		"usr/bin/link":       {Data: []byte("../local/bin/tool"), Mode: fs.ModeSymlink | 0o777},
		"srv/not/looked/at":  {Data: self(t), Mode: 0o755},
	}
	f := look(t, inspect.Software(), m, "")
	same(t, "keys", f.keys(), []string{"go/home/ann/go/bin/x", "go/opt/a/b/c", "go/usr/local/bin/tool"})
	same(t, "problems", f.problems, []string(nil))
	p := as[inspect.GoProgram](t, f, "go/usr/local/bin/tool")
	if p.Go != runtime.Version() || p.Main == nil || p.Main.Path != "github.com/reeve-go/reeve" || p.Settings["GOOS"] != runtime.GOOS {
		t.Errorf("%+v", p)
	}
	f = look(t, inspect.Software(), m, `{"binaries":["srv/**"]}`)
	same(t, "keys", f.keys(), []string{"go/srv/not/looked/at"})
	f = look(t, inspect.Software(), m, `{"binaries":["srv/**"],"max_binary":1000}`)
	same(t, "keys", f.keys(), []string(nil))
	same(t, "problems", len(f.problems), 1)
}

func TestModulesOfAGoProgram(t *testing.T) {
	t.Parallel()
	p := inspect.GoProgramOf(&debug.BuildInfo{
		GoVersion: "go1.26", Path: "example.org/a/cmd/x", Main: debug.Module{Path: "example.org/a", Version: "(devel)"},
		Deps: []*debug.Module{
			{Path: "example.org/b", Version: "v1.2.3", Sum: "h1:b"},
			{Path: "example.org/c", Version: "v1.0.0", Replace: &debug.Module{Path: "example.org/fork", Version: "v1.0.1", Sum: "h1:f"}},
		},
		Settings: []debug.BuildSetting{{Key: "GOOS", Value: "linux"}, {Key: "vcs.revision", Value: "caf\xe9"}},
	})
	same(t, "program", *p, inspect.GoProgram{
		Go: "go1.26", Path: "example.org/a/cmd/x", Main: &inspect.Module{Path: "example.org/a", Version: "(devel)"},
		Modules: []inspect.Module{
			{Path: "example.org/b", Version: "v1.2.3", Sum: "h1:b"},
			{Path: "example.org/fork", Version: "v1.0.1", Sum: "h1:f", Replaces: "example.org/c"},
		},
		Settings: map[string]string{"GOOS": "linux", "vcs.revision": `caf\xe9`},
	})
}

// sequential is a file system whose files cannot be read at any place.
type sequential struct{ fstest.MapFS }

func (s sequential) Open(name string) (fs.File, error) {
	f, err := s.MapFS.Open(name)
	if _, dir := f.(fs.ReadDirFile); err != nil || dir {
		return f, err
	}
	return struct{ fs.File }{f}, nil
}

func TestGoProgramsInFilesThatCanOnlyBeReadInTurn(t *testing.T) {
	t.Parallel()
	f := look(t, inspect.Software(), sequential{fstest.MapFS{"bin/x": {Data: self(t), Mode: 0o755}, "bin/y": {Data: []byte("y"), Mode: 0o755}}}, "")
	same(t, "keys", f.keys(), []string{"go/bin/x"})
}

// However a program is damaged, it is told, noted or passed over.
func FuzzGoProgram(f *testing.F) {
	b := self(f)
	f.Add(len(b)/2, []byte("x"))
	f.Add(0x20, []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f})
	f.Add(0x3a, []byte{0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, at int, damage []byte) {
		damaged := append([]byte(nil), b[:min(len(b), 1<<20)]...)
		if at < 0 || at >= len(damaged) {
			return
		}
		copy(damaged[at:], damage)
		look(t, inspect.Software(), fstest.MapFS{"bin/x": {Data: damaged, Mode: 0o755}}, `{"max_binary":4194304}`)
	})
}

// A status file of any size takes no memory, and one endless line neither.
func TestALargeStatusFile(t *testing.T) {
	t.Parallel()
	size := int64(1 << 30)
	if testing.Short() {
		size = 64 << 20
	}
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "var/lib/dpkg"), 0o700); err != nil {
		t.Fatal(err)
	}
	status, err := os.Create(filepath.Join(dir, "var/lib/dpkg/status"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(status, "Package: first\nDescription: "); err != nil {
		t.Fatal(err)
	}
	if _, err := status.WriteAt([]byte("\nVersion: 1\n\nPackage: last\n"), size-100); err != nil {
		t.Fatal(err)
	}
	if err := status.Close(); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f := look(t, inspect.Software(), os.DirFS(dir), noBinaries)
	runtime.ReadMemStats(&after)
	same(t, "keys", f.keys(), []string{"dpkg/first:", "dpkg/last:"})
	same(t, "problems", f.problems, []string{"var/lib/dpkg/status: line 2 is longer than 1048576 bytes"})
	t.Logf("%d MiB of status, %d MiB allocated in this process meanwhile", size>>20, (after.TotalAlloc-before.TotalAlloc)>>20)
}

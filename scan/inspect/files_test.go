//go:build unix

package inspect_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/inspect"
)

func digest(text string) scan.Digest {
	return scan.Digest(fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(text))))
}

func TestFiles(t *testing.T) {
	t.Parallel()
	at := time.Date(2024, 5, 6, 7, 8, 9, 123, time.UTC)
	m := fstest.MapFS{
		"etc/passwd":  {Data: []byte("root"), Mode: 0o640, ModTime: at},
		"etc/empty":   {Mode: 0o600, ModTime: at},
		"etc/mtab":    {Data: []byte("../proc/mounts"), Mode: fs.ModeSymlink | 0o777, ModTime: at},
		"usr/bin/su":  {Data: []byte("su"), Mode: fs.ModeSetuid | 0o755, ModTime: at},
		"tmp":         {Mode: fs.ModeDir | fs.ModeSticky | 0o777, ModTime: at},
		"dev/null":    {Mode: fs.ModeDevice | fs.ModeCharDevice | 0o666, ModTime: at},
		"run/initctl": {Mode: fs.ModeNamedPipe | 0o600, ModTime: at},
		"run/sock":    {Mode: fs.ModeSocket | 0o700, ModTime: at},
	}
	f := look(t, inspect.Files(), m, "")
	same(t, "problems", f.problems, []string(nil))
	for name, want := range map[string]inspect.File{
		"etc/passwd":  {Type: inspect.RegularFile, Mode: "0640", Size: 4, ModTime: at, Digest: digest("root")},
		"etc/empty":   {Type: inspect.RegularFile, Mode: "0600", ModTime: at, Digest: digest("")},
		"etc/mtab":    {Type: inspect.Link, Mode: "0777", ModTime: at, Target: "../proc/mounts"},
		"usr/bin/su":  {Type: inspect.RegularFile, Mode: "4755", Size: 2, ModTime: at, Digest: digest("su")},
		"tmp":         {Type: inspect.Folder, Mode: "1777", ModTime: at},
		"dev/null":    {Type: inspect.Device, Mode: "0666", ModTime: at},
		"run/initctl": {Type: inspect.FIFO, Mode: "0600", ModTime: at},
		"run/sock":    {Type: inspect.Socket, Mode: "0700", ModTime: at},
		"etc":         {Type: inspect.Folder, Mode: "0555"},
		"usr/bin":     {Type: inspect.Folder, Mode: "0555"},
	} {
		same(t, name, as[inspect.File](t, f, name), want)
	}
	same(t, "count", len(f.items), 13)
}

func TestWhichFilesAreMeant(t *testing.T) {
	t.Parallel()
	m := tree(map[string]string{"etc/a.conf": "a", "etc/b": "b", "etc/x/c.conf": "c", "usr/bin/sh": "sh", "var/log/x": "x"})
	for config, want := range map[string][]string{
		`{"globs":["etc/**"]}`:                           {"etc", "etc/a.conf", "etc/b", "etc/x", "etc/x/c.conf"},
		`{"globs":["**/*.conf","usr/bin/*"]}`:            {"etc/a.conf", "etc/x/c.conf", "usr/bin/sh"},
		`{"globs":["**"],"exclude":["etc","var/log/*"]}`: {"usr", "usr/bin", "usr/bin/sh", "var", "var/log"},
		`{"globs":[]}`:                                   nil,
		`{"exclude":["**"]}`:                             nil,
	} {
		same(t, config, look(t, inspect.Files(), m, config).keys(), want)
	}
	f := look(t, inspect.Files(), m, `{"globs":["etc/b"],"digest":false}`)
	same(t, "without a digest", as[inspect.File](t, f, "etc/b"), inspect.File{Type: inspect.RegularFile, Mode: "0644", Size: 1})
	f = look(t, inspect.Files(), m, `{"globs":["usr/bin/*","etc/b"],"max_size":1}`)
	same(t, "too large", as[inspect.File](t, f, "usr/bin/sh"), inspect.File{Type: inspect.RegularFile, Mode: "0644", Size: 2})
	same(t, "small", as[inspect.File](t, f, "etc/b").Digest, digest("b"))
	same(t, "problems", f.problems, []string{"usr/bin/sh: a file of 2 bytes is not read, 1 are the most"})
}

func TestFilesOfARealFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	big := strings.Repeat("0123456789", 100_000)
	if err := os.WriteFile(filepath.Join(dir, "big"), []byte(big), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/", filepath.Join(dir, "out")); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o600); err != nil {
		t.Fatal(err)
	}
	sparse, err := os.Create(filepath.Join(dir, "sparse"))
	if err != nil {
		t.Fatal(err)
	}
	if err := sparse.Truncate(10 << 30); err != nil {
		t.Fatal(err)
	}
	_ = sparse.Close()
	f := look(t, inspect.Files(), os.DirFS(dir), "")
	same(t, "keys", f.keys(), []string{"big", "fifo", "out", "sparse"})
	got := as[inspect.File](t, f, "big")
	if got.Digest != digest(big) || got.Owner == nil || int(got.Owner.UID) != os.Getuid() || time.Since(got.ModTime) > time.Hour {
		t.Errorf("%+v", got)
	}
	same(t, "out", as[inspect.File](t, f, "out").Target, "/")
	same(t, "sparse", as[inspect.File](t, f, "sparse").Digest, scan.Digest(""))
	same(t, "problems", f.problems, []string{"sparse: read: limit reached: 10737418240 bytes, more than 1073741824 of one file"})
}

// lying is a file system whose files are not as their size says.
type lying struct {
	fstest.MapFS

	text func() io.Reader
}

func (l lying) Open(name string) (fs.File, error) {
	f, err := l.MapFS.Open(name)
	if err == nil && name == "x" {
		return lyingFile{f, l.text()}, nil
	}
	return f, err
}

type lyingFile struct {
	fs.File

	text io.Reader
}

func (l lyingFile) Read(b []byte) (int, error) { return l.text.Read(b) }

type endless struct{}

func (endless) Read(b []byte) (int, error) { return len(b), nil }

func TestFilesThatAreNotAsTheySaid(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		text    func() io.Reader
		changed bool
		problem string
	}{
		"as it says": {func() io.Reader { return strings.NewReader("0123456789") }, false, ""},
		"endless":    {func() io.Reader { return endless{} }, true, "x: it has more or fewer bytes than its size says"},
		"shorter":    {func() io.Reader { return strings.NewReader("0") }, true, "x: it has more or fewer bytes than its size says"},
		"broken":     {func() io.Reader { return io.MultiReader(strings.NewReader("0"), broken{}) }, false, "x: read: bad disk"},
	} {
		f := look(t, inspect.Files(), lying{fstest.MapFS{"x": {Data: []byte("0123456789"), Mode: 0o600}}, c.text}, "")
		x := as[inspect.File](t, f, "x")
		if x.Changed != c.changed || (x.Digest == "") != (c.problem != "") || strings.Join(f.problems, "") != c.problem {
			t.Errorf("%s: %+v, %q", what, x, f.problems)
		}
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, fmt.Errorf("bad disk") }

func TestAFileThatIsWrittenToWhileItIsRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	name := filepath.Join(dir, "x")
	if err := os.WriteFile(name, bytes.Repeat([]byte("x"), 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	fsys := touching{os.DirFS(dir), func() {
		if err := os.Chtimes(name, time.Unix(1, 0), time.Unix(1, 0)); err != nil {
			t.Error(err)
		}
	}}
	f := look(t, inspect.Files(), fsys, "")
	x := as[inspect.File](t, f, "x")
	if !x.Changed || x.Digest != "" || len(f.problems) != 1 {
		t.Errorf("%+v, %q", x, f.problems)
	}
}

// touching calls touch with each read.
type touching struct {
	fs.FS

	touch func()
}

func (f touching) Open(name string) (fs.File, error) {
	file, err := f.FS.Open(name)
	if err == nil && name == "x" {
		return touchingFile{file, f.touch}, nil
	}
	return file, err
}

type touchingFile struct {
	fs.File

	touch func()
}

func (f touchingFile) Read(b []byte) (int, error) {
	f.touch()
	return f.File.Read(b)
}

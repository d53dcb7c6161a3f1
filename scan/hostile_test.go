package scan_test

import (
	"bytes"
	"context"
	"errors"
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

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/scan"
)

const secret = "a secret outside of the tree"

// trap makes a directory beside a secret, with everything in it that leads astray, and returns it.
func trap(t *testing.T) string {
	t.Helper()
	outside := t.TempDir()
	root := filepath.Join(outside, "root")
	write(t, filepath.Join(outside, "secret"), secret)
	write(t, filepath.Join(root, "etc", "passwd"), "root:x:0:0\n")
	write(t, filepath.Join(root, "secret"), "inside\n")
	for name, target := range map[string]string{
		"self":         "self",
		"ping":         "pong",
		"pong":         "ping",
		"up":           "../secret",
		"etc/up":       "../../secret",
		"etc/far":      "../../../../../../../../../../secret",
		"abs":          filepath.Join(outside, "secret"),
		"absin":        "/etc/passwd",
		"out":          "..",
		"outabs":       outside,
		"loop":         ".",
		"etc/conf":     "../etc",
		"dangling":     "nothing/here",
		"etc/hardpath": "conf/conf/conf/./../etc//passwd",
	} {
		if err := os.Symlink(target, filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(root, "fifo"), 0o600); err != nil {
		t.Fatal(err)
	}
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(fd) })
	if short := filepath.Join(root, "sock"); len(short) < 100 {
		if err := syscall.Bind(fd, &syscall.SockaddrUnix{Name: short}); err != nil {
			t.Fatal(err)
		}
	}
	// A device is only for root to make; without, there is one thing less to fall over.
	_ = syscall.Mknod(filepath.Join(root, "device"), syscall.S_IFCHR|0o666, 1<<8|5)
	return root
}

func write(t *testing.T, name, data string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
}

// over runs a test over all file systems that a directory can be.
func over(t *testing.T, root string, f func(t *testing.T, fsys fs.FS)) {
	t.Helper()
	dir, err := scan.OpenDir(root, nil)
	if err != nil {
		t.Fatal(err)
	}
	osRoot, err := os.OpenRoot(root)
	if err != nil {
		t.Fatal(err)
	}
	for name, fsys := range map[string]fs.FS{"Dir": dir, "Root": osRoot.FS(), "DirFS": os.DirFS(root)} {
		t.Run(name, func(t *testing.T) { f(t, fsys) })
	}
	if err := errors.Join(dir.Close(), osRoot.Close()); err != nil {
		t.Error(err)
	}
}

func TestHostileLinksStayInside(t *testing.T) {
	t.Parallel()
	over(t, trap(t), func(t *testing.T, fsys fs.FS) {
		tree := scan.NewTree(t.Context(), fsys, scan.Limits{})
		for name, want := range map[string]string{ //nolint:gosec // They are no credentials.
			"up": "inside\n", "etc/up": "inside\n", "etc/far": "inside\n", "absin": "root:x:0:0\n", "out/secret": "inside\n",
			"loop/loop/loop/etc/passwd": "root:x:0:0\n", "etc/hardpath": "root:x:0:0\n", "etc/conf/passwd": "root:x:0:0\n",
		} {
			if data, err := tree.ReadFile(name); err != nil || string(data) != want {
				t.Errorf("%s: %q, %v; want %q", name, data, err, want)
			}
		}
		for _, name := range []string{"abs", "outabs/secret", "dangling", "nothing", "etc/passwd/nothing"} {
			if _, err := tree.ReadFile(name); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: %v, want that it does not exist", name, err)
			}
		}
		if got, total := tree.Problems(); total != 0 {
			t.Errorf("problems although nothing was hidden: %v", got)
		}
		for _, name := range []string{"self", "ping", "ping/x", "etc/conf/../../x", "/etc", "..", "", "etc/"} {
			if data, err := tree.ReadFile(name); err == nil || errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: %q, %v, want an error", name, data, err)
			}
		}
		if got, total := tree.Problems(); total != 3 {
			t.Errorf("problems: %v, want the three loops", got)
		}
	})
}

func TestHostileNothingButFilesIsOpened(t *testing.T) {
	t.Parallel()
	over(t, trap(t), func(t *testing.T, fsys fs.FS) {
		tree := scan.NewTree(t.Context(), fsys, scan.Limits{})
		var other int
		err := tree.Walk(".", func(name string, e fs.DirEntry) error {
			if e.Type()&^(fs.ModeDir|fs.ModeSymlink) == 0 {
				return nil
			}
			other++
			if f, err := tree.Open(name); err == nil {
				t.Errorf("%s, which is %v, was opened as %T", name, e.Type(), f)
			}
			return nil
		})
		if problems, total := tree.Problems(); err != nil || other < 2 || total != other {
			t.Errorf("%v, %d things that are no files, problems %v", err, other, problems)
		}
	})
}

// A directory alone does not hang either, nor lead out.
func TestHostileDirAlone(t *testing.T) {
	t.Parallel()
	dir, err := scan.OpenDir(trap(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = dir.Close() }()
	for name, want := range map[string]string{"up": "inside\n", "abs": "", "absin": "root:x:0:0\n", "out/secret": "inside\n", "fifo": "", "sock": "", "device": "", "etc/conf/up": "inside\n"} {
		if data, err := fs.ReadFile(dir, name); string(data) != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q, %v; want %q", name, data, err, want)
		}
	}
	if info, err := dir.Stat("absin"); err != nil || info.Size() != 11 {
		t.Errorf("stat through a link: %v, %v", info, err)
	}
}

func TestHostileSparseFile(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	write(t, filepath.Join(root, "big"), "")
	if err := os.Truncate(filepath.Join(root, "big"), 10<<30); err != nil {
		t.Skip(err)
	}
	over(t, root, func(t *testing.T, fsys fs.FS) {
		tree := scan.NewTree(t.Context(), fsys, scan.Limits{File: 1 << 20})
		_, err := tree.ReadEntry("big", nil, func(io.Reader, fs.FileInfo) error {
			t.Error("it was given to read")
			return nil
		})
		f, openErr := tree.Open("big")
		if openErr != nil {
			t.Fatal(openErr)
		}
		defer func() { _ = f.Close() }()
		n, readErr := io.Copy(io.Discard, f)
		if _, read := tree.Worked(); !errors.Is(err, scan.ErrLimit) || !errors.Is(readErr, scan.ErrLimit) || n != 1<<20 || read != n {
			t.Errorf("%v; %v after %d bytes, %d counted", err, readErr, n, read)
		}
		if _, at := f.(io.ReaderAt).ReadAt(make([]byte, 1), 5<<30); !errors.Is(at, scan.ErrLimit) {
			t.Errorf("anywhere in it: %v", at)
		}
	})
}

func TestHostileNamesThatAreNotUTF8(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	write(t, filepath.Join(root, "caf\xe9", "men\xfc"), "soup")
	write(t, filepath.Join(root, "plain"), "bread")
	over(t, root, func(t *testing.T, fsys fs.FS) {
		tree := scan.NewTree(t.Context(), fsys, scan.Limits{})
		got := map[string]string{}
		err := tree.Walk(".", func(name string, e fs.DirEntry) error {
			data, err := tree.ReadFile(name)
			if !e.IsDir() && err == nil {
				got[name] = string(data)
			}
			return nil
		})
		want := map[string]string{"plain": "bread"}
		problems, _ := tree.Problems()
		if _, ok := fsys.(*scan.Dir); ok {
			want["caf\xe9/men\xfc"] = "soup"
			problems = append(problems, scan.Problem{Path: `"caf\xe9"`})
		}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%v, %s", err, diff)
		}
		if len(problems) == 0 || !strings.Contains(problems[len(problems)-1].Path, `"caf\xe9"`) {
			t.Errorf("problems: %v", problems)
		}
	})
}

func TestHostileDepth(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	deep := strings.TrimSuffix(strings.Repeat("d/", 60), "/")
	write(t, filepath.Join(root, deep, "file"), "x")
	over(t, root, func(t *testing.T, fsys fs.FS) {
		for depth, want := range map[int]int{0: 62, 60: 62, 59: 61, 1: 3, -1: 62} {
			tree := scan.NewTree(t.Context(), fsys, scan.Limits{Depth: depth})
			seen := 0
			err := tree.Walk(".", func(string, fs.DirEntry) error { seen++; return nil })
			if _, total := tree.Problems(); err != nil || seen != want || (total > 0) != (want < 62) {
				t.Errorf("depth %d: saw %d of %d, %d problems, %v", depth, seen, want, total, err)
			}
		}
		tree := scan.NewTree(t.Context(), fsys, scan.Limits{Depth: 59})
		if _, err := tree.ReadFile(deep + "/file"); !errors.Is(err, scan.ErrLimit) {
			t.Errorf("a file too deep: %v", err)
		}
	})
}

// A directory can be deeper than a path can be long.
func TestHostileVeryDeep(t *testing.T) {
	t.Parallel()
	const levels, name = 60, 200
	top, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	at, long := top, strings.Repeat("x", name)
	for range levels {
		if err := at.Mkdir(long, 0o755); err != nil {
			t.Fatal(err)
		}
		next, err := at.OpenRoot(long)
		if at != top {
			_ = at.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		at = next
	}
	defer func() { _ = at.Close() }()
	dir, err := scan.NewDir(top, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = dir.Close() }()
	tree := scan.NewTree(t.Context(), dir, scan.Limits{})
	seen := 0
	err = tree.Walk(".", func(string, fs.DirEntry) error { seen++; return nil })
	if problems, _ := tree.Problems(); err != nil || seen != levels+1 || len(problems) > 0 {
		t.Errorf("saw %d folders, %v, %v", seen, err, problems)
	}
	_ = top.RemoveAll(long)
}

func TestHostileFilesThatChange(t *testing.T) {
	t.Parallel()
	for what, touch := range map[string]func(name string) error{
		"grows":   func(name string) error { return os.WriteFile(name, bytes.Repeat([]byte("y"), 4000), 0o600) },
		"shrinks": func(name string) error { return os.Truncate(name, 1) },
		"rewritten": func(name string) error {
			return errors.Join(os.WriteFile(name, bytes.Repeat([]byte("z"), 2000), 0o600), os.Chtimes(name, time.Now(), time.Now().Add(time.Hour)))
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			name := filepath.Join(root, "log")
			over(t, root, func(t *testing.T, fsys fs.FS) {
				write(t, name, strings.Repeat("x", 2000))
				tree := scan.NewTree(t.Context(), fsys, scan.Limits{})
				changed, err := tree.ReadEntry("log", nil, func(r io.Reader, was fs.FileInfo) error {
					_, err := io.ReadFull(r, make([]byte, 10))
					_, copyErr := io.Copy(io.Discard, r)
					return errors.Join(err, touch(name), copyErr)
				})
				want := []scan.Problem{{Path: "log", Text: "changed while it was read"}}
				got, _ := tree.Problems()
				if diff := cmp.Diff(want, got); diff != "" || !changed || err != nil {
					t.Errorf("changed %v, %v, %s", changed, err, diff)
				}
			})
		})
	}
}

func TestHostileFilesThatVanish(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	over(t, root, func(t *testing.T, fsys fs.FS) {
		write(t, filepath.Join(root, "a", "file"), "x")
		write(t, filepath.Join(root, "b", "file"), "x")
		write(t, filepath.Join(root, "c"), "x")
		tree := scan.NewTree(t.Context(), fsys, scan.Limits{})
		var seen []string
		err := tree.Walk(".", func(name string, e fs.DirEntry) error {
			seen = append(seen, name)
			if name == "a" {
				return errors.Join(os.RemoveAll(filepath.Join(root, "b")), os.Remove(filepath.Join(root, "c")))
			}
			if name == "c" {
				_, err := tree.ReadEntry(name, e, nil)
				if !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("what vanished: %v", err)
				}
			}
			return nil
		})
		if diff := cmp.Diff([]string{".", "a", "a/file", "b", "c"}, seen); diff != "" || err != nil {
			t.Errorf("%v, %s", err, diff)
		}
		if problems, _ := tree.Problems(); len(problems) > 0 {
			t.Errorf("problems: %v", problems)
		}
	})
}

// A file that becomes a FIFO, or a link out of the tree, between look and open.
func TestHostileReplacedBeforeItIsOpened(t *testing.T) {
	t.Parallel()
	for what, replace := range map[string]func(name string) error{
		"FIFO":   func(name string) error { return syscall.Mkfifo(name, 0o600) },
		"link":   func(name string) error { return os.Symlink("../secret", name) },
		"folder": func(name string) error { return os.Mkdir(name, 0o700) },
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			outside := t.TempDir()
			root := filepath.Join(outside, "root")
			write(t, filepath.Join(outside, "secret"), secret)
			write(t, filepath.Join(root, "file"), "harmless")
			dir, err := scan.OpenDir(root, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = dir.Close() }()
			tree := scan.NewTree(t.Context(), dir, scan.Limits{})
			entries, err := tree.ReadDir(".")
			if err != nil || len(entries) != 1 {
				t.Fatal(entries, err)
			}
			name := filepath.Join(root, "file")
			if err := errors.Join(os.Remove(name), replace(name)); err != nil {
				t.Fatal(err)
			}
			_, err = tree.ReadEntry("file", entries[0], func(r io.Reader, _ fs.FileInfo) error {
				data, err := io.ReadAll(r)
				t.Errorf("read %q, %v", data, err)
				return nil
			})
			if err == nil {
				t.Error("no error")
			}
		})
	}
}

// A folder that is replaced by a link out of the tree once it is known.
func TestHostileFolderReplaced(t *testing.T) {
	t.Parallel()
	outside := t.TempDir()
	root := filepath.Join(outside, "root")
	write(t, filepath.Join(outside, "etc", "passwd"), secret)
	write(t, filepath.Join(root, "etc", "passwd"), "inside")
	dir, err := scan.OpenDir(root, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = dir.Close() }()
	tree := scan.NewTree(t.Context(), dir, scan.Limits{})
	if data, err := tree.ReadFile("etc/passwd"); err != nil || string(data) != "inside" {
		t.Fatalf("%q, %v", data, err)
	}
	if err := errors.Join(os.RemoveAll(filepath.Join(root, "etc")), os.Symlink("../etc", filepath.Join(root, "etc"))); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if data, err := tree.ReadFile("etc/passwd"); strings.Contains(string(data), secret) {
			t.Fatalf("%q, %v", data, err)
		}
	}
}

// The rest are file systems that lie, which no directory would.

// A liar is a file system of one folder with what it is told to have.
type liar struct {
	entries func(n int) ([]fs.DirEntry, error)
	open    map[string]fs.File
}

func (l liar) Open(name string) (fs.File, error) {
	if f, ok := l.open[name]; ok {
		return f, nil
	}
	return liarFolder{l}, nil
}

type liarFolder struct{ liar }

func (liarFolder) Stat() (fs.FileInfo, error)             { return info{"folder", fs.ModeDir | 0o755, 0}, nil }
func (liarFolder) Read([]byte) (int, error)               { return 0, io.EOF }
func (liarFolder) Close() error                           { return nil }
func (l liarFolder) ReadDir(n int) ([]fs.DirEntry, error) { return l.entries(n) }

type liarFile struct {
	read func([]byte) (int, error)
}

func (liarFile) Stat() (fs.FileInfo, error)   { return info{"file", 0o644, 10}, nil }
func (f liarFile) Read(p []byte) (int, error) { return f.read(p) }
func (liarFile) Close() error                 { return nil }

type info struct {
	name string
	mode fs.FileMode
	size int64
}

func (i info) Name() string      { return i.name }
func (i info) Mode() fs.FileMode { return i.mode }
func (i info) Size() int64       { return i.size }
func (info) ModTime() time.Time  { return time.Unix(1, 0) }
func (i info) IsDir() bool       { return i.mode.IsDir() }
func (info) Sys() any            { return nil }

func listing(names ...string) func(n int) ([]fs.DirEntry, error) {
	return func(int) (entries []fs.DirEntry, err error) {
		if len(names) == 0 {
			return nil, io.EOF
		}
		for _, name := range names {
			entries = append(entries, fs.FileInfoToDirEntry(info{name, 0o644, 10}))
		}
		names = nil
		return entries, nil
	}
}

func TestHostileEntriesThatAreNoNames(t *testing.T) {
	t.Parallel()
	tree := scan.NewTree(t.Context(), liar{entries: listing("b", "..", "", ".", "x/y", "nul\x00", "a", "b")}, scan.Limits{})
	entries, err := tree.ReadDir(".")
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if diff := cmp.Diff([]string{"a", "b"}, names); diff != "" || err != nil {
		t.Errorf("%v, %s", err, diff)
	}
	if problems, total := tree.Problems(); total != 6 {
		t.Errorf("problems: %v", problems)
	}
}

func TestHostileEndlessFile(t *testing.T) {
	t.Parallel()
	read := map[string]struct {
		f    func([]byte) (int, error)
		want error
		most int64
	}{
		"goes on":         {func(p []byte) (int, error) { return len(p), nil }, scan.ErrLimit, 1 << 20},
		"says too much":   {func(p []byte) (int, error) { return len(p) + 1, nil }, nil, 0},
		"says too little": {func([]byte) (int, error) { return -1, nil }, nil, 0},
		"says nothing":    {func([]byte) (int, error) { return 0, nil }, io.ErrNoProgress, 0},
	}
	for name, c := range read {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tree := scan.NewTree(t.Context(), liar{open: map[string]fs.File{"file": liarFile{c.f}}}, scan.Limits{File: 1 << 20})
			f, err := tree.Open("file")
			if err != nil {
				t.Fatal(err)
			}
			n, err := io.Copy(io.Discard, f)
			if _, total := tree.Problems(); err == nil || c.want != nil && !errors.Is(err, c.want) || n != c.most || total != 1 {
				t.Errorf("%d bytes, %v, %d problems", n, err, total)
			}
		})
	}
}

func TestHostileReadThatBlocks(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancelCause(t.Context())
	cause := errors.New("time is up")
	blocks := liarFile{func([]byte) (int, error) {
		stop(cause)
		<-ctx.Done()
		return 0, errors.New("input/output error")
	}}
	tree := scan.NewTree(ctx, liar{open: map[string]fs.File{"file": blocks}}, scan.Limits{})
	_, err := tree.ReadFile("file")
	if problems, _ := tree.Problems(); !errors.Is(err, cause) || len(problems) > 0 {
		t.Errorf("%v, %v", err, problems)
	}
	for what, err := range map[string]error{
		"walk": tree.Walk(".", nil),
		"open": func() error { _, err := tree.Open("file"); return err }(),
	} {
		if !errors.Is(err, cause) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestHostileMillionEntries(t *testing.T) {
	t.Parallel()
	made := 0
	endless := func(n int) (entries []fs.DirEntry, err error) {
		if n <= 0 {
			return nil, errors.New("asked for all at once")
		}
		for range n {
			entries = append(entries, fs.FileInfoToDirEntry(info{fmt.Sprint("file", made), 0o644, 10}))
			made++
		}
		return entries, nil
	}
	tree := scan.NewTree(t.Context(), liar{entries: endless}, scan.Limits{Entries: 100_000})
	seen := 0
	err := tree.Walk(".", func(string, fs.DirEntry) error { seen++; return nil })
	problems, total := tree.Problems()
	if entries, _ := tree.Worked(); !errors.Is(err, scan.ErrLimit) || seen != 100_001 || entries != 100_000 || total != 1 {
		t.Errorf("%v, saw %d, counted %d, %v", err, seen, entries, problems)
	}
	if made > 101_000 {
		t.Errorf("asked for %d entries", made)
	}
}

// itself is a folder that is in itself, without end.
type itself struct{}

func (itself) Open(string) (fs.File, error) {
	done := false
	return liarFolder{liar{entries: func(int) ([]fs.DirEntry, error) {
		if done {
			return nil, io.EOF
		}
		done = true
		return []fs.DirEntry{fs.FileInfoToDirEntry(info{"a", fs.ModeDir | 0o755, 0})}, nil
	}}}, nil
}

func TestHostileFolderInItself(t *testing.T) {
	t.Parallel()
	for depth, want := range map[int]int{0: 102, -1: 8194} {
		tree := scan.NewTree(t.Context(), itself{}, scan.Limits{Depth: depth})
		seen := 0
		err := tree.Walk(".", func(string, fs.DirEntry) error { seen++; return nil })
		if problems, total := tree.Problems(); err != nil || seen != want || total != 1 {
			t.Errorf("depth %d: saw %d, %v, %v", depth, seen, err, problems)
		}
	}
}

// forbidding lets nobody see a folder and a file, as for another user; root sees everything.
type forbidding struct{ fstest.MapFS }

func (f forbidding) Open(name string) (fs.File, error) {
	if name == "shut" || name == "etc/shadow" {
		return nil, &fs.PathError{Op: "open", Path: "/elsewhere/" + name, Err: fs.ErrPermission}
	}
	return f.MapFS.Open(name)
}

func TestHostileUnreadable(t *testing.T) {
	t.Parallel()
	fsys := forbidding{fstest.MapFS{"etc/shadow": {}, "etc/passwd": {}, "shut/file": {}, "zoo": {}}}
	tree := scan.NewTree(t.Context(), fsys, scan.Limits{})
	var seen []string
	err := tree.Walk(".", func(name string, e fs.DirEntry) error {
		seen = append(seen, name)
		if !e.IsDir() {
			_, _ = tree.ReadFile(name)
			_, _ = tree.ReadFile(name)
		}
		return nil
	})
	if diff := cmp.Diff([]string{".", "etc", "etc/passwd", "etc/shadow", "shut", "zoo"}, seen); diff != "" || err != nil {
		t.Errorf("%v, %s", err, diff)
	}
	problems, total := tree.Problems()
	want := []scan.Problem{{Path: "etc/shadow", Text: "open: permission denied"}, {Path: "shut", Text: "open: permission denied"}}
	if diff := cmp.Diff(want, problems); diff != "" || total != 2 {
		t.Errorf("%d problems, %s", total, diff)
	}
}

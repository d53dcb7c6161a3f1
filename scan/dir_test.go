package scan_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/reeve-go/reeve/scan"
)

func TestDirIsAFileSystem(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	if err := os.CopyFS(root, fstest.MapFS{"a/b/c": {Data: []byte("x")}, "d": {}, "a/e": {}}); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Symlink("b/c", filepath.Join(root, "a", "link")), os.Symlink("/a/b", filepath.Join(root, "folder"))); err != nil {
		t.Fatal(err)
	}
	dir, err := scan.OpenDir(root, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := fstest.TestFS(dir, "a/b/c", "d", "a/e", "a/link", "folder"); err != nil {
		t.Error(err)
	}
	if err := fstest.TestFS(scan.NewTree(t.Context(), dir, scan.Limits{}), "a/b/c", "d", "a/e", "a/link", "folder"); err != nil {
		t.Error(err)
	}
	if err := dir.Close(); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"d", "a/b/c", "."} {
		if _, err := dir.Open(name); !errors.Is(err, fs.ErrClosed) {
			t.Errorf("%s of one that is closed: %v", name, err)
		}
	}
}

func TestDirThatIsNone(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "nothing")
	if _, err := scan.OpenDir(name, nil); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	write(t, name, "")
	if _, err := scan.OpenDir(name, nil); err == nil {
		t.Error("a file is no directory")
	}
}

func TestDirOfOneFileSystem(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/proc/self/status"); err != nil || runtime.GOOS != "linux" {
		t.Skip("there is no other file system that is surely mounted")
	}
	for _, one := range []bool{false, true} {
		dir, err := scan.OpenDir("/", &scan.DirOptions{OneFileSystem: one})
		if err != nil {
			t.Fatal(err)
		}
		tree := scan.NewTree(t.Context(), dir, scan.Limits{})
		if info, err := tree.Stat("proc"); err != nil || !info.IsDir() {
			t.Errorf("the folder itself: %v", err)
		}
		entries, err := tree.ReadDir("proc")
		if err != nil || (len(entries) == 0) != one {
			t.Errorf("%v: %d entries, %v", one, len(entries), err)
		}
		for _, name := range []string{"proc/version", "proc/self/status"} {
			if _, err := tree.ReadFile(name); errors.Is(err, fs.ErrNotExist) != one {
				t.Errorf("%v: %s: %v", one, name, err)
			}
		}
		if problems, _ := tree.Problems(); len(problems) > 0 {
			t.Errorf("problems: %v", problems)
		}
		if err := dir.Close(); err != nil {
			t.Error(err)
		}
	}
}

// What is replaced is seen as it is, in the end.
func TestDirSeesWhatIsReplaced(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	write(t, filepath.Join(root, "etc", "conf", "file"), "old")
	write(t, filepath.Join(root, "new", "conf", "file"), "new")
	dir, err := scan.OpenDir(root, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = dir.Close() }()
	read := func() string {
		data, err := fs.ReadFile(dir, "etc/conf/file")
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	if got := read(); got != "old" {
		t.Fatal(got)
	}
	if err := errors.Join(os.Rename(filepath.Join(root, "etc"), filepath.Join(root, "was")), os.Rename(filepath.Join(root, "new"), filepath.Join(root, "etc"))); err != nil {
		t.Fatal(err)
	}
	for read() != "new" {
		select {
		case <-time.After(10 * time.Millisecond):
		case <-t.Context().Done():
			t.Fatal("the old one is seen for ever")
		}
	}
}

// More folders than are kept open, used side by side while they are closed under each other.
func TestDirOfManyFolders(t *testing.T) {
	t.Parallel()
	const folders, readers = 200, 4
	root := t.TempDir()
	for i := range folders {
		write(t, filepath.Join(root, strconv.Itoa(i), "d", "file"), strconv.Itoa(i))
	}
	dir, err := scan.OpenDir(root, nil)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for r := range readers {
		all.Go(func() {
			for i := range 2 * folders {
				n := strconv.Itoa((i*(2*r+1) + r) % folders)
				if data, err := fs.ReadFile(dir, n+"/d/file"); err != nil || string(data) != n {
					t.Errorf("%s: %q, %v", n, data, err)
				}
			}
		})
	}
	all.Wait()
	if err := dir.Close(); err != nil {
		t.Error(err)
	}
	if open := opened(t, root); len(open) > 0 {
		t.Errorf("%d are open still, such as %s", len(open), open[0])
	}
}

// opened are the files beneath a directory that this process has open, as far as the system tells.
func opened(t *testing.T, root string) (names []string) {
	t.Helper()
	fds, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range fds {
		if name, err := os.Readlink(fd); err == nil && len(name) >= len(root) && name[:len(root)] == root {
			names = append(names, name)
		}
	}
	return names
}

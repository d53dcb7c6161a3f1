//go:build unix

package inspect_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/inspect"
)

// hostile makes a folder in which nothing is what scanners hope for. What is outside of it has the word SECRET in it.
func hostile(t *testing.T) (dir string) {
	t.Helper()
	top := t.TempDir()
	dir = filepath.Join(top, "tree")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	at := func(name string) string {
		full := filepath.Join(dir, name)
		must(os.MkdirAll(filepath.Dir(full), 0o700))
		return full
	}
	for _, folder := range []string{"etc", "var/lib/dpkg", "usr/lib", "lib/systemd/system"} {
		must(os.MkdirAll(filepath.Join(top, folder), 0o700))
	}
	for _, name := range []string{"etc/passwd", "etc/os-release", "etc/hostname", "var/lib/dpkg/status", "lib/systemd/system/secret.service"} {
		must(os.WriteFile(filepath.Join(top, name), []byte("SECRET=SECRET\n"), 0o600))
	}
	fifos := []string{
		"etc/group", "etc/login.defs", "etc/systemd/system/fifo.service", "etc/init.d/fifo", "usr/bin/fifo", "var/lib/dpkg/status.d/fifo",
		"etc/network/interfaces.d/fifo", "etc/systemd/system/x.target.wants/fifo.service", "etc/systemd/network/fifo.network",
	}
	for _, name := range fifos {
		must(syscall.Mkfifo(at(name), 0o755))
	}
	for name, target := range map[string]string{ //nolint:gosec // no secrets
		"etc/passwd":                        "../../etc/passwd",
		"etc/os-release":                    filepath.Join(top, "etc/os-release"),
		"usr/lib/os-release":                "../../../usr/lib/os-release",
		"etc/hostname":                      "../../../../../../../../../../../../" + filepath.Join(top, "etc/hostname"),
		"etc/machine-id":                    "machine-id",
		"etc/localtime":                     "localtime2",
		"etc/localtime2":                    "localtime",
		"etc/resolv.conf":                   "/dev/zero",
		"var/lib/dpkg/status":               "../../../../var/lib/dpkg/status",
		"usr/lib/systemd/system":            "../../../../lib/systemd/system",
		"etc/systemd/system/loop.service.d": "../system",
		"etc/systemd/system/loop.wants":     ".",
		"etc/systemd/system/self.service":   "self.service",
		"etc/init.d/self":                   "../init.d",
		"opt/loop":                          "../opt",
		"opt/up":                            "../../",
	} {
		must(os.Symlink(target, at(name)))
	}
	must(os.MkdirAll(at("etc/shadow"), 0o700))
	must(os.MkdirAll(at("etc/systemd/system/folder.service"), 0o700))
	must(os.WriteFile(at("etc/systemd/system/caf\xe9.service"), []byte("[Unit]\nDescription=caf\xe9\n"), 0o600))
	must(os.WriteFile(at("usr/bin/caf\xe9"), []byte("\x7fELF"), 0o700))
	must(os.WriteFile(at("usr/bin/zeros"), append([]byte("\x7fELF"), make([]byte, 1<<20)...), 0o700))
	return dir
}

func TestHostileTrees(t *testing.T) {
	t.Parallel()
	dir := hostile(t)
	d, err := scan.OpenDir(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	for kind, fsys := range map[string]fs.FS{"os.DirFS": os.DirFS(dir), "Dir": d} {
		for _, s := range inspect.All() {
			f := look(t, s, fsys, "")
			if len(f.problems) == 0 && (kind != "Dir" || s.Name() != "inspect/files") {
				t.Errorf("%s over %s met nothing", s.Name(), kind)
			}
			for key, item := range f.items {
				// The links themselves may be told.
				if strings.Contains(item, "SECRET") {
					t.Errorf("%s over %s got out: %s is %s", s.Name(), kind, key, item)
				}
			}
			again := look(t, s, fsys, "")
			same(t, s.Name(), again.items, f.items)
		}
	}
}

// stuck is a file system in which nothing can be read before its context ends.
type stuck struct {
	fs.FS

	ctx context.Context
}

func (s stuck) Open(name string) (fs.File, error) {
	f, err := s.FS.Open(name)
	if _, folder := f.(fs.ReadDirFile); err != nil || folder {
		return f, err
	}
	return stuckFile{f, s.ctx}, nil
}

type stuckFile struct {
	fs.File

	ctx context.Context
}

func (s stuckFile) Read([]byte) (int, error) {
	<-s.ctx.Done()
	return 0, s.ctx.Err()
}

func TestAScanEndsWithItsContext(t *testing.T) {
	t.Parallel()
	why := errors.New("enough")
	for _, s := range inspect.All() {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			ended := make(chan error)
			go func() {
				in := scan.Input{Category: s.Categories()[0], Tree: scan.NewTree(ctx, stuck{realistic(), ctx}, scan.Limits{})}
				ended <- s.Scan(ctx, in, func(string, any) error { return nil })
			}()
			synctest.Wait()
			select {
			case err := <-ended:
				t.Errorf("%s did not read: %v", s.Name(), err)
			default:
			}
			cancel(why)
			if err := <-ended; !errors.Is(err, why) {
				t.Errorf("%s ended with %v", s.Name(), err)
			}
		})
	}
}

func TestLimitsOfTheTreeLeaveTheRest(t *testing.T) {
	t.Parallel()
	for _, s := range inspect.All() {
		tree := scan.NewTree(t.Context(), realistic(), scan.Limits{File: 1, Read: 1, Depth: 1, Entries: 1})
		err := s.Scan(t.Context(), scan.Input{Category: s.Categories()[0], Tree: tree}, func(string, any) error { return nil })
		if _, problems := tree.Problems(); problems == 0 || err != nil && !errors.Is(err, scan.ErrLimit) {
			t.Errorf("%s ended with %v and %d problems", s.Name(), err, problems)
		}
	}
}

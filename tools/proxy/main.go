// Command proxy packs the released modules of the repository into a module proxy on disk, so that
// a build can get them exactly as users will:
//
//	proxy v0.1.0 /tmp/proxy
//	GOPROXY=file:///tmp/proxy,$(go env GOPROXY) go get github.com/reeve-go/reeve@v0.1.0
//
// It runs in the root of the repository, packs what git tracks or would track, and reads from
// allmodules which modules are released.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: proxy VERSION DIR")
		os.Exit(2)
	}
	if err := publish(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "proxy:", err)
		os.Exit(1)
	}
}

// publish writes every released module to the proxy in out, at the same version.
func publish(version, out string) error {
	dirs, err := released("allmodules")
	if err != nil {
		return err
	}
	for _, dir := range dirs {
		if err := pack(dir, version, out); err != nil {
			return fmt.Errorf("%s: %w", dir, err)
		}
	}
	return nil
}

// released returns the folders of the modules that the list calls released.
func released(list string) ([]string, error) {
	text, err := os.ReadFile(list)
	if err != nil {
		return nil, err
	}
	var dirs []string
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) == 2 && fields[1] == "released" {
			dirs = append(dirs, fields[0])
		}
	}
	if len(dirs) == 0 {
		return nil, fmt.Errorf("%s names no released module", list)
	}
	return dirs, nil
}

// pack writes the four files that a proxy serves for one version of one module.
func pack(dir, version, out string) error {
	gomod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return err
	}
	mod := module.Version{Path: modfile.ModulePath(gomod), Version: version}
	if err := module.Check(mod.Path, mod.Version); err != nil {
		return err
	}
	files, err := tree(dir)
	if err != nil {
		return err
	}
	var archive bytes.Buffer
	if err := zip.Create(&archive, mod, files); err != nil {
		return err
	}
	info, err := json.Marshal(struct {
		Version string
		Time    time.Time
	}{version, time.Now().UTC()})
	if err != nil {
		return err
	}

	escaped, err := module.EscapePath(mod.Path)
	if err != nil {
		return err
	}
	versions := filepath.Join(out, filepath.FromSlash(escaped), "@v")
	if err := os.MkdirAll(versions, 0o755); err != nil {
		return err
	}
	for name, content := range map[string][]byte{
		"list":            []byte(version + "\n"),
		version + ".info": info,
		version + ".mod":  gomod,
		version + ".zip":  archive.Bytes(),
	} {
		if err := os.WriteFile(filepath.Join(versions, name), content, 0o644); err != nil {
			return err
		}
	}
	fmt.Printf("%s: %d kB packed\n", mod, archive.Len()/1000)
	return nil
}

// tree lists the files below dir that a commit would hold; zip.Create leaves out nested modules.
func tree(dir string) ([]zip.File, error) {
	git := exec.CommandContext(context.Background(), "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	git.Dir = dir
	names, err := git.Output()
	if err != nil {
		return nil, fmt.Errorf("git ls-files: %w", err)
	}
	var files []zip.File
	for name := range strings.SplitSeq(strings.TrimSuffix(string(names), "\x00"), "\x00") {
		f := file{dir: dir, name: name}
		if _, err := f.Lstat(); errors.Is(err, fs.ErrNotExist) {
			continue // deleted, but the deletion is not committed yet
		}
		files = append(files, f)
	}
	return files, nil
}

// file is a file of the repository as [zip.Create] wants to see it.
type file struct{ dir, name string }

func (f file) Path() string                 { return f.name }
func (f file) Lstat() (fs.FileInfo, error)  { return os.Lstat(f.path()) }
func (f file) Open() (io.ReadCloser, error) { return os.Open(f.path()) }
func (f file) path() string                 { return filepath.Join(f.dir, filepath.FromSlash(f.name)) }

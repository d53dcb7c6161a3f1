package scan

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync/atomic"
)

// ErrLimit: there is more than the job's [Limits] let through. The category that met it is partial.
var ErrLimit = errors.New("limit reached")

var (
	errIrregular = errors.New("neither a folder nor a regular file")
	errReplaced  = errors.New("replaced while it was opened")
	errTooLong   = fmt.Errorf("the path has more than %d bytes", maxPath)
	errTooDeep   = fmt.Errorf("%w: folders are nested too deep", ErrLimit)
)

// maxReadFile is how many bytes ReadFile holds in memory.
const maxReadFile = 16 << 20

// A Tree is the file system of a target as scanners see it. It never leads out of the target, opens nothing but folders and regular files, keeps to
// limits, and remembers what could not be read, so that no category is called complete that is not. It is safe for concurrent use.
//
// It follows links itself, as a system does that was started in the target: absolute ones begin at the root of the tree, and the root is its own
// parent. What it asks of the file system below are paths without links; should that be changed at the very moment, it is up to the file system
// not to lead out: a [Dir] never does, and os.DirFS may. Names that are not UTF-8 are names, if the file system below takes them; os.DirFS and
// os.Root list such files and refuse to open them.
//
// Its errors are of type *fs.PathError and are remembered, see [Tree.Problems], but for those that hide nothing: there is nothing at the path, the
// path is none, or ctx has ended.
type Tree struct {
	ctx      context.Context
	fsys     fs.FS
	limits   Limits
	links    resolver
	problems problems
	entries  atomic.Int64
	read     atomic.Int64
}

// NewTree returns a tree for one category, over any file system, until ctx ends. Of the limits, it keeps Entries, Depth, Read, File and Problems; time
// is up to ctx. Readers that run side by side may each take a buffer more than Read has.
func NewTree(ctx context.Context, fsys fs.FS, l Limits) *Tree {
	l = l.withDefaults()
	return &Tree{ctx: ctx, fsys: fsys, limits: l, links: resolver{fsys: fsys}, problems: problems{most: l.Problems}}
}

// Open opens a folder or a regular file. A folder is an fs.ReadDirFile that lists in no order and keeps nothing in memory; a file is an io.ReaderAt
// if the file system below has such files.
func (t *Tree) Open(name string) (fs.File, error) {
	w, err := t.look("open", name, true)
	if err != nil {
		return nil, err
	}
	f, _, err := t.open(name, w.real, w.info.Mode().Type())
	return f, err
}

// ReadDir returns the entries of a folder by name. When it fails on the way, it returns those that it has, and the error.
func (t *Tree) ReadDir(name string) ([]fs.DirEntry, error) {
	f, err := t.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	d, ok := f.(*folder)
	if !ok {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: errors.New("not a folder")}
	}
	entries, err := d.ReadDir(-1)
	return d.sorted(entries), err
}

// ReadFile returns what is in a regular file, of which it takes 16 MiB at most: what is larger is for Open. With [ErrLimit], it
// returns what it has.
func (t *Tree) ReadFile(name string) ([]byte, error) {
	var data []byte
	_, err := t.ReadEntry(name, nil, func(r io.Reader, _ fs.FileInfo) (err error) {
		if data, err = io.ReadAll(io.LimitReader(r, maxReadFile+1)); len(data) > maxReadFile {
			data = data[:maxReadFile]
			err = t.fail("read", name, fmt.Errorf("%w: more than %d bytes to be held in memory", ErrLimit, maxReadFile))
		}
		return err
	})
	return data, err
}

// Stat says what is at a path, links followed.
func (t *Tree) Stat(name string) (fs.FileInfo, error) {
	w, err := t.look("stat", name, true)
	return w.info, err
}

// Lstat says what is at a path, and of a link what it is itself.
func (t *Tree) Lstat(name string) (fs.FileInfo, error) {
	w, err := t.look("lstat", name, false)
	return w.info, err
}

// ReadLink returns where a link leads to, as it is written there. What is no link is fs.ErrInvalid.
func (t *Tree) ReadLink(name string) (string, error) {
	w, err := t.look("readlink", name, false)
	if err != nil {
		return "", err
	}
	if w.info.Mode().Type() != fs.ModeSymlink {
		return "", &fs.PathError{Op: "readlink", Path: name, Err: fs.ErrInvalid}
	}
	target, err := fs.ReadLink(t.fsys, w.real)
	if err != nil {
		return "", t.fail("readlink", name, err)
	}
	return target, nil
}

// Worked says how many entries of folders were looked at, and how many bytes were read of files.
func (t *Tree) Worked() (entries, read int64) { return t.entries.Load(), t.read.Load() }

// look follows the links of a path, that at its end only if asked to.
func (t *Tree) look(op, name string, last bool) (way, error) {
	if err := t.may(op, name); err != nil {
		return way{}, err
	}
	w, err := t.links.look(name, last)
	if err != nil {
		return way{}, t.fail(op, name, err)
	}
	if strings.Count(w.real, "/") > t.limits.Depth {
		return way{}, t.fail(op, name, fmt.Errorf("%w: more than %d levels", errTooDeep, t.limits.Depth))
	}
	return w, nil
}

// may is an error for what is no path, and once ctx has ended.
func (t *Tree) may(op, name string) error {
	switch {
	case !validPath(name):
		return &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	case len(name) > maxPath:
		return t.fail(op, name, errTooLong)
	case t.ctx.Err() != nil:
		return t.fail(op, name, t.ctx.Err())
	}
	return nil
}

// open opens what was seen to be of a type, and looks again: it may have been replaced meanwhile.
func (t *Tree) open(name, real string, seen fs.FileMode) (fs.File, fs.FileInfo, error) {
	switch {
	case seen != 0 && seen != fs.ModeDir:
		return nil, nil, t.fail("open", name, errIrregular)
	case seen == fs.ModeDir && real != "." && strings.Count(real, "/") >= t.limits.Depth:
		return nil, nil, t.fail("open", name, fmt.Errorf("%w: more than %d levels", errTooDeep, t.limits.Depth))
	}
	f, err := t.fsys.Open(real)
	if err != nil {
		return nil, nil, t.fail("open", name, err)
	}
	info, err := statOpened(f)
	if err == nil && info.Mode().Type() != seen {
		err = errReplaced
	}
	if err != nil {
		_ = f.Close() // Nothing was done with it.
		return nil, nil, t.fail("open", name, err)
	}
	if seen == fs.ModeDir {
		t.links.remember(name, real)
		return &folder{t: t, name: name, real: real, f: f}, info, nil
	}
	return newFile(t, name, f), info, nil
}

// statOpened is what a file was when it was opened. A [Dir] knows.
func statOpened(f fs.File) (fs.FileInfo, error) {
	if d, ok := f.(*dirFile); ok {
		return d.opened, nil
	}
	return f.Stat()
}

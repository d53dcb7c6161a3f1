package scan

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
)

// Walk calls f for everything from root on, in the order of fs.WalkDir, and as there f may return fs.SkipDir and fs.SkipAll. It follows no link but
// root itself. What cannot be listed is noted and passed over, and so are folders that are nested too deep; what is not there any more when its turn
// comes, also root, is as if it had never been. So an error is one of f, or nothing more can be seen: it is to be returned by the scanner.
func (t *Tree) Walk(root string, f func(path string, e fs.DirEntry) error) error {
	info, err := t.Stat(root)
	if !validPath(root) {
		return err
	}
	if err != nil {
		return t.ends(err)
	}
	err = t.walk(root, fs.FileInfoToDirEntry(info), f)
	if errors.Is(err, fs.SkipDir) || errors.Is(err, fs.SkipAll) {
		return nil
	}
	return err
}

func (t *Tree) walk(name string, e fs.DirEntry, f func(path string, e fs.DirEntry) error) error {
	if err := f(name, e); err != nil || !e.IsDir() {
		if e.IsDir() && errors.Is(err, fs.SkipDir) {
			return nil
		}
		return err
	}
	entries, failed := t.ReadDir(name)
	for _, e := range entries {
		err := t.walk(path.Join(name, e.Name()), e, f)
		if errors.Is(err, fs.SkipDir) {
			break
		}
		if err != nil {
			return err
		}
	}
	return t.ends(failed)
}

// ends returns an error after which there is nothing more to be seen.
func (t *Tree) ends(err error) error {
	if t.ctx.Err() != nil || errors.Is(err, errTooMany) {
		return err
	}
	return nil
}

// ReadEntry opens a regular file that [Tree.Walk] or [Tree.ReadDir] came to, and calls read with its bytes and with what it was before. Changed says
// that it was touched meanwhile, which is noted. Without an entry, it looks first. A file that is larger than the limit is [ErrLimit], and
// not read at all. An error of read is returned as it is.
func (t *Tree) ReadEntry(name string, e fs.DirEntry, read func(r io.Reader, was fs.FileInfo) error) (changed bool, err error) {
	real, err := t.regular(name, e)
	if err != nil {
		return false, err
	}
	f, was, err := t.open(name, real, 0)
	if err != nil {
		return false, err
	}
	defer func() { _ = f.Close() }()
	if was.Size() > t.limits.File {
		return false, t.fail("read", name, fmt.Errorf("%w: %d bytes, more than %d of one file", ErrLimit, was.Size(), t.limits.File))
	}
	if err := read(f, was); err != nil {
		return false, err
	}
	is, err := f.Stat()
	if err != nil {
		return false, err
	}
	if changed = touched(was, is); changed {
		t.Note(name, errors.New("changed while it was read"))
	}
	return changed, nil
}

// regular returns where a regular file really is. What was just listed as one in a folder that is known is not looked at again.
func (t *Tree) regular(name string, e fs.DirEntry) (string, error) {
	if e != nil && e.Type() == 0 && e.Name() == path.Base(name) {
		if err := t.may("open", name); err != nil {
			return "", err
		}
		if real, ok := t.links.known(path.Dir(name)); ok {
			t.links.watcher.lookIn(real)
			return path.Join(real, path.Base(name)), nil
		}
	}
	w, err := t.look("open", name, true)
	if err != nil {
		return "", err
	}
	if w.info.Mode().Type() != 0 {
		return "", t.fail("open", name, errIrregular)
	}
	return w.real, nil
}

// touched tells whether a file may have other bytes than it had.
func touched(was, is fs.FileInfo) bool {
	a, _ := systemOf(was)
	b, _ := systemOf(is)
	return was.Size() != is.Size() || !was.ModTime().Equal(is.ModTime()) || !a.changed.Equal(b.changed)
}

package scan

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"
)

// DirOptions say how a directory is read. The zero value is what is usual.
type DirOptions struct {
	// OneFileSystem has folders of other file systems appear empty, so that "/" can be read without /proc, /sys and what else is mounted. It needs Linux.
	OneFileSystem bool
}

// A Dir is a directory of this machine as an fs.FS, which whatever happens in it does not lead out: it stands on os.Root. It opens folders and regular
// files, and never waits for the other end of a FIFO. Links lead where they would if it were the root of a system. Names that are not UTF-8 are
// names. For a second or so, a folder that has been replaced may still be seen as it was. It is safe for concurrent use.
type Dir struct {
	name    string
	folders folders
}

// OpenDir opens a directory of this machine, which is to be closed.
func OpenDir(name string, o *DirOptions) (*Dir, error) {
	root, err := os.OpenRoot(name)
	if err != nil {
		return nil, fmt.Errorf("scan: %w", err)
	}
	d, err := NewDir(root, o)
	if err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return d, nil
}

// NewDir makes a Dir of a root, which belongs to it from then on, if there is no error: closing the one closes the other.
func NewDir(root *os.Root, o *DirOptions) (*Dir, error) {
	d := &Dir{name: root.Name(), folders: folders{root: handle{root: root}}}
	if o != nil && o.OneFileSystem {
		if err := d.folders.stay(); err != nil {
			return nil, fmt.Errorf("scan: directory %s: one file system: %w", d.name, err)
		}
	}
	return d, nil
}

// Close closes the directory. Files that are open stay so.
func (d *Dir) Close() error {
	if err := d.folders.close(); err != nil {
		return fmt.Errorf("scan: directory %s: %w", d.name, err)
	}
	return nil
}

// Open opens a folder or a regular file.
func (d *Dir) Open(name string) (fs.File, error) {
	var file *dirFile
	err := d.at("open", name, true, func(folder *os.Root, base string) error {
		f, err := folder.OpenFile(base, os.O_RDONLY|syscall.O_NONBLOCK, 0)
		if err != nil {
			return orLink(folder, base, err)
		}
		info, err := f.Stat()
		if err == nil && info.Mode().Type()&^fs.ModeDir != 0 {
			err = errIrregular
		}
		if err != nil {
			_ = f.Close() // Nothing was done with it.
			return err
		}
		file = &dirFile{name: name, f: f, opened: info, foreign: info.IsDir() && d.folders.foreign(info)}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return file, nil
}

// ReadDir returns the entries of a folder by name.
func (d *Dir) ReadDir(name string) ([]fs.DirEntry, error) {
	f, err := d.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	entries, err := f.(*dirFile).ReadDir(-1)
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, err
}

// Stat says what is at a path, links followed.
func (d *Dir) Stat(name string) (info fs.FileInfo, err error) {
	err = d.at("stat", name, true, func(folder *os.Root, base string) error {
		info, err = folder.Stat(base)
		return orLink(folder, base, err)
	})
	return info, err
}

// Lstat says what is at a path, and of a link what it is itself.
func (d *Dir) Lstat(name string) (info fs.FileInfo, err error) {
	err = d.at("lstat", name, false, func(folder *os.Root, base string) error {
		info, err = folder.Lstat(base)
		return err
	})
	return info, err
}

// ReadLink returns where a link leads to, as it is written there.
func (d *Dir) ReadLink(name string) (target string, err error) {
	err = d.at("readlink", name, false, func(folder *os.Root, base string) error {
		target, err = folder.Readlink(base)
		return err
	})
	return target, err
}

// at does something with a path in the folder that it is in. When there are links on the way it follows them, that at the end only if asked to.
func (d *Dir) at(op, name string, last bool, do func(folder *os.Root, base string) error) error {
	if !validPath(name) {
		return &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	err := d.folders.in(name, do)
	if errors.Is(err, errLink) {
		var w way
		links := resolver{fsys: plain{d}}
		if w, err = links.look(name, last); err == nil {
			err = d.folders.in(w.real, do)
		}
	}
	return pathError(op, name, err)
}

// orLink is errLink if the error may come from a link that leads out of its folder.
func orLink(folder *os.Root, base string, err error) error {
	if err == nil {
		return nil
	}
	if info, no := folder.Lstat(base); no == nil && info.Mode().Type() == fs.ModeSymlink {
		return errLink
	}
	return err
}

// A plain directory has no links on the way.
type plain struct{ *Dir }

func (d plain) Lstat(name string) (info fs.FileInfo, err error) {
	err = d.folders.in(name, func(folder *os.Root, base string) error {
		info, err = folder.Lstat(base)
		return err
	})
	return info, err
}

func (d plain) ReadLink(name string) (target string, err error) {
	err = d.folders.in(name, func(folder *os.Root, base string) error {
		target, err = folder.Readlink(base)
		return err
	})
	return target, err
}

package scan

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
)

// errTooMany: no more entries may be looked at.
var errTooMany = fmt.Errorf("%w: too many entries", ErrLimit)

// chunk is how many entries are asked for at once.
const chunk = 512

// A folder is a folder that keeps to the limits of its tree.
type folder struct {
	t    *Tree
	name string
	real string
	f    fs.File
	// whole are the entries that are still to be returned, if the file system below cannot list bit by bit.
	whole []fs.DirEntry
	read  bool
	// lister, if there is one once something was listed, takes all entries for the tree's watcher.
	listed bool
	lister *lister
}

func (d *folder) Stat() (fs.FileInfo, error) {
	info, err := d.f.Stat()
	if err != nil {
		return nil, d.t.fail("stat", d.name, err)
	}
	return info, nil
}

func (d *folder) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.name, Err: errors.New("is a folder")}
}

// Close closes the folder. For a watcher, what was listed in part is listed to its end.
func (d *folder) Close() error {
	for d.lister != nil {
		some, err := d.list(chunk)
		d.tell(some, err)
	}
	return d.f.Close()
}

// ReadDir is that of fs.ReadDirFile: in no order, and up to n of them, if n is larger than 0.
func (d *folder) ReadDir(n int) ([]fs.DirEntry, error) {
	var all []fs.DirEntry
	for {
		ask := chunk
		if n > 0 {
			ask = min(n, chunk)
		}
		some, err := d.next(ask)
		all = append(all, some...)
		if err == io.EOF && (n <= 0 || len(all) > 0) { //nolint:errorlint // A reader's end is io.EOF itself.
			return all, nil
		}
		if err != nil || n > 0 && len(all) > 0 {
			return all, err
		}
	}
}

// next returns up to n entries that have a name.
func (d *folder) next(n int) ([]fs.DirEntry, error) {
	t := d.t
	if t.ctx.Err() != nil {
		return nil, t.fail("readdir", d.name, t.ctx.Err())
	}
	if !d.listed {
		d.listed, d.lister = true, t.links.watcher.lister(d.real)
	}
	some, err := d.list(n)
	if over := t.entries.Add(int64(len(some))) - int64(t.limits.Entries); over > 0 {
		t.entries.Add(-min(over, int64(len(some))))
		some = some[:max(0, int64(len(some))-over)]
		err = fmt.Errorf("%w: more than %d", errTooMany, t.limits.Entries)
	}
	some = slices.DeleteFunc(some, func(e fs.DirEntry) bool {
		if validName(e.Name()) {
			return false
		}
		t.Note(d.name, fmt.Errorf("an entry is called %q, which is no name", e.Name()))
		return true
	})
	d.tell(some, err)
	if err != nil {
		err = t.fail("readdir", d.name, err)
	}
	return some, err
}

// tell has the watcher take what was listed.
func (d *folder) tell(some []fs.DirEntry, err error) {
	if d.lister != nil && !d.t.links.watcher.tell(d.lister, some, err) {
		d.lister = nil
	}
}

// list asks the file system for entries. Without an error there are some.
func (d *folder) list(n int) ([]fs.DirEntry, error) {
	if f, ok := d.f.(fs.ReadDirFile); ok {
		some, err := f.ReadDir(n)
		if len(some) == 0 && err == nil {
			err = io.ErrNoProgress
		}
		return some, err
	}
	if !d.read {
		var err error
		d.read = true
		if d.whole, err = fs.ReadDir(d.t.fsys, d.real); err != nil {
			return nil, err
		}
	}
	if len(d.whole) == 0 {
		return nil, io.EOF
	}
	some := d.whole[:min(n, len(d.whole))]
	d.whole = d.whole[len(some):]
	return some, nil
}

// sorted orders entries by name, and leaves out a name that comes again.
func (d *folder) sorted(entries []fs.DirEntry) []fs.DirEntry {
	slices.SortStableFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return slices.CompactFunc(entries, func(a, b fs.DirEntry) bool {
		if a.Name() != b.Name() {
			return false
		}
		d.t.Note(d.name, fmt.Errorf("there are two entries called %q", a.Name()))
		return true
	})
}

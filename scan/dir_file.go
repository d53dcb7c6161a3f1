package scan

import (
	"errors"
	"io"
	"io/fs"
	"os"
)

// A dirFile is an open file or folder of a [Dir].
type dirFile struct {
	name string
	f    *os.File
	// opened is what it was when it was opened.
	opened fs.FileInfo
	// foreign: it is a folder of another file system, of which nothing is seen.
	foreign bool
}

func (f *dirFile) Stat() (fs.FileInfo, error) {
	info, err := f.f.Stat()
	return info, pathError("stat", f.name, err)
}

func (f *dirFile) Read(p []byte) (int, error) {
	n, err := f.f.Read(p)
	return n, pathError("read", f.name, err)
}

func (f *dirFile) ReadAt(p []byte, off int64) (int, error) {
	n, err := f.f.ReadAt(p, off)
	return n, pathError("readat", f.name, err)
}

func (f *dirFile) ReadDir(n int) ([]fs.DirEntry, error) {
	if f.foreign {
		if n > 0 {
			return nil, io.EOF
		}
		return nil, nil
	}
	entries, err := f.f.ReadDir(n)
	return entries, pathError("readdir", f.name, err)
}

func (f *dirFile) Close() error { return pathError("close", f.name, f.f.Close()) }

// pathError says what went wrong with a path as it was asked for; the operating system may have been asked for another.
func pathError(op, name string, err error) error {
	if err == nil || err == io.EOF { //nolint:errorlint // A reader's end is io.EOF itself.
		return err
	}
	if at, ok := errors.AsType[*fs.PathError](err); ok {
		err = at.Err
	}
	return &fs.PathError{Op: op, Path: name, Err: err}
}

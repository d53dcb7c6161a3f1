package scan

import (
	"fmt"
	"io"
	"io/fs"
	"sync/atomic"
)

// errTooMuch: nothing more may be read of any file.
var errTooMuch = fmt.Errorf("%w: too much is read", ErrLimit)

// maxIdle is how many reads in a row may bring neither bytes nor an end.
const maxIdle = 100

// A file is a regular file that keeps to the limits of its tree.
type file struct {
	t    *Tree
	name string
	f    fs.File
	read atomic.Int64
	// idle counts reads in a row that brought nothing.
	idle atomic.Int64
}

// A fileAt is one that can be read anywhere.
type fileAt struct {
	*file

	at io.ReaderAt
}

func newFile(t *Tree, name string, f fs.File) fs.File {
	file := &file{t: t, name: name, f: f}
	if at, ok := f.(io.ReaderAt); ok {
		return &fileAt{file, at}
	}
	return file
}

func (f *file) Stat() (fs.FileInfo, error) {
	info, err := f.f.Stat()
	if err != nil {
		return nil, f.t.fail("stat", f.name, err)
	}
	return info, nil
}

func (f *file) Read(p []byte) (int, error) { return f.meter(p, f.f.Read) }

func (f *file) Close() error { return f.f.Close() }

func (f *fileAt) ReadAt(p []byte, off int64) (n int, err error) {
	for n < len(p) && err == nil {
		var got int
		got, err = f.meter(p[n:], func(p []byte) (int, error) { return f.at.ReadAt(p, off+int64(n)) })
		n += got
	}
	return n, err
}

// meter reads as much as the limits have room for. With no room left it reads one byte more, to tell a file that ends there from one that does not.
func (f *file) meter(p []byte, read func([]byte) (int, error)) (int, error) {
	if f.t.ctx.Err() != nil {
		return 0, f.t.fail("read", f.name, f.t.ctx.Err())
	}
	if len(p) == 0 {
		return 0, nil
	}
	room := min(f.t.limits.File-f.read.Load(), f.t.limits.Read-f.t.read.Load())
	if room <= 0 {
		return f.overrun(read)
	}
	asked := p[:min(int64(len(p)), room)]
	n, err := read(asked)
	if n < 0 || n > len(asked) {
		n, err = 0, fmt.Errorf("the file system says %d bytes were read into %d", n, len(asked))
	}
	if n > 0 {
		f.idle.Store(0)
	} else if err == nil && f.idle.Add(1) >= maxIdle {
		err = io.ErrNoProgress
	}
	f.read.Add(int64(n))
	f.t.read.Add(int64(n))
	if err != nil && (n == 0 || err != io.EOF) { //nolint:errorlint // A reader's end is io.EOF itself.
		err = f.t.fail("read", f.name, err)
	}
	return n, err
}

func (f *file) overrun(read func([]byte) (int, error)) (int, error) {
	if n, err := read(make([]byte, 1)); n == 0 && err != nil {
		return 0, f.t.fail("read", f.name, err)
	}
	if f.t.read.Load() >= f.t.limits.Read {
		return 0, f.t.fail("read", f.name, fmt.Errorf("%w: more than %d bytes", errTooMuch, f.t.limits.Read))
	}
	return 0, f.t.fail("read", f.name, fmt.Errorf("%w: more than %d bytes of one file", ErrLimit, f.t.limits.File))
}

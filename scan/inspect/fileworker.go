package inspect

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"

	"github.com/reeve-go/reeve/internal/category"
	"github.com/reeve-go/reeve/scan"
)

// fileWorker tells of files one after another, with one buffer.
type fileWorker struct {
	*fileScan

	tree   *scan.Tree
	emit   scan.Emit
	hash   hash.Hash
	buffer []byte
}

func newFileWorker(s *fileScan, t *scan.Tree, emit scan.Emit) *fileWorker {
	return &fileWorker{fileScan: s, tree: t, emit: emit, hash: sha256.New(), buffer: make([]byte, 128<<10)}
}

func (w *fileWorker) tell(ctx context.Context, b batch) error {
	for _, f := range b {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		file, ok := w.look(f)
		if !ok {
			continue
		}
		if err := w.emit(f.name, file.written()); err != nil {
			return err
		}
	}
	return nil
}

// look returns what there is to tell of an entry; not ok: it has vanished meanwhile.
func (w *fileWorker) look(f foundFile) (*File, bool) {
	if w.digest && f.entry.Type().IsRegular() {
		return w.read(f)
	}
	info, err := f.entry.Info()
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			w.tree.Note(f.name, err)
		}
		return nil, false
	}
	file := newFile(info)
	if file.Type == Link {
		target, _ := w.tree.ReadLink(f.name) // the tree has noted what cannot be read
		file.Target = category.Text(target)
	}
	return file, true
}

// read reads a regular file, and looks at it before and after.
func (w *fileWorker) read(f foundFile) (*File, bool) {
	var file *File
	changed, err := w.tree.ReadEntry(f.name, f.entry, func(r io.Reader, was fs.FileInfo) error {
		file = newFile(was)
		if file.Size > w.most {
			w.tree.Note(f.name, fmt.Errorf("a file of %d bytes is not read, %d are the most", file.Size, w.most))
			return nil
		}
		return w.sum(r, file)
	})
	switch {
	case file == nil && errors.Is(err, fs.ErrNotExist):
		return nil, false
	case file == nil:
		// It is there, but is not to be read, as the tree has noted.
		info, err := f.entry.Info()
		if err != nil {
			return nil, false
		}
		return newFile(info), true
	}
	if file.Changed && !changed {
		w.tree.Note(f.name, errSize)
	}
	if file.Changed = file.Changed || changed; file.Changed {
		file.Digest = ""
	}
	return file, true
}

var errSize = errors.New("it has more or fewer bytes than its size says")

// sum digests a file to its end, which comes at its size unless the file changes.
func (w *fileWorker) sum(r io.Reader, file *File) error {
	w.hash.Reset()
	for left := file.Size; ; {
		n, err := r.Read(w.buffer)
		w.hash.Write(w.buffer[:n])
		left -= int64(n)
		switch {
		case left < 0 || err == io.EOF && left > 0:
			file.Changed = true
			return nil
		case err == io.EOF:
			file.Digest = w.name()
			return nil
		case err != nil:
			return err
		}
	}
}

func (w *fileWorker) name() scan.Digest {
	var sum [sha256.Size]byte
	name := make([]byte, 0, len("sha256:")+2*sha256.Size)
	return scan.Digest(hex.AppendEncode(append(name, "sha256:"...), w.hash.Sum(sum[:0])))
}

package scan

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
)

// describe adds what an entry of a folder is, and of a link where it leads to.
func (p *printer) describe(record []byte, folder string, info fs.FileInfo) []byte {
	record = p.stat(record, info)
	if info.Mode().Type() != fs.ModeSymlink {
		return record
	}
	name := path.Join(folder, info.Name())
	target, err := p.tree.ReadLink(name)
	if err != nil {
		p.stop(errUnsettled)
	}
	record = framed(record, target)
	if p.covered(".") {
		return record
	}
	w, err := p.tree.look("stat", name, true)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return record
	case err != nil:
		p.stop(errUnsettled)
		return record
	}
	record = framed(record, w.real)
	if p.covered(w.real) {
		return record
	}
	if w.info.IsDir() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.ahead = append(p.ahead, w.real)
		return record
	}
	return p.stat(record, w.info)
}

// stat adds what is known of a file without reading it.
func (p *printer) stat(record []byte, info fs.FileInfo) []byte {
	s, _ := systemOf(info)
	if at := info.ModTime(); s.changed.After(p.before) || info.Mode().IsRegular() && (at.IsZero() || at.After(p.before)) {
		p.stop(errUnsettled)
	}
	record = binary.LittleEndian.AppendUint32(record, uint32(info.Mode()))
	record = binary.LittleEndian.AppendUint64(record, uint64(info.Size())) //nolint:gosec // Any bits will do.
	record = binary.LittleEndian.AppendUint64(record, s.inode)
	for _, at := range []time.Time{info.ModTime(), s.changed} {
		record = binary.LittleEndian.AppendUint64(record, uint64(at.Unix()))       //nolint:gosec // Any bits will do.
		record = binary.LittleEndian.AppendUint32(record, uint32(at.Nanosecond())) //nolint:gosec // Any bits will do.
	}
	return record
}

// covered tells whether a path is under a folder whose turn has come.
func (p *printer) covered(name string) bool {
	return slices.ContainsFunc(p.done, func(root string) bool {
		return root == "." || name == root || strings.HasPrefix(name, root+"/")
	})
}

// absent is the head of what does not exist.
func (p *printer) absent(record []byte, err error) head {
	if !errors.Is(err, fs.ErrNotExist) {
		p.stop(errUnsettled)
	}
	return head{record: append(record, "nothing"...)}
}

// framed adds a text such that where it ends is certain.
func framed(record []byte, s string) []byte {
	return append(binary.LittleEndian.AppendUint32(record, uint32(len(s))), s...) //nolint:gosec // A path is never that long.
}

package scan

import (
	"bytes"
	"crypto/sha256"
	"io"
	"io/fs"
	"path"
	"slices"
)

// A listing is what a fingerprint keeps of the entries of a folder: their sum, in whatever order they come, and which are folders.
type listing struct {
	sum     sum
	folders []string
	// below are the sums of the folders as far as they are known, and zero else; of so many they are not.
	below   []sum
	missing int
}

// fold returns the sum of what is in a folder, and in the folders in it.
func (l *listing) fold() sum {
	record := l.sum[:]
	for i, sub := range l.folders {
		record = append(framed(record, sub), l.below[i][:]...)
	}
	return sha256.Sum256(record)
}

// at returns where the sum of a folder belongs; nil: there was none when the one above was listed.
func (l *listing) at(folder string) *sum {
	if l == nil {
		return nil
	}
	i, ok := slices.BinarySearch(l.folders, path.Base(folder))
	if !ok {
		return nil
	}
	return &l.below[i]
}

// A lister makes a listing of entries, which come bit by bit.
type lister struct {
	printer *printer
	folder  string
	record  []byte
	sums    []sum
	folders []string
}

// add takes more entries. They may come from below a [Tree], which would refuse names that are none, and lists without end.
func (l *lister) add(entries []fs.DirEntry) {
	p := l.printer
	p.looked.Add(int64(len(entries)))
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || info.Mode().Type() != e.Type() || !validName(e.Name()) || len(l.sums) >= p.tree.limits.Entries {
			p.stop(errUnsettled)
			return
		}
		l.record = p.describe(framed(l.record[:0], e.Name()), l.folder, info)
		l.sums = append(l.sums, sha256.Sum256(l.record))
		if info.IsDir() {
			l.folders = append(l.folders, e.Name())
		}
	}
}

// listing returns what came.
func (l *lister) listing() *listing {
	slices.SortFunc(l.sums, func(a, b sum) int { return bytes.Compare(a[:], b[:]) })
	slices.Sort(l.folders)
	all := sha256.New()
	for _, s := range l.sums {
		all.Write(s[:])
	}
	return &listing{sum: sum(all.Sum(nil)), folders: l.folders, below: make([]sum, len(l.folders)), missing: len(l.folders)}
}

// list returns the listing of a folder.
func (p *printer) list(name string) *listing {
	l := &lister{printer: p, folder: name}
	l.all()
	return l.listing()
}

// all takes all entries of the folder. A file system that panics must not end the program, whoever's goroutine it is on.
func (l *lister) all() {
	p := l.printer
	defer func() {
		if value := recover(); value != nil {
			p.stop(&panicError{value})
		}
	}()
	f, err := p.tree.Open(l.folder)
	if err != nil {
		p.stop(errUnsettled)
		return
	}
	defer func() { _ = f.Close() }()
	for err == nil {
		var entries []fs.DirEntry
		entries, err = f.(fs.ReadDirFile).ReadDir(chunk)
		l.add(entries)
	}
	if err != io.EOF { //nolint:errorlint // A reader's end is io.EOF itself.
		p.stop(errUnsettled)
	}
}

package scan

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"io/fs"
	"slices"
	"sync/atomic"
)

// A listing is what a fingerprint keeps of the entries of a folder: their sum, in whatever order they come, and which are folders.
type listing struct {
	sum     sum
	folders []string
}

// A lister makes a listing of entries, which come bit by bit.
type lister struct {
	printer *printer
	folder  string
	record  []byte
	sums    []sum
	folders []string
}

// add takes more entries.
func (l *lister) add(entries []fs.DirEntry) {
	p := l.printer
	p.looked.Add(int64(len(entries)))
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
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

func (l *lister) listing() listing {
	slices.SortFunc(l.sums, func(a, b sum) int { return bytes.Compare(a[:], b[:]) })
	slices.Sort(l.folders)
	all := sha256.New()
	for _, s := range l.sums {
		all.Write(s[:])
	}
	return listing{sum(all.Sum(nil)), l.folders}
}

// list returns the listing of a folder: that of the scan, if there is one.
func (p *printer) list(name string) listing {
	if l, ok := p.known(name); ok {
		return l
	}
	f, err := p.tree.Open(name)
	if err != nil {
		p.stop(errUnsettled)
		return listing{}
	}
	defer func() { _ = f.Close() }()
	if p.watching {
		p.settled(f)
	}
	l := &lister{printer: p, folder: name}
	for err == nil {
		var entries []fs.DirEntry
		entries, err = f.(fs.ReadDirFile).ReadDir(chunk)
		l.add(entries)
	}
	if err != io.EOF { //nolint:errorlint // A reader's end is io.EOF itself.
		p.stop(errUnsettled)
	}
	return l.listing()
}

// maxListed is how many folders a scan's listings are kept of.
const maxListed = 1 << 16

// watchingPrinter returns a printer of the whole tree that a scan is about to list: what is listed then, [Tree.listing] tells it, and need not be
// listed again. Nil: there must be a fingerprint before the scan.
//
// What the scan reads after it has listed the folder is as with a fingerprint from before: if it changes, the next fingerprint is another. What it reads
// without, such as a file whose path it knows, and where it changes before it is listed, has a time of change that is later than the beginning
// of the scan. Then nothing is settled. So this needs such times, and also folders have to be older than the scan unless it listed them.
func watchingPrinter(ctx context.Context, fsys fs.FS, l Limits, looked *atomic.Int64) *printer {
	info, err := fs.Stat(fsys, ".")
	if err != nil {
		return nil
	}
	if _, ok := systemOf(info); !ok {
		return nil
	}
	p := newPrinter(ctx, fsys, []string{"."}, l, looked)
	p.watching, p.listed = true, map[string]listing{}
	return p
}

// lister returns one for a folder that a scan lists; nil: the printer has what it needs.
func (p *printer) lister(name string) *lister {
	if p == nil || p.tree.ctx.Err() != nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.listed[name]; ok || len(p.listed) >= maxListed {
		return nil
	}
	return &lister{printer: p, folder: name}
}

// keep has a listing be used. The first one of a folder is from before all that was read in it.
func (p *printer) keep(l *lister) {
	made := l.listing()
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.listed[l.folder]; !ok {
		p.listed[l.folder] = made
	}
}

func (p *printer) known(name string) (listing, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l, ok := p.listed[name]
	return l, ok
}

// settled stops the printer if a folder was changed since the scan began.
func (p *printer) settled(f fs.File) {
	info, err := f.Stat()
	if err != nil {
		p.stop(errUnsettled)
		return
	}
	if s, ok := systemOf(info); !ok || s.changed.After(p.before) {
		p.stop(errUnsettled)
	}
}

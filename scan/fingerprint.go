package scan

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"path"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// settling is for how long after a change another one may leave the same times behind: FAT counts in steps of two seconds.
const settling = 2 * time.Second

// errUnsettled: the tree is being changed, or cannot be seen whole.
var errUnsettled = errors.New("not settled")

// Fingerprint tells trees apart without reading their files: it is a digest over path, type, size, mode, times and link of all that is under the roots, nil
// being the whole tree, and where the operating system has them over inodes and times of change, which no program can forge. What links under the roots
// lead to is a part of it, and so is that a root does not exist.
//
// Settled is false, and the digest empty, if it would say nothing: a regular file was touched less than two seconds before by this machine's clock, or has
// no time at all; something could not be seen; or a limit was met. An error is that of ctx, or a root that is no path.
func Fingerprint(ctx context.Context, fsys fs.FS, roots []string, l Limits) (d Digest, settled bool, err error) {
	return fingerprint(ctx, fsys, roots, l, new(atomic.Int64))
}

// fingerprint counts the entries as it goes.
func fingerprint(ctx context.Context, fsys fs.FS, roots []string, l Limits, looked *atomic.Int64) (d Digest, settled bool, err error) {
	if roots == nil {
		roots = []string{"."}
	}
	for _, root := range roots {
		if !validPath(root) {
			return "", false, &fs.PathError{Op: "fingerprint", Path: root, Err: fs.ErrInvalid}
		}
	}
	within, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	p := &printer{
		tree: NewTree(within, fsys, l), stop: stop, before: time.Now().Add(-settling),
		spare: make(chan struct{}, runtime.GOMAXPROCS(0)-1), looked: looked,
	}
	d = p.all(slices.Compact(slices.Sorted(slices.Values(roots))))
	if err := ctx.Err(); err != nil {
		return "", false, context.Cause(ctx)
	}
	if _, met := p.tree.Problems(); met > 0 || within.Err() != nil {
		return "", false, nil
	}
	return d, true, nil
}

// A printer takes a fingerprint. Each folder has a sum over the sums of its entries in the order of these, so that it does not matter who is first.
type printer struct {
	tree   *Tree
	stop   context.CancelCauseFunc
	before time.Time
	spare  chan struct{}
	looked *atomic.Int64
	// done are the folders whose turn has come.
	done []string

	mu    sync.Mutex
	ahead []string
}

type sum = [sha256.Size]byte

// all returns the digest of the roots, and of the folders outside that links lead to.
func (p *printer) all(roots []string) Digest {
	for _, root := range roots {
		if w, err := p.tree.look("stat", root, true); err == nil && w.info.IsDir() {
			p.done = append(p.done, w.real)
		}
	}
	var sums []byte
	for _, root := range roots {
		s := p.root(root)
		sums = append(sums, s[:]...)
	}
	for len(p.ahead) > 0 {
		next := p.ahead
		p.ahead = nil
		slices.Sort(next)
		next = slices.DeleteFunc(slices.Compact(next), func(name string) bool {
			if p.covered(name) {
				return true
			}
			p.done = append(p.done, name)
			return false
		})
		for _, name := range next {
			s := p.root(name)
			sums = append(sums, s[:]...)
		}
	}
	return DigestOf(sums)
}

// root returns the sum of what is at a path, links followed.
func (p *printer) root(name string) sum {
	record := framed(nil, name)
	itself, err := p.tree.Lstat(name)
	if err != nil {
		return p.absent(record, err)
	}
	record = p.describe(record, path.Dir(name), itself)
	w, err := p.tree.look("stat", name, true)
	if err != nil {
		return p.absent(record, err)
	}
	record = p.stat(framed(record, w.real), w.info)
	if w.info.IsDir() {
		s := p.folder(w.real)
		record = append(record, s[:]...)
	}
	return sha256.Sum256(record)
}

// folder returns the sum of what is in a folder. Folders in it are others' work, if somebody is free.
func (p *printer) folder(name string) sum {
	sums, names := p.list(name)
	below := make([]sum, len(names))
	var others sync.WaitGroup
	for i, sub := range names {
		work := func() { below[i] = p.folder(path.Join(name, sub)) }
		select {
		case p.spare <- struct{}{}:
			others.Go(func() {
				defer func() { <-p.spare }()
				work()
			})
		default:
			work()
		}
	}
	others.Wait()
	for i, sub := range names {
		sums = append(sums, sha256.Sum256(append(framed(nil, sub), below[i][:]...)))
	}
	slices.SortFunc(sums, func(a, b sum) int { return bytes.Compare(a[:], b[:]) })
	all := sha256.New()
	for _, s := range sums {
		all.Write(s[:])
	}
	return sum(all.Sum(nil))
}

// list returns the sums of the entries of a folder, and which of them are folders.
func (p *printer) list(name string) (sums []sum, folders []string) {
	f, err := p.tree.Open(name)
	if err != nil {
		p.stop(errUnsettled)
		return nil, nil
	}
	defer func() { _ = f.Close() }()
	var record []byte
	for {
		entries, err := f.(fs.ReadDirFile).ReadDir(chunk)
		p.looked.Add(int64(len(entries)))
		for _, e := range entries {
			info, err := e.Info()
			if err != nil {
				p.stop(errUnsettled)
				return nil, nil
			}
			record = p.describe(framed(record[:0], e.Name()), name, info)
			sums = append(sums, sha256.Sum256(record))
			if info.IsDir() {
				folders = append(folders, e.Name())
			}
		}
		if err != nil {
			if err != io.EOF { //nolint:errorlint // A reader's end is io.EOF itself.
				p.stop(errUnsettled)
			}
			return sums, folders
		}
	}
}

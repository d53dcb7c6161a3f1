package scan

import (
	"context"
	"crypto/sha256"
	"errors"
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
	p := newPrinter(ctx, fsys, roots, l, looked)
	defer p.stop(nil)
	return p.print(ctx)
}

// A printer takes a fingerprint. Each folder has a sum over the sums of its entries in the order of these, so that it does not matter who is first.
type printer struct {
	roots  []string
	tree   *Tree
	stop   context.CancelCauseFunc
	before time.Time
	spare  chan struct{}
	looked *atomic.Int64
	// done are the folders whose turn has come.
	done []string
	// watching: it is told of what a scan lists, see [watchingPrinter].
	watching bool

	mu     sync.Mutex
	ahead  []string
	listed map[string]listing
}

type sum = [sha256.Size]byte

// newPrinter returns a printer of roots, which is stopped with ctx at the latest.
func newPrinter(ctx context.Context, fsys fs.FS, roots []string, l Limits, looked *atomic.Int64) *printer {
	within, stop := context.WithCancelCause(ctx)
	p := &printer{
		roots: slices.Compact(slices.Sorted(slices.Values(roots))), tree: NewTree(within, fsys, l), stop: stop, before: time.Now().Add(-settling),
		spare: make(chan struct{}, runtime.GOMAXPROCS(0)-1), looked: looked,
	}
	for _, root := range p.roots {
		if w, err := p.tree.look("stat", root, true); err == nil && w.info.IsDir() {
			p.done = append(p.done, w.real)
		}
	}
	return p
}

// print is [Fingerprint].
func (p *printer) print(ctx context.Context) (d Digest, settled bool, err error) {
	d = p.all()
	if ctx.Err() != nil {
		return "", false, context.Cause(ctx)
	}
	if _, met := p.tree.Problems(); met > 0 || p.tree.ctx.Err() != nil {
		return "", false, nil
	}
	return d, true, nil
}

// all returns the digest of the roots, and of the folders outside that links lead to.
func (p *printer) all() Digest {
	var sums []byte
	for _, root := range p.roots {
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
	l := p.list(name)
	below := make([]sum, len(l.folders))
	var others sync.WaitGroup
	for i, sub := range l.folders {
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
	record := l.sum[:]
	for i, sub := range l.folders {
		record = append(framed(record, sub), below[i][:]...)
	}
	return sha256.Sum256(record)
}

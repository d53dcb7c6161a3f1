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
// Settled is false, and the digest empty, if it would say nothing: something was touched less than two seconds before by this machine's clock, or a regular
// file has no time at all; something could not be seen; or a limit was met. An error is that of ctx, or a root that is no path.
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
	tree   *Tree
	stop   context.CancelCauseFunc
	before time.Time
	spare  chan struct{}
	looked *atomic.Int64
	// heads are the roots themselves, without what is in them, and done the folders whose turn has come.
	heads []head
	done  []string
	// kept are listings that need not be made.
	kept map[string]*listing

	mu    sync.Mutex
	ahead []string
}

type sum = [sha256.Size]byte

// A head is what is at a path, links followed; of a folder, where it really is.
type head struct {
	record []byte
	folder string
}

// newPrinter returns a printer of roots, which is stopped with ctx at the latest.
func newPrinter(ctx context.Context, fsys fs.FS, roots []string, l Limits, looked *atomic.Int64) *printer {
	within, stop := context.WithCancelCause(ctx)
	p := &printer{
		tree: NewTree(within, fsys, l), stop: stop, before: time.Now().Add(-settling),
		spare: make(chan struct{}, runtime.GOMAXPROCS(0)-1), looked: looked,
	}
	roots = slices.Compact(slices.Sorted(slices.Values(roots)))
	for _, root := range roots {
		if w, err := p.tree.look("stat", root, true); err == nil && w.info.IsDir() {
			p.done = append(p.done, w.real)
		}
	}
	for _, root := range roots {
		p.heads = append(p.heads, p.head(root))
	}
	return p
}

// print is [Fingerprint].
func (p *printer) print(ctx context.Context) (d Digest, settled bool, err error) {
	d = p.all()
	if ctx.Err() != nil {
		return "", false, context.Cause(ctx)
	}
	if _, met := p.tree.Problems(); met > 0 || p.stopped() {
		return "", false, nil
	}
	return d, true, nil
}

func (p *printer) stopped() bool { return p.tree.ctx.Err() != nil }

// all returns the digest of the roots, and of the folders outside that links lead to.
func (p *printer) all() Digest {
	var sums []byte
	heads := p.heads
	for {
		for _, h := range heads {
			s := p.whole(h)
			sums = append(sums, s[:]...)
		}
		if heads = p.further(); len(heads) == 0 {
			return DigestOf(sums)
		}
	}
}

// further returns the folders that links led to and whose turn has not come.
func (p *printer) further() (heads []head) {
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
		heads = append(heads, p.head(name))
	}
	return heads
}

func (p *printer) head(name string) head {
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
	if !w.info.IsDir() {
		return head{record: record}
	}
	return head{record, w.real}
}

// whole returns the sum of a root and of what is in it.
func (p *printer) whole(h head) sum {
	if h.folder == "" {
		return sha256.Sum256(h.record)
	}
	s := p.folder(h.folder)
	return sha256.Sum256(append(h.record, s[:]...))
}

// folder returns the sum of what is in a folder. Folders in it are others' work, if somebody is free.
func (p *printer) folder(name string) sum {
	l := p.kept[name]
	if l == nil {
		l = p.list(name)
	}
	var others sync.WaitGroup
	for i, sub := range l.folders {
		if l.below[i] != (sum{}) {
			continue
		}
		work := func() { l.below[i] = p.folder(path.Join(name, sub)) }
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
	return l.fold()
}

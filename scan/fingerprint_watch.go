package scan

import (
	"context"
	"io"
	"io/fs"
	"path"
	"sync"
	"sync/atomic"
)

// A watcher takes the fingerprint of a whole tree that a scan looks into: what the scan lists need not be listed again. It is nil where nobody wants one.
//
// Whatever the scan looks at, the folder that it is in is listed before, by the scan or else by the watcher. So it is as with a fingerprint from before
// the scan, whatever the clocks say: what changes after the listing makes the next fingerprint another. The root itself is looked at in the beginning.
type watcher struct {
	*printer

	mu sync.Mutex
	// listed are the listings of folders, but for those that were folded into the one above. Open counts who lists a folder just now. Both are nil in the end.
	listed map[string]*listing
	open   map[string]int
}

// maxListed is how many listings there may be that cannot be folded. With more of them the scan gets no address.
const maxListed = 1 << 18

func newWatcher(ctx context.Context, fsys fs.FS, l Limits, looked *atomic.Int64) *watcher {
	return &watcher{printer: newPrinter(ctx, fsys, []string{"."}, l, looked), listed: map[string]*listing{}, open: map[string]int{}}
}

// print is [Fingerprint], after the scan.
func (w *watcher) print(ctx context.Context) (d Digest, settled bool, err error) {
	defer context.AfterFunc(ctx, func() { w.stop(context.Cause(ctx)) })()
	w.mu.Lock()
	if len(w.open) > 0 {
		w.stop(errUnsettled)
	}
	w.kept, w.listed, w.open = w.listed, nil, nil
	w.mu.Unlock()
	return w.printer.print(ctx)
}

// lookIn has a folder be listed before the scan looks at something in it.
func (w *watcher) lookIn(folder string) {
	if w.begin(folder) {
		w.keep(folder, w.list(folder))
	}
}

// lister returns one for a folder that the scan is about to list, to be told of all that is in it; nil: it was listed before.
func (w *watcher) lister(folder string) *lister {
	if w.begin(folder) {
		return &lister{printer: w.printer, folder: folder}
	}
	return nil
}

// begin tells whether a folder has to be listed, after which it is to be kept.
func (w *watcher) begin(folder string) bool {
	if w == nil || w.stopped() {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.listed == nil || w.has(folder):
		return false
	case len(w.listed)+len(w.open) >= maxListed:
		w.stop(errUnsettled)
		return false
	}
	w.open[folder]++
	return true
}

// tell takes some of the entries of a folder, and returns false when there are no more.
func (w *watcher) tell(l *lister, some []fs.DirEntry, err error) (more bool) {
	l.add(some)
	switch {
	case err == io.EOF: //nolint:errorlint // A reader's end is io.EOF itself.
		w.keep(l.folder, l.listing())
	case err != nil:
		w.stop(errUnsettled)
	}
	return err == nil && !w.stopped()
}

// keep takes the listing of a folder. Where several list it at once, they must see the same.
func (w *watcher) keep(folder string, l *listing) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.listed == nil {
		return
	}
	if w.open[folder]--; w.open[folder] == 0 {
		delete(w.open, folder)
	}
	if first := w.listed[folder]; first == nil {
		w.listed[folder] = l
	} else if first.sum != l.sum {
		w.stop(errUnsettled)
	}
	w.fold(folder)
}

// fold puts the sum of a folder of which all is known into the listing above, so that little has to be kept.
func (w *watcher) fold(folder string) {
	for folder != "." && w.open[folder] == 0 && w.listed[folder].missing == 0 {
		above := w.listed[path.Dir(folder)]
		at := above.at(folder)
		if at == nil {
			return
		}
		*at = w.listed[folder].fold()
		above.missing--
		delete(w.listed, folder)
		folder = path.Dir(folder)
	}
}

// has tells whether a folder was listed. What was folded is under a folder that has its sum.
func (w *watcher) has(folder string) bool {
	for w.listed[folder] == nil {
		if folder == "." {
			return false
		}
		above := path.Dir(folder)
		if l := w.listed[above]; l != nil {
			at := l.at(folder)
			return at != nil && *at != sum{}
		}
		folder = above
	}
	return true
}

package scan

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"sync"
	"time"
)

const (
	// maxHandles is how many folders are kept open, and maxAge for how long what is at a path is taken to be there still.
	maxHandles = 64
	maxAge     = time.Second
)

// errLink: there is a link on the way.
var errLink = errors.New("is a link")

// folders are those of a directory that are kept open, so that what is in them is opened with one call, however deep it is.
type folders struct {
	root handle
	// one: folders of other devices than that are foreign.
	one    bool
	device uint64

	mu   sync.Mutex
	open map[string]*handle
	shut bool
}

// A handle is a folder that is open. It is closed when it is out of the map and nobody uses it.
type handle struct {
	root  *os.Root
	at    time.Time
	users int
	gone  bool
}

// stay has all folders of other devices than the root's be foreign.
func (fo *folders) stay() error {
	info, err := fo.root.root.Lstat(".")
	if err != nil {
		return err
	}
	s, ok := systemOf(info)
	if !ok {
		return fmt.Errorf("devices cannot be told from each other here: %w", errors.ErrUnsupported)
	}
	fo.one, fo.device = true, s.device
	return nil
}

func (fo *folders) foreign(info fs.FileInfo) bool {
	s, _ := systemOf(info)
	return fo.one && s.device != fo.device
}

// in does something with a path in the folder that it is in. The folder is reached without links.
func (fo *folders) in(name string, do func(folder *os.Root, base string) error) error {
	h, err := fo.get(path.Dir(name))
	if err != nil {
		return err
	}
	defer fo.put(h)
	return do(h.root, path.Base(name))
}

// get returns a folder, to be put back.
func (fo *folders) get(name string) (*handle, error) {
	if name == "." {
		return &fo.root, nil
	}
	fo.mu.Lock()
	h, ok := fo.open[name]
	if ok && time.Since(h.at) < maxAge {
		h.users++
		fo.mu.Unlock()
		return h, nil
	}
	fo.mu.Unlock()
	h, err := fo.look(name)
	if err != nil {
		return nil, err
	}
	return h, fo.keep(name, h)
}

// look opens a folder in the one that it is in.
func (fo *folders) look(name string) (*handle, error) {
	parent, err := fo.get(path.Dir(name))
	if err != nil {
		return nil, err
	}
	defer fo.put(parent)
	info, err := parent.root.Lstat(path.Base(name))
	switch {
	case err != nil:
		return nil, err
	case info.Mode().Type() == fs.ModeSymlink:
		return nil, errLink
	case !info.IsDir() || fo.foreign(info):
		return nil, fs.ErrNotExist
	}
	now := time.Now()
	root, err := parent.root.OpenRoot(path.Base(name))
	if err != nil {
		return nil, err
	}
	return &handle{root: root, at: now, users: 1}, nil
}

// keep puts a folder in the map, in place of an older one of its path or, if there are too many, of the oldest.
func (fo *folders) keep(name string, h *handle) error {
	fo.mu.Lock()
	defer fo.mu.Unlock()
	if fo.shut {
		return errors.Join(fs.ErrClosed, h.root.Close())
	}
	if fo.open == nil {
		fo.open = map[string]*handle{}
	}
	if _, ok := fo.open[name]; ok {
		fo.drop(name)
	} else if len(fo.open) >= maxHandles {
		oldest := name
		for other, h := range fo.open {
			if oldest == name || h.at.Before(fo.open[oldest].at) {
				oldest = other
			}
		}
		fo.drop(oldest)
	}
	fo.open[name] = h
	return nil
}

func (fo *folders) put(h *handle) {
	fo.mu.Lock()
	defer fo.mu.Unlock()
	h.users--
	h.closeUnused()
}

func (fo *folders) drop(name string) {
	h := fo.open[name]
	delete(fo.open, name)
	h.gone = true
	h.closeUnused()
}

func (h *handle) closeUnused() {
	if h.gone && h.users == 0 {
		_ = h.root.Close() // Nothing was written.
	}
}

func (fo *folders) close() error {
	fo.mu.Lock()
	defer fo.mu.Unlock()
	fo.shut = true
	for name := range fo.open {
		fo.drop(name)
	}
	return fo.root.root.Close()
}

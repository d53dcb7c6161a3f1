package scan

import (
	"fmt"
	"io/fs"
	"path"
	"strings"
	"sync"
)

const (
	// maxLinks is how many links a path may lead through, as Linux has it.
	maxLinks = 40
	// maxPath is how many bytes a path may have, links on it included. Linux takes 4096 at once.
	maxPath = 16 << 10
	// maxFolders is how many folders are remembered.
	maxFolders = 1024
)

// A resolver follows links within a file system, and remembers the folders that it came to.
type resolver struct {
	fsys fs.FS
	// watcher, if there is one, is told of folders before something in them is looked at.
	watcher *watcher

	mu      sync.RWMutex
	folders map[string]string
}

// A way is a path without links, what is at its end, and how many links led there.
type way struct {
	real  string
	info  fs.FileInfo
	links int
}

// look follows the links of a path, that at its end only if asked to.
func (r *resolver) look(name string, last bool) (way, error) {
	if name == "." {
		info, err := fs.Lstat(r.fsys, ".")
		return way{real: ".", info: info}, err
	}
	w, err := r.folder(path.Dir(name))
	if err != nil {
		return way{}, err
	}
	return r.walk(w, path.Base(name), last)
}

// folder follows the links of a path to a folder.
func (r *resolver) folder(name string) (way, error) {
	if name == "." {
		return way{real: "."}, nil
	}
	if real, ok := r.known(name); ok {
		return way{real: real}, nil
	}
	w, err := r.folder(path.Dir(name))
	if err != nil {
		return way{}, err
	}
	if w, err = r.walk(w, path.Base(name), true); err != nil {
		return way{}, err
	}
	if !w.info.IsDir() {
		return way{}, fs.ErrNotExist
	}
	r.remember(name, w.real)
	return w, nil
}

// walk goes on from a folder, component by component.
func (r *resolver) walk(w way, rest string, last bool) (way, error) {
	for rest != "" {
		var part string
		part, rest, _ = strings.Cut(rest, "/")
		if part == "" || part == "." {
			continue
		}
		if part == ".." {
			w.real, w.info = path.Dir(w.real), nil
			continue
		}
		next := path.Join(w.real, part)
		info, err := r.lstat(next)
		if err != nil {
			return way{}, err
		}
		if info.Mode().Type() == fs.ModeSymlink && (rest != "" || last) {
			if w, rest, err = r.turn(w, next, rest); err != nil {
				return way{}, err
			}
			continue
		}
		if rest != "" && !info.IsDir() {
			return way{}, fs.ErrNotExist
		}
		w.real, w.info = next, info
	}
	if w.info != nil {
		return w, nil
	}
	info, err := r.lstat(w.real)
	w.info = info
	return w, err
}

// lstat looks at a path without links.
func (r *resolver) lstat(real string) (fs.FileInfo, error) {
	r.watcher.lookIn(path.Dir(real))
	return fs.Lstat(r.fsys, real)
}

// turn puts what a link says before the rest of the way.
func (r *resolver) turn(w way, link, rest string) (way, string, error) {
	if w.links++; w.links > maxLinks {
		return way{}, "", fmt.Errorf("more than %d links on the way", maxLinks)
	}
	target, err := fs.ReadLink(r.fsys, link)
	switch {
	case err != nil:
		return way{}, "", err
	case target == "":
		return way{}, "", fs.ErrNotExist
	case len(target)+len(rest) > maxPath:
		return way{}, "", errTooLong
	case strings.HasPrefix(target, "/"):
		w.real = "."
	}
	w.info = nil
	return w, target + "/" + rest, nil
}

func (r *resolver) known(name string) (string, bool) {
	if name == "." {
		return ".", true
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	real, ok := r.folders[name]
	return real, ok
}

// remember keeps where a folder really is; of too many it forgets all, which costs no more than to look again.
func (r *resolver) remember(name, real string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.folders == nil || len(r.folders) >= maxFolders {
		r.folders = map[string]string{}
	}
	r.folders[name] = real
}

// validPath is fs.ValidPath, but for names that are not UTF-8.
func validPath(name string) bool {
	if name == "." {
		return true
	}
	for rest, more := name, true; more; {
		var part string
		if part, rest, more = strings.Cut(rest, "/"); part == "" || part == "." || part == ".." {
			return false
		}
	}
	return strings.IndexByte(name, 0) < 0
}

func validName(name string) bool {
	return name != "." && validPath(name) && !strings.Contains(name, "/")
}

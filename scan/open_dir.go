package scan

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/reeve-go/reeve/provisioning"
)

// DirType is the type of targets that a [DirOpener] opens.
const DirType = "directory"

// A DirRef is the Ref of such a target.
type DirRef struct {
	// Path is where the directory is on the agent's machine, from the root.
	Path string `json:"path"`
}

// A DirOpener opens directories of the agent's machine, but only those that are beneath some: links do not lead out of them. An attached
// resource is no concern of it.
type DirOpener struct {
	allowed []string
	o       DirOptions
}

var _ Opener = (*DirOpener)(nil)

// NewDirOpener returns an opener of directories that are, or are in, one of the allowed ones. Paths are cleaned before they are compared, and
// nothing else is done to them.
func NewDirOpener(allowed []string, o *DirOptions) (*DirOpener, error) {
	d := &DirOpener{}
	if o != nil {
		d.o = *o
	}
	if len(allowed) == 0 {
		return nil, errors.New("scan: an opener of directories without any; one that it may open is needed")
	}
	for _, path := range allowed {
		if !filepath.IsAbs(path) {
			return nil, fmt.Errorf("scan: an opener of directories: %s does not begin at the root; one that does is right", quote(path))
		}
		d.allowed = append(d.allowed, filepath.Clean(path))
	}
	return d, nil
}

// Open implements [Opener]. What is no directory, or not allowed, no other try can open.
func (d *DirOpener) Open(ctx context.Context, t Target, _ map[string]provisioning.Known) (fs.FS, func() error, error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, context.Cause(ctx)
	}
	dir, err := d.open(&t)
	if err != nil {
		return nil, nil, fmt.Errorf("target %s: %w", quote(t.ID), err)
	}
	return dir, dir.Close, nil
}

func (d *DirOpener) open(t *Target) (*Dir, error) {
	if t.Type != DirType {
		return nil, Fail(fmt.Errorf("its type is %s; %q is right", quote(t.Type), DirType))
	}
	var ref DirRef
	if err := json.Unmarshal(t.Ref, &ref); err != nil {
		return nil, Fail(fmt.Errorf("its ref is not like {\"path\": …}: %w", err))
	}
	if !filepath.IsAbs(ref.Path) {
		return nil, Fail(fmt.Errorf("its path is %s; one from the root is right", quote(ref.Path)))
	}
	path := filepath.Clean(ref.Path)
	for _, allowed := range d.allowed {
		rest, err := filepath.Rel(allowed, path)
		if err != nil || !filepath.IsLocal(rest) {
			continue
		}
		dir, err := openBeneath(allowed, rest, &d.o)
		if err != nil && isFinal(err) {
			err = Fail(err)
		}
		return dir, err
	}
	return nil, Fail(fmt.Errorf("its path is %s; one in %q is right", quote(path), d.allowed))
}

// openBeneath opens a directory of another one; no link, whoever changes it meanwhile, leads out of that.
func openBeneath(allowed, rest string, o *DirOptions) (*Dir, error) {
	outer, err := os.OpenRoot(allowed)
	if err != nil {
		return nil, err
	}
	defer func() { _ = outer.Close() }()
	root, err := outer.OpenRoot(rest)
	if err != nil {
		return nil, err
	}
	d, err := NewDir(root, o)
	if err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return d, nil
}

// isFinal reports whether an error of the system tells what is so, and not that something does not work just now.
func isFinal(err error) bool {
	errno, ok := errors.AsType[syscall.Errno](err)
	return !ok || errno == syscall.ENOENT || errno == syscall.ENOTDIR // without a number it is a link that leads out
}

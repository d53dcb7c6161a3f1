package inspect

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/reeve-go/reeve/internal/category"
	"github.com/reeve-go/reeve/scan"
)

// FilesConfig is the configuration of [Files].
type FilesConfig struct {
	// Globs say which files are meant, by paths from the root of the tree whose parts are patterns of [path.Match]; the part ** stands for any number
	// of parts, also none: etc/** is etc and all that is in it. Nil: all files. Links are not followed: what is meant must be there without.
	Globs []string `json:"globs,omitempty"`
	// Exclude are globs of what is left out; a folder is so with all that is in it.
	Exclude []string `json:"exclude,omitempty"`
	// Digest says whether regular files are read to tell their digests. Nil: they are.
	Digest *bool `json:"digest,omitempty"`
	// MaxSize is how many bytes a file may have to be read; zero: as many as the job's limits let through. A larger one is noted, and has no digest.
	MaxSize int64 `json:"max_size,omitempty"`
}

// A File is a file, folder or link. Its key is its path.
type File struct {
	Type FileType `json:"type"`
	// Mode are the permissions as octal digits, with setuid, setgid and sticky: "0644", "4755".
	Mode string `json:"mode"`
	// Size is in bytes; only regular files have one.
	Size int64 `json:"size,omitempty"`
	// Owner is nil if the file system knows none.
	Owner *Owner `json:"owner,omitempty"`
	// ModTime is zero where the file system has none, or one of no year from 0 to 9999.
	ModTime time.Time `json:"mtime,omitzero"`
	// Target is where a link leads.
	Target string `json:"target,omitempty"`
	// Digest is of the bytes of a regular file.
	Digest scan.Digest `json:"digest,omitempty"`
	// Changed: the file changed while it was read, so that it has no digest.
	Changed bool `json:"changed,omitempty"`
}

// An Owner is whose a file is.
type Owner struct {
	UID uint32 `json:"uid"`
	GID uint32 `json:"gid"`
}

// A FileType is what sort of file it is.
type FileType string

// The types of files.
const (
	RegularFile FileType = "file"
	Folder      FileType = "folder"
	Link        FileType = "link"
	Device      FileType = "device"
	FIFO        FileType = "fifo"
	Socket      FileType = "socket"
	OtherFile   FileType = "other"
)

// Files returns the scanner of files: each under its path, with a [File]. The root itself is not told. It works on as many files at once as
// there are processors. Its configuration is a [FilesConfig].
func Files() scan.Scanner {
	return category.NewScanner(category.Spec{Of: "inspect", Category: "files", Version: "1", Scan: scanFiles, Scope: func(config json.RawMessage) ([]string, error) {
		s, err := newFileScan(config)
		if err != nil {
			return nil, err
		}
		return s.meant.roots(), nil
	}})
}

// fileScan is what a configuration asks for.
type fileScan struct {
	meant, leftOut globSet
	digest         bool
	most           int64
}

func newFileScan(config json.RawMessage) (*fileScan, error) {
	var c FilesConfig
	err := category.Decode(config, &c)
	if err != nil {
		return nil, err
	}
	s := &fileScan{digest: c.Digest == nil || *c.Digest, most: c.MaxSize}
	if c.Globs == nil {
		c.Globs = []string{"**"}
	}
	if s.meant, err = compileGlobs(c.Globs); err != nil {
		return nil, err
	}
	if s.leftOut, err = compileGlobs(c.Exclude); err != nil {
		return nil, err
	}
	switch {
	case s.most < 0:
		return nil, category.BadConfig(errors.New("max_size must not be negative"))
	case s.most == 0:
		s.most = math.MaxInt64
	}
	return s, nil
}

// A batch of entries is what a worker takes at once.
type batch []foundFile

type foundFile struct {
	name  string
	entry fs.DirEntry
}

const batchSize = 64

// scanFiles walks the tree in one goroutine and tells of what was found in several others.
func scanFiles(ctx context.Context, in scan.Input, emit scan.Emit) error {
	s, err := newFileScan(in.Config)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	workers := runtime.GOMAXPROCS(0)
	batches := make(chan batch, workers)
	for range workers {
		group.Go(func() error {
			w := newFileWorker(s, in.Tree, emit)
			for b := range batches {
				if err := w.tell(ctx, b); err != nil {
					return err
				}
			}
			return nil
		})
	}
	group.Go(func() error {
		defer close(batches)
		return s.find(ctx, in.Tree, batches)
	})
	return group.Wait()
}

// find sends what is meant, in batches.
func (s *fileScan) find(ctx context.Context, t *scan.Tree, batches chan<- batch) error {
	next := make(batch, 0, batchSize)
	send := func() error {
		select {
		case batches <- next:
			next = make(batch, 0, batchSize)
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	err := walk(t, s.meant, s.leftOut, func(name string, e fs.DirEntry) error {
		if next = append(next, foundFile{name, e}); len(next) < batchSize {
			return nil
		}
		return send()
	})
	if len(next) > 0 && ctx.Err() == nil {
		// What was found is told, also when a limit ended the search.
		err = errors.Join(err, send())
	}
	return err
}

package scan

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/reeve-go/reeve/internal/ctxio"
)

// DirBlobsOptions for [NewDirBlobs]. Nil is the same as the zero value.
type DirBlobsOptions struct {
	// Max is how many bytes one blob may have. Default: no limit.
	Max int64
}

// DirBlobs are [Blobs] in a folder: each is a file that is named after its digest, in one of 256 folders. Files are written beside, and have
// their name only when they are whole and on the disk. Many programs can have the same folder open.
//
// To put what is there already replaces it, so that what had become corrupt is right again, and is as young as if it were new. Who
// sweeps what is old and not needed has to leave alone for a while what was put just now.
type DirBlobs struct {
	dir string
	max int64
}

var _ Blobs = (*DirBlobs)(nil)

const (
	stagingFolder = "new"
	// staleAfter is when nobody can be writing a file any more to which nothing was added. Who is, all the same, gets an error.
	staleAfter = time.Hour
)

// NewDirBlobs returns the blobs of a folder, and makes the folder if there is none; nobody else can look into it then. What
// programs that were killed have left half written is removed here, when an hour has passed.
func NewDirBlobs(dir string, o *DirBlobsOptions) (*DirBlobs, error) {
	b := &DirBlobs{}
	if o != nil {
		b.max = o.Max
	}
	var err error
	if b.dir, err = filepath.Abs(dir); err != nil || dir == "" {
		return nil, fmt.Errorf("scan: blobs in %q: it must be the name of a folder: %w", dir, errors.Join(err, fs.ErrInvalid))
	}
	err = os.MkdirAll(filepath.Join(b.dir, stagingFolder), 0o700)
	if err == nil {
		err = errors.Join(syncFolder(filepath.Dir(b.dir)), b.sweep())
	}
	if err != nil {
		return nil, fmt.Errorf("scan: blobs in a folder: %w", err)
	}
	return b, nil
}

// sweep removes what was left half written.
func (b *DirBlobs) sweep() error {
	left, err := os.ReadDir(filepath.Join(b.dir, stagingFolder))
	for _, file := range left {
		info, gone := file.Info()
		if gone != nil || time.Since(info.ModTime()) < staleAfter {
			continue
		}
		if e := os.Remove(filepath.Join(b.dir, stagingFolder, file.Name())); !errors.Is(e, fs.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}
	return err
}

// Put implements [Blobs].
func (b *DirBlobs) Put(ctx context.Context, r io.Reader) (Digest, int64, error) {
	d, n, err := b.put(ctx, r)
	if err != nil {
		return "", 0, fmt.Errorf("scan: put a blob: %w", err)
	}
	return d, n, nil
}

func (b *DirBlobs) put(ctx context.Context, r io.Reader) (Digest, int64, error) {
	staged := filepath.Join(b.dir, stagingFolder, rand.Text())
	defer os.Remove(staged) //nolint:errcheck // it is not there any more if all went well
	sum := sha256.New()
	n, err := b.stage(ctx, staged, r, sum)
	if err != nil {
		return "", 0, err
	}
	d := digestOf(sum)
	path := b.path(d)
	err = os.Rename(staged, path)
	if errors.Is(err, fs.ErrNotExist) { // it is the first one of its folder
		if err = b.makeFolder(filepath.Dir(path)); err == nil {
			err = os.Rename(staged, path)
		}
	}
	if err != nil {
		return "", 0, err
	}
	return d, n, syncFolder(filepath.Dir(path))
}

// stage writes a file to its end, and waits until it is on the disk.
func (b *DirBlobs) stage(ctx context.Context, name string, r io.Reader, sum hash.Hash) (int64, error) {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the name is ours
	if err != nil {
		return 0, err
	}
	from := ctxio.NewReader(ctx, r)
	if b.max > 0 {
		from = io.LimitReader(from, b.max+1)
	}
	n, err := io.Copy(io.MultiWriter(f, sum), from)
	if err == nil && b.max > 0 && n > b.max {
		err = fmt.Errorf("it has more than %d bytes, which is the most that one may have here", b.max)
	}
	if err == nil {
		err = f.Sync()
	}
	return n, errors.Join(err, f.Close())
}

// makeFolder makes a folder whose name survives, whoever else makes it at the same time.
func (b *DirBlobs) makeFolder(name string) error {
	if err := os.Mkdir(name, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncFolder(b.dir)
}

func syncFolder(name string) error {
	f, err := os.Open(name) //nolint:gosec // the name is ours
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Open implements [Blobs].
func (b *DirBlobs) Open(ctx context.Context, d Digest) (io.ReadCloser, error) {
	if err := d.Check(); err != nil {
		return nil, fmt.Errorf("scan: open a blob: %w", err)
	}
	f, err := os.Open(b.path(d))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("scan: open %s: %w", d, ErrNoBlob)
	} else if err != nil {
		return nil, fmt.Errorf("scan: open a blob: %w", err)
	}
	return VerifyReader(struct {
		io.Reader
		io.Closer
	}{ctxio.NewReader(ctx, f), f}, d), nil
}

// Delete implements [Blobs].
func (b *DirBlobs) Delete(ctx context.Context, d Digest) error {
	err := ctx.Err()
	if err == nil {
		err = d.Check()
	}
	if err == nil {
		err = os.Remove(b.path(d))
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("scan: delete a blob: %w", err)
	}
	return nil
}

// List implements [Blobs]. It reads one of the 256 folders after another.
func (b *DirBlobs) List(ctx context.Context) iter.Seq2[Blob, error] {
	return func(yield func(Blob, error) bool) {
		for i := range 256 {
			files, err := os.ReadDir(filepath.Join(b.dir, fmt.Sprintf("%02x", i)))
			if err = errors.Join(ctx.Err(), ignoreMissing(err)); err != nil {
				yield(Blob{}, fmt.Errorf("scan: list blobs: %w", err))
				return
			}
			for _, file := range files {
				d := Digest(digestPrefix + file.Name())
				info, err := file.Info()
				if err != nil || !info.Mode().IsRegular() || d.Check() != nil || !strings.HasPrefix(file.Name(), fmt.Sprintf("%02x", i)) {
					continue // it was deleted just now, or is nobody's
				}
				if !yield(Blob{Digest: d, Size: info.Size(), At: info.ModTime()}, nil) {
					return
				}
			}
		}
	}
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// path returns the name of the file of a digest that was checked.
func (b *DirBlobs) path(d Digest) string {
	hex := string(d[len(digestPrefix):])
	return filepath.Join(b.dir, hex[:2], hex)
}

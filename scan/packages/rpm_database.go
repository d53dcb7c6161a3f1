package packages

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/reeve-go/reeve/scan"
)

const (
	// walSuffix is what the file of SQLite's changes is called that are not in the database yet.
	walSuffix = "-wal"
	// maxHeader is how many bytes the header of a package may have.
	maxHeader = 64 << 20
)

// rpmDatabase is the copy of a database.
type rpmDatabase struct {
	// name is the path in the tree, folder that of the copy.
	name, folder string
	file         *os.File
	size         int64
	digest       [sha256.Size]byte
}

// copyRPM copies a database into a folder of its own; nil: there is none that can be read, and the tree has noted why.
func copyRPM(t *scan.Tree, name, temp string, most int64) (db *rpmDatabase, err error) {
	folder, err := os.MkdirTemp(temp, "reeve-rpm-")
	if err != nil {
		return nil, fmt.Errorf("no room for a copy of the database: %w", err)
	}
	db = &rpmDatabase{name: name, folder: folder}
	defer func() {
		if err != nil || db.file == nil {
			db.close()
			db = nil
		}
	}()
	sum := sha256.New()
	if db.file, db.size, err = db.copy(t, name, "db", most, sum); err != nil || db.file == nil {
		return db, err
	}
	if head := make([]byte, len(sqliteMagic)); isSQLite(db.file, head) {
		wal, size, err := db.copy(t, name+walSuffix, "db"+walSuffix, most, sum)
		if err != nil {
			return db, err
		}
		if db.size += size; wal != nil {
			_ = wal.Close()
		}
	}
	sum.Sum(db.digest[:0])
	return db, nil
}

// copy copies a file that is in the tree; nil: there is none, or it cannot be read, which the tree has noted. An error is one of this machine.
func (db *rpmDatabase) copy(t *scan.Tree, name, as string, most int64, sum io.Writer) (_ *os.File, size int64, err error) {
	if _, err := t.Lstat(name); errors.Is(err, fs.ErrNotExist) {
		return nil, 0, nil
	}
	to, err := os.Create(filepath.Join(db.folder, as)) //nolint:gosec // both are this package's own
	if err != nil {
		return nil, 0, fmt.Errorf("no room for a copy of the database: %w", err)
	}
	var local error
	_, failed := t.ReadEntry(name, nil, func(r io.Reader, was fs.FileInfo) error {
		if was.Size() > most {
			return fmt.Errorf("a database of %d bytes is not read, %d are the most", was.Size(), most)
		}
		limited := &io.LimitedReader{R: r, N: most + 1}
		size, err = io.Copy(&strict{io.MultiWriter(to, sum), &local}, limited)
		if err == nil && limited.N == 0 {
			err = fmt.Errorf("a database of more than %d bytes is not read", most)
		}
		return err
	})
	if failed == nil {
		return to, size, nil
	}
	_ = to.Close()
	if local != nil {
		return nil, 0, fmt.Errorf("no room for a copy of the database: %w", local)
	}
	if _, noted := errors.AsType[*fs.PathError](failed); !noted {
		t.Note(name, failed)
	}
	return nil, 0, nil
}

// strict remembers that a write failed, to tell that from a read that failed.
type strict struct {
	w   io.Writer
	err *error
}

func (s *strict) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	if err != nil {
		*s.err = err
	}
	return n, err
}

// close removes the copy.
func (db *rpmDatabase) close() {
	if db.file != nil {
		_ = db.file.Close()
	}
	_ = os.RemoveAll(db.folder)
}

// headers calls yield for the headers of packages, and for what is broken. An error is one of yield, or that ctx has ended. A header is yield's until it returns.
type headers func(ctx context.Context, yield func(header []byte, err error) error) error

// each is [headers] of the database, whatever its form, until it has yielded more bytes than there are: then the same ones come again and again.
func (db *rpmDatabase) each(ctx context.Context, yield func(header []byte, err error) error) error {
	left := db.size
	err := db.form()(ctx, func(header []byte, err error) error {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if left -= int64(len(header)) + 1; left < 0 { // an empty one counts, too
			if err := yield(nil, errors.New("its packages overlap, and are told only in part")); err != nil {
				return err
			}
			return errOverlap
		}
		return yield(header, err)
	})
	if errors.Is(err, errOverlap) {
		return nil
	}
	return err
}

var errOverlap = errors.New("overlap")

func (db *rpmDatabase) form() headers {
	head := make([]byte, 32)
	switch {
	case isSQLite(db.file, head):
		return sqliteHeaders(db.file.Name())
	case isNDB(db.file, head):
		return ndbHeaders(db.file, db.size)
	default:
		return bdbHeaders(db.file, db.size)
	}
}

// readAt reads all of p, or says what is missing.
func readAt(r io.ReaderAt, p []byte, at int64) error {
	if n, err := r.ReadAt(p, at); n < len(p) {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return fmt.Errorf("%d bytes at %d cannot be read: %w", len(p), at, err)
	}
	return nil
}

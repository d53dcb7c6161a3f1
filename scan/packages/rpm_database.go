package packages

import (
	"context"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
)

// maxHeader is how many bytes the header of a package may have.
const maxHeader = 64 << 20

// rpmDatabase is the copy of a database.
type rpmDatabase struct {
	// name is the path in the tree, folder that of the copy.
	name, folder string
	file         *os.File
	// size is how many bytes the copy has, with what was written ahead, and most how many it may have.
	size, most int64
	sum        hash.Hash
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

// each is [headers] of the database, whatever its form, until it has read or yielded more than there is: then the same bytes come again and again.
func (db *rpmDatabase) each(ctx context.Context, yield func(header []byte, err error) error) error {
	left := db.size
	err := db.form()(ctx, func(header []byte, err error) error {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if left -= int64(len(header)) + 1; left < 0 || errors.Is(err, errOverlap) { // an empty one counts, too
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
	const often, more = 3, 64 << 10 // each page for itself, as a part of a header, and not much else; a page that is not there
	head, r := make([]byte, 32), &meter{r: db.file, left: often*db.size + more}
	switch {
	case isSQLite(db.file, head):
		return sqliteHeaders(db.file.Name())
	case isNDB(db.file, head):
		return ndbHeaders(r, db.size)
	default:
		return bdbHeaders(r, db.size)
	}
}

// A meter lets so many bytes be read.
type meter struct {
	r    io.ReaderAt
	left int64
}

func (m *meter) ReadAt(p []byte, at int64) (int, error) {
	if m.left -= int64(len(p)); m.left < 0 {
		return 0, errOverlap
	}
	return m.r.ReadAt(p, at)
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

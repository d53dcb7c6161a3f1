package scan

import (
	"context"
	"errors"
	"io"
	"iter"
	"time"
)

// A Digest is a SHA-256 as text: "sha256:" and 64 hexadecimal digits in lower case.
type Digest string

// Blobs keep bytes under their digest: what is under a name never changes, and to put the same bytes twice is to put them once. They are safe for
// concurrent use, also by several programs. Package scantest checks their laws.
type Blobs interface {
	// Put keeps what r has to its end. When it returns without an error the bytes are durable; with one they may be there, all of them, or not: what
	// could not be read to its end is not.
	Put(ctx context.Context, r io.Reader) (Digest, int64, error)
	// Open returns the bytes; if there are none under that name it is [ErrNoBlob]. A reader whose bytes are not those of the name ends with
	// [ErrCorrupt] instead of io.EOF; [VerifyReader] makes one of any.
	Open(ctx context.Context, d Digest) (io.ReadCloser, error)
	// Delete removes what is there; if nothing is, that is no error.
	Delete(ctx context.Context, d Digest) error
	// List yields all there is, in any order. The sequence ends with the first error.
	List(ctx context.Context) iter.Seq2[Blob, error]
}

// A Blob is an entry of a list.
type Blob struct {
	Digest Digest
	Size   int64
	// At is when it was last put, by the clock of what keeps it.
	At time.Time
}

// What blobs answer, for errors.Is.
var (
	// ErrNoBlob: nothing is kept under that name.
	ErrNoBlob = errors.New("no such blob")
	// ErrCorrupt: what is kept is not what was put.
	ErrCorrupt = errors.New("corrupt blob")
)

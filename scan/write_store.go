package scan

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
)

// store puts the lines into blobs, and into r what they come to. Without any there is no blob.
func (w *factWriter) store(ctx context.Context, blobs Blobs, zips *sync.Pool, r *Result, look func()) error {
	next, err := w.runs.sorted()
	if err != nil {
		return err
	}
	p := newPacker(next, look, zips)
	defer p.close()
	items, size := w.count()
	var blob Digest
	if items > 0 {
		blob, _, err = blobs.Put(ctx, p)
		switch {
		case p.err != nil && !errors.Is(p.err, io.EOF):
			return p.err
		case err != nil:
			return &storeError{err}
		case p.err == nil:
			return &storeError{errors.New("they have been put without being read to the end")}
		}
		if err := blob.Check(); err != nil {
			return &storeError{err}
		}
	}
	r.Items, r.Bytes, r.Digest, r.Blob = items, size, digestOf(p.sum), blob
	return nil
}

// A storeError says that the blobs did not keep a result.
type storeError struct{ err error }

func (e *storeError) Error() string { return fmt.Sprintf("its facts could not be stored: %v", e.err) }
func (e *storeError) Unwrap() error { return e.err }

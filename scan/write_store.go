package scan

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
)

// store puts the lines into blobs, and into r what they come to. Without any there is no blob.
func (w *factWriter) store(ctx context.Context, blobs Blobs, r *Result, look func()) error {
	next, err := w.runs.sorted()
	if err != nil {
		return err
	}
	p := newPacker(next, look)
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

// A packer is the compressed lines of a result, made while they are read. They come out the same whenever the lines are the same.
type packer struct {
	next func() ([]byte, error)
	look func()
	sum  hash.Hash
	zip  *gzip.Writer
	out  bytes.Buffer
	err  error
}

// newPacker returns one that calls look each time that it has gone on.
func newPacker(next func() ([]byte, error), look func()) *packer {
	p := &packer{next: next, look: look, sum: sha256.New()}
	p.zip, _ = gzip.NewWriterLevel(&p.out, gzip.BestSpeed) // the level is right
	return p
}

// Read is an io.Reader's.
func (p *packer) Read(b []byte) (int, error) {
	for p.out.Len() == 0 && p.err == nil {
		p.pack()
	}
	if p.out.Len() == 0 {
		return 0, p.err
	}
	return p.out.Read(b)
}

// pack goes on until there is something compressed.
func (p *packer) pack() {
	defer p.look()
	for p.out.Len() == 0 {
		line, err := p.next()
		if errors.Is(err, io.EOF) {
			_ = p.zip.Close() // as above
			p.err = io.EOF
			return
		}
		if err != nil {
			p.err = err
			return
		}
		p.sum.Write(line)
		_, _ = p.zip.Write(line) // a buffer takes everything
	}
}

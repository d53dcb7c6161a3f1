package main

import (
	"context"
	"io"
	"iter"

	"github.com/reeve-go/reeve/scan"
)

// discarding are blobs that keep nothing.
type discarding struct{}

func (discarding) Put(_ context.Context, r io.Reader) (scan.Digest, int64, error) {
	n, err := io.Copy(io.Discard, r)
	return scan.DigestOf(nil), n, err
}

func (discarding) Open(context.Context, scan.Digest) (io.ReadCloser, error) {
	return nil, scan.ErrNoBlob
}

func (discarding) Delete(context.Context, scan.Digest) error { return nil }

func (discarding) List(context.Context) iter.Seq2[scan.Blob, error] {
	return func(func(scan.Blob, error) bool) {}
}

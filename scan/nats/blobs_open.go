package nats

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/reeve-go/reeve/scan"
)

// Open implements [scan.Blobs]. Chunks are asked for one by one as they are read.
func (b *Blobs) Open(ctx context.Context, d scan.Digest) (io.ReadCloser, error) {
	if err := d.Check(); err != nil {
		return nil, b.failed(ctx, "open", err)
	}
	ctx = perRequest(ctx)
	o, err := b.blob(ctx, d)
	if err == nil && o.NUID == "" {
		err = scan.ErrNoBlob
	}
	if err != nil {
		return nil, b.failed(ctx, "open "+string(d), err)
	}
	return scan.VerifyReader(&reader{ctx: ctx, blobs: b, want: d, object: o}, d), nil
}

// A reader reads the chunks of an object. If it is replaced meanwhile, the bytes are the same, and it goes on with those.
type reader struct {
	ctx    context.Context //nolint:containedctx // a reader has no other
	blobs  *Blobs
	want   scan.Digest
	object object
	read   int64 // what was given out
	closed bool

	chunks uint32 // of the object, that were fetched
	next   uint64 // where the next one is, or later
	skip   int64  // how much of what comes next was given out before
	rest   []byte
}

func (r *reader) Read(p []byte) (int, error) {
	if r.closed {
		return 0, fmt.Errorf("nats: read %s: the reader is closed", r.want)
	}
	for len(r.rest) == 0 {
		if r.chunks == r.object.Chunks {
			return 0, io.EOF
		}
		if err := r.fetch(); err != nil {
			return 0, r.blobs.failed(r.ctx, "read "+string(r.want), err)
		}
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	r.read += int64(n)
	return n, nil
}

// fetch fetches the next chunk.
func (r *reader) fetch() error {
	if err := context.Cause(r.ctx); err != nil {
		return err
	}
	raw, err := r.blobs.stream.GetMsg(r.ctx, max(r.next, 1), jetstream.WithGetMsgSubject(r.blobs.chunkSubject(r.object.NUID)))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return r.again()
	} else if err != nil {
		return err
	}
	r.chunks, r.next = r.chunks+1, raw.Sequence+1
	known := min(r.skip, int64(len(raw.Data)))
	r.skip, r.rest = r.skip-known, raw.Data[known:]
	return nil
}

// again looks for what has replaced an object whose chunks are not there any more.
func (r *reader) again() error {
	o, err := r.blobs.blob(r.ctx, r.want)
	switch {
	case err != nil:
		return err
	case o.NUID == "":
		return scan.ErrNoBlob
	case o.seq == r.object.seq:
		return fmt.Errorf("%w: it has %d chunks of %d", scan.ErrCorrupt, r.chunks, o.Chunks)
	}
	r.object, r.chunks, r.next, r.skip = o, 0, 0, r.read
	return nil
}

func (r *reader) Close() error {
	r.closed, r.rest = true, nil
	return nil
}

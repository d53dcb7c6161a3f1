package aws

import (
	"context"
	"fmt"
	"io"
	"net/http"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/reeve-go/reeve/scan"
)

// Open implements [scan.Blobs]. Where the connection breaks, reading goes on behind what was read.
func (b *Blobs) Open(ctx context.Context, d scan.Digest) (io.ReadCloser, error) {
	if err := d.Check(); err != nil {
		return nil, fmt.Errorf("aws: open a blob: %w", err)
	}
	r := &reader{ctx: ctx, blobs: b, of: d}
	if err := r.get(); err != nil {
		return nil, err
	}
	return scan.VerifyReader(r, d), nil
}

// mostBreaks is how often a connection may break without a byte between.
const mostBreaks = 3

// A reader reads an object, over as many connections as it takes.
type reader struct {
	ctx   context.Context
	blobs *Blobs
	of    scan.Digest

	body   io.ReadCloser
	etag   *string // of what was opened first: nothing else is to be read on
	read   int64
	breaks int
	err    error // what it ended with
}

// get asks for what was not read yet. Whether that is right is told by the digest, so the client need not check it as well.
func (r *reader) get() error {
	in := &s3.GetObjectInput{Bucket: &r.blobs.bucket, Key: r.blobs.key(r.of)}
	if r.read > 0 {
		in.Range, in.IfMatch = sdk.String(fmt.Sprintf("bytes=%d-", r.read)), r.etag
	}
	out, err := r.blobs.client.GetObject(r.ctx, in, func(o *s3.Options) {
		o.ResponseChecksumValidation = sdk.ResponseChecksumValidationWhenRequired
	})
	if isMissing(err) {
		err = fmt.Errorf("%w: %w", scan.ErrNoBlob, err)
	}
	if err != nil {
		return fmt.Errorf("aws: read %s: %w", r.of, err)
	}
	r.body, r.etag = out.Body, out.ETag
	return nil
}

func (r *reader) Read(p []byte) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	n, err := r.body.Read(p)
	r.read += int64(n)
	if n > 0 {
		r.breaks = 0
	}
	switch {
	case err == io.EOF: // another error that has it inside is a break
		r.err = err
	case err != nil:
		r.err = r.mend(err)
	}
	return n, r.err
}

// mend goes on after a break, unless that is of no use.
func (r *reader) mend(err error) error {
	if r.breaks++; r.breaks >= mostBreaks || r.ctx.Err() != nil {
		return fmt.Errorf("aws: read %s, after %d bytes: %w", r.of, r.read, err)
	}
	_ = r.body.Close()
	err = r.get()
	if hasStatus(err, http.StatusRequestedRangeNotSatisfiable) {
		return io.EOF // it broke behind the last byte
	}
	return err
}

// Close ends reading.
func (r *reader) Close() error {
	if r.err == nil {
		r.err = fmt.Errorf("aws: read %s: the reader is closed", r.of)
	}
	return r.body.Close()
}

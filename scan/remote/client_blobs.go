package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/reeve-go/reeve/internal/spool"
	"github.com/reeve-go/reeve/scan"
)

// Blobs are those of the server, as an agent has them.
type blobs struct{ c *Client }

var _ scan.Blobs = blobs{}

// Put implements [scan.Blobs]. What r has is kept here until the server has all of it, in memory if it is small: so a part can be sent again.
func (b blobs) Put(ctx context.Context, r io.Reader) (scan.Digest, int64, error) {
	kept, err := spool.New(ctx, r, b.c.o.Temp, partSize)
	if err != nil {
		return "", 0, fmt.Errorf("remote: put a blob: %w", err)
	}
	defer kept.Close()
	if err := b.send(ctx, kept); err != nil {
		return "", 0, fmt.Errorf("remote: put a blob: %w", err)
	}
	return kept.Digest, kept.Size, nil
}

// mostAnew is how often an upload begins anew or goes on elsewhere than it was, without a part between that was taken.
const mostAnew = 5

// send sends a blob part by part, from where the server is.
func (b blobs) send(ctx context.Context, s *spool.Spool) error {
	at, err := b.soFar(ctx, s)
	for anew := 0; err == nil; {
		var out uploaded
		out, err = b.part(ctx, s, at)
		refused, _ := errors.AsType[*Error](err)
		switch {
		case err == nil && out.Kept:
			return nil
		case err == nil && out.Offset > at && out.Offset < s.Size:
			at, anew = out.Offset, 0
		case err == nil:
			return errNoAnswer
		case anew < mostAnew && refused != nil && (refused.Code == CodeOffset || refused.Code == CodeDigest):
			anew++ // another server, or what this one had was broken
			at, err = b.soFar(ctx, s)
		}
	}
	return err
}

// soFar asks from where an upload goes on. If all is there but was not kept, its last part is sent again.
func (b blobs) soFar(ctx context.Context, s *spool.Spool) (int64, error) {
	if s.Size <= partSize {
		return 0, nil
	}
	var out uploaded
	err := b.c.call(ctx, &out, sending{method: http.MethodGet, path: []string{"uploads", string(s.Digest)}})
	if err == nil && (out.Offset < 0 || out.Offset >= s.Size) {
		err = errNoAnswer
	}
	return out.Offset, err
}

// part sends the part that begins there.
func (b blobs) part(ctx context.Context, s *spool.Spool, at int64) (out uploaded, err error) {
	select {
	case b.c.parts <- struct{}{}:
		defer func() { <-b.c.parts }()
	case <-ctx.Done():
		return out, context.Cause(ctx)
	}
	piece := make([]byte, min(partSize, s.Size-at))
	if _, err := s.Open().ReadAt(piece, at); err != nil && !errors.Is(err, io.EOF) {
		return out, err
	}
	err = b.c.call(ctx, &out, sending{
		method: http.MethodPut, path: []string{"uploads", string(s.Digest)}, body: piece, within: 3 * time.Minute, // the last one waits until it is kept
		query:  url.Values{"offset": {strconv.FormatInt(at, 10)}, "size": {strconv.FormatInt(s.Size, 10)}},
		header: http.Header{headerDigest: {string(scan.DigestOf(piece))}},
	})
	return out, err
}

// Delete implements [scan.Blobs]. Agents delete nothing.
func (b blobs) Delete(context.Context, scan.Digest) error { return errNotHere }

// List implements [scan.Blobs]. Agents do not see what there is.
func (b blobs) List(context.Context) iter.Seq2[scan.Blob, error] {
	return func(yield func(scan.Blob, error) bool) { yield(scan.Blob{}, errNotHere) }
}

package remote

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"

	"github.com/reeve-go/reeve/scan"
)

// Blobs are those of the server, as an agent has them.
type blobs struct{ c *Client }

var _ scan.Blobs = blobs{}

// Put implements [scan.Blobs]. What r has is kept here until the server has all of it, in memory if it is small: so a part can be sent again.
func (b blobs) Put(ctx context.Context, r io.Reader) (scan.Digest, int64, error) {
	kept, err := spool(ctx, b.c.o.Temp, r)
	if err != nil {
		return "", 0, fmt.Errorf("remote: put a blob: %w", err)
	}
	defer kept.close()
	if err := b.send(ctx, kept); err != nil {
		return "", 0, fmt.Errorf("remote: put a blob: %w", err)
	}
	return kept.digest, kept.size, nil
}

// mostAnew is how often an upload begins anew or goes on elsewhere than it was, without a part between that was taken.
const mostAnew = 5

// send sends a blob part by part, from where the server is.
func (b blobs) send(ctx context.Context, s *spooled) error {
	at, err := b.soFar(ctx, s)
	for anew := 0; err == nil; {
		var out uploaded
		out, err = b.part(ctx, s, at)
		refused, _ := errors.AsType[*Error](err)
		switch {
		case err == nil && out.Kept:
			return nil
		case err == nil && out.Offset > at && out.Offset < s.size:
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
func (b blobs) soFar(ctx context.Context, s *spooled) (int64, error) {
	if s.size <= partSize {
		return 0, nil
	}
	var out uploaded
	err := b.c.call(ctx, &out, sending{method: http.MethodGet, path: []string{"uploads", string(s.digest)}})
	if err == nil && (out.Offset < 0 || out.Offset >= s.size) {
		err = errNoAnswer
	}
	return out.Offset, err
}

// part sends the part that begins there.
func (b blobs) part(ctx context.Context, s *spooled, at int64) (out uploaded, err error) {
	piece := make([]byte, min(partSize, s.size-at))
	if _, err := s.ReadAt(piece, at); err != nil && !errors.Is(err, io.EOF) {
		return out, err
	}
	err = b.c.call(ctx, &out, sending{
		method: http.MethodPut, path: []string{"uploads", string(s.digest)}, body: piece, within: 3 * time.Minute, // the last one waits until it is kept
		query:  url.Values{"offset": {strconv.FormatInt(at, 10)}, "size": {strconv.FormatInt(s.size, 10)}},
		header: http.Header{headerDigest: {string(scan.DigestOf(piece))}},
	})
	return out, err
}

// A spooled blob is one on its way.
type spooled struct {
	io.ReaderAt

	size   int64
	digest scan.Digest
	file   *os.File
}

// spool reads a blob to its end: into memory, and a file if it is larger than a part.
func spool(ctx context.Context, temp string, r io.Reader) (*spooled, error) {
	sum := sha256.New()
	from := io.TeeReader(&untilDone{ctx, r}, sum)
	var first bytes.Buffer
	n, err := io.Copy(&first, io.LimitReader(from, partSize+1))
	s := &spooled{ReaderAt: bytes.NewReader(first.Bytes()), size: n}
	if err == nil && n > partSize {
		err = s.spill(temp, io.MultiReader(&first, from))
	}
	if err != nil {
		s.close()
		return nil, err
	}
	s.digest = sumOf(sum)
	return s, nil
}

func (s *spooled) spill(temp string, from io.Reader) (err error) {
	if s.file, err = os.CreateTemp(temp, "reeve-upload-*"); err == nil {
		s.ReaderAt = s.file
		s.size, err = io.Copy(s.file, from)
	}
	return err
}

func (s *spooled) close() {
	if s.file != nil {
		_ = s.file.Close() // nobody needs it any more
		_ = os.Remove(s.file.Name())
	}
}

// An untilDone reader ends with its context.
type untilDone struct {
	ctx context.Context
	r   io.Reader
}

func (u *untilDone) Read(b []byte) (int, error) {
	if u.ctx.Err() != nil {
		return 0, context.Cause(u.ctx)
	}
	return u.r.Read(b)
}

// Delete implements [scan.Blobs]. Agents delete nothing.
func (b blobs) Delete(context.Context, scan.Digest) error { return errNotHere }

// List implements [scan.Blobs]. Agents do not see what there is.
func (b blobs) List(context.Context) iter.Seq2[scan.Blob, error] {
	return func(yield func(scan.Blob, error) bool) { yield(scan.Blob{}, errNotHere) }
}

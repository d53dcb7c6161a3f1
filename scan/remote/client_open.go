package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/reeve-go/reeve/scan"
)

// Open implements [scan.Blobs], for blobs that the agent has put, and those that a request names that it holds. Others are not there for it.
func (b blobs) Open(ctx context.Context, d scan.Digest) (io.ReadCloser, error) {
	if err := d.Check(); err != nil {
		return nil, fmt.Errorf("remote: open a blob: %w", err)
	}
	var body *watched
	s := sending{method: http.MethodGet, path: []string{"blobs", string(d)}}
	err := b.c.insist(ctx, "blobs", func() error {
		return b.c.as(ctx, "", func(credential string) (err error) {
			body, err = b.watch(ctx, &s, credential)
			return err
		})
	})
	if refused, ok := errors.AsType[*Error](err); ok && refused.Code == CodeNotFound {
		err = scan.ErrNoBlob
	}
	if err != nil {
		return nil, fmt.Errorf("remote: open %s: %w", d, err)
	}
	return scan.VerifyReader(body, d), nil
}

// A watched body ends if nothing of it comes for a while. Nothing else bounds how long it is read.
type watched struct {
	ctx   context.Context
	stop  context.CancelCauseFunc
	timer *time.Timer
	body  io.ReadCloser
}

var errSilent = fmt.Errorf("nothing has come from the server for %v", callWithin)

func (b blobs) watch(ctx context.Context, s *sending, credential string) (*watched, error) {
	ctx, stop := context.WithCancelCause(ctx)
	w := &watched{ctx: ctx, stop: stop}
	w.timer = time.AfterFunc(callWithin, func() { w.stop(errSilent) })
	response, err := b.c.open(ctx, s, credential) //nolint:bodyclose // who reads it closes it
	w.timer.Stop()
	if err != nil {
		w.stop(nil)
		return nil, w.why(err)
	}
	w.body = response.Body
	return w, nil
}

func (w *watched) why(err error) error {
	if cause := context.Cause(w.ctx); errors.Is(cause, errSilent) {
		return cause
	}
	return err
}

// Read implements [io.Reader].
func (w *watched) Read(b []byte) (int, error) {
	w.timer.Reset(callWithin)
	n, err := w.body.Read(b)
	w.timer.Stop()
	if err != nil && !errors.Is(err, io.EOF) {
		err = w.why(err)
	}
	return n, err
}

// Close implements [io.Closer].
func (w *watched) Close() error {
	w.stop(nil)
	return w.body.Close()
}
